"""Personal data from the outside: what an import leaves out is nowhere in the store, and nowhere beside it."""
import hashlib
import json
import pathlib
import sqlite3
import subprocess
import unittest
import xml.etree.ElementTree
import zipfile

from program import PROGRAM, ProgramTest

PEOPLE = """user_id,anonymous_id,timestamp,event,email,comment,weight,note
anna.jansen,dev-77,2026-01-01T10:00:00Z,visit,anna@secret.example,my name is Anna,61.5,n1
anna.jansen,dev-77,2026-01-01T10:05:00Z,cart,anna@secret.example,,61.5,n2
,dev-88,2026-01-02T10:00:00Z,visit,ghost@secret.example,call 0612345678,,n3
email:piet@secret.example,,2026-01-03T10:00:00Z,visit,piet@secret.example,,72.25,n4
"""
SECRETS = ("anna.jansen", "dev-77", "dev-88", "secret.example", "my name", "0612345678", "61.5", "72.25")


class Privacy(ProgramTest):
    def lines(self, store):
        return [json.loads(line) for line in self.run_it("export", store, "--format", "jsonl")[0].splitlines()]

    def bytes_below(self, *paths):
        """All bytes of the files and folders."""
        found = b""
        for path in map(pathlib.Path, paths):
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                found += file.read_bytes() if file.is_file() else b""
        return found

    def assert_no_secrets(self, found, secrets=SECRETS):
        found = found.encode() if isinstance(found, str) else found
        for secret in secrets:
            for form in (secret.encode(), secret.encode("utf-16-le"), secret.upper().encode()):
                self.assertNotIn(form, found, secret)

    def mapping(self, store):
        with sqlite3.connect(f"file:{store}/catalog.db?mode=ro", uri=True) as catalog:
            return json.loads(catalog.execute("SELECT mapping FROM imports ORDER BY id DESC").fetchone()[0])


    def pseudonym(self, store, identity):
        """As another program would make it, which has the store's secret."""
        with sqlite3.connect(f"file:{store}/catalog.db?mode=ro", uri=True) as catalog:
            secret = catalog.execute("SELECT value FROM meta WHERE key = 'secret'").fetchone()[0]
        key = hashlib.blake2b(b"pseudonyms", key=secret, digest_size=32).digest()
        return "p-" + hashlib.blake2b(identity.encode(), key=key, digest_size=32).hexdigest()[:32]


