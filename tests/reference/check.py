#!/usr/bin/env python3
"""Compares Sojourn's answers with those of other programs on the same events.

usage: check.py SOJOURN_PROGRAM SHARED_DIR

The logs of SHARED_DIR/data/journeys are imported into temporary stores, and flow, starts, ends, variants and durations compared
with what PM4Py computed (SHARED_DIR/reference/pm4py). The benchmark's million events come from the file that SJ_BENCH_1M names, or
are made by the generator in SHARED_DIR/bench/generator with cc; flow, funnel, variants, routes, sessions and retention are compared with
reference/bench. The ten million are checked where SJ_BENCH_10M names their file (make bench makes it).
Exit code: 0 all equal, 1 a difference or a failure, 77 the data is not there.
"""
import datetime
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# The log's file, the reference's name, and the flags that its import needs.
# PM4Py's durations of these logs are differences of local clock times, an hour wrong where the clock was changed in between. So
# counts are compared on the log as it is, and times on a copy in which each local time stands as if it were UTC.
CSV_ROLES = ["--customer", "case_id", "--touchpoint", "activity", "--time", "timestamp"]
LOGS = [
    ("running-example.xes", "running-example", []),
    ("roadtraffic100traces.xes", "roadtraffic100traces", []),
    ("helpdesk.xes.gz", "helpdesk", []),
    ("08_receipt.xes.gz", "receipt", []),
    ("synthetic/sequence.csv", "synthetic-sequence", CSV_ROLES),
    ("synthetic/claim.csv", "synthetic-claim", CSV_ROLES),
]
FUNNEL = ["product_view", "add_to_cart", "checkout_start", "purchase"]
ALL_VARIANTS = "100000"
# The references give seconds as binary fractions, the benchmark's with six decimals; answers are rounded to a microsecond.
TOLERANCE_S = 1.5e-6


class Comparison:
    """Counts what was compared, and says what differs."""

    def __init__(self):
        self.n_equal = 0
        self.n_different = 0

    def equal(self, what, found, expected):
        self.note(what, found, expected, found == expected)

    def near(self, what, found_us, expected_s):
        self.note(what, found_us, expected_s, found_us is not None and abs(found_us / 1e6 - expected_s) <= TOLERANCE_S)

    def note(self, what, found, expected, same):
        self.n_equal += same
        self.n_different += not same
        if not same and self.n_different <= 50:
            print(f"{what}: found {found}, expected {expected}")


