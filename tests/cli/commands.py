"""The commands from the outside: usage, exit codes, streams, formats, output files."""
import csv
import io
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree

from program import EVENTS, PROGRAM, ProgramTest

ANALYSES = [["overview"], ["flow"], ["routes"], ["variants"], ["funnel", "visit", "purchase"], ["participation", "visit", "purchase"],
            ["retention"], ["sessions"], ["channels"], ["contacts", "--person", "phone"], ["dwell"], ["scores"], ["loops"], ["customers"],
            ["compare", "--takers", "purchase"]]


class Usage(ProgramTest):
    def test_no_command_shows_the_contents(self):
        out, err = self.run_it()
        for name in ("demo", "import", "export", "overview", "flow", "routes", "variants", "funnel", "participation", "retention", "sessions",
                     "channels", "contacts", "dwell", "scores", "loops", "customers", "compare", "customer", "identity", "why", "segments", "report", "info", "verify", "compact", "expire", "erase", "audit", "help"):
            self.assertIn(f"\n  {name} ", out)
        self.assertEqual(err, "")

    def test_every_command_has_help_with_an_example(self):
        names = [line.split()[0] for line in self.run_it("help")[0].splitlines() if line.startswith("  ") and line[2].islower()
                 and not line.startswith("  sojourn")]
        self.assertGreater(len(names), 10)
        for name in names:
            out = self.run_it("help", name)[0]
            self.assertEqual(out, self.run_it(name, "--help")[0])
            self.assertTrue(out.startswith(f"sojourn {name}"))
            self.assertIn("\n  sojourn ", out)
            self.assertTrue(all(len(line) <= 110 for line in out.splitlines()), name)

    def test_help_shows_flags_and_standard_values(self):
        out = self.run_it("help", "funnel")[0]
        for text in ("--within", "(standard: 7d)", "--journey", "--format", "(standard: table)", "STEPS…"):
            self.assertIn(text, out)

    def test_wrong_usage_is_2_and_names_the_nearest(self):
        for words, says in (
            (["flwo", "s"], '"flow" is the nearest one'),
            (["xyzzy"], "sojourn help"),
            (["flow"], "Usage: sojourn flow STORE"),
            (["flow", "s", "t"], "one word too many"),
            (["flow", "s", "--fromat", "json"], "--format is the nearest one"),
            (["funnel", "s"], "Usage: sojourn funnel STORE STEPS…"),
            (["import", "s", "events.csv", "--custmer", "x"], "--customer is the nearest one"),
            (["import", "s", "events.csv", "--set", "phone"], "--set channel=phone"),
            (["import", "s", "events.csv", "--set", "shape=round"], "not a role"),
            (["import", "s", "events.csv", "--max-rejects", "few"], "--max-rejects"),
            (["import", "s", "-", "-"], "only once"),
            (["demo", "s", "--customers", "0"], "--customers must be a whole number"),
            (["--format", "json"], "the command comes first"),
            (["flow", "s", "--lang", "fr"], "one of en, nl, zh"),
            (["import", "s", "events.csv", "--timezone", "+25:00"], "no offset from UTC"),
        ):
            out, err = self.run_it(*words, code=2)
            self.assertEqual(out, "")
            self.assertIn(says, err)
            self.assertTrue(err.startswith("sojourn: "))
            self.assertFalse(pathlib.Path("s").exists(), words)

    def test_the_conditions_have_a_page(self):
        page = self.run_it("help", "where")[0]
        self.assertEqual(page, self.run_it("help", "conditions")[0])
        for text in ("is known", "backquotes", "in (\"web\", \"app\")", "7d", "\n  sojourn flow"):
            self.assertIn(text, page)
        self.assertIn("\n  help where ", self.run_it("help")[0])
        for words in ANALYSES:
            self.assertIn("help where`", " ".join(self.run_it("help", words[0])[0].split()))
        self.run_it("demo", "d.sojourn", "--customers", "20")
        examples = re.findall(r"\n  sojourn (\w+) shop.sojourn --where '([^']*)'", page)
        self.assertEqual(len(examples), 2)
        for name, condition in examples:
            self.run_it(name, "d.sojourn", "--where", condition)

    def test_failures_are_1(self):
        self.assertIn("nowhere.sojourn", self.run_it("flow", "nowhere.sojourn", code=1)[1])
        self.assertIn("nothing.csv", self.run_it("import", "s.sojourn", "nothing.csv", code=1)[1])
        self.assertFalse(pathlib.Path("s.sojourn").exists())

    def test_version(self):
        self.assertRegex(self.run_it("version")[0], r"^sojourn \d+\.\d+\.\d+\n")
        self.assertEqual(self.run_it("version"), self.run_it("--version"))


