"""Erasing people: shown first, gone from every byte of the store, blocked for ever."""
import json
import pathlib
import re
import unittest

from program import ProgramTest

EVENTS = """customer,time,touchpoint,note
anonymous:cookie-4711,2026-01-01T10:00:00Z,visit,
klant-0815,2026-01-02T10:00:00Z,login,my own words
anonymous:cookie-4711,2026-01-03T10:00:00Z,visit,
klant-0816,2026-01-04T10:00:00Z,login,other
"""


class Erase(ProgramTest):
    def setUp(self):
        super().setUp()
        pathlib.Path("e.csv").write_text(EVENTS, encoding="utf-8")
        self.run_it("import", "s", "e.csv")

    def found(self):
        """Which of the person's texts stand in which files of the store."""
        texts = re.compile(b"klant-0815|cookie-4711|my own words")
        return sorted((path.name, text) for path in pathlib.Path("s").rglob("*") if path.is_file() for text in set(texts.findall(path.read_bytes())))

    def customers(self):
        return [row[0] for row in json.loads(self.run_it("customers", "s", "--format", "json")[0])["tables"][0]["rows"]]

    def link(self):
        self.run_it("identity", "s", "link", "anonymous:cookie-4711", "klant-0815")

    def test_a_look_changes_nothing(self):
        self.link()
        out, err = self.run_it("erase", "s", "anonymous:cookie-4711")
        self.assertIn("klant-0815", out)
        self.assertIn("nothing was erased", err)
        self.assertEqual(len(self.customers()), 2)

    def test_the_bytes_are_gone_over_all_identities(self):
        for compacted in (False, True):
            with self.subTest(compacted=compacted):
                self.link()
                if compacted:
                    self.run_it("compact", "s")
                self.assertNotEqual(self.found(), [])
                err = self.run_it("erase", "s", "anonymous:cookie-4711", "--yes")[1]
                self.assertIn("identities: 2, events: 3", err)
                self.assertEqual(self.found(), [])
                self.assertEqual(self.customers(), ["klant-0816"])
                self.run_it("verify", "s")
                self.tearDownStore()

    def tearDownStore(self):
        for path in sorted(pathlib.Path("s").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        pathlib.Path("s").rmdir()
        self.run_it("import", "s", "e.csv")

    def test_erased_stays_blocked(self):
        self.run_it("erase", "s", "klant-0815", "--yes")
        err = self.run_it("import", "s", "e.csv", "--again")[1]
        self.assertIn("1 of erased people", err)
        self.assertNotIn("klant-0815", self.customers())
        self.assertEqual([text for _, text in self.found() if text == b"klant-0815"], [])
        self.assertIn("stays blocked", self.run_it("identity", "s", "link", "klant-0815", "klant-0816", code=1)[1])
        self.assertNotIn("klant-0815", self.run_it("audit", "s")[0])
        rows = json.loads(self.run_it("audit", "s", "--subject", "klant-0815", "--format", "json")[0])["tables"][0]["rows"]
        self.assertEqual([row[3] for row in rows], ["erase"])

    def test_links_of_a_shared_device_are_gone_too(self):
        self.run_it("identity", "s", "link", "anonymous:cookie-4711", "klant-0816")
        self.run_it("identity", "s", "link", "anonymous:cookie-4711", "klant-0815")  # joins nobody: the device is of the other
        self.run_it("erase", "s", "klant-0815", "--yes")
        self.assertEqual([text for _, text in self.found() if text == b"klant-0815"], [])
        self.assertEqual(self.customers(), ["klant-0816"])

    def test_what_stands_elsewhere_is_told(self):
        pathlib.Path("of klant-0815.csv").write_text(
            "customer,time,touchpoint,friend,note\nklant-0817,2026-01-05T10:00:00Z,visit to klant-0815,klant-0815,asked for klant-0815 twice\n"
            "klant-0817,2026-01-05T11:00:00Z,visit,klant-08,klant-081\n", encoding="utf-8")
        self.run_it("import", "s", "of klant-0815.csv")
        self.run_it("segments", "s", "save", "guests", "did(visit[friend = 'klant-0815'])")
        self.run_it("expire", "s", "--older-than", "9000d", "--where", "note = 'klant-0815'", "--keep-rule", "--yes")
        said = self.run_it("erase", "s", "klant-0815", "--yes")[1]
        self.assertIn("still stands in 6 texts", said)
        for line in ("property friend: 1", "property note: 1", "touchpoint: 1", "segment: 1", "rule: 1", "import: 1"):
            self.assertIn(line, said)

    def test_a_file_of_identities(self):
        pathlib.Path("whom.txt").write_text("klant-0815\n\n anonymous:cookie-4711 \n", encoding="utf-8")
        self.run_it("erase", "s", "--file", "whom.txt", "--yes")
        self.assertEqual(self.customers(), ["klant-0816"])
        pathlib.Path("whom.txt").write_text("klant-0815\nnobody-here\n", encoding="utf-8")
        self.assertIn("of all 2 identities there is no event", self.run_it("erase", "s", "--file", "whom.txt", "--yes", code=1)[1])
        pathlib.Path("whom.txt").write_text("\ufeffklant-0816\nnobody-here\n", encoding="utf-8")
        self.assertIn("no event and no link: 1", self.run_it("erase", "s", "--file", "whom.txt", "--yes")[1])
        self.assertEqual(self.customers(), [])

    def test_nothing_is_left_in_a_store_without_events(self):
        self.run_it("identity", "s", "link", "klant-0815", "klant-0816")
        self.run_it("compact", "s")
        self.run_it("expire", "s", "--older-than", "1d", "--yes")
        self.run_it("erase", "s", "klant-0815", "--yes")
        self.assertEqual([text for _, text in self.found() if text in (b"klant-0815", b"klant-0816")], [])

    def test_refusals(self):
        self.assertIn("nobody is named", self.run_it("erase", "s", code=2)[1])
        self.assertIn("no event and no link", self.run_it("erase", "s", "klant-0815", "nobody-here", "--yes", code=1)[1])
        self.assertEqual(len(self.customers()), 3)


if __name__ == "__main__":
    unittest.main()
