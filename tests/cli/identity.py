"""Identities: links by hand and from files, what they change, and how they are taken back."""
import json
import pathlib
import unittest

from program import ProgramTest

EVENTS = """customer,time,touchpoint
anonymous:a,2026-01-01T10:00:00Z,visit
u1,2026-01-02T10:00:00Z,login
anonymous:a,2026-01-03T10:00:00Z,call
u2,2026-01-04T10:00:00Z,login
"""


class Identity(ProgramTest):
    def setUp(self):
        super().setUp()
        pathlib.Path("ids.csv").write_text(EVENTS, encoding="utf-8")
        self.run_it("import", "s", "ids.csv")

    def table(self, name, *words):
        answer = json.loads(self.run_it(*words, "--format", "json")[0])
        return next(t["rows"] for t in answer["tables"] if t["name"] == name)

    def routes(self, *words):
        return sorted(row[0] for row in self.table("variants", "variants", "s", *words))

    def test_linked_is_one_customer_and_can_be_undone(self):
        apart = [["login"], ["visit", "call"]]
        self.assertEqual(self.routes(), apart)
        out, err = self.run_it("identity", "s", "link", "anonymous:a", "u1", "--dry-run")
        self.assertIn("before", out)
        self.assertIn("nothing was written", err)
        self.assertEqual(self.routes(), apart)
        err = self.run_it("identity", "s", "link", "anonymous:a", "u1", "--at", "2026-01-02T12:00:00Z")[1]
        together = [["login"], ["visit", "login", "call"]]
        self.assertEqual(self.routes(), together)
        self.run_it("compact", "s")
        self.assertEqual(self.routes(), together)
        self.assertEqual(self.routes("--as-of", "2026-01-02T12:00:00Z"), [["login"], ["visit"]])
        self.assertEqual(self.routes("--as-of", "2026-01-03T12:00:00Z"), [["visit", "login", "call"]])
        self.assertIn('unlink "anonymous:a" "u1"', err)
        self.run_it("identity", "s", "unlink", "anonymous:a", "u1")
        self.assertEqual(self.routes(), apart)
        self.run_it("compact", "s")
        self.assertEqual(self.routes(), apart)
        self.run_it("verify", "s")

    def test_customer_and_why_take_any_of_the_identities(self):
        self.run_it("identity", "s", "link", "anonymous:a", "u1")
        for identity in ("u1", "anonymous:a"):
            self.assertEqual(self.table("customer", "customer", "s", identity)[0][:2], ["u1", 3])
            self.assertEqual(len(self.table("identities", "identity", "s", "show", identity)), 2)
        why = self.run_it("why", "s", "anonymous:a", "visit", "login")[0]
        self.assertIn("login", why)

    def test_a_cut_on_a_shared_device_is_taken_back(self):
        pathlib.Path("links.csv").write_text("anonymous_id,user_id,time\na,u1,2026-01-02\na,u2,2026-01-03\n", encoding="utf-8")
        self.run_it("identity", "s", "import", "links.csv")
        before = self.routes()
        out = self.table("customers", "identity", "s", "unlink", "anonymous:a", "u1")
        self.assertEqual([row[2:] for row in out], [[2, 3], [2, 3], [1, 1]])  # before: u1; after: u2, who has the device then, and u1
        self.assertNotEqual(self.routes(), before)
        self.run_it("identity", "s", "link", "anonymous:a", "u1")
        self.assertEqual(self.routes(), before)
        self.assertIn("This changes nothing", self.run_it("identity", "s", "link", "anonymous:a", "u1")[0])

    def test_what_the_links_change(self):
        self.run_it("identity", "s", "link", "anonymous:a", "u1")
        self.assertEqual([row[1:3] + row[4:] for row in self.table("effect", "identity", "s")], [[3, 4, 0], [2, 4, 2]])
        self.assertEqual(self.table("identities", "identity", "s"), [["user", 1, 1], ["anonymous", 1, 1]])

    def test_a_link_that_does_nothing_is_told_and_listed(self):
        self.run_it("identity", "s", "link", "anonymous:a", "u1")
        out = self.run_it("identity", "s", "link", "anonymous:a", "u2")[0]
        self.assertIn("they belong to two users", out)
        row = self.table("conflicts", "identity", "s", "conflicts")[0]
        self.assertEqual(row[1:3] + row[4:], ["anonymous:a", "u2", "u1", "u2"])
        self.assertIn("Links that do nothing: 1", self.run_it("identity", "s")[0])

    def test_a_file_of_links(self):
        pathlib.Path("links.csv").write_text("anonymous;user;time\na;u1;2026-01-02\n;u2;\n", encoding="utf-8")
        self.run_it("identity", "s", "import", "links.csv")
        self.assertEqual(self.routes(), [["login"], ["visit", "login", "call"]])
        self.assertEqual([row[3] for row in self.table("audit", "audit", "s")], ["link"])
        self.run_it("identity", "s", "import", "links.csv")  # nothing new
        self.assertEqual(len(self.table("audit", "audit", "s")), 1)
        self.assertEqual(self.table("links", "identity", "s", "show", "u1")[0], ["2026-01-02T00:00:00Z", "anonymous:a", "u1", "seen"])

    def test_a_bad_file_of_links_changes_nothing(self):
        for text, says in (("", "is empty"), ("user\nx\n", "names 1 identities"), ("user,email,phone\n", "more than two"), ("one,user\n", "no type of identities"),
                           ("user,email,time\nx,y,\nx,y,soon\n", "line 3: \"soon\" is no time"), ("user,email\nonly\n", "line 2: the row has 1 fields"),
                           ("user,email\nx,\"y\n", "line 2")):
            pathlib.Path("links.csv").write_text(text, encoding="utf-8")
            self.assertIn(says, self.run_it("identity", "s", "import", "links.csv", code=1)[1])
        self.assertEqual(self.table("identities", "identity", "s"), [])

    def test_events_bring_links(self):
        lines = [{"type": "page", "anonymousId": "c1"}, {"type": "identify", "anonymousId": "c1", "userId": "u1"},
                 {"type": "track", "event": "Paid", "userId": "u1"}, {"type": "alias", "previousId": "u1", "userId": "u9"},
                 {"type": "identify", "anonymousId": "c1", "userId": "u5"}]
        text = "".join(json.dumps({**line, "timestamp": f"2026-01-01T10:0{i}:00Z"}) + "\n" for i, line in enumerate(lines))
        pathlib.Path("t.jsonl").write_text(text, encoding="utf-8")
        err = self.run_it("import", "t", "t.jsonl", "--yes")[1]
        self.assertIn('"anonymousId" (anonymous), "previousId" (user)', err)
        self.assertEqual([row[0] for row in self.table("identities", "identity", "t", "show", "u9")], ["u1", "u9", "anonymous:c1"])
        self.assertEqual([row[1:3] for row in self.table("conflicts", "identity", "t", "conflicts")], [["anonymous:c1", "u5"]])
        self.assertEqual(self.table("customer", "customer", "t", "anonymous:c1")[0][:2], ["u1", 4])
        self.run_it("import", "t", "t.jsonl", "--customer", "userId", "--again", "--yes", "--max-rejects", "9", "--rejects", "r.csv")
        self.assertEqual(len(self.table("links", "identity", "t", "show", "u9")), 3)  # what is told is the customer, and nothing else
        for words, says in ((["--identity", "anonymousId=vistor"], "no type of identities"), (["--identity", "userId"], "something else already"),
                            (["--identity", "nosuch"], "nosuch"), (["--customer-type", "x"], "no type of identities")):
            self.assertIn(says, self.run_it("import", "t", "t.jsonl", *words, "--again", code=2)[1])

    def test_visitors_of_one_day_are_known_the_next(self):
        days = (("d1.csv", "user_id,anonymous_id,time,touchpoint\n,x1,2026-01-01,visit\n"), ("d2.csv", "user_id,anonymous_id,time,touchpoint\nann,x1,2026-01-02,login\n"),
                ("d3.jsonl", '{"type": "page", "anonymousId": "x1", "timestamp": "2026-01-03T10:00:00Z"}\n'))
        for name, text in days:
            pathlib.Path(name).write_text(text, encoding="utf-8")
        for number, order in enumerate(((0, 1, 2), (2, 1, 0), (1, 0, 2))):
            for day in order:
                self.run_it("import", f"days{number}", days[day][0], "--yes")
            self.assertEqual([row[:2] for row in self.table("customers", "customers", f"days{number}")], [["ann", 3]])

    def test_an_empty_column_of_customers_leaves_the_role_to_one_that_has_some(self):
        pathlib.Path("mail.csv").write_text("customer_id,email,time,touchpoint\n,a@b.nl,2026-01-01,visit\n", encoding="utf-8")
        self.run_it("import", "mail", "mail.csv", "--yes")
        self.assertEqual([row[0] for row in self.table("customers", "customers", "mail")], ["a@b.nl"])

    def test_customers_who_come_after_the_sample_are_linked(self):
        rows = [f",v{i},2026-01-01T00:00:00Z,visit" for i in range(11000)] + ["late,v7,2026-01-02T00:00:00Z,login"]
        pathlib.Path("late.csv").write_text("user_id,anonymous_id,time,touchpoint\n" + "\n".join(rows) + "\n", encoding="utf-8")
        self.run_it("import", "late", "late.csv", "--yes")
        self.assertEqual(self.table("customer", "customer", "late", "anonymous:v7")[0][:2], ["late", 2])

    def test_a_placeholder_is_nobody_where_somebody_is_named(self):
        pathlib.Path("who.csv").write_text("user_id,anonymous_id,time,touchpoint\nunknown,w1,2026-01-01,visit\nnull,,2026-01-01,visit\n,null,2026-01-02,visit\n"
                                           "u7,w1,2026-01-03,login\n", encoding="utf-8")
        self.run_it("import", "who", "who.csv", "--yes")
        self.assertEqual(sorted(row[:2] for row in self.table("customers", "customers", "who")), [["anonymous:null", 1], ["null", 1], ["u7", 2]])

    def test_an_alias_of_a_visitor_is_the_visitor(self):
        lines = [{"type": "page", "anonymousId": "an-9"}, {"type": "alias", "previousId": "an-9", "userId": "u3"}, {"type": "alias", "previousId": "an-9", "userId": "u7"},
                 {"type": "alias", "previousId": "u3", "userId": "u4"}, {"type": "track", "event": "Paid", "userId": "u4"}]
        text = "".join(json.dumps({**line, "timestamp": f"2026-01-01T10:0{i}:00Z"}) + "\n" for i, line in enumerate(lines))
        pathlib.Path("alias.jsonl").write_text(text, encoding="utf-8")
        self.run_it("import", "alias", "alias.jsonl", "--yes")
        self.assertEqual([row[0] for row in self.table("identities", "identity", "alias", "show", "u4")], ["u3", "u4", "anonymous:an-9"])
        self.assertEqual([row[1:3] for row in self.table("conflicts", "identity", "alias", "conflicts")], [["anonymous:an-9", "u7"]])

    def test_a_dry_run_writes_nothing(self):
        pathlib.Path("links.csv").write_text("anonymous,user\na,u1\n", encoding="utf-8")
        self.assertIn("rows with links: 1. Nothing was written", self.run_it("identity", "s", "import", "links.csv", "--dry-run")[1])
        self.assertEqual(self.table("identities", "identity", "s"), [])
        pathlib.Path("links.csv").write_text(f"anonymous,user\na,{'u' * 2000}\n", encoding="utf-8")
        for words in ([], ["--dry-run"]):
            self.assertIn("2000 bytes long", self.run_it("identity", "s", "import", "links.csv", *words, code=1)[1])
        self.assertIn("2000 bytes long", self.run_it("identity", "s", "link", "a", "u" * 2000, "--dry-run", code=1)[1])

    def test_a_customer_as_known_then(self):
        self.run_it("identity", "s", "link", "anonymous:a", "u1", "--at", "2026-01-02T12:00:00Z")
        for moment, customer, events in (("2026-01-02T12:00:00Z", "anonymous:a", 1), ("2026-01-03T12:00:00Z", "u1", 3), ("2026-01-02T12:00:01Z", "u1", 2)):
            self.assertEqual(self.table("customer", "customer", "s", "anonymous:a", "--as-of", moment)[0][:2], [customer, events])
        self.assertIn("leave --from", self.run_it("customer", "s", "u1", "--export", "u1.zip", "--as-of", "2026-01-03", code=2)[1])

    def test_refusals(self):
        for words, says, code in ((["link", "u1", "unknown"], "placeholder", 2), (["link", "u1", "u1"], "both identities", 2),
                                  (["unlink", "u1", "u2"], "no link between", 1), (["show", "u9"], "no event and no link", 1),
                                  (["lnik", "u1", "u2"], '"link" is the nearest word', 2), (["show"], "expects: IDENTITY", 2),
                                  (["link", "u1", "u2", "--at", "soon"], "is no time", 2),
                                  (["link", "u1", "u2", "--at", "2999-01-01"], "later than now", 2)):
            self.assertIn(says, self.run_it("identity", "s", *words, code=code)[1])

    def test_in_dutch_and_chinese(self):
        self.assertIn("Welke identiteiten", self.run_it("identity", "s", "--lang", "nl")[0])
        self.assertIn("身份", self.run_it("identity", "s", "--lang", "zh")[0])


if __name__ == "__main__":
    unittest.main()