class Stores(ProgramTest):
    def test_init_refuses_what_is_there(self):
        self.run_it("init", "s.sojourn", "--currency", "SEK")
        self.assertIn("SEK", self.run_it("info", "s.sojourn")[0])
        self.run_it("init", "s.sojourn", code=1)

    def test_info_verify_compact(self):
        store = self.make_store()
        info = json.loads(self.run_it("info", store, "--format", "json")[0])
        row = dict(zip([c["name"] for c in info["tables"][0]["columns"]], info["tables"][0]["rows"][0]))
        self.assertEqual((row["events"], row["customers"], row["touchpoints"], row["channels"]), (5, 2, 4, 3))
        self.assertEqual((row["first"], row["last"]), ("2026-01-01T10:00:00Z", "2026-01-03T09:00:00Z"))
        self.assertIn("all sound", self.run_it("verify", store)[0])
        before = self.run_it("flow", store, "--format", "csv")
        self.run_it("compact", store)
        self.assertEqual(before, self.run_it("flow", store, "--format", "csv"))

    def test_who_lists_the_people_behind_a_count(self):
        store = self.make_store()
        def who(*words, code=0):
            return self.run_it(*words[:1], store, *words[1:], "--who", code=code)
        answer = json.loads(who("flow", "--row", "visit > cart", "--format", "json")[0])
        self.assertEqual([table["name"] for table in answer["tables"]], ["customers"])
        self.assertEqual(answer["tables"][0]["rows"], [["c1", 1, 3, 1, "2026-01-01T10:00:00Z", "2026-01-01T10:09:30Z"]])
        self.assertEqual(answer["who"], {"row": "visit > cart"})
        notes = {note["code"]: note["text"] for note in answer["notes"]}
        self.assertEqual(notes["who_count"], "links.count is 1 there, of 1 customers in all")
        segment = notes["who_segment"].split(": ")[1]
        self.assertEqual(self.run_it("customers", store, "--segment", segment, "--format", "csv")[0].splitlines()[1].split(",")[0], "c1")
        page = who("overview", "--who-limit", "1", "--format", "csv")[0].splitlines()
        rest = who("overview", "--who-limit", "1", "--who-after", page[1].split(",")[0], "--format", "csv")[0].splitlines()
        self.assertEqual(page[0], "customer,count,events,journeys,first,last")
        self.assertEqual(sorted(line.split(",")[0] for line in page[1:] + rest[1:]), ["c1", "c2"])
        self.assertIn("Wie het zijn", who("overview", "--lang", "nl")[0])
        self.assertIn("which row of links?", who("flow", code=2)[1])
        self.assertIn('did you mean "visit > cart"?', who("flow", "--row", "visit > car", code=2)[1])
        self.assertIn("lists people already", who("customers", code=2)[1])
        self.assertIn("go with who", self.run_it("flow", store, "--who-limit", "3", code=2)[1])
        self.assertIn("--who-limit must be a whole number", who("flow", "--who-limit", "0", code=2)[1])

    def test_who_has_a_page(self):
        page = self.run_it("help", "who")[0]
        self.assertEqual(page, self.run_it("help", "people")[0])
        self.run_it("demo", "d.sojourn", "--customers", "300")
        examples = [line.split("shop.sojourn") for line in page.splitlines() if line.startswith("  sojourn ")]
        self.assertEqual(len(examples), 3)
        for name, rest in examples:
            self.assertIn("Customer", self.run_it(name.split()[1], "d.sojourn", *shlex.split(rest))[0])

    def test_customer_shows_everything_in_order(self):
        store = self.make_store()
        answer = json.loads(self.run_it("customer", store, "c1", "--format", "json")[0])
        tables = {table["name"]: table["rows"] for table in answer["tables"]}
        self.assertEqual(tables["customer"], [["c1", 3, 1, 1, "2026-01-01T10:00:00Z", "2026-01-01T10:09:30Z"]])
        self.assertEqual(tables["events"], [
            ["2026-01-01T10:00:00Z", 1, None, "visit", "web", None, None, None, None, "note=hello"],
            ["2026-01-01T10:05:00Z", 1, 300000000, "cart", "web", None, None, None, None, 'note="a, b"'],
            ["2026-01-01T10:09:30Z", 1, 270000000, "purchase", "web", 12.5, None, None, None, None]])
        self.assertIn("Wat deed deze klant", self.run_it("customer", store, "c1", "--lang", "nl")[0])
        self.assertIn('no customer "c9"', self.run_it("customer", store, "c9", code=1)[1])
        self.assertIn("no pause for sessions", self.run_it("customer", store, "c1", "--journey", "session soon", code=2)[1])

    def test_customer_shows_journeys_scores_and_comments(self):
        pathlib.Path("j.csv").write_text("customer,time,touchpoint,order,score,score_kind,comment\n"
                                         "a,2026-01-01T10:00:00Z,visit,x,,,\na,2026-01-01T10:10:00Z,visit,y,,,\n"
                                         "a,2026-01-01T10:20:00Z,pay,x,,,\na,2026-01-02T09:00:00Z,survey,,9,nps,\"well, good\"\n", encoding="utf-8")
        self.run_it("import", "j.sojourn", "j.csv", "--kind", "order=text")
        def events(*words):
            answer = json.loads(self.run_it("customer", "j.sojourn", "a", *words, "--format", "json")[0])
            tables = {table["name"]: table for table in answer["tables"]}
            names = [column["name"] for column in tables["events"]["columns"]]
            return tables["customer"]["rows"][0], [dict(zip(names, row)) for row in tables["events"]["rows"]]
        one, rows = events()
        self.assertEqual((one[1:3], [row["journey"] for row in rows]), ([4, 2], [1, 1, 1, 2]))
        self.assertEqual((rows[3]["score"], rows[3]["score_kind"], rows[3]["comment"], rows[3]["details"]), (9, "nps", "well, good", None))
        self.assertEqual((rows[0]["details"], rows[0]["comment"]), ("order=x", None))
        one, rows = events("--journey", "by order")
        self.assertEqual((one[1:3], [row["journey"] for row in rows]), ([4, 2], [1, 2, 1, None]))
        one, rows = events("--journey", "session 10m", "--to", "2026-01-02")
        self.assertEqual((one[1:3], [row["journey"] for row in rows]), ([3, 1], [1, 1, 1]))
        one, rows = events("--journey", "session 9m", "--where", "touchpoint != 'pay'", "--from", "2026-01-01T10:05")
        self.assertEqual((one[1:3], [row["after"] for row in rows]), ([2, 2], [None, 82200000000]))
        shown = self.run_it("customer", "j.sojourn", "a")[0].split("Touchpoint")[1].splitlines()
        self.assertEqual([line == "" for line in shown[2:7]], [False, False, False, True, False])
        self.assertEqual(self.run_it("customer", "j.sojourn", "a", "--journey", "history")[0].split("Touchpoint")[1].count("\n\n"), 0)
        self.assertIn("the lens leaves no event", self.run_it("customer", "j.sojourn", "a", "--from", "2030-01-01", code=1)[1])

    def test_why_names_what_is_missing(self):
        rows = ["a1,10:00,visit,w", "a1,10:10,cart,w", "a1,10:20,other,w", "a1,11:30,buy,m",    # one journey, in several lights
                "a2,10:00,cart,w", "a2,10:30,visit,w"]
        text = "\n".join(f"{c},2026-01-01T{t}:00Z,{e},{d}" for c, t, e, d in (row.split(",") for row in rows))
        pathlib.Path("w.csv").write_text("customer,time,touchpoint,device\n" + text + "\n", encoding="utf-8")
        self.run_it("import", "w.sojourn", "w.csv")

        def why(customer, *words):
            answer = json.loads(self.run_it("why", "w.sojourn", customer, *words, "--format", "json")[0])
            return {table["name"]: table["rows"] for table in answer["tables"]}, answer["notes"]

        tables, notes = why("a1", "visit", "cart", "buy")
        self.assertEqual(tables["journeys"], [[1, "2026-01-01T10:00:00Z", "2026-01-01T11:30:00Z", 4, 3]])
        self.assertEqual(tables["steps"][2][:5], ["buy", True, "2026-01-01T11:30:00Z", "buy", 4800000000])
        self.assertEqual([row for row in tables["dialects"] if row[0] == "clickhouse-strict-order"],
                         [["clickhouse-strict-order", 2, "visit", "2026-01-01T10:00:00Z"], ["clickhouse-strict-order", 2, "cart", "2026-01-01T10:10:00Z"]])
        self.assertEqual([note["code"] for note in notes], ["funnel_rule", "clickhouse_strict_order_rule"])
        missing = (
            (["visit", "cart", "buy", "--within", "1h"], "buy", "too late: more time since the first step", 5400, 3600),
            (["visit > cart >[within 1h] buy"], "buy", "too late: more time since the step before", 4800, 3600),
            (["visit > cart >[after 2h] buy"], "buy", "too early", 4800, 7200),
            (["visit >> cart >> buy"], "buy", "other events lie between", None, None),
            (["visit > cart >[no other] buy"], "buy", "an excluded event lies between", None, None),
            (["visit", "cart", "buy", "--hold", "device"], "buy", "another value", None, None),
            (["cart", "visit"], "visit", "there is such an event before, but none after", None, None),
            (["visit > cart > (other > cart)"], "(other > cart)", "only a part of the step is there, or its time is over", None, None),
            (["^ cart > buy"], "cart", "it is not where the expression wants it", None, None),
            (["visit > cart $"], "cart", "it is not the last event of the journey", None, None),
            (["visit[device = 'm'] > buy"], "visit[device = 'm']", "there is no such event", None, None),
        )
        for words, step, because, took, limit in missing:
            tables, notes = why("a1", *words)
            row = next(row for row in tables["steps"] if not row[1])
            self.assertEqual(row[0], step)
            self.assertIn(because, row[5])
            self.assertEqual(row[7:], [took and took * 1000000, limit and limit * 1000000])
            self.assertEqual("dialects" in tables, len(words) == 2 or words[:3] == ["visit", "cart", "buy"] and "--within" in words or
                             words == ["visit[device = 'm'] > buy"])
        tables, notes = why("a2", "visit > cart? > buy", "--journey", "session 20m")
        self.assertEqual([row[3:] for row in tables["journeys"]], [[1, 0], [1, 1]])
        self.assertEqual([row[5] for row in tables["steps"][1:]], ["there is no such event"] * 2)
        counted = self.run_it("funnel", "w.sojourn", "visit > cart >[within 1h] buy", "--format", "json")[0]
        self.assertEqual([row[1] for row in json.loads(counted)["tables"][0]["rows"]], [2, 1, 0])
        self.assertIn('no customer "a9"', self.run_it("why", "w.sojourn", "a9", "visit", code=1)[1])
        self.assertIn("leaves no event", self.run_it("why", "w.sojourn", "a1", "visit", "--from", "2026-01-02", code=1)[1])
        self.assertIn("did you mean", self.run_it("why", "w.sojourn", "a1", "vist", code=2)[1])

    def test_times_on_all_arrows_take_the_place_of_the_standard(self):
        pathlib.Path("slow.csv").write_text("customer,time,touchpoint\na,2026-01-01T00:00:00Z,visit\na,2026-01-09T00:00:00Z,cart\n", encoding="utf-8")
        self.run_it("import", "slow.sojourn", "slow.csv")
        for steps, counted in (("visit >[within 10d] cart", 1), ("visit > cart", 0)):
            answer = json.loads(self.run_it("participation", "slow.sojourn", steps, "--format", "json")[0])
            self.assertEqual(answer["tables"][0]["rows"][0][1], counted)
            why = json.loads(self.run_it("why", "slow.sojourn", "a", steps, "--format", "json")[0])
            rows = next(t["rows"] for t in why["tables"] if t["name"] == "steps")
            self.assertEqual(rows[1][1], bool(counted))

    def test_segments_have_a_page(self):
        page = self.run_it("help", "segment")[0]
        self.assertEqual(page, self.run_it("help", "membership")[0])
        self.run_it("demo", "d.sojourn", "--customers", "200")
        examples = re.findall(r"\n  sojourn (.*) --segment '([^']*)'", page)
        self.assertEqual(len(examples), 3)
        for words, condition in examples:
            self.run_it(*words.replace("shop", "d").split(), "--segment", condition)
        store = self.make_store()
        for condition, customers in (("did(cart)", 1), ("not did(cart)", 1), ("sum(value, purchase) >= 12", 1), ("trait.note is known", 2), ("trait.note is known and did(purchase)", 1)):
            answer = json.loads(self.run_it("overview", store, "--segment", condition, "--format", "json")[0])
            self.assertEqual((answer["tables"][0]["rows"][0][1], answer["lens"]), (customers, {"segment": condition}))
        self.assertIn("the segment, at character 1", self.run_it("flow", store, "--segment", "bought(cart)", code=2)[1])

    def test_segments_are_saved(self):
        store = self.make_store()

        def listed(*words):
            return json.loads(self.run_it("segments", store, *words, "--format", "json")[0])["tables"][0]["rows"]

        def customers(condition):
            return json.loads(self.run_it("overview", store, "--segment", condition, "--format", "json")[0])["tables"][0]["rows"][0][1]

        out, err = self.run_it("segments", store)
        self.assertIn("No segment is saved", out)
        self.assertIn("this store has none", self.run_it("segments", store, "show", "carts", code=1)[1])
        said = self.run_it("segments", store, "save", "carts", " did(cart) ", "--description", "it's who fill one")[1]
        self.assertIn('"carts" is saved: 1 of 2 customers belong to it now', said)
        self.run_it("segments", store, "save", "no carts", "not segment carts")
        self.run_it("segments", store, "save", "klanten 顾客", "segment carts or segment 'no carts'", "--lang", "nl")
        self.assertEqual([row[:2] + row[3:5] for row in listed()],
                         [["carts", 1, "did(cart)", "it's who fill one"], ["klanten 顾客", 2, "segment carts or segment 'no carts'", ""],
                          ["no carts", 1, "not segment carts", ""]])
        self.assertEqual(listed()[0][2]["n"], 2)
        self.assertEqual(listed("show", "carts")[0][6:], ["", "klanten 顾客, no carts"])
        self.assertEqual(listed("show", "klanten 顾客")[0][6:], ["carts, no carts", ""])
        self.assertEqual([customers(c) for c in ("carts", "segment carts", " no carts ", "klanten 顾客", "not segment `klanten 顾客`")], [1, 1, 1, 2, 0])
        self.assertEqual(self.run_it("segments", store, "--format", "csv")[0].splitlines()[3][:12], "no carts,1,0")
        self.assertIn("<svg", self.run_it("segments", store, "--format", "svg")[0])
        refused = (
            (["save", "carts", "did(purchase)"], 1, "--replace overwrites it"),
            (["save", "carts", "segment 'no carts'", "--replace"], 2, "contains itself: carts > no carts > carts"),
            (["save", "x", "did(carts)"], 2, 'no touchpoint "carts"'),
            (["save", "x", "segment cart"], 2, 'did you mean "carts"?'),
            (["save", "x", "first(cart) > '2026-01-01'", "--timezone", "Mars"], 2, "Mars"),
            (["save", "did(cart)", "did(cart)"], 2, "could be read as a condition"),
            (["save", "carts"], 2, "segments STORE save NAME CONDITION"),
            (["drop", "carts"], 2, "these refer to it: klanten 顾客, no carts"),
            (["drop", "cart"], 1, 'did you mean "carts"?'),
            (["drop", "carts", "--replace"], 2, "--replace goes with save"),
            (["dorp", "carts"], 2, "did you mean drop?"),
            (["carts"], 2, "expected list, show, save or drop"),
        )
        for words, code, says in refused:
            self.assertIn(says, self.run_it("segments", store, *words, code=code)[1])
        self.assertIn('no saved segment "cart"; did you mean "carts"?', self.run_it("flow", store, "--segment", "cart", code=2)[1])
        said = self.run_it("segments", store, "save", "carts", "did(purchase)", "--replace")[1].splitlines()
        self.assertEqual(customers("carts"), 1)
        again = shlex.split(said[2])
        self.assertEqual(again[:5], ["sojourn", "segments", store, "save", "carts"])
        self.run_it(*again[1:])
        self.assertEqual(listed()[0][3:5], ["did(cart)", "it's who fill one"])
        said = self.run_it("segments", store, "drop", "klanten 顾客")[1].splitlines()
        self.assertEqual([row[0] for row in listed()], ["carts", "no carts"])
        self.run_it(*shlex.split(said[1])[1:])
        self.assertEqual([row[0] for row in listed()], ["carts", "klanten 顾客", "no carts"])
        self.assertIn("all sound", self.run_it("verify", store)[0])

    def test_the_language_has_a_page(self):
        page = self.run_it("help", "language")[0]
        self.assertEqual(page, self.run_it("help", "expressions")[0])
        self.run_it("demo", "d.sojourn", "--customers", "200")
        examples = re.findall(r"\n  sojourn (\w+) shop.sojourn '([^']*)'(.*)", page)
        self.assertEqual(len(examples), 3)
        for name, expression, rest in examples:
            self.run_it(name, "d.sojourn", expression, *rest.split())

    def test_info_counts_different_values(self):
        rows = [f"c{i % 400},2026-01-01T10:00:00Z,visit,{i},{i % 7},{i // 2 if i % 2 else ''}" for i in range(400)]
        pathlib.Path("d.csv").write_text("customer,time,touchpoint,order,colour,rest\n" + "\n".join(rows) + "\n", encoding="utf-8")
        self.run_it("import", "different.sojourn", "d.csv", "--kind", "order=text")
        info = json.loads(self.run_it("info", "different.sojourn", "--different", "--format", "json")[0])
        found = {row[0]: row[2:] for row in next(t for t in info["tables"] if t["name"] == "different")["rows"]}
        self.assertEqual(sorted(found), ["colour", "order", "rest"])
        self.assertEqual((found["colour"], found["rest"]), ([7, 7, 7], [200, 200, 200]))
        self.assertTrue(found["order"][1] <= 400 <= found["order"][2], found["order"])

    def test_verify_finds_a_flipped_bit(self):
        store = self.make_store()
        segments = list(pathlib.Path(store, "segments").glob("*.seg"))
        self.assertTrue(segments)
        data = bytearray(segments[0].read_bytes())
        data[len(data) // 2] ^= 4
        segments[0].chmod(0o600)
        segments[0].write_bytes(data)
        self.run_it("verify", store, code=1)

    def test_demo_makes_a_company_and_its_truth(self):
        self.run_it("demo", "d.sojourn", "--customers", "30")
        self.assertTrue(json.loads(pathlib.Path("d.sojourn.truth.json").read_text(encoding="utf-8")))
        info = json.loads(self.run_it("info", "d.sojourn", "--format", "json")[0])
        self.assertEqual(info["tables"][0]["rows"][0][1], 30)
        self.assertIn("all sound", self.run_it("verify", "d.sojourn")[0])
        self.run_it("demo", "d.sojourn", code=1)


class Import(ProgramTest):
    def test_shows_what_it_understands_on_standard_error(self):
        out, err = self.run_it("import", "s.sojourn", "events.csv")
        self.assertEqual(out, "")
        for text in ("user_id", "customer", "timestamp", "a new store", "new events: 5, duplicates: 0, rejects: 0"):
            self.assertIn(text, err)
        self.assertNotIn("\r", err)
        self.assertNotIn("\033", err)
        self.assertEqual(sorted(p.name for p in pathlib.Path().iterdir()), ["events.csv", "s.sojourn"])

    def test_the_same_file_twice_needs_again(self):
        store = self.make_store()
        err = self.run_it("import", store, "events.csv", code=1)[1]
        self.assertIn("--again", err)
        self.assertRegex(err, r"imported on \d{4}-\d\d-\d\dT")
        self.assertEqual(json.loads(self.run_it("flow", store, "--format", "json")[0])["store"]["events"], 5)
        self.run_it("import", store, "events.csv", "--again")
        self.assertEqual(json.loads(self.run_it("flow", store, "--format", "json")[0])["store"]["events"], 10)

    def test_rejected_rows_are_kept_with_their_reason(self):
        pathlib.Path("bad.csv").write_text(EVENTS + "c3,yesterday,visit,web,,\n", encoding="utf-8")
        err = self.run_it("import", "s.sojourn", "bad.csv")[1]
        self.assertIn("rejects: 1", err)
        rows = list(csv.DictReader(io.StringIO(pathlib.Path("bad.csv.rejects.csv").read_text(encoding="utf-8"))))
        self.assertEqual(len(rows), 1)
        self.assertEqual((rows[0]["line"], rows[0]["column"], rows[0]["raw"]), ("7", "timestamp", "c3,yesterday,visit,web,,"))
        self.assertIn("yesterday", rows[0]["reason"])

    def test_the_rejects_file_replaces_only_what_was_named(self):
        pathlib.Path("bad.csv").write_text(EVENTS + "c3,yesterday,visit,web,,\n", encoding="utf-8")
        pathlib.Path("bad.csv.rejects.csv").write_text("mine", encoding="utf-8")
        self.run_it("import", "s.sojourn", "bad.csv")
        self.assertEqual(pathlib.Path("bad.csv.rejects.csv").read_text(encoding="utf-8"), "mine")
        self.assertIn("yesterday", pathlib.Path("bad.csv.rejects-2.csv").read_text(encoding="utf-8"))
        self.run_it("import", "s.sojourn", "bad.csv", "--again", "--rejects", "bad.csv.rejects.csv")
        self.assertIn("yesterday", pathlib.Path("bad.csv.rejects.csv").read_text(encoding="utf-8"))

    def test_too_many_rejects_leave_the_store_as_before(self):
        store = self.make_store()
        pathlib.Path("bad.csv").write_text(EVENTS + "c3,yesterday,visit,web,,\nc3,tomorrow,visit,web,,\n", encoding="utf-8")
        err = self.run_it("import", store, "bad.csv", "--max-rejects", "1", code=1)[1]
        self.assertIn("--max-rejects", err)
        self.assertEqual(json.loads(self.run_it("flow", store, "--format", "json")[0])["store"]["events"], 5)
        self.assertTrue(pathlib.Path("bad.csv.rejects.csv").exists())
        self.run_it("import", store, "bad.csv", "--max-rejects", "50%", "--rejects", "r.csv")
        self.assertEqual(json.loads(self.run_it("flow", store, "--format", "json")[0])["store"]["events"], 10)

    def test_dry_run_stores_nothing(self):
        err = self.run_it("import", "s.sojourn", "events.csv", "--dry-run")[1]
        self.assertIn("events: 5, rejects: 0", err)
        self.assertFalse(pathlib.Path("s.sojourn").exists())

    def test_standard_input_and_roles_by_flags(self):
        text = EVENTS.replace("user_id,timestamp,event,channel", "a,b,c,d")
        self.run_it("import", "s.sojourn", "-", "--customer", "a", "--time", "b", "--touchpoint", "c", "--channel=d", "--ignore", "note",
                    "--yes", stdin=text)
        out = self.run_it("export", "s.sojourn")[0]
        self.assertIn("c1,2026-01-01T10:00:00Z,visit,web", out)
        self.assertNotIn("hello", out)

    def test_constants(self):
        pathlib.Path("calls.csv").write_text("caller,started\n31,2026-01-01T10:00:00Z\n", encoding="utf-8")
        self.run_it("import", "s.sojourn", "calls.csv", "--customer", "caller", "--time", "started", "--set", "channel=phone", "--set",
                    "touchpoint=call")
        self.assertIn("31,2026-01-01T10:00:00Z,call,phone", self.run_it("export", "s.sojourn")[0])

    def interrupt(self, words, when, signal_number, feed=None):
        """Starts the program, sends it the signal as soon as `when` is true, and gives the exit code and standard error."""
        started = subprocess.Popen([PROGRAM, *words], stdin=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        if feed:
            started.stdin.write(feed)
            started.stdin.flush()
        end = time.monotonic() + 60
        while not when():
            self.assertIsNone(started.poll(), "it ended before it could be interrupted")
            self.assertLess(time.monotonic(), end)
        started.send_signal(signal_number)
        code = started.wait(60)  # its input has no end yet: it must not wait for it
        started.stdin.close()
        err = started.stderr.read()
        started.stderr.close()
        return code, err

    def test_interrupted_it_leaves_nothing(self):
        header, rows = EVENTS.split("\n", 1)
        feed = header + "\n" + rows * 20000 + "c3,never,visit,web,,\n"
        for number in (signal.SIGINT, signal.SIGTERM):
            code, err = self.interrupt(["import", "new.sojourn", "-"], lambda: os.path.exists("new.sojourn/catalog.db"), number, feed)
            self.assertEqual(code, 128 + number)
            self.assertIn("stopped; nothing was imported", err)
            self.assertNotIn("a new store", err)
            self.assertEqual([p.name for p in pathlib.Path().iterdir()], ["events.csv"])

    def test_interrupted_it_keeps_the_files_before(self):
        header, rows = EVENTS.split("\n", 1)

        def first_is_in():
            done = subprocess.run([PROGRAM, "info", "s.sojourn", "--format", "json"], capture_output=True, encoding="utf-8", check=False)
            return done.returncode == 0 and json.loads(done.stdout)["store"]["events"] == 5

        code, err = self.interrupt(["import", "s.sojourn", "events.csv", "-"], first_is_in, signal.SIGINT, header + "\n" + rows * 20000)
        self.assertEqual(code, 130)
        self.assertIn("of 2 files the first 1 are imported", err)
        self.assertIn("all sound", self.run_it("verify", "s.sojourn")[0])
        self.assertEqual(json.loads(self.run_it("info", "s.sojourn", "--format", "json")[0])["store"]["events"], 5)

    def test_a_demo_that_is_stopped_leaves_no_store(self):
        code, err = self.interrupt(["demo", "d.sojourn"], lambda: os.path.exists("d.sojourn/writer.lock"), signal.SIGINT)
        self.assertEqual(code, 130)
        self.assertIn("stopped; no store was made", err)
        self.assertEqual([p.name for p in pathlib.Path().iterdir()], ["events.csv"])

    def test_many_rejects_are_warned_of(self):
        pathlib.Path("bad.csv").write_text(EVENTS + "c3,yesterday,visit,web,,\n" * 2, encoding="utf-8")
        self.assertIn("! bad.csv: 28.6 % of the rows were rejected", self.run_it("import", "s.sojourn", "bad.csv")[1])
        pathlib.Path("fine.csv").write_text(EVENTS + EVENTS.split("\n", 1)[1] * 40 + "c3,yesterday,visit,web,,\n", encoding="utf-8")
        self.assertNotIn("!", self.run_it("import", "s.sojourn", "fine.csv")[1].split("rejects: 1")[1])

    def test_a_dry_run_says_that_the_import_would_stop(self):
        pathlib.Path("bad.csv").write_text(EVENTS + "c3,yesterday,visit,web,,\n" * 2, encoding="utf-8")
        err = self.run_it("import", "s.sojourn", "bad.csv", "--dry-run", "--max-rejects", "1", code=1)[1]
        self.assertIn("bad.csv: the import would stop: 2 of 7 rows cannot be read", err)
        self.run_it("import", "s.sojourn", "bad.csv", "--dry-run", "--max-rejects", "2")

    def test_the_decimal_sign_and_what_is_kept_as_text(self):
        header, row = "customer;time;touchpoint;weight\n", "1;2026-01-01;visit;"
        pathlib.Path("d.csv").write_text(header + f"{row}1,5\n{row}2,5\n", encoding="utf-8")
        self.run_it("import", "d.sojourn", "d.csv", "--decimal", ",")
        self.assertIn('"weight":2.5', self.run_it("export", "d.sojourn", "--format", "jsonl")[0])
        self.assertIn("--decimal is one of", self.run_it("import", "d.sojourn", "d.csv", "--decimal", "x", code=2)[1])
        pathlib.Path("k.csv").write_text(header + f"{row}1\n" * 300000 + f"{row}none\n", encoding="utf-8")
        self.assertIn("kept as texts: 1", self.run_it("import", "k.sojourn", "k.csv")[1])

    def test_what_did_not_happen_is_not_told(self):
        pathlib.Path("bad.csv").write_text(EVENTS + "c3,yesterday,visit,web,,\n" * 2, encoding="utf-8")
        self.assertNotIn("a new store", self.run_it("import", "s.sojourn", "bad.csv", "--max-rejects", "1", code=1)[1])
        err = self.run_it("import", "s.sojourn", "bad.csv", "--rejects", "no/such/folder/r.csv", code=1)[1]
        self.assertIn("--rejects FILE", err)
        self.assertIn("no/such/folder/r.csv", err)
        self.assertNotIn(".part-", err)
        self.assertNotIn("each with its reason", err)
        self.assertFalse(pathlib.Path("s.sojourn").exists())

    def test_a_bad_file_among_good_ones_stops_before_anything_is_stored(self):
        pathlib.Path("page.csv").write_text("<html><body>no</body></html>\n", encoding="utf-8")
        self.run_it("import", "s.sojourn", "events.csv", "page.csv", code=1)
        self.assertFalse(pathlib.Path("s.sojourn").exists())


class Answers(ProgramTest):
    def test_json_has_the_documented_shape(self):
        store = self.make_store()
        for words in ANALYSES:
            answer = json.loads(self.run_it(words[0], store, *words[1:], "--format", "json", "--from", "2026-01-01")[0])
            self.assertEqual(list(answer), ["analysis", "title", "lens", "parameters", "store", "tables", "notes", "elapsed_us"])
            self.assertEqual(answer["analysis"], words[0])
            self.assertEqual(answer["lens"]["from"], "2026-01-01")
            self.assertEqual(answer["store"]["events"], 5)
            for table in answer["tables"]:
                self.assertTrue(all(len(row) == len(table["columns"]) for row in table["rows"]), table["name"])

    def test_the_numbers_of_a_small_store(self):
        store = self.make_store()
        tables = {t["name"]: t["rows"] for t in json.loads(self.run_it("flow", store, "--format", "json")[0])["tables"]}
        links = {(row[0], row[1]): row[2] for row in tables["links"]}
        self.assertEqual(links, {("visit", "cart"): 1, ("cart", "purchase"): 1, ("visit", "call"): 1})
        funnel = json.loads(self.run_it("funnel", store, "visit", "cart", "purchase", "--format", "json")[0])
        self.assertEqual([row[1] for row in funnel["tables"][0]["rows"]], [2, 1, 1])
        self.assertEqual(funnel["tables"][0]["rows"][1][2]["n"], 2)

    def test_csv_and_its_tables(self):
        store = self.make_store()
        rows = list(csv.DictReader(io.StringIO(self.run_it("flow", store, "--format", "csv")[0])))
        self.assertEqual({(r["from"], r["to"]) for r in rows}, {("visit", "cart"), ("cart", "purchase"), ("visit", "call")})
        rows = list(csv.DictReader(io.StringIO(self.run_it("flow", store, "--format", "csv", "--table", "starts")[0])))
        self.assertEqual(rows[0]["touchpoint"], "visit")
        self.assertIn("it has links, starts", self.run_it("flow", store, "--format", "csv", "--table", "x", code=2)[1])

    def test_a_table_is_chosen_for_csv_only(self):
        store = self.make_store()
        for form in ("table", "json", "svg"):
            self.assertIn("--format csv", self.run_it("flow", store, "--format", form, "--table", "links", code=2)[1])

    def test_events_without_channel_are_named(self):
        pathlib.Path("n.csv").write_text("customer,time,touchpoint,channel\n1,2026-01-01,visit,web\n1,2026-01-02,visit,\n", encoding="utf-8")
        self.run_it("import", "n.sojourn", "n.csv")
        self.assertRegex(self.run_it("overview", "n.sojourn")[0], r"\n *\(none\) +1")
        self.assertIn(">(none)<", self.run_it("overview", "n.sojourn", "--format", "svg")[0])
        tables = {t["name"]: t["rows"] for t in json.loads(self.run_it("overview", "n.sojourn", "--format", "json")[0])["tables"]}
        self.assertIn(None, [row[0] for row in tables["channels"]])

    def test_figures_in_notes_are_grouped(self):
        rows = "".join(f"{i},2026-01-01T00:00:0{k},t{i if k else 0},web\n" for i in range(1200) for k in (0, 1))
        pathlib.Path("v.csv").write_text("customer,time,touchpoint,channel\n" + rows, encoding="utf-8")
        self.run_it("import", "v.sojourn", "v.csv")
        for lang, text in (("en", "of 1,200 variants"), ("nl", "van de 1.200 varianten"), ("zh", "1,200 种变体")):
            notes = json.loads(self.run_it("variants", "v.sojourn", "--format", "json", "--lang", lang)[0])["notes"]
            self.assertIn(text, " ".join(note["text"] for note in notes))

    def test_svg_is_well_formed(self):
        store = self.make_store()
        for words in ANALYSES:
            out = self.run_it(words[0], store, *words[1:], "--format", "svg")[0]
            self.assertEqual(xml.etree.ElementTree.fromstring(out).tag, "{http://www.w3.org/2000/svg}svg")

    def test_threads_and_format_do_not_change_what_is_said(self):
        store = self.make_store()
        for words in ANALYSES:
            answers = []
            for threads in ("1", "2", "8"):
                answer = json.loads(self.run_it(words[0], store, *words[1:], "--format", "json", "--threads", threads)[0])
                answer.pop("elapsed_us")
                answers.append(answer)
            self.assertEqual(answers[0], answers[1])
            self.assertEqual(answers[0], answers[2])

    def test_tables_are_text_without_colour_when_it_is_no_terminal(self):
        out, err = self.run_it("flow", self.make_store())
        self.assertIn("visit  cart", out)
        self.assertNotIn("\033", out)
        self.assertEqual(err, "")

    def test_wrong_values_are_2(self):
        store = self.make_store()
        for words in (["flow", store, "--format", "jsno"], ["flow", store, "--threads", "-1"], ["flow", store, "--from", "soon"],
                      ["funnel", store, "visit", "nothing_like_it"], ["funnel", store, "visit", "--within", "soon"]):
            self.assertEqual(self.run_it(*words, code=2)[0], "")

    def test_languages(self):
        store = self.make_store()
        english = self.run_it("overview", store)[0]
        self.assertEqual(english, self.run_it("overview", store, env={"LANG": "C"})[0])
        for lang in ("nl", "zh"):
            by_flag = self.run_it("overview", store, "--lang", lang)[0]
            self.assertEqual(by_flag, self.run_it("overview", store, env={"LC_ALL": f"{lang}_XX.UTF-8"})[0])
            self.assertEqual(by_flag, self.run_it("overview", store, f"--lang={lang}", env={"LC_ALL": "en_US.UTF-8"})[0])


class OutputFiles(ProgramTest):
    def test_a_file_is_written_whole_and_replaces_what_was_named(self):
        store = self.make_store()
        pathlib.Path("a.json").write_text("old", encoding="utf-8")
        self.assertEqual(self.run_it("flow", store, "--format", "json", "-o", "a.json")[0], "")
        self.assertEqual(json.loads(pathlib.Path("a.json").read_text(encoding="utf-8"))["analysis"], "flow")
        self.run_it("flow", store, "--format", "json", "--output=b.json")
        self.assertEqual(sorted(p.name for p in pathlib.Path().iterdir()), ["a.json", "b.json", "events.csv", store])

    def test_a_failure_leaves_the_file_as_it_was(self):
        store = self.make_store()
        pathlib.Path("a.json").write_text("old", encoding="utf-8")
        self.run_it("flow", store, "--format", "csv", "--table", "x", "-o", "a.json", code=2)
        self.run_it("flow", "nowhere", "-o", "a.json", code=1)
        self.assertEqual(pathlib.Path("a.json").read_text(encoding="utf-8"), "old")
        err = self.run_it("flow", store, "-o", "no/such/folder/a.json", code=1)[1]
        self.assertIn("no/such/folder/a.json:", err)
        self.assertNotIn(".part-", err)
        self.assertEqual(sorted(p.name for p in pathlib.Path().iterdir()), ["a.json", "events.csv", store])

    def test_devices_are_not_replaced(self):
        self.run_it("flow", self.make_store(), "-o", "/dev/null")
        self.assertTrue(os.path.exists("/dev/null") and not os.path.isfile("/dev/null"))

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
    def test_a_full_disk_is_told(self):
        store = self.make_store()
        self.run_it("flow", store, "-o", "/dev/full", code=1)


class Report(ProgramTest):
    """One page of HTML with every question that needs no steps or channels."""

    def page(self, *words):
        self.run_it("report", *words, "-o", "page.html")
        return pathlib.Path("page.html").read_text(encoding="utf-8")

    def test_every_question_is_in_it(self):
        page = self.page(self.make_store())
        sections = re.findall(r'<section id="(\w+)">', page)
        self.assertEqual(sections, [words[0] for words in ANALYSES if len(words) == 1 and words != ["customers"]])
        self.assertEqual(re.findall(r'<a href="#(\w+)">', page), sections)
        self.assertEqual(page.count("<svg"), len(sections))

    def test_nothing_is_fetched_and_nothing_is_run(self):
        page = self.page(self.make_store())
        self.assertNotIn("<?xml", page)
        self.assertNotIn("<script", page)
        self.assertEqual(set(re.findall(r"https?://[^\s\"'<]+", page)), {"http://www.w3.org/2000/svg"})
        self.assertIn("default-src 'none'", page)

    def test_names_are_escaped(self):
        pathlib.Path("evil.csv").write_text("customer,time,touchpoint\nc,2026-01-01,<script>alert(1)</script>\n", encoding="utf-8")
        self.run_it("import", "evil&co.sojourn", "evil.csv")
        page = self.page("evil&co.sojourn", "--where", 'touchpoint = "<script>alert(1)</script>"')
        self.assertNotIn("<script", page)
        self.assertIn("<h1>evil&amp;co.sojourn</h1>", page)

    def test_languages_and_mistakes(self):
        store = self.make_store()
        self.assertIn('<html lang="nl">', self.page(store, "--lang", "nl"))
        self.assertIn("zone", self.run_it("report", store, "--timezone", "Mars/Base", code=2)[1])
        self.assertIn("there is no store", self.run_it("report", "none.sojourn", code=1)[1])
        before = pathlib.Path("page.html").read_bytes()
        self.run_it("report", store, "--where", "nonsense nonsense", "-o", "page.html", code=2)
        self.assertEqual(pathlib.Path("page.html").read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
