"""Out and in again: an exported file, imported, gives the same store."""
import csv
import io
import json
import pathlib
import re
import shlex
import unittest

from program import ProgramTest

TRICKY = [
    {"customer": "a", "time": "2026-01-01T10:00:00Z", "touchpoint": "visit", "channel": "web", "zip": "00123", "size": 1.5, "ok": True,
     "note": "a, \"b\"\nnext line", "seen": "2026-01-01T09:00:00Z"},
    {"customer": "a", "time": "2026-01-01T10:00:00Z", "touchpoint": "visit two", "zip": "17", "size": -3, "note": " spaces "},
    {"customer": "b", "time": "2026-01-01T10:00:00.000001Z", "touchpoint": "购物车", "channel": "app", "value": 12.3456, "cost": -0.5,
     "duration": 90.25, "score": 9, "score_kind": "nps", "comment": "très bien", "event_id": "e1", "it's odd": "x", "ok": False},
]

ROLES = ["customer", "time", "touchpoint", "channel", "value", "cost", "duration", "score", "score_kind", "comment", "event_id"]


def by_customer(text):
    """Events by customer, in order: key order differs between stores, since every store has a seed of its own."""
    events = {}
    for line in text.splitlines():
        event = json.loads(line)
        events.setdefault(event["customer"], []).append(event)
    return events


class Exchange(ProgramTest):
    def round_trip(self, store, form):
        """Exports, imports with the flags that the export tells, and exports both as JSON Lines."""
        err = self.run_it("export", store, "--format", form, "-o", f"x.{form}")[1]
        told = re.search(r"import it with (.*)", err)
        flags = shlex.split(told[1]) if told else []
        self.run_it("import", "again.sojourn", f"x.{form}", *flags)
        first, second = (by_customer(self.run_it("export", s, "--format", "jsonl")[0]) for s in (store, "again.sojourn"))
        self.assertEqual(first, second)
        columns = []
        for name in (store, "again.sojourn"):
            info = json.loads(self.run_it("info", name, "--format", "json")[0])
            columns.append(sorted((row[0], row[1], row[2]) for row in info["tables"][1]["rows"] if row[1] and row[2] > 0))
        self.assertEqual(columns[0], columns[1])

    def make_tricky(self):
        pathlib.Path("tricky.jsonl").write_text("".join(json.dumps(e) + "\n" for e in TRICKY), encoding="utf-8")
        self.run_it("import", "t.sojourn", "tricky.jsonl")
        return "t.sojourn"

    def test_what_went_in_comes_out(self):
        events = by_customer(self.run_it("export", self.make_tricky(), "--format", "jsonl")[0])
        self.assertEqual(events, {"a": TRICKY[:2], "b": TRICKY[2:]})

    def test_json_lines_have_what_is_known_and_nothing_else(self):
        lines = [json.loads(line) for line in self.run_it("export", self.make_tricky(), "--format", "jsonl")[0].splitlines()]
        for line in lines:
            self.assertIn(line, TRICKY)

    def test_json_lines(self):
        self.round_trip(self.make_tricky(), "jsonl")

    def test_a_property_without_a_name_gets_one(self):
        pathlib.Path("u.jsonl").write_text('{"userId": "a", "event": "x", "timestamp": "2026-01-01T00:00:00Z", "": "u4", "unnamed": "u5"}\n', encoding="utf-8")
        self.run_it("import", "u.sojourn", "u.jsonl", "--yes")
        line = json.loads(self.run_it("export", "u.sojourn", "--format", "jsonl")[0])
        self.assertEqual({name: value for name, value in line.items() if "unnamed" in name}, {"unnamed_2": "u4", "unnamed": "u5"})

    def test_csv(self):
        self.round_trip(self.make_tricky(), "csv")

    def test_the_sample_company_both_ways(self):
        self.run_it("demo", "d.sojourn", "--customers", "40")
        self.round_trip("d.sojourn", "jsonl")

    def test_the_sample_company_as_csv(self):
        self.run_it("demo", "d.sojourn", "--customers", "40")
        self.round_trip("d.sojourn", "csv")

    def test_csv_has_every_role_and_quotes(self):
        rows = list(csv.DictReader(io.StringIO(self.run_it("export", self.make_tricky())[0], newline="")))
        self.assertEqual(list(rows[0])[:11], ROLES)
        notes = {row["note"] for row in rows}
        self.assertEqual(notes, {"a, \"b\"\nnext line", " spaces ", ""})
        purchase = next(row for row in rows if row["customer"] == "b")
        self.assertEqual((purchase["value"], purchase["cost"], purchase["duration"]), ("12.3456", "-0.5", "90.25"))

    def test_from_and_to(self):
        store = self.make_store()
        out = self.run_it("export", store, "--format", "jsonl", "--from", "2026-01-01T10:05:00Z", "--to", "2026-01-02T09:00:00Z")[0]
        self.assertEqual([json.loads(line)["touchpoint"] for line in out.splitlines()], ["cart", "purchase"])
        self.assertEqual(self.run_it("export", store, "--format", "jsonl", "--from", "2027-01-01")[0], "")
        self.run_it("export", store, "--from", "soon", code=2)

    def test_an_empty_store(self):
        self.run_it("init", "e.sojourn")
        self.assertEqual(self.run_it("export", "e.sojourn", "--format", "jsonl")[0], "")
        self.assertTrue(self.run_it("export", "e.sojourn")[0].startswith("customer,time,touchpoint,channel"))


if __name__ == "__main__":
    unittest.main()
