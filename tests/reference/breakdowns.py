#!/usr/bin/env python3
"""A breakdown against asking for each of its parts alone, with --segment: every analysis, all its tables, to the last digit; for saved segments that
overlap and for the values of properties of every kind.

usage: breakdowns.py SOJOURN_PROGRAM
Exit code: 0 all equal, 1 a difference or a failure.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from test_api import QUESTIONS

SEGMENTS = {"callers": "did(call_start)", "often": "did(call_start, at least 3) and channels >= 4", "nobody": "channels > 99"}
SAVED = "callers,often,nobody"


def run(program, *words):
    return subprocess.run([program, *map(str, words)], check=True, capture_output=True, text=True, timeout=120).stdout


class Comparison:
    """Asks both ways and counts what is not the same."""

    def __init__(self, program, store):
        self.program, self.store = program, store
        self.n_rows = self.n_different = 0

    def ask(self, *words):
        return json.loads(run(self.program, words[0], self.store, *words[1:], "--format", "json"))

    def equal(self, what, found, expected):
        if found != expected:
            self.n_different += 1
            print(f"{what}:\n  breakdown {str(found)[:400]}\n  segment   {str(expected)[:400]}")

    def compare(self, words, breakdown, segment=None):
        lens = ["--segment", segment] if segment else []
        whole = self.ask(*words, *lens, "--breakdown", breakdown)
        parts, tables = whole["tables"][0], {t["name"]: t for t in whole["tables"][1:]}
        what = " ".join(words + ["--breakdown", breakdown] + lens)
        self.equal(f"{what}: first table", parts["name"], "parts")
        names = set()
        for name, customers, _, _, condition in parts["rows"]:
            condition = f"segment {condition}" if breakdown == SAVED else condition
            alone = self.ask(*words, "--segment", f"({segment}) and {condition}" if segment else condition)
            names |= {t["name"] for t in alone["tables"]}
            for table in alone["tables"]:
                found = tables[table["name"]]
                self.equal(f"{what}: columns", found["columns"][1:], table["columns"])
                self.equal(f"{what}: {table['name']} of {name}", [row[1:] for row in found["rows"] if row[0] == name], table["rows"])
                self.n_rows += len(table["rows"])
            if words[0] == "overview":
                counts = {c["name"]: i for i, c in enumerate(alone["tables"][0]["columns"])}
                row = alone["tables"][0]["rows"][0]
                self.equal(f"{what}: counts of {name}", parts["rows"][len(names) and [r[0] for r in parts["rows"]].index(name)][1:4],
                           [row[counts[c]] for c in ("customers", "journeys", "events")])
        self.equal(f"{what}: tables", set(tables), names)
        return whole


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        store = pathlib.Path(folder, "s.sojourn")
        run(program, "demo", store, "--customers", 300)
        for name, condition in SEGMENTS.items():
            run(program, "segments", store, "save", name, condition)
        comparison = Comparison(program, store)
        for analysis, questions in QUESTIONS.items():
            for words in questions:
                comparison.compare([analysis, *words], SAVED)
        for trait in ("plan", "channel", "score", "resolved", "wait_s", "value", "region"):
            whole = comparison.compare(["overview"], f"trait.{trait}")
            customers = [row[1] for row in whole["tables"][0]["rows"]]
            comparison.equal(f"customers by {trait} add up", sum(customers), 300)
            comparison.equal(f"at most 22 values of {trait}", len(customers) <= 22, True)
        comparison.compare(["funnel", "add_to_basket", "order_placed"], "trait.device", "did(chat_start)")
        comparison.compare(["sessions", "--journey", "session 30m", "--where", "channel = 'web'"], SAVED, "did(chat_start)")
        notes = {note["code"] for note in comparison.ask("flow", "--breakdown", "callers, often")["notes"]}
        comparison.equal("notes", {"breakdown_rule", "overlap", "in_no_segment"} - notes, set())
        first = comparison.ask("overview", "--breakdown", "trait.device,callers", "--threads", "1")
        again = comparison.ask("overview", "--breakdown", "trait.device,callers", "--threads", "3")
        comparison.equal("threads", first["tables"], again["tables"])
        comparison.equal("names", first["tables"][0]["rows"][0][0][:9], "device = ")
    print(f"{comparison.n_rows} rows compared, {comparison.n_different} differences")
    sys.exit(1 if comparison.n_different or comparison.n_rows < 1000 else 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