class LeftOut(Privacy):
    CARE = ("--pseudonymise", "--drop", "email", "--redact", "comment", "--redact", "weight")

    def test_nothing_is_left_in_the_store_nor_told(self):
        pathlib.Path("p.csv").write_text(PEOPLE, encoding="utf-8")
        self.run_it("import", "plain.sojourn", "p.csv", "--set", "channel=web")
        for secret in SECRETS[:-2]:  # the search finds what is there
            self.assertIn(secret.encode(), self.bytes_below("plain.sojourn"))
        out, err = self.run_it("import", "s.sojourn", "p.csv", *self.CARE)
        self.assert_no_secrets(self.bytes_below("s.sojourn"))
        self.assert_no_secrets(out + err)
        self.assertIn("as a pseudonym", err)
        events = self.lines("s.sojourn")
        by_note = {event["note"]: event for event in events}
        self.assertEqual(by_note["n1"]["customer"], by_note["n2"]["customer"])
        self.assertRegex(by_note["n1"]["customer"], r"^p-[0-9a-f]{32}$")
        self.assertRegex(by_note["n4"]["customer"], r"^email:p-[0-9a-f]{32}$")
        self.assertEqual(by_note["n3"]["customer"], by_note["n3"]["anonymous_id"])
        self.assertNotEqual(by_note["n3"]["customer"], by_note["n1"]["customer"])
        self.assertTrue(all("email" not in event for event in events))
        self.assertEqual([by_note[note].get("comment") for note in ("n1", "n2", "n3", "n4")], ["[redacted]", None, "[redacted]", None])
        self.assertEqual([by_note[note].get("weight") for note in ("n1", "n3", "n4")], ["[redacted]", None, "[redacted]"])
        for identity, event in (("anna.jansen", by_note["n1"]), ("anonymous:dev-88", by_note["n3"]), ("email:piet@secret.example", by_note["n4"])):
            self.assertEqual(event["customer"].split(":")[-1], self.pseudonym("s.sojourn", identity))
        mapping = self.mapping("s.sojourn")
        self.assertEqual((mapping["drop"], mapping["redact"], mapping["pseudonymise"]), (["email"], ["comment", "weight"], "key of the store"))

    def test_the_same_identity_has_the_same_pseudonym(self):
        pathlib.Path("p.csv").write_text(PEOPLE, encoding="utf-8")
        pathlib.Path("again.csv").write_text(PEOPLE.replace("visit", "call"), encoding="utf-8")
        self.run_it("import", "s.sojourn", "p.csv", *self.CARE)
        first = {event["customer"] for event in self.lines("s.sojourn")}
        self.run_it("import", "s.sojourn", "again.csv", *self.CARE)
        self.assertEqual({event["customer"] for event in self.lines("s.sojourn")}, first)
        self.run_it("import", "other.sojourn", "p.csv", *self.CARE)
        self.assertFalse(first & {event["customer"] for event in self.lines("other.sojourn")})
        pathlib.Path("key").write_text("0123456789abcdef\n", encoding="utf-8")
        for store in ("k1.sojourn", "k2.sojourn"):
            self.run_it("import", store, "p.csv", "--pseudonym-key", "key")
        self.assertEqual(*({event["customer"] for event in self.lines(store)} for store in ("k1.sojourn", "k2.sojourn")))
        self.assertEqual(self.mapping("k1.sojourn")["pseudonymise"], "key of a file")
        pathlib.Path("short").write_text("0123456789abcde\n", encoding="utf-8")
        self.assertIn("at least 16 bytes", self.run_it("import", "k3.sojourn", "p.csv", "--pseudonym-key", "short", code=1)[1])

    def test_the_preview_shows_the_pseudonyms_of_the_store(self):
        pathlib.Path("p.csv").write_text(PEOPLE, encoding="utf-8")
        err = self.run_it("import", "s.sojourn", "p.csv", *self.CARE, "--dry-run")[1]
        self.assertIn("examples", err)
        self.assert_no_secrets(err)
        self.run_it("import", "s.sojourn", "p.csv", *self.CARE)
        err = self.run_it("import", "s.sojourn", "p.csv", *self.CARE, "--dry-run")[1]
        self.assertNotIn("examples", err)
        self.assertIn(self.lines("s.sojourn")[0]["customer"][:20], err)

    def test_rejects_say_nothing_of_the_rows(self):
        bad = PEOPLE + ("anna.jansen,dev-77,yesterday,visit,anna@secret.example,my name is Anna,61.5,n9\n"      # no time
                        "anna.jansen,dev-77,anna@secret.example,visit,2026-01-01,,61.5,n9\n"                    # cells shifted
                        "anna.jansen,anna@secret.example,dev-77,my name is Anna\n"                              # too few
                        'anna.jansen,dev-77,2026-01-01T10:00:00Z,visit,"anna@secret.example"x,,,\n'             # a quote too many
                        ",,2026-01-02T10:00:00Z,visit,ghost@secret.example,,,n10\n")                            # nobody
        pathlib.Path("bad.csv").write_text(bad, encoding="utf-8")
        err = self.run_it("import", "s.sojourn", "bad.csv", *self.CARE)[1]
        rejects = pathlib.Path("bad.csv.rejects.csv").read_text(encoding="utf-8")
        self.assertEqual(len(rejects.splitlines()), 6)
        self.assert_no_secrets(rejects + err)
        self.assertIn('6,"timestamp","""…"" is not a time', rejects)
        self.assert_no_secrets(self.bytes_below("s.sojourn"))
        err = self.run_it("import", "n.sojourn", "bad.csv", *self.CARE, "--max-rejects", "1", code=1)[1]
        self.assert_no_secrets(err)
        self.assertIn("column \"timestamp\"", err)
        self.run_it("import", "w.sojourn", "bad.csv")  # without care, the raw rows are there to be mended
        self.assertIn("anna@secret.example", pathlib.Path("bad.csv.rejects-3.csv").read_text(encoding="utf-8"))

    def test_json_below_a_name_and_late_in_the_file(self):
        rows = [{"user": {"id": "anna.jansen", "email": "anna@secret.example"}, "event": "visit", "timestamp": "2026-01-01T10:00:00Z"}] * 12000
        rows += [{"user": {"id": "anna.jansen", "phone": "0612345678"}, "event": "call", "timestamp": "2026-01-02T10:00:00Z",
                  "contact": {"street": "my name"}, "Contact": "my name", "weight": 61.5}]
        pathlib.Path("e.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        err = self.run_it("import", "s.sojourn", "e.jsonl", "--pseudonymise", "--customer", "user.id", "--drop", "user.email", "--drop",
                          "user.phone", "--drop", "contact", "--redact", "weight")[1]
        self.assertIn('"user.phone" is to be left out, and is not among the columns', err)
        self.assert_no_secrets(self.bytes_below("s.sojourn"))
        self.assertEqual([event for event in self.lines("s.sojourn") if event["touchpoint"] == "call"][0]["weight"], "[redacted]")
        self.assertIn("--drop and --customer", self.run_it("import", "s.sojourn", "e.jsonl", "--customer", "user.id", "--drop", "user", code=2)[1])

    def test_columns_of_the_same_name_and_constants(self):
        pathlib.Path("d.csv").write_text("time,touchpoint,email,email\n2026-01-01,visit,a@secret.example,b@secret.example\n", encoding="utf-8")
        self.run_it("import", "s.sojourn", "d.csv", "--set", "customer=anna.jansen", "--drop", "EMAIL", "--pseudonymise")
        self.assert_no_secrets(self.bytes_below("s.sojourn"))
        self.assertRegex(self.lines("s.sojourn")[0]["customer"], "^p-")

    def test_xes_attributes(self):
        events = "".join(f'<event><string key="concept:name" value="{name}"/><date key="time:timestamp" value="2026-01-0{day}T10:00:00Z"/>'
                         '<string key="org:resource" value="my name"/></event>' for day, name in ((1, "visit"), (2, "call")))
        pathlib.Path("l.xes").write_text(f'<log><trace><string key="concept:name" value="anna.jansen"/>{events}</trace></log>', encoding="utf-8")
        err = self.run_it("import", "s.sojourn", "l.xes", "--pseudonymise", "--drop", "org:resource")[1]
        self.assert_no_secrets(self.bytes_below("s.sojourn"))
        self.assert_no_secrets(err)
        self.assertEqual(len({event["customer"] for event in self.lines("s.sojourn")}), 1)

    def test_what_cannot_be_is_refused(self):
        pathlib.Path("p.csv").write_text(PEOPLE, encoding="utf-8")
        for words, says in (
            (("--drop", "emial"), 'Did you mean "email"?'),
            (("--redact", "emial"), 'Did you mean "email"?'),
            (("--redact", "user_id", "--customer", "user_id"), "--pseudonymise"),
            (("--drop", "event", "--touchpoint", "event"), "--drop and --touchpoint"),
            (("--redact", "weight", "--kind", "weight=number"), "--kind and --redact"),
        ):
            err = self.run_it("import", "s.sojourn", "p.csv", *words, code=2)[1]
            self.assertIn(says, err)
        self.assertIn("no column holds times", self.run_it("import", "s.sojourn", "p.csv", "--redact", "timestamp", code=1)[1])
        self.assertFalse(pathlib.Path("s.sojourn").exists())


