"""What the scripts of this folder share: places, measured commands, files of events, tables, the machine in words."""
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "bench"
BUILD = ROOT / "build" / "release"
PROGRAM = BUILD / "sojourn"
SHARED = pathlib.Path(os.environ.get("SJ_SHARED", ROOT.parent / "shared"))
THREADS = 2
FUNNEL = ["product_view", "add_to_cart", "checkout_start", "purchase"]

# How each question is put to Sojourn: the command, and what follows the store.
QUESTIONS = {
    "flow_counts": ("flow", ["--quantiles=false"]),
    "flow": ("flow", []),
    "funnel_counts": ("funnel", FUNNEL + ["--within", "7d", "--quantiles=false"]),
    "funnel": ("funnel", FUNNEL + ["--within", "7d"]),
    "expression": ("funnel", ["product_view > add_to_cart >[within 2d] product_view+ > (add_to_cart | checkout_start) >[no product_view]"
                              " checkout_start? >[within 1h] purchase", "--within", "7d"]),
    "segment": ("flow", ["--quantiles=false", "--segment", 'did(purchase[channel = "store"], from "2025-06-01", to "2025-07-01")']),
    "variants": ("variants", ["--top", "100"]),
    "routes": ("routes", ["--after", "add_to_cart", "--steps", "5", "--count", "occurrences", "--top", "500"]),
    "sessions": ("sessions", []),
    "retention": ("retention", ["--over", "week", "--periods", "60"]),
    "overview": ("overview", []),
    "channels": ("channels", []),
    "dwell": ("dwell", []),
    "loops": ("loops", []),
    "compare": ("compare", ["--takers", 'purchase[channel = "store"]', "--others", 'purchase[channel = "web"]', "--journey", "session 30m"]),
    "trend": ("sessions", ["--trend", "week"]),
}
ALONE = {"expression", "overview", "channels", "dwell", "loops", "compare", "trend"}  # no other engine is asked these; the tests of the project say that they are right


def fail(text):
    sys.exit(f"bench: {text}")


def setting(name, standard):
    """A whole number from the environment."""
    text = os.environ.get(name, str(standard))
    if not text.isdigit() or int(text) < 1:
        fail(f"{name} must be a whole number from 1, not {text!r}")
    return int(text)


def measure(*command):
    """Runs a command to its end. {wall, cpu, rss_mb, disk_mb, text}: see measured.py; text is what it printed."""
    command = [str(part) for part in command]
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, open(reading, "rb") as figures:
        subprocess.run([sys.executable, "-I", "-S", ROOT / "bench" / "measured.py", str(writing), *command], stdin=subprocess.DEVNULL,
                       stdout=output, stderr=errors, pass_fds=[writing], check=False)
        os.close(writing)
        result = json.loads(figures.read() or '{"exit": "not started"}')
        for file in (output, errors):
            file.seek(0)
        if result.pop("exit") != 0:
            fail(f"this command failed: {' '.join(command)}\n{errors.read().decode()}")
        result["text"] = output.read().decode()
    return result


def question(program, store, name, threads=THREADS):
    """The command that asks it."""
    command, arguments = QUESTIONS[name]
    return [program, command, store, *arguments, "--threads", threads, "--format", "json"]


def ask(program, store, name, threads=THREADS):
    """Measures one question: a whole process. Adds "own", the seconds that the answer itself says it took."""
    result = measure(*question(program, store, name, threads))
    result["own"] = json.loads(result["text"])["elapsed_us"] / 1e6
    return result


def build(target):
    """A program that the scripts need, from the build directory that `make` has made."""
    if not (BUILD / "build.ninja").exists():
        fail("there is no build; run `make` first")
    subprocess.run(["ninja", "-C", BUILD, target], stdout=subprocess.DEVNULL, check=True)
    return BUILD / target


def make_file(path, command):
    """`path`, made once by `command`, which is given the path to write to as {}."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        subprocess.run([part if word == "{}" else word for word in command], check=True)
        part.rename(path)
    return path


def own_events(name, n, *flags, folder=WORK, program=None):
    """A file of n events by bench/events.c, which is `program` where it is built already."""
    return make_file(folder / f"{name}-{n}.csv", [program or build("bench/events"), str(n), "{}", *flags])


def shared_generator():
    return SHARED / "bench" / "generator" / "gen.c"


def common_events(n):
    """The n events that the published figures are about, by the generator in $SJ_SHARED/bench; where it is not, by our own."""
    source = shared_generator()
    if not source.exists():
        return own_events("plain", n)
    compiler = ["cc", "-O2", "-w", "-o", "{}", source, "-lm"]
    return make_file(WORK / f"events-{n}.csv", [make_file(WORK / "gen", compiler), str(n), "{}", "22.4"])


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def files_of(path):
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def size_bytes(path):
    return sum(file.stat().st_size for file in files_of(path))


def segment_bytes(store):
    return size_bytes(store / "segments")


def drop_from_cache(path):
    """Asks the system to forget the file's (or folder's) pages, so that they come from the disk again. Needs no root."""
    for file in files_of(path):
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_plainly(path):
    """Seconds that it takes to read the bytes of the file or folder once, one file after the other."""
    buffer = bytearray(1 << 20)
    start = time.perf_counter()
    for file in files_of(path):
        with open(file, "rb", buffering=0) as opened:
            while opened.readinto(buffer):
                pass
    return time.perf_counter() - start


def machine():
    """The machine in one line; every table of figures ends with it."""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (f"{time.strftime('%Y-%m-%d')}; {model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}; load average"
            f" {load} at the end")


def version(program):
    text = measure(program, "--version")["text"].strip().replace("\n", ", ")
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    return f"{text}, commit {commit}" if commit else text


def markdown(head, rows):
    """A Markdown table, its columns as wide as their cells; all but the first are aligned to the right."""
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ["| " + " | ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))) + " |" for row in cells]
    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return [lines[0], rule, *lines[1:]]


def write_results(name, lines, figures):
    """Prints the lines; they and the figures behind them are kept in build/bench/<name>.md and .json."""
    text = "\n".join(lines) + "\n"
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / f"{name}.md").write_text(text, encoding="utf-8")
    (WORK / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(text, end="")
