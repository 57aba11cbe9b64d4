#!/usr/bin/env python3
"""Tests of what the benchmarks conclude: that different answers are told apart, and that a target missed or a growth is seen."""
import importlib.machinery
import importlib.util
import json
import pathlib
import sys
import tempfile
import unittest

import answers
import common
import oracle


def script(name):
    """A script of this folder as a module; its name has no .py."""
    loader = importlib.machinery.SourceFileLoader(name, str(pathlib.Path(__file__).resolve().parent / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def document(**changes):
    return json.dumps({"store": {"events": 3, "as_of": "2026-01-01T00:00:00Z"}, "tables": [], "elapsed_us": 5} | changes)


class Answers(unittest.TestCase):
    def test_flow(self):
        flow = {("a", "b"): (3, 1.5, 1.0, 2.0)}
        self.assertTrue(answers.same("flow", flow, {("a", "b"): (3, 1.500001, 1.0)}))
        for other in ({("a", "b"): (4, 1.5)}, {("a", "b"): (3, 1.50001)}, {("a", "b"): (3, 1.5, 1.1)}, {("a", "c"): (3, 1.5)}, {},
                      flow | {("a", "a"): (1, 0.0)}):
            self.assertFalse(answers.same("flow", flow, other), other)

    def test_funnel(self):
        self.assertTrue(answers.same("funnel", [5, 3], (5, 3)))
        self.assertFalse(answers.same("funnel", [5, 3], [5, 2]))

    def test_variants(self):
        found = (9, [("a", 5), ("b", 2), ("c", 2)])
        self.assertTrue(answers.same("variants", found, (9, [("a", 5), ("c", 2), ("d", 2)])))
        for other in ((8, found[1]), (9, [("x", 5), ("b", 2), ("c", 2)]), (9, [("a", 5), ("b", 2), ("c", 1)]), (9, [("a", 5), ("b", 2)])):
            self.assertFalse(answers.same("variants", found, other), other)

    def test_routes(self):
        names = ("route", "count", "share", "customers", "ended")
        text = json.dumps({"tables": [{"name": "routes", "columns": [{"name": name} for name in names],
                                       "rows": [[["a", "b"], 5, None, 5, False], [["a"], 4, None, 4, True], [["b", "a"], 2, None, 2, False]]}]})
        self.assertEqual(answers.of_sojourn("routes", text), (None, [("a>b", 5), ("b>a", 2)]))
        self.assertFalse(answers.same("routes", (None, [("a>b", 5)]), (None, [("a>b", 4)])))

    def test_documents(self):
        self.assertTrue(answers.same_document(document(), document(elapsed_us=7, store={"events": 3, "as_of": "later"})))
        self.assertFalse(answers.same_document(document(), document(store={"events": 4, "as_of": "later"})))
        self.assertFalse(answers.same_document(document(), document(tables=[1])))

    def test_sojourn(self):
        text = json.dumps({"tables": [{"name": "links", "columns": [{"name": name} for name in ("from", "to", "count", "mean", "median", "p90")],
                                       "rows": [["a", "b", 2, 1500000, 1000000, 2000000]]}]})
        self.assertEqual(answers.of_sojourn("flow", text), {("a", "b"): (2, 1.5, 1.0, 2.0)})
        self.assertEqual(answers.of_sojourn("flow_counts", text), {("a", "b"): (2, 1.5)})


class Oracle(unittest.TestCase):
    def test_percentile(self):
        self.assertAlmostEqual(oracle.percentile([1, 2, 3, 4, 10], 0.9), 7.6)
        self.assertEqual(oracle.percentile([4], 0.9), 4)

    def test_reached(self):
        day = 86400
        steps = common.FUNNEL
        self.assertEqual(oracle.reached([(0, steps[1]), (day, "else")]), 0)
        self.assertEqual(oracle.reached([(0, steps[0]), (0, steps[1]), (7 * day, steps[2])]), 3)
        self.assertEqual(oracle.reached([(0, steps[0]), (day, steps[1]), (7 * day + 1, steps[2])]), 2)
        # A later beginning counts where the first came too early.
        self.assertEqual(oracle.reached([(0, steps[0]), (6 * day, steps[0]), (7 * day, steps[1]), (8 * day, steps[2])]), 3)


class Verdicts(unittest.TestCase):
    def test_targets(self):
        run = script("run")
        mine, theirs = [{"cpu": 0.1, "wall": 0.2}], [{"cpu": 2.0, "wall": 1.0}]
        self.assertEqual(run.ratios(mine, theirs, 20, "cpu"), ["20.0", "5.0", "20"])
        self.assertEqual(run.ratios(mine, theirs, 21, "cpu"), ["20.0", "5.0", "**21 missed**"])
        self.assertEqual(run.ratios(mine, [], 21, "cpu"), ["", "", "21"])

    def test_every_question_is_asked_once(self):
        run = script("run")
        asked = run.plan({"sojourn", "duckdb"})
        self.assertEqual(len(asked), len(set(asked)))
        self.assertEqual({question for engine, question in asked if engine == "sojourn"}, {"import", "start", *common.QUESTIONS})

    def test_growth(self):
        quick = script("quick")
        _, grown = quick.verdict({"flow": 1100, "funnel": 1101, "import": 500, "new": 1}, {"flow": 1000, "funnel": 1000, "import": 1000})
        self.assertEqual(grown, ["funnel"])


class Parts(unittest.TestCase):
    def test_cut_loses_nothing(self):
        shapes = script("shapes")
        with tempfile.TemporaryDirectory() as folder:
            rows = [f"row {i}\n" for i in range(100)]
            events = pathlib.Path(folder) / "events.csv"
            events.write_text("header\n" + "".join(rows), encoding="utf-8")
            texts = [path.read_text(encoding="utf-8") for path in shapes.cut(events, len(rows), pathlib.Path(folder))]
        self.assertEqual(len(texts), shapes.N_PARTS)
        self.assertTrue(all(text.startswith("header\nrow ") for text in texts))
        self.assertEqual("".join(text.removeprefix("header\n") for text in texts), "".join(rows))


class Measure(unittest.TestCase):
    def test_figures_are_of_the_command(self):
        ballast = bytearray(b"x") * 200_000_000
        result = common.measure(sys.executable, "-I", "-S", "-c", "print('hello')")
        self.assertEqual(result["text"], "hello\n")
        self.assertLess(result["rss_mb"], len(ballast) / 2e6)
        self.assertGreater(result["wall"], 0)

    def test_a_command_that_fails_is_told(self):
        with self.assertRaisesRegex(SystemExit, "oh no"):
            common.measure(sys.executable, "-I", "-S", "-c", "import sys; sys.exit('oh no')")
        with self.assertRaises(SystemExit):
            common.measure("/no/such/program")


if __name__ == "__main__":
    unittest.main()