class OnePerson(Privacy):
    EVIL = ("customer,time,touchpoint,channel,value,comment,tags\n"
            "ann,2026-01-01T10:00:00Z,visit,web,,\"two\nlines, and \"\"quotes\"\"\",a b\n"
            "bob,2026-01-01T11:00:00Z,visit,web,5,of somebody else,\n"
            "ann,2026-01-02T10:00:00Z,<script>alert(1)</script>,,12.50,&amp; <b>,\n")

    def make(self):
        pathlib.Path("e.csv").write_text(self.EVIL, encoding="utf-8")
        self.run_it("import", "s.sojourn", "e.csv")
        return "s.sojourn"

    def test_everything_and_nothing_of_others(self):
        store = self.make()
        self.run_it("customer", store, "ann", "--export", "ann.zip")
        with zipfile.ZipFile("ann.zip") as archive:
            self.assertIsNone(archive.testzip())
            files = {name: archive.read(name).decode() for name in archive.namelist()}
        self.assertEqual(sorted(files), ["events.csv", "events.json", "index.html", "summary.json"])
        self.assertTrue(all("somebody else" not in text and "bob" not in text for text in files.values()))
        whole = self.lines(store)
        self.assertEqual(json.loads(files["events.json"]), [event for event in whole if event["customer"] == "ann"])
        pathlib.Path("back.csv").write_text(files["events.csv"], encoding="utf-8")
        self.run_it("import", "back.sojourn", "back.csv")
        self.assertEqual(self.lines("back.sojourn"), json.loads(files["events.json"]))
        summary = json.loads(files["summary.json"])
        self.assertEqual(summary["identities"], [{"identity": "ann", "events": 2, "first": "2026-01-01T10:00:00Z", "last": "2026-01-02T10:00:00Z"}])
        self.assertEqual((summary["events"], summary["segments"], summary["record"]), (2, [], []))
        self.assertEqual(summary["channels"], [{"name": "web", "events": 1}])

    def test_links_and_segments_are_in_it(self):
        store = self.make()
        for words in (("ann", "device:tablet"), ("device:tablet", "bob"), ("ann", "device:phone")):
            self.run_it("identity", store, "link", *words, "--at", "2026-01-05T10:00:00Z")
        self.run_it("identity", store, "unlink", "ann", "device:phone")
        self.run_it("segments", store, "save", "visitors", "did(visit)", "--description", "who came")
        self.run_it("segments", store, "save", "others", "not did(visit)")
        self.run_it("customer", store, "device:tablet", "--export", "ann.zip")
        with zipfile.ZipFile("ann.zip") as archive:
            files = {name: archive.read(name).decode() for name in archive.namelist()}
        summary = json.loads(files["summary.json"])
        self.assertEqual(summary["segments"], [{"segment": "visitors", "condition": "did(visit)", "description": "who came"}])
        self.assertEqual(summary["links"], [{"time": "2026-01-05T10:00:00Z", "a": "ann", "b": "device:tablet", "how": "linked by hand"}])
        self.assertTrue(all("bob" not in text for text in files.values()))  # who is the other user of the tablet
        self.assertIn("who came", files["index.html"])
        self.assertIn("linked by hand", files["index.html"])
        self.assertNotIn("others", files["index.html"])

    def test_the_page_is_self_contained_and_escaped(self):
        store = self.make()
        for lang, title in (("en", "What is held about you"), ("nl", "Wat er over u bewaard wordt"), ("zh", "\u6240\u4fdd\u5b58")):
            self.run_it("customer", store, "ann", "--export", f"{lang}.zip", "--lang", lang)
            with zipfile.ZipFile(f"{lang}.zip") as archive:
                page = archive.read("index.html").decode()
            self.assertIn(title, page)
            self.assertIn(f'<html lang="{lang}">', page)
            self.assertNotIn("<script", page)
            self.assertNotIn("http:", page)
            self.assertIn("default-src 'none'", page)
            self.assertIn("&amp;amp; &lt;b&gt;", page)
            body = page[page.index("<body>"):page.index("</html>")]
            rows = xml.etree.ElementTree.fromstring(body).findall(".//tbody/tr")
            self.assertEqual(len(rows), 1 + 2)

    def test_it_is_recorded_and_nothing_is_replaced(self):
        store = self.make()
        self.run_it("customer", store, "ann", "--export", "ann.zip")
        before = pathlib.Path("ann.zip").read_bytes()
        self.assertIn("is there already", self.run_it("customer", store, "ann", "--export", "ann.zip", code=1)[1])
        self.assertEqual(pathlib.Path("ann.zip").read_bytes(), before)
        self.run_it("customer", store, "ann", "--export", "ann.zip", "--force")
        with zipfile.ZipFile("ann.zip") as archive:
            self.assertEqual([row["action"] for row in json.loads(archive.read("summary.json"))["record"]], ["export"])
        self.assertIn('no customer "eve"', self.run_it("customer", store, "eve", "--export", "eve.zip", code=1)[1])
        self.assertFalse(pathlib.Path("eve.zip").exists())
        rows = [row for row in json.loads(self.run_it("audit", store, "--format", "json")[0])["tables"][0]["rows"]]
        self.assertEqual([(row[3], row[5]) for row in rows], [("export", "events=2")] * 2)
        self.assertEqual(len(rows[0][4]), 32)
        for words, n in (("ann", 2), ("bob", 0)):
            found = json.loads(self.run_it("audit", store, "--subject", words, "--format", "json")[0])["tables"][0]["rows"]
            self.assertEqual(len(found), n)
        self.assertIn("--output", self.run_it("customer", store, "ann", "--export", "a.zip", "-o", "b.zip", code=2)[1])

    def test_a_store_that_is_being_written_says_so(self):
        store = self.make()
        with subprocess.Popen([PROGRAM, "import", store, "-", "--yes"], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
            writer.stdin.write(b"customer,time,touchpoint\n" + b"x,2026-01-01,visit\n" * 200000)
            writer.stdin.flush()
            while f"process {writer.pid}," not in pathlib.Path(store, "writer.lock").read_text(encoding="utf-8"):
                self.assertIsNone(writer.poll(), "it ended before it wrote")
            err = self.run_it("customer", store, "ann", "--export", "ann.zip", code=1)[1]
            writer.kill()
        self.assertIn("is being written by sojourn import", err)
        self.assertFalse(pathlib.Path("ann.zip").exists())


class Linked(Privacy):
    """What holds of a customer who is known under several identities."""
    ROWS = ("customer,time,touchpoint,comment\nanonymous:a,2001-01-01T10:00:00Z,visit,old one\nu1,2001-01-02T10:00:00Z,login,old two\n"
            "anonymous:a,2099-01-01T10:00:00Z,call,kept\nu2,2099-01-01T10:00:00Z,call,kept\nunknown,2001-01-01T10:00:00Z,visit,old three\n")

    def make(self):
        pathlib.Path("l.csv").write_text(self.ROWS, encoding="utf-8")
        self.run_it("import", "s.sojourn", "l.csv")
        self.run_it("identity", "s.sojourn", "link", "anonymous:a", "u1")
        return "s.sojourn"

    def test_an_export_has_all_identities(self):
        store = self.make()
        for identity in ("u1", "anonymous:a"):
            self.run_it("customer", store, identity, "--export", "u1.zip", "--force")
            with zipfile.ZipFile("u1.zip") as archive:
                summary, events = json.loads(archive.read("summary.json")), json.loads(archive.read("events.json"))
            self.assertEqual([(row["identity"], row["events"]) for row in summary["identities"]], [("u1", 1), ("anonymous:a", 2)])
            self.assertEqual(summary["identities"][1]["last"], "2099-01-01T10:00:00Z")
            self.assertEqual(sorted(event["comment"] for event in events), ["kept", "old one", "old two"])
            self.assertEqual(summary["record"][0]["action"], "link")
        rows = json.loads(self.run_it("audit", store, "--format", "json")[0])["tables"][0]["rows"]
        self.assertEqual([row[5] for row in rows if row[3] == "export"], ["events=3"] * 2)

    def test_links_by_hand_are_recorded(self):
        store = self.make()
        self.run_it("identity", store, "unlink", "anonymous:a", "u1")
        for identity in ("u1", "anonymous:a"):
            rows = json.loads(self.run_it("audit", store, "--subject", identity, "--format", "json")[0])["tables"][0]["rows"]
            self.assertEqual([row[3] for row in rows], ["link", "cut"])

    def test_what_goes_goes_from_linked_customers_too(self):
        for compacted in (False, True):
            store = self.make()
            if compacted:
                self.run_it("compact", store)
            self.assertIn("events that went: 3", self.run_it("expire", store, "--older-than", "3650d", "--yes")[1])
            self.assert_no_secrets(self.bytes_below(store), ("old one", "old two", "old three"))
            self.assertEqual(sorted(event["customer"] for event in self.lines(store)), ["u1", "u2"])
            self.assertIn("all sound", self.run_it("verify", store)[0])
            self.run_it("identity", store, "unlink", "anonymous:a", "u1")
            self.assertEqual(sorted(event["customer"] for event in self.lines(store)), ["anonymous:a", "u2"])
            for file in sorted(pathlib.Path(store).rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
            pathlib.Path(store).rmdir()

    def test_a_file_of_links_finds_the_pseudonyms(self):
        pathlib.Path("l.csv").write_text("customer,time,touchpoint\nanonymous:anna-cookie,2026-01-01,visit\nanna-user,2026-01-02,login\n", encoding="utf-8")
        pathlib.Path("links.csv").write_text("anonymous,user,time\nanna-cookie,anna-user,2026-01-02\n", encoding="utf-8")
        pathlib.Path("key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        for store, words in (("s.sojourn", ["--pseudonymise"]), ("k.sojourn", ["--pseudonym-key", "key"])):
            self.run_it("import", store, "l.csv", *words)
            self.assertEqual(len({event["customer"] for event in self.lines(store)}), 2)
            self.run_it("identity", store, "import", "links.csv", *words)
            self.run_it("identity", store, "import", "links.csv", *words, "--dry-run")
            self.assertEqual(len({event["customer"] for event in self.lines(store)}), 1)
            self.assert_no_secrets(self.bytes_below(store), ("anna-cookie", "anna-user"))
        self.assertIn("goes with import", self.run_it("identity", "s.sojourn", "link", "a", "b", "--pseudonymise", code=2)[1])

    def test_nobody_has_no_pseudonym(self):
        pathlib.Path("l.csv").write_text(self.ROWS, encoding="utf-8")
        self.run_it("import", "s.sojourn", "l.csv", "--pseudonymise")
        self.assertEqual(sorted(event["customer"][:12] for event in self.lines("s.sojourn") if "p-" not in event["customer"]), ["unknown"])


class Expiring(Privacy):
    OLD = "customer,time,touchpoint,comment\nold,2001-01-01T10:00:00Z,visit,an old secret\nboth,2001-01-02T10:00:00Z,call,another secret\n"
    NEW = "customer,time,touchpoint,comment\nboth,2099-01-01T10:00:00Z,call,still here\nnew,2099-01-01T10:00:00Z,visit,still here\n"

    def make(self):
        pathlib.Path("old.csv").write_text(self.OLD, encoding="utf-8")
        pathlib.Path("new.csv").write_text(self.NEW, encoding="utf-8")
        self.run_it("import", "s.sojourn", "old.csv", "new.csv")
        return "s.sojourn"

    def tables(self, *words):
        answer = json.loads(self.run_it(*words, "--format", "json")[0])
        return {table["name"]: [dict(zip([c["name"] for c in table["columns"]], row)) for row in table["rows"]] for table in answer["tables"]}

    def test_a_dry_run_says_what_would_go(self):
        store = self.make()
        before = self.bytes_below(f"{store}/segments", f"{store}/catalog.db")
        tables = self.tables("expire", store, "--older-than", "3650d", "--dry-run")
        summary = tables["summary"][0]
        self.assertEqual((summary["events"], summary["of_events"], summary["customers"], summary["customers_gone"], summary["of_customers"]), (2, 4, 2, 1, 3))
        self.assertEqual((summary["first"], summary["last"]), ("2001-01-01T10:00:00Z", "2001-01-02T10:00:00Z"))
        self.assertEqual([(row["touchpoint"], row["events"], row["of_events"]) for row in tables["touchpoints"]], [("visit", 1, 2), ("call", 1, 2)])
        tables = self.tables("expire", store, "--older-than", "3650d", "--where", 'touchpoint = "visit"', "--dry-run")
        self.assertEqual(tables["summary"][0]["events"], 1)
        self.assertEqual(self.bytes_below(f"{store}/segments", f"{store}/catalog.db"), before)

    def test_what_goes_is_gone(self):
        store = self.make()
        self.assertIn(b"an old secret", self.bytes_below(store))
        self.assertIn("events that went: 2", self.run_it("expire", store, "--older-than", "3650d", "--yes")[1])
        self.assert_no_secrets(self.bytes_below(store), ("an old secret", "another secret"))
        self.assertEqual(sorted(event["customer"] for event in self.lines(store)), ["both", "new"])
        self.assertIn("all sound", self.run_it("verify", store)[0])
        audit = self.tables("audit", store)["audit"]
        self.assertEqual([row["action"] for row in audit], ["expire"])
        self.assertRegex(audit[0]["detail"], r"^events=2 before=\d{4}-\d\d-\d\dT")

    def test_rules_are_kept_applied_and_dropped(self):
        store = self.make()
        self.assertEqual(self.tables("expire", store), {"rules": []})
        self.assertIn("rule 1 is saved", self.run_it("expire", store, "--older-than", "3650d", "--where", 'touchpoint = "call"', "--keep-rule")[1])
        self.assertEqual(len(self.lines(store)), 4)
        rule = self.tables("expire", store)["rules"][0]
        self.assertEqual((rule["rule"], rule["age"], rule["condition"], rule["events"]), (1, 3650 * 86400 * 1000000, 'touchpoint = "call"', None))
        self.assertEqual(self.tables("expire", store, "--dry-run")["rules"][0]["events"], 1)
        self.assertIn("events that went: 1", self.run_it("compact", store)[1])
        self.run_it("import", store, "old.csv", "--again")
        self.assertIn("events that went: 1", self.run_it("expire", store, "--yes")[1])
        self.assertIn("rule 1 is removed", self.run_it("expire", store, "--drop-rule", "1")[1])
        self.assertIn("no rule 1", self.run_it("expire", store, "--drop-rule", "1", code=1)[1])
        self.assertNotIn("went", self.run_it("compact", store)[1])
        self.assertEqual([row["action"] for row in self.tables("audit", store)["audit"]], ["rule", "expire", "expire", "rule_dropped"])

    def test_what_cannot_be_meant_is_refused(self):
        store = self.make()
        for words, says in (
            (("--older-than", "soon"), "--older-than"),
            (("--older-than", "0d", "--yes"), "--older-than"),
            (("--older-than", "1d"), "--dry-run"),
            (("--where", 'touchpoint = "call"', "--yes"), "--older-than"),
            (("--older-than", "1d", "--dry-run", "--yes"), "--dry-run"),
            (("--older-than", "1d", "--where", "colour = 1", "--yes"), "colour"),
            (("--older-than", "1d", "--where", "colour = 1", "--keep-rule"), "colour"),
            (("--drop-rule", "1", "--yes"), "stands alone"),
            (("--yes",), "no rule is saved"),
        ):
            self.assertIn(says, self.run_it("expire", store, *words, code=2)[1])
        self.assertEqual(len(self.lines(store)), 4)
        self.assertEqual(self.tables("audit", store)["audit"], [])


if __name__ == "__main__":
    unittest.main()
