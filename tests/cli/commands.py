"""The commands from the outside: usage, exit codes, streams, formats, output files."""
import csv
import io
import json
import os
import pathlib
import signal
import subprocess
import unittest
import xml.etree.ElementTree

from program import EVENTS, PROGRAM, ProgramTest

ANALYSES = [["overview"], ["flow"], ["variants"], ["funnel", "visit", "purchase"]]


class Usage(ProgramTest):
    def test_no_command_shows_the_contents(self):
        out, err = self.run_it()
        for name in ("demo", "import", "export", "overview", "flow", "variants", "funnel", "info", "verify", "compact", "help"):
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
        ):
            out, err = self.run_it(*words, code=2)
            self.assertEqual(out, "")
            self.assertIn(says, err)
            self.assertTrue(err.startswith("sojourn: "))
            self.assertFalse(pathlib.Path("s").exists(), words)

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

    def test_interrupted_it_leaves_the_store_as_before(self):
        store = self.make_store()
        header, rows = EVENTS.split("\n", 1)
        import_it = subprocess.Popen([PROGRAM, "import", "new.sojourn", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        import_it.stdin.write((header + "\n" + rows * 20000 + "c3,never,visit,web,,\n").encode())
        import_it.stdin.flush()
        for line in import_it.stderr:
            if b"a new store" in line: # from here on it loads; its input has no end yet
                break
        import_it.send_signal(signal.SIGINT)
        import_it.communicate()
        self.assertEqual(import_it.returncode, -signal.SIGINT)
        self.assertEqual(sorted(p.name for p in pathlib.Path().iterdir()), ["events.csv", "new.sojourn", store])
        self.assertEqual(json.loads(self.run_it("info", "new.sojourn", "--format", "json")[0])["store"]["events"], 0)
        self.assertIn("all sound", self.run_it("verify", "new.sojourn")[0])
        self.run_it("import", "new.sojourn", "events.csv")

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
        self.run_it("flow", store, "-o", "no/such/folder/a.json", code=1)
        self.assertEqual(sorted(p.name for p in pathlib.Path().iterdir()), ["a.json", "events.csv", store])

    def test_devices_are_not_replaced(self):
        self.run_it("flow", self.make_store(), "-o", "/dev/null")
        self.assertTrue(os.path.exists("/dev/null") and not os.path.isfile("/dev/null"))

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
    def test_a_full_disk_is_told(self):
        store = self.make_store()
        self.run_it("flow", store, "-o", "/dev/full", code=1)


if __name__ == "__main__":
    unittest.main()
