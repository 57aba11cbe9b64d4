"""Questions over HTTP: the same answers as the command line, who may ask, what is refused, and how it ends."""
import concurrent.futures
import json
import re
import select
import socket
import unittest

from server import ServerTest


class Questions(ServerTest):
    def test_the_same_answer_as_the_program(self):
        body = {"lens": {"from": "2026-01-01", "journey": "session 30m"}, "parameters": {"steps": ["visit", "purchase"], "within": "1h"}}
        asked = self.ask("POST", "/api/v1/analyses/funnel", body, key="read")
        self.assertEqual((asked.status, asked.headers["Content-Type"]), (200, "application/json"))
        told = json.loads(self.run_it("funnel", "s", "visit", "purchase", "--within", "1h", "--from", "2026-01-01", "--journey", "session 30m", "--format", "json")[0])
        answer = asked.json
        for both in (answer, told):
            del both["elapsed_us"]
        self.assertEqual(answer, told)
        self.assertEqual(self.ask("POST", "/api/v1/analyses/overview?lang=nl", key="read").json["title"], json.loads(self.run_it("overview", "s", "--lang", "nl", "--format", "json")[0])["title"])

    def test_what_can_be_asked(self):
        analyses = self.ask("GET", "/api/v1/analyses", key="read").json["analyses"]
        funnel = next(a for a in analyses if a["name"] == "funnel")
        self.assertIn({"name", "type", "standard", "help"}, [set(p) for p in funnel["parameters"]])
        self.assertIn("steps", [table["name"] for table in funnel["tables"]])

    def test_who_may(self):
        ask = lambda name, key, **body: self.ask("POST", f"/api/v1/analyses/{name}", body, key=key).status
        self.assertEqual([ask("overview", key) for key in (None, "write", "read", "analyst")], [401, 403, 200, 200])
        self.assertEqual([ask("customers", key) for key in ("read", "analyst")], [403, 200])
        self.assertEqual([ask("overview", key, who=True) for key in ("read", "analyst")], [403, 200])
        self.assertEqual([self.ask("GET", path).status for path in ("/health/alive", "/health/ready", "/metrics", "/api/v1/analyses")], [200, 200, 401, 401])

    def test_every_endpoint_by_every_key(self):
        """What the OpenAPI document lists is all that there is; whoever may not is refused, before anything else is looked at."""
        document = self.ask("GET", "/api/v1/openapi.json").json
        may = {"none": (None, "write", "read", "analyst"), "collect": ("write",), "ask": ("read", "analyst"), "people": ("analyst",)}
        paths = document["paths"]
        self.assertEqual(document["openapi"], "3.1.0")
        self.assertEqual({path: {m: o["x-right"] for m, o in methods.items() if m != "parameters"} for path, methods in paths.items() if "/analyses/" not in path}, {
            "/health/alive": {"get": "none"}, "/health/ready": {"get": "none"}, "/metrics": {"get": "ask"}, "/api/v1/openapi.json": {"get": "none"},
            "/api/v1/analyses": {"get": "ask"}, "/api/v1/collector/rejected": {"get": "people"}, "/api/v1/customer": {"post": "people"}, "/api/v1/customer/why": {"post": "people"},
            "/api/v1/identity": {"post": "people"}, "/api/v1/segments": {"post": "ask"}, "/v1/batch": {"post": "collect"}, "/v1/import": {"post": "collect"}, "/v1/b": {"post": "collect"},
            "/v1/m": {"post": "none"}, "/v1/{type}": {"post": "collect", "options": "none"}, "/v1/projects/{key}/settings": {"get": "none"}, "/projects/{key}/settings": {"get": "none"}})
        for path, methods in paths.items():
            for method, operation in methods.items():
                for key in (None, "write", "read", "analyst") if method != "parameters" else ():
                    body = b'{"batch": []}' if operation["x-right"] == "collect" else b"{}" if method == "post" else None
                    status = self.ask(method.upper(), re.sub("{.*?}", "track" if path == "/v1/{type}" else "overview", path), body, key=key).status
                    refused = status in (401, 403)
                    self.assertEqual(refused, key not in may[operation["x-right"]] and "/analyses/customers" not in path or ("/analyses/customers" in path and key != "analyst"), (method, path, key, status))
        funnel = paths["/api/v1/analyses/funnel"]["post"]["requestBody"]["content"]["application/json"]["schema"]["allOf"][1]["properties"]["parameters"]["properties"]
        self.assertEqual((funnel["steps"]["type"], funnel["repeats"]["type"]), (["string", "array"], "boolean"))
        self.assertIn("mixpanel", funnel["dialect"]["enum"])

    def test_a_key_for_figures_sees_no_identities(self):
        self.ask("POST", "/v1/identify", {"userId": "u1", "anonymousId": "a1"}, key="write")
        for body in ({"parameters": {"by": "@identity"}}, {"lens": {"where": "\"@identity\" = 'a1'"}}, {"breakdown": "trait.@identity"}):
            self.assertEqual(self.ask("POST", "/api/v1/analyses/sessions", body, key="read").status, 403, body)
        self.assertEqual(self.ask("POST", "/api/v1/analyses/sessions", b'{"parameters": {"by": "\\u0040identity"}}', key="read").status, 403)

    def test_lists_of_people_are_in_the_record(self):
        for name, body in (("customers", {}), ("overview", {}), ("overview", {"who": True})):
            self.ask("POST", f"/api/v1/analyses/{name}", body, key="analyst")
        self.ask("GET", "/api/v1/collector/rejected", key="analyst")
        rows = json.loads(self.run_it("audit", "s", "--format", "json")[0])["tables"][0]["rows"]
        self.assertEqual([(row[3], row[4]) for row in rows], [("list", None)] * 3)
        self.assertEqual(len({row[5] for row in rows}), 1)  # by the same key

    def test_what_browsers_are_told(self):
        for path in ("/health/ready", "/nothing", "/api/v1/openapi.json"):
            headers = self.ask("GET", path).headers
            self.assertEqual((headers["X-Content-Type-Options"], headers["Cache-Control"], headers["Referrer-Policy"]), ("nosniff", "no-store", "no-referrer"))
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])

    def test_who_is_behind_it(self):
        body = {"who": True, "of": "touchpoints.events", "row": "visit", "who-limit": 1}
        answer = self.ask("POST", "/api/v1/analyses/overview", body, key="analyst").json
        rows = answer["tables"][0]["rows"]
        self.assertEqual((answer["tables"][0]["name"], len(rows)), ("customers", 1))
        more = self.ask("POST", "/api/v1/analyses/overview", {**body, "who-after": rows[0][0]}, key="analyst").json["tables"][0]["rows"]
        self.assertEqual({rows[0][0], more[0][0]}, {"c1", "c2"})

    def test_one_person_as_the_program_shows_him(self):
        self.run_it("segments", "other", "save", "x", "did(.)", code=1)
        for path, body, words in (("customer", {"identity": "c1"}, ["customer", "s", "c1"]), ("customer", {"identity": "c1", "lens": {"to": "2026-01-01T10:06Z"}}, ["customer", "s", "c1", "--to", "2026-01-01T10:06Z"]),
                                  ("customer/why", {"identity": "c1", "parameters": {"steps": ["visit", "purchase"], "within": "1h"}}, ["why", "s", "c1", "visit", "purchase", "--within", "1h"]),
                                  ("identity", {"identity": "c1"}, ["identity", "s", "show", "c1"]), ("segments", {}, ["segments", "s"])):
            asked = self.ask("POST", f"/api/v1/{path}", body, key="analyst")
            self.assertEqual(asked.status, 200, asked.body)
            self.assertEqual(asked.json["tables"], json.loads(self.run_it(*words, "--format", "json")[0])["tables"])
        self.assertEqual([self.ask("POST", "/api/v1/customer", {"identity": "c1"}, key=key).status for key in (None, "write", "read")], [401, 403, 403])
        self.assertIn("whom", self.ask("POST", "/api/v1/customer", {}, key="analyst").json["detail"])
        self.assertEqual(self.ask("POST", "/api/v1/customer", {"identity": "nobody"}, key="analyst").status, 404)
        rows = json.loads(self.run_it("audit", "s", "--subject", "c1", "--format", "json")[0])["tables"][0]["rows"]
        self.assertEqual([row[3] for row in rows], ["read"] * 4)

    def test_what_is_refused_is_told(self):
        for path, body, status, says in (("funnel", {"parameters": {"steps": "visti > cart"}}, 400, "visti"), ("funel", {}, 404, "funel"), ("overview", {"lens": {"form": "x"}}, 400, "form"),
                                         ("overview", {"lens": 3}, 400, "lens"), ("overview", [], 400, "object"), ("overview", b"{", 422, "question"),
                                         ("overview", {"other": 1}, 400, "other"), ("overview", {"lens": {"from": "soon"}}, 400, "soon")):
            answer = self.ask("POST", f"/api/v1/analyses/{path}", body, key="read")
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (status, "application/problem+json"), answer.body)
            self.assertIn(says, answer.json["detail"])
            self.assertEqual(answer.json["status"], status)
        self.assertEqual(self.ask("GET", "/nothing").status, 404)
        self.assertEqual(self.ask("DELETE", "/api/v1/analyses").status, 405)
        self.assertEqual(self.ask("POST", "/api/v1/analyses/overview", b" " * (1 << 21), key="read").status, 413)
        self.assertEqual(self.ask("POST", "/api/v1/analyses/overview", b"x", key="read", headers={"Content-Encoding": "br"}).status, 415)

    def test_many_at_once(self):
        one = lambda i: self.ask("POST", "/api/v1/analyses/flow", {"lens": {"to": f"2026-01-0{1 + i % 9}"}}, key="read").status
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            self.assertEqual(set(pool.map(one, range(200))), {200})
        metrics = self.ask("GET", "/metrics", key="read").body.decode()
        self.assertIn('sojourn_requests_total{class="2xx"} 200', metrics)

    def gauges(self, key):
        """How many questions are being answered, and how many wait."""
        text = self.ask("GET", "/metrics", key=key).body.decode()
        return tuple(int(re.search(rf"^sojourn_{name}_questions (\d+)$", text, re.MULTILINE)[1]) for name in ("running", "waiting"))

    def from_memory(self):
        return int(re.search(r"sojourn_answers_from_memory_total (\d+)", self.ask("GET", "/metrics", key="read").body.decode())[1])

    def test_what_was_asked_before_is_remembered_until_something_comes(self):
        ask = lambda name="overview", **body: self.ask("POST", f"/api/v1/analyses/{name}", body, key="read").json
        first = ask()
        self.assertEqual((ask(), self.from_memory()), (first, 1))  # word for word, with how long it took then
        ask(lens={"to": "2026-01-02"}), ask("flow"), self.ask("POST", "/api/v1/analyses/overview?lang=nl", {}, key="read")
        self.assertEqual(self.from_memory(), 1)
        self.ask("POST", "/v1/track", {"event": "Paid", "userId": "u1", "messageId": "m1"}, key="write")
        self.assertEqual((ask()["store"]["events"], self.from_memory()), (first["store"]["events"] + 1, 1))
        self.assertEqual([self.ask("POST", "/api/v1/analyses/funel", {}, key="read").status for _ in range(2)], [404, 404])
        self.ask("POST", "/api/v1/analyses/customers", {}, key="analyst")
        self.assertEqual(self.ask("POST", "/api/v1/analyses/customers", {}, key="read").status, 403)

    def test_who_hung_up_while_waiting_is_not_answered(self):
        self.stop()
        self.run_it("demo", "d", "--customers", "2000")
        self.keys["analyst"] = self.run_it("keys", "d", "add", "analyst", "--kind", "analyst")[0].strip()
        self.start("d", "--workers", "1")
        body = json.dumps({"who": True, "of": "touchpoints.customers", "row": "app_open", "who-limit": 2000}).encode()
        request = (b"POST /api/v1/analyses/overview HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + self.keys["analyst"].encode()
                   + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
        connections = []
        for n_waiting in range(4):  # the first is answered, the others wait for it
            connections.append(socket.create_connection(("127.0.0.1", self.port)))
            connections[-1].sendall(request)
            while self.gauges("analyst") != (1, n_waiting):
                self.assertFalse(select.select([connections[0]], [], [], 0)[0], "the first question was answered before the others came")
        for connection in connections[1:]:
            connection.close()
        self.assertIn(b" 200 ", connections[0].recv(100))
        connections[0].close()
        self.assertEqual(self.ask("POST", "/api/v1/analyses/overview", {}, key="analyst").status, 200)
        self.assertIn('sojourn_requests_total{class="4xx"} 3', self.ask("GET", "/metrics", key="analyst").body.decode())
        self.stop()

    def test_a_second_writer_is_told(self):
        self.assertIn("sojourn serve", self.run_it("import", "s", "events.csv", "--again", code=1)[1])

    def test_it_ends_when_it_is_told_to(self):
        self.assertEqual(self.ask("POST", "/v1/track", {"event": "Paid", "userId": "u1", "messageId": "m1"}, key="write").status, 200)
        self.stop()
        self.assertEqual(len(self.events()), 6)
        self.run_it("verify", "s")

    def test_nothing_of_people_is_in_the_log(self):
        self.ask("POST", "/api/v1/analyses/customers", {"lens": {"where": "note = 'secret-of-ann'"}}, key="analyst")
        self.ask("POST", "/v1/track", {"event": "Paid", "userId": "ann-secret"}, key="write")
        self.assertNotIn("secret", self.stop())


if __name__ == "__main__":
    unittest.main()
