#!/usr/bin/env python3
"""What is planted in the sample company is found again by asking: each truth by the questions that can show it, with intervals that do not
meet those of what it is compared with.

usage: truths.py SOJOURN_PROGRAM
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
N_CUSTOMERS = 8000


def run(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise AssertionError(f"sojourn {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


class Truths(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.store = pathlib.Path(cls.folder.name, "shop.sojourn")
        run("demo", cls.store, "--customers", N_CUSTOMERS)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def rows(self, table, analysis, *words):
        answer = json.loads(run(analysis, self.store, *words, "--format", "json"))
        found = next(t for t in answer["tables"] if t["name"] == table)
        names = [column["name"] for column in found["columns"]]
        return [dict(zip(names, row)) for row in found["rows"]]

    def assert_above(self, higher, lower, what):
        self.assertGreater(higher["low"], lower["high"], f"{what}: {higher} is not above {lower}")

    def next_is(self, touchpoint, *words):
        """The share of those whose next step it is."""
        return next(row["share"] for row in self.rows("links", "routes", *words, "--steps", "1", "--count", "occurrences", "--width", "100")
                    if row["to"] == touchpoint)

    def test_the_broken_checkout(self):
        broken = '(app_version = "5.2.0" or app_version = "5.2.1")'
        failed = {os: self.next_is("payment_failed", "--after", "checkout_start", "--where", f'os = "{os}" and {broken}')
                  for os in ("android", "ios")}
        before = self.next_is("payment_failed", "--after", "checkout_start", "--where", f'os = "android" and not {broken}')
        self.assert_above(failed["android"], failed["ios"], "the other system")
        self.assert_above(failed["android"], before, "the other releases")
        again = {row["touchpoint"]: row["share"] for row in self.rows("touchpoints", "loops", "--journey", "session 30m", "--where",
                                                                      f'os = "android" and {broken}')}
        self.assertGreater(again["payment_failed"]["value"], 0.1)

    def test_a_chat_about_a_bill_ends_in_a_call(self):
        called = {row["value"]: row["of_first"] for row in self.rows("by", "funnel", "chat_start", "call_start", "--within", "24h",
                                                                     "--journey", "session 24h", "--by", "topic")
                  if row["step"] == "call_start"}
        for topic in ("network", "device", "account", "contract"):
            self.assert_above(called["billing"], called[topic], topic)
        switches = {(row["from"], row["to"]): row["share"] for row in self.rows("switches", "channels", "--where",
                                                                                'channel = "chat" or channel = "call_centre"')}
        self.assertGreater(switches["chat", "call_centre"]["low"], 0.15)

    def test_a_chat_about_a_bill_spares_no_call(self):
        failed = {topic: self.rows("summary", "contacts", "--self", "chat", "--person", "call_centre", "--where",
                                   f'topic = "{topic}"')[0]["failed"] for topic in ("billing", "network", "device", "account", "contract")}
        for topic in ("network", "device", "account", "contract"):
            self.assert_above(failed["billing"], failed[topic], topic)

    def test_long_waits_make_customers_leave(self):
        share = {}
        for name, wait in (("long", "> 600"), ("short", "<= 600")):
            steps = self.rows("steps", "funnel", "call_talk", "cancel_request", "--within", "90d", "--where",
                              f'touchpoint = "cancel_request" or (touchpoint = "call_talk" and wait_s {wait})')
            share[name] = steps[1]["of_first"]
        self.assert_above(share["long"], share["short"], "short waits")

    def test_long_waits_lower_satisfaction(self):
        scores = {name: self.rows("summary", "scores", "--scale", "csat", "--where", f"wait_s {wait}")[0]["score"]
                  for name, wait in (("long", "> 600"), ("short", "<= 600"))}
        self.assert_above(scores["short"], scores["long"], "long waits")

    def test_who_waits_for_whom(self):
        queues = {row["touchpoint"]: row for row in self.rows("durations", "dwell", "--threshold", "10m")}
        self.assertGreater(queues["call_queue"]["longer"]["low"], 0.03)
        first = self.rows("responses", "dwell", "--request", "chat_start", "--response", "chat_agent", "--journey", "session 24h")[0]
        self.assertEqual(first["touchpoint"], "chat_start")
        self.assertLess(first["median"], 10 * 60 * 1000000)

    def test_guided_help_resolves_more_for_each_topic_and_less_over_all(self):
        words = ["--journey", "session 30m", "--takers", 'help_end[help_kind = "guided"]', "--others", 'help_end[help_kind = "articles"]']
        answer = json.loads(run("compare", self.store, *words, "--format", "json"))
        told = next(note["text"] for note in answer["notes"] if note["code"] == "reversal")
        self.assertIn("resolved", told)
        self.assertIn("topic", told)
        found = {row["feature"]: row for row in self.rows("reversals", "compare", *words) if row["strata"] == "topic"}
        self.assertEqual(found["resolved = true"]["finding"], "reverses")
        self.assertLess(found["resolved = true"]["over_all"]["high"], 0)
        self.assertGreater(found["resolved = true"]["within"]["low"], 0)
        topics = self.rows("strata", "compare", *words)
        self.assertEqual(len(topics), 6)
        self.assertEqual(len({row["difference"]["value"] > 0 for row in topics}), 1)

    def test_what_seniors_and_the_satisfied_have_in_common(self):
        rows = self.rows("differences", "compare", "--takers", '.[score_kind = "nps" and score >= 9]', "--others",
                         '.[score_kind = "nps" and score <= 6]')
        self.assertEqual((rows[0]["kind"], rows[0]["arrow"]), ("property", "▲"))
        self.assertIn("segment = senior", [row["feature"] for row in rows[:3]])
        self.assertNotIn("banner_colour", {row["feature"].split(" = ")[0] for row in rows if row["q"] < 0.05})

    def test_orders_peak_in_the_last_week_of_november(self):
        weeks = self.rows("periods", "participation", "order_placed", "--over", "week")
        peaks = sorted(weeks, key=lambda row: row["times"])[-2:]
        self.assertEqual(sorted(row["period"][:10] for row in peaks), ["2024-11-25", "2025-11-24"])

    def test_the_colour_of_the_banner_has_no_effect(self):
        ordered = [row["of_first"] for row in self.rows("by", "funnel", "landing_page", "order_placed", "--within", "600d", "--by",
                                                        "banner_colour") if row["step"] == "order_placed"]
        low, high = max(share["low"] for share in ordered[:2]), min(share["high"] for share in ordered[:2])
        self.assertLess(low, high)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv.pop()
    unittest.main()
