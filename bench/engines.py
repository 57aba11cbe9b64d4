"""The two engines of bench/run. Both are asked by the names of their questions and give the same kinds of figures.

load(events)     makes the data from a CSV file; measured
ask(question)    {wall, cpu, rss_mb, answer} and what only one of them has
"""
import hashlib
import json
import shutil
import subprocess
import sys

import answers
import common


def digest(*paths):
    """Of what makes an engine's data: when it changes, the data are made anew."""
    state = hashlib.sha256()
    for path in paths:
        state.update(path.read_bytes())
    return state.hexdigest()


class Sojourn:
    """Measured from outside: a whole process each time, which starts, opens the store, answers and prints JSON."""

    def __init__(self, name, program=common.PROGRAM):
        if not program.exists():
            common.fail(f"{program} is not built; run `make` first")
        self.program, self.data = program, common.WORK / f"{name}.sojourn"
        self.version = common.version(program)
        self.made_by = digest(program)

    def load(self, events):
        common.remove(self.data)
        return common.measure(self.program, "import", self.data, events)

    def ask(self, question):
        result = common.ask(self.program, self.data, question)
        text = result.pop("text")
        return result if question in common.ALONE else result | {"answer": answers.of_sojourn(question, text)}

    def start(self):
        """The program started for nothing: the part of every other figure that has to do with no question."""
        result = common.measure(self.program, "--version")
        del result["text"]
        return result

    def n_bytes(self):
        return common.size_bytes(self.data)


class DuckDB:
    """Measured from inside: the statement alone, in a fresh process that has opened the database file; memory is the process's.
    Asked twice in a row, and the ask that took less CPU is taken."""

    def __init__(self, name):
        self.data = common.WORK / f"{name}.duckdb"
        self.python = common.WORK / "venv" / "bin" / "python"
        self.script, wanted = common.ROOT / "bench" / "duck.py", common.ROOT / "bench" / "requirements.txt"
        self.install(wanted)
        self.version = "DuckDB " + wanted.read_text(encoding="utf-8").strip().split("==")[1]
        self.made_by = digest(self.script, wanted)

    def install(self, wanted):
        installed = common.WORK / "venv" / "requirements.txt"
        if installed.exists() and installed.read_bytes() == wanted.read_bytes():
            return
        subprocess.run([sys.executable, "-m", "venv", common.WORK / "venv"], check=True)
        subprocess.run([self.python, "-m", "pip", "install", "-q", "-r", wanted], check=True)
        shutil.copy(wanted, installed)

    def measure(self, *arguments):
        result = json.loads(common.measure(self.python, self.script, *arguments)["text"])
        return min(result["asks"], key=lambda ask: ask["cpu"]) | result

    def load(self, events):
        common.remove(self.data)
        return self.measure("import", self.data, events)

    def ask(self, question, n_asks=2):
        result = self.measure("ask", self.data, question, n_asks)
        result["answer"] = answers.of_duckdb(question, result["answer"])
        return result

    def n_bytes(self):
        return common.size_bytes(self.data)
