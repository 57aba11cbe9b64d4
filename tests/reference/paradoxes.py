#!/usr/bin/env python3
"""Well-known reversals (Simpson's paradox) as events: compare finds them without being asked, with the numbers that are published.

Admissions to Berkeley in 1973, by department (Bickel, Hammel and O'Connell 1975, Science 187:398-404): men are admitted more often over all,
and within departments they are not. Treatments of kidney stones, by their size (Charig and others 1986, BMJ 292:879-882): open surgery succeeds
more seldom over all, and more often for small stones and for large ones. The pooled differences are those of R and statsmodels.

usage: paradoxes.py SOJOURN_PROGRAM
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
# (first group: successes, all; second group: successes, all) by stratum
BERKELEY = {"A": (512, 825, 89, 108), "B": (353, 560, 17, 25), "C": (120, 325, 202, 593), "D": (138, 417, 131, 375), "E": (53, 191, 94, 393),
            "F": (22, 373, 24, 341)}
STONES = {"small": (81, 87, 234, 270), "large": (192, 263, 55, 80)}


def run(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise AssertionError(f"sojourn {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def events(strata):
    """A customer each: the arm, the stratum and the outcome on one event."""
    lines = ["customer,time,touchpoint,arm,stratum,success"]
    for stratum, (x1, n1, x2, n2) in strata.items():
        for arm, x, n in (("first", x1, n1), ("second", x2, n2)):
            for i in range(n):
                lines.append(f"{stratum}-{arm}-{i},2026-01-01T10:00:00Z,decision,{arm},{stratum},{'true' if i < x else 'false'}")
    return "\n".join(lines) + "\n"


class Paradoxes(unittest.TestCase):
    def compare(self, strata, *words):
        with tempfile.TemporaryDirectory() as folder:
            file, store = pathlib.Path(folder, "events.csv"), pathlib.Path(folder, "s.sojourn")
            file.write_text(events(strata), encoding="utf-8")
            run("import", store, file)
            answer = json.loads(run("compare", store, "--takers", 'decision[arm = "first"]', *words, "--format", "json"))
        tables = {}
        for table in answer["tables"]:
            names = [column["name"] for column in table["columns"]]
            tables[table["name"]] = [dict(zip(names, row)) for row in table["rows"]]
        return tables, {note["code"]: note["text"] for note in answer["notes"]}

    def finding(self, tables):
        return next(row for row in tables["reversals"] if (row["feature"], row["strata"]) == ("success = true", "stratum"))

    def test_berkeley(self):
        for words in ([], ["--strata", "stratum"]):
            tables, notes = self.compare(BERKELEY, *words)
            row = self.finding(tables)
            self.assertAlmostEqual(row["over_all"]["value"], .141645, 6)
            self.assertAlmostEqual(row["within"]["value"], -.018425, 6)
            self.assertAlmostEqual(row["within"]["high"] - row["within"]["low"], 2 * 1.959964 * .014825, 5)
            self.assertEqual((row["finding"], row["n_strata"]), ("vanishes", 6))
            self.assertIn("unlike_groups", notes)
            self.assertIn("stratum", notes["unlike_groups"])
            self.assertIn("arm = first", notes["groups_made_of"])
            self.assertEqual([row["value"] for row in tables["strata"]], ["A", "C", "D", "F", "B", "E"])
            share = tables["strata"][0]["first"]["value"]  # of those who were admitted, or not
            self.assertAlmostEqual(max(share, 1 - share), 512 / 825, 9)

    def test_kidney_stones(self):
        tables, notes = self.compare(STONES)
        row = self.finding(tables)
        self.assertAlmostEqual(row["over_all"]["value"], -.045714, 6)
        self.assertAlmostEqual(row["within"]["value"], .053836, 6)
        self.assertAlmostEqual(row["within"]["high"] - row["within"]["low"], 2 * 1.959964 * .033554, 5)
        self.assertEqual((row["finding"], row["n_strata"]), ("changes", 2))
        self.assertIn("unlike_groups", notes)

    def test_like_groups_have_no_finding(self):
        tables, notes = self.compare({"a": (30, 100, 40, 100), "b": (60, 100, 70, 100)})
        self.assertEqual(tables["reversals"], [])
        self.assertEqual(tables["strata"], [])
        self.assertFalse({"reversal", "unlike_groups"} & set(notes))

    def test_less_than_a_point_is_no_finding(self):
        tables, _ = self.compare({"hard": (8, 8000, 1, 2000), "easy": (24, 2000, 80, 8000)})
        self.assertEqual(tables["reversals"], [])
        tables, _ = self.compare({"hard": (80, 8000, 10, 2000), "easy": (240, 2000, 800, 8000)})  # ten times as frequent
        self.assertEqual(self.finding(tables)["finding"], "reverses")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv.pop()
    unittest.main()