def run(program, *args):
    done = subprocess.run([program, *args], capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise RuntimeError(f"sojourn {' '.join(args)}: exit code {done.returncode}\n{done.stderr.strip()}")
    return done.stdout


def ask(program, store, analysis, *args):
    """The tables of an answer: name -> list of rows, each a dictionary by column."""
    answer = json.loads(run(program, analysis, store, *args, "--format", "json"))
    return {
        table["name"]: [dict(zip([column["name"] for column in table["columns"]], row)) for row in table["rows"]]
        for table in answer["tables"]
    }


def counts_of(rows, key="touchpoint"):
    return {row[key]: row["count"] for row in rows}


def variant_counts(rows):
    return {tuple(row["route"]): row["count"] for row in rows}


def check_order(comparison, what, rows):
    """Most frequent first, equal ones by the names of their steps (in the order of code points)."""
    keys = [(-row["count"], row["route"]) for row in rows]
    comparison.equal(f"{what}: the order of the variants", keys == sorted(keys), True)


def check_counts(comparison, program, store, reference, what):
    flow = ask(program, store, "flow")
    links = {(row["from"], row["to"]): row["count"] for row in flow["links"]}
    comparison.equal(f"{what}: links", links, {(a, b): n for a, b, n in reference["dfg"]})
    comparison.equal(f"{what}: starts", counts_of(flow["starts"]), reference["start_activities"])
    comparison.equal(f"{what}: ends", counts_of(flow["ends"]), reference["end_activities"])
    comparison.equal(f"{what}: events by touchpoint", counts_of(flow["touchpoints"]), reference["activity_counts"])

    variants = ask(program, store, "variants", "--top", ALL_VARIANTS)
    expected = {tuple(route): n for route, n in reference["variants"]}
    comparison.equal(f"{what}: variants", variant_counts(variants["variants"]), expected)
    comparison.equal(f"{what}: number of variants", variants["coverage"][-1]["variants"], reference["num_variants"])
    check_order(comparison, what, variants["variants"])

    overview = ask(program, store, "overview")
    summary = overview["summary"][0]
    comparison.equal(f"{what}: events", summary["events"], reference["num_events"])
    comparison.equal(f"{what}: journeys", summary["journeys"], reference["num_cases"])
    comparison.equal(f"{what}: touchpoints", summary["touchpoints"], reference["num_activities"])
    journeys_at = {row["touchpoint"]: row["journeys"] for row in overview["touchpoints"]}
    comparison.equal(f"{what}: journeys by touchpoint", journeys_at, reference["activity_case_counts"])


def check_times(comparison, program, store, reference, what):
    links = {(row["from"], row["to"]): row for row in ask(program, store, "flow")["links"]}
    for a, b, times in reference["performance_dfg_seconds"]:
        row = links.get((a, b), {"mean": None, "median": None})
        comparison.near(f"{what}: mean from {a} to {b}", row["mean"], times["mean"])
        comparison.near(f"{what}: median from {a} to {b}", row["median"], times["median"])
    durations = ask(program, store, "overview")["journey_duration"][0]
    comparison.near(f"{what}: median duration", durations["median"], reference["case_duration_seconds"]["median"])
    comparison.near(f"{what}: longest duration", durations["max"], reference["case_duration_seconds"]["max"])


def with_clock_times(log, folder):
    """A copy of the log, unpacked, in which offsets from UTC are zero."""
    packed = log.suffix == ".gz"
    text = (gzip.open if packed else open)(log, "rt", encoding="utf-8").read()
    copy = folder / (log.stem if packed else log.name)
    copy.write_text(re.sub(r"(T\d\d:\d\d:\d\d(?:\.\d+)?)[+-]\d\d:\d\d", r"\1+00:00", text), encoding="utf-8")
    return copy


def check_logs(comparison, program, shared, folder):
    """The number of logs that were there."""
    n_logs = 0
    for file, name, flags in LOGS:
        log, answers = shared / "data" / "journeys" / file, shared / "reference" / "pm4py" / f"{name}.json"
        if not log.exists() or not answers.exists():
            print(f"{name}: skipped, {log if not log.exists() else answers} is not there")
            continue
        reference = json.loads(answers.read_text(encoding="utf-8"))
        store, clock_store = str(folder / f"{name}.sojourn"), str(folder / f"{name}-clock.sojourn")
        run(program, "import", store, str(log), *flags, "--yes")
        check_counts(comparison, program, store, reference, name)
        run(program, "import", clock_store, str(with_clock_times(log, folder)), *flags, "--yes")
        check_times(comparison, program, clock_store, reference, name)
        n_logs += 1
    return n_logs


def bench_file(shared, folder):
    """The million events, made where they are not given; None where neither can be."""
    given = os.environ.get("SJ_BENCH_1M")
    if given:
        return pathlib.Path(given)
    source = shared / "bench" / "generator" / "gen.c"
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not source.exists() or compiler is None:
        return None
    subprocess.run([compiler, "-O2", "-o", folder / "gen", source, "-lm"], check=True)
    subprocess.run([folder / "gen", "1000000", folder / "events.csv", "22.4"], check=True, capture_output=True)
    return folder / "events.csv"


def check_bench(comparison, program, store, reference):
    flow = ask(program, store, "flow")
    links = {(row["from"], row["to"]): row for row in flow["links"]}
    comparison.equal("bench: number of links", len(links), reference["edges"])
    for a, b, n, mean, median in reference["dfg"]:
        row = links.get((a, b), {"count": None, "mean": None, "median": None})
        comparison.equal(f"bench: links from {a} to {b}", row["count"], n)
        comparison.near(f"bench: mean from {a} to {b}", row["mean"], mean)
        comparison.near(f"bench: median from {a} to {b}", row["median"], median)
    comparison.equal("bench: starts", counts_of(flow["starts"]), reference["start"])
    comparison.equal("bench: ends", counts_of(flow["ends"]), reference["end"])

    steps = ask(program, store, "funnel", *FUNNEL, "--within", "7d")["steps"]
    comparison.equal("bench: funnel", [row["count"] for row in steps], reference["funnel_reach"])
    comparison.equal("bench: steps", [row["step"] for row in steps], FUNNEL)

    variants = ask(program, store, "variants", "--top", "100")
    comparison.equal("bench: number of variants", variants["coverage"][-1]["variants"], reference["variants"])
    comparison.equal("bench: journeys in the top 100", sum(row["count"] for row in variants["variants"]), reference["top100_sum"])
    check_order(comparison, "bench", variants["variants"])
    # Among equal counts at the end of the list, the reference may have chosen others: it orders joined texts.
    last = variants["variants"][-1]["count"]
    found = {">".join(route): n for route, n in variant_counts(variants["variants"]).items() if n > last}
    comparison.equal("bench: variants", found, {route: n for route, n in reference["top_variants"] if n > last})

    sessions = ask(program, store, "sessions")["summary"][0]
    comparison.equal("bench: sessions", sessions["sessions"], reference["sessions"])
    comparison.equal("bench: bounces", sessions["bounces"], reference["bounces"])
    comparison.equal("bench: events per session", round(sessions["events_per_session"], 9), reference["mean_events"])

    after = ask(program, store, "routes", "--after", "add_to_cart", "--steps", "5", "--count", "occurrences", "--top", "100000")["routes"]
    whole = [row for row in after if not row["ended"]]
    comparison.equal("bench: routes of five steps", len(whole), reference["path_distinct"])
    comparison.equal("bench: add_to_cart with five steps after it", sum(row["count"] for row in whole), reference["path_occurrences"])
    last = whole[len(reference["top_paths"]) - 1]["count"]  # among equal counts at the end, the reference may have chosen others
    found = {">".join(route): n for route, n in variant_counts(whole).items() if n > last}
    comparison.equal("bench: the routes taken most", found, {route: n for route, n in reference["top_paths"] if n > last})


def check_retention(comparison, program, store, reference):
    """The reference has a row for each week of the first event, from Monday 2024-12-30 on, and a column for each week after it."""
    cells = ask(program, store, "retention", "--over", "week", "--periods", "60")["cells"]
    found = {(row["cohort"][:10], row["period"]): row["customers"] for row in cells if row["customers"] > 0}
    first = datetime.date(2024, 12, 30)
    weeks = enumerate(reference["retention"])
    expected = {(str(first + datetime.timedelta(weeks=week)), k): n for week, row in weeks for k, n in enumerate(row) if n > 0}
    comparison.equal("bench: retention", found, expected)
    comparison.equal("bench: retention, cells and their sum", [len(found), sum(found.values())],
                     [reference["retention_cells"], reference["retention_sum"]])


def main(args):
    if len(args) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    program, shared = os.path.abspath(args[0]), pathlib.Path(args[1])
    comparison = Comparison()
    with tempfile.TemporaryDirectory(prefix="sojourn-reference-") as temporary:
        folder = pathlib.Path(temporary)
        n_checked = check_logs(comparison, program, shared, folder)
        for size, events in (("1m", bench_file(shared, folder)), ("10m", os.environ.get("SJ_BENCH_10M"))):
            answers = shared / "reference" / "bench" / f"ref_{size}.json"
            if not answers.exists() or events is None:
                print(f"bench, {size}: skipped, the reference or the events are not there")
                continue
            store = str(folder / f"bench-{size}.sojourn")
            run(program, "import", store, str(events), "--yes")
            reference = json.loads(answers.read_text(encoding="utf-8"))
            check_bench(comparison, program, store, reference)
            check_retention(comparison, program, store, reference)
            n_checked += 1
    print(f"reference: {n_checked} logs, {comparison.n_equal} values equal, {comparison.n_different} different")
    if n_checked == 0:
        return 77
    return 1 if comparison.n_different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
