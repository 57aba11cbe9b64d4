"""The collector from the outside: Segment's HTTP tracking API, request by request (the names S… are those of the list of what it must do)."""
import base64
import gzip
import http.client
import json
import unittest

from server import ServerTest

SENT = "2026-02-01T12:00:10.000Z"


def track(number, **more):
    return {"type": "track", "event": "Paid", "userId": "u1", "messageId": f"m{number}", "timestamp": "2026-02-01T12:00:00.000Z", **more}


class Collector(ServerTest):
    def post(self, path, body, **more):
        return self.ask("POST", path, body, **{"key": "write", **more})

    def collected(self):
        return [event for event in self.events() if "type" in event]

    def test_s01_each_type_in_a_batch(self):
        batch = [{"type": "identify", "userId": "u1", "traits": {"plan": "gold", "age": 41}}, track(1, properties={"price": 12.5, "ok": True, "tags": ["a", "b"]}),
                 {"type": "page", "anonymousId": "a1", "name": "Home", "properties": {"path": "/"}}, {"type": "screen", "userId": "u1", "name": "Main"},
                 {"type": "group", "userId": "u1", "groupId": "g1"}, {"type": "alias", "userId": "u1", "previousId": "a1", "anonymousId": "a1"}]
        answer = self.post("/v1/batch", {"batch": batch, "sentAt": SENT})
        self.assertEqual((answer.status, answer.json, answer.headers["Content-Type"]), (200, {"success": True}, "application/json"))
        events = self.collected()
        self.assertEqual(sorted(event["touchpoint"] for event in events), ["Paid", "alias", "group", "identify", "page", "screen"])
        self.assertEqual({event["customer"] for event in events}, {"u1"})  # the alias says whose a1 is
        paid = next(event for event in events if event["touchpoint"] == "Paid")
        self.assertEqual((paid["properties.price"], paid["properties.ok"], paid["properties.tags"], paid["event_id"]), (12.5, True, '["a","b"]', "m1"))

    def test_it_is_there_within_the_next_question(self):
        self.assertEqual(self.post("/v1/track", track(1)).status, 200)
        answer = self.ask("POST", "/api/v1/analyses/overview", {}, key="read").json
        touchpoints = next(t["rows"] for t in answer["tables"] if t["name"] == "touchpoints")
        self.assertIn("Paid", [row[0] for row in touchpoints])

    def test_single_endpoints_long_and_short(self):
        for path, body in (("track", track(1)), ("t", track(2)), ("identify", {"userId": "u1"}), ("i", {"userId": "u1"}), ("p", {"userId": "u1"}),
                           ("s", {"userId": "u1"}), ("g", {"userId": "u1", "groupId": "g"}), ("a", {"userId": "u1", "previousId": "b"})):
            self.assertEqual(self.post(f"/v1/{path}", body).status, 200, path)
        self.assertEqual(len(self.collected()), 8)
        self.assertEqual(self.post("/v1/x", track(3)).status, 404)

    def test_s13_s16_gzip_text_and_chunks(self):
        body = json.dumps({"batch": [track(1)], "writeKey": self.keys["write"]}).encode()
        self.assertEqual(self.post("/v1/batch", gzip.compress(body), headers={"Content-Encoding": "gzip"}).status, 200)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.addCleanup(connection.close)
        packed = gzip.compress(json.dumps({"batch": [track(2)], "writeKey": self.keys["write"]}).encode())
        connection.request("POST", "/v1/b", body=iter([packed[:20], packed[20:]]), headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"},
                           encode_chunked=True)
        self.assertEqual(connection.getresponse().status, 200)
        self.assertEqual(len(self.collected()), 2)
        bad = self.post("/v1/batch", b"no gzip", headers={"Content-Encoding": "gzip"})
        self.assertEqual((bad.status, sorted(bad.json)), (400, ["code", "error", "message", "success"]))
        cut = self.post("/v1/batch", gzip.compress(body)[:-9], headers={"Content-Encoding": "gzip"})
        self.assertEqual(cut.status, 400)

    def test_a_bomb_is_refused(self):
        bomb = gzip.compress(b" " * 50_000_000)
        self.assertEqual(self.post("/v1/batch", bomb, headers={"Content-Encoding": "gzip"}).status, 400)

    def test_s15_what_stands_beside_the_batch_goes_to_each(self):
        body = {"messageId": "of the batch", "context": {"library": {"name": "go"}, "page": {"path": "/x"}}, "batch": [track(1), track(2, context={"page": {"path": "/own"}})]}
        self.assertEqual(self.post("/v1/batch", body).status, 200)
        self.assertEqual(sorted((event["context.library.name"], event["context.page.path"], event["event_id"]) for event in self.collected()),
                         [("go", "/own", "m2"), ("go", "/x", "m1")])

    def test_s20_who_may(self):
        key, body = self.keys["write"], {"batch": [track(1)]}
        basic = lambda text: {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}
        for headers, more, status in ((basic(key + ":"), {}, 200), (basic(key), {}, 200), ({}, {"writeKey": key}, 200),
                                      ({"Authorization": "Bearer other"}, {"writeKey": key}, 200), ({}, {}, 401), (basic("wrong:"), {}, 401),
                                      ({}, {"writeKey": "wrong"}, 401), (basic(self.keys["read"] + ":"), {}, 401)):
            answer = self.ask("POST", "/v1/batch", {**body, **more}, headers=headers)
            self.assertEqual(answer.status, status, (headers, more))
            self.assertEqual(answer.json["success"], status == 200)
        self.run_it("keys", "s", "revoke", "write")
        self.assertEqual(self.post("/v1/batch", body).status, 401)

    def test_s21_the_same_batch_three_times(self):
        for _ in range(3):
            self.assertEqual(self.post("/v1/batch", {"batch": [track(1), track(1), track(2)]}).json, {"success": True})
        self.assertEqual(sorted(event["event_id"] for event in self.collected()), ["m1", "m2"])

    def test_s22_the_skew_of_the_clock(self):
        received = self.post("/v1/track", track(1, timestamp="2020-01-01T00:00:00.000Z", sentAt="2020-01-01T00:00:10.000Z"))
        self.assertEqual(received.status, 200)
        self.post("/v1/track", track(2, timestamp="2020-01-01T00:00:00.123Z"))
        self.post("/v1/track", track(3, timestamp="2999-01-01T00:00:00Z"))
        self.post("/v1/track", {key: value for key, value in track(4).items() if key != "timestamp"})
        events = {event["event_id"]: event for event in self.collected()}
        self.assertEqual(events["m2"]["time"], "2020-01-01T00:00:00.123Z")
        self.assertEqual([events[m].get("time_clamped") for m in ("m1", "m2", "m3", "m4")], [None, None, True, None])
        times = [events[m]["time"] for m in ("m1", "m3", "m4")]
        self.assertEqual({time[:4] for time in times}, {times[0][:4]})  # about now: received less ten seconds, when received
        self.assertGreater(times[0][:4], "2025")

    def test_s23_s24_what_is_rejected_and_the_rest(self):
        batch = [{"type": "track", "event": "x"}, track(1, event=""), track(2, event=7), {**track(3), "type": "other"}, track(4), "text", track(5, userId=17),
                 {"type": "alias", "userId": "u1"}, {"type": "group", "userId": "u1"}]
        answer = self.post("/v1/batch", {"batch": batch})
        self.assertEqual(answer.status, 200)
        self.assertEqual((answer.json["success"], answer.json["accepted"]), (True, 2))
        self.assertEqual([(r["index"], r["messageId"], r["code"]) for r in answer.json["rejected"]],
                         [(0, None, "no_user_anon_id"), (1, "m1", "no_event_name"), (2, "m2", "no_event_name"), (3, "m3", "unknown_type"),
                          (5, None, "invalid_event"), (7, None, "no_previous_id"), (8, None, "no_group_id")])
        self.assertEqual(sorted((event["event_id"], event["customer"]) for event in self.collected()), [("m4", "u1"), ("m5", "17")])
        self.assertEqual(self.post("/v1/track", {"event": "x"}).json["code"], "no_user_anon_id")

    def test_what_was_rejected_can_be_seen_and_fetched(self):
        self.post("/v1/batch", {"batch": [{"type": "track", "event": "first"}] * 3})
        self.post("/v1/batch", {"batch": [{"type": "track", "event": "x"}] * 1000})
        first = self.ask("GET", "/api/v1/collector/rejected", key="analyst").json["rejected"]
        self.assertEqual((len(first), first[0]["number"], first[-1]["number"]), (100, 4, 103))
        self.post("/v1/track", {"event": "late"})
        more = self.ask("GET", "/api/v1/collector/rejected?after=1003", key="analyst").json["rejected"]
        self.assertEqual([(r["number"], r["code"], json.loads(r["raw"])) for r in more], [(1004, "no_user_anon_id", {"event": "late"})])
        self.ask("POST", "/v1/track", {"event": "x", "writeKey": self.keys["write"]})
        last = self.ask("GET", "/api/v1/collector/rejected?after=1004", key="analyst").json["rejected"][0]
        self.assertEqual(json.loads(last["raw"]), {"event": "x", "writeKey": "*" * len(self.keys["write"])})
        self.assertEqual([self.ask("GET", "/api/v1/collector/rejected", key=key).status for key in ("write", "read", None)], [403, 403, 401])
        self.assertEqual(self.ask("GET", "/api/v1/collector/rejected?after=x", key="analyst").status, 400)

    def test_s10_s11_s12_s30_limits(self):
        def sized(number, n):
            event = track(number, pad="")
            event["pad"] = "x" * (n - len(json.dumps(event)))
            return event
        answer = self.post("/v1/batch", json.dumps({"batch": [sized(1, 32768), sized(2, 32769)]}).encode())
        self.assertEqual([r["code"] for r in answer.json["rejected"]], ["event_too_large"])
        self.assertEqual(self.post("/v1/track", json.dumps(sized(3, 60000)).encode()).status, 400)
        many = {"batch": [{"type": "page", "userId": "u1", "messageId": f"p{i}"} for i in range(2501)]}
        self.assertEqual([(r["index"], r["code"]) for r in self.post("/v1/batch", many).json["rejected"]], [(2500, "too_many_events")])
        self.assertEqual(len(self.collected()), 2501)
        self.assertEqual(self.post("/v1/batch", b'{"batch": []}' + b" " * (512000 - 12)).status, 400)
        for more, status in ((0, 200), (1, 400)):
            packed = gzip.compress(b'{"batch": []}' + b" " * (512000 - 13 + more))
            self.assertEqual(self.post("/v1/batch", packed, headers={"Content-Encoding": "gzip"}).status, status)
        self.assertEqual(self.post("/v1/batch", b'{"batch": []}' + b" " * (512000 - 13)).status, 200)

    def test_s25_bad_json(self):
        for body in (b"", b"{", b"[]", b"{}", b'{"batch": 7}', b'{"batch": [}', b'{"batch": [{"a": NaN}]}', b"\xef\xbb\xbf{}", b"[" * 10000, b'{"batch": [' + b"[" * 10000,
                     b'{"batch": [{"a": "\xff"}]}', b'{"batch": [{"a": "\\ud800"}]}', b'{"batch": []} x',
                     b'{"batch": [], "integrations": {"a": tru}}', b'{"batch": [{"type": "page", "userId": "u1", "x": [tru]}]}'):
            answer = self.post("/v1/batch", body)
            self.assertEqual(answer.status, 400, body[:40])
            self.assertEqual(sorted(answer.json), ["code", "error", "message", "success"])
        twice = self.post("/v1/batch", b'{"batch": [{"type": "page", "userId": "u1", "userId": "u2"}]}')
        self.assertEqual([r["code"] for r in twice.json["rejected"]], ["duplicate_name"])
        self.assertEqual(self.collected(), [])

    def test_what_would_harm_the_store_is_refused(self):
        self.assertEqual(self.post("/v1/track", track(1, event_id="other")).status, 200)  # the messageId is the event id
        many = self.post("/v1/track", {"event": "x", "userId": "u1", **{f"p{i}": i for i in range(1100)}})
        self.assertEqual((many.status, many.json["code"]), (400, "invalid_event"))
        self.assertLess(len(json.loads(self.run_it("info", "s", "--format", "json")[0])["tables"][1]["rows"]), 50)
        self.assertEqual(self.post("/v1/batch", {"batch": [track(2)], "context": {"x": "y" * 32768}}).json["rejected"][0]["code"], "event_too_large")
        for who in ({"userId": "a\0b"}, {"anonymousId": "a\0b"}, {"userId": "u", "anonymousId": "x" * 1001}):
            self.assertEqual(self.post("/v1/track", {"event": "x", **who}).json["code"], "invalid_id")
        self.assertEqual([event["event_id"] for event in self.collected() if "event_id" in event], ["m1"])
        self.run_it("verify", "s")

    def test_who_and_where_as_an_import_has_it(self):
        self.assertEqual(self.post("/v1/batch", {"batch": [track(1, userId=" u9 ", channel="app"), track(2, userId="unknown", anonymousId="v1"), track(3, userId="unknown"),
                                                           track(4, writeKey=self.keys["write"])]}).json, {"success": True})
        events = {event["event_id"]: event for event in self.collected()}
        self.assertEqual([events[f"m{i}"]["customer"] for i in (1, 2, 3)], ["u9", "anonymous:v1", "unknown"])
        self.assertEqual((events["m1"]["channel"], events["m4"].get("writeKey")), ("app", None))
        self.assertEqual(self.post("/v1/track", {"event": "x", "userId": "u1", "messageId": "m" * 401}).json["code"], "message_id_too_long")

    def stored(self):
        row = json.loads(self.run_it("info", "s", "--format", "json")[0])["tables"][0]
        return {column["name"]: row["rows"][0][i] for i, column in enumerate(row["columns"])}

    def test_the_store_is_kept_tidy(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.addCleanup(connection.close)
        n = 0
        for _ in range(9):  # segments, of which eight are merged
            for _ in range(256):  # loads make the inbox full
                connection.request("POST", "/v1/track", body=json.dumps({"event": "x", "userId": f"u{n % 9}"}), headers={"Authorization": f"Bearer {self.keys['write']}"})
                self.assertEqual(connection.getresponse().read(), b'{"success":true}')
                n += 1
            while self.stored()["inbox"] >= 256:
                self.assertIsNone(self.process.poll())
        while self.stored()["segments"] > 8:
            self.assertIsNone(self.process.poll())
        self.assertEqual(self.stored()["events"], 5 + n)

    def test_s28_an_alias_of_oneself(self):
        self.assertEqual(self.post("/v1/alias", {"userId": "u1", "previousId": "u1"}).status, 200)
        self.assertEqual(json.loads(self.run_it("identity", "s", "--format", "json")[0])["tables"][0]["rows"], [])

    def test_s29_killed_after_the_answer(self):
        self.assertEqual(self.post("/v1/track", track(1)).status, 200)
        self.process.kill()
        self.process.wait()
        self.assertEqual([event["event_id"] for event in self.collected()], ["m1"])
        self.start()
        self.assertEqual(self.post("/v1/track", track(1)).status, 200)
        self.assertEqual([event["event_id"] for event in self.collected()], ["m1"])

    def test_s17_s19_pages_of_other_origins(self):
        headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
        answer = self.ask("OPTIONS", "/v1/t", headers=headers)
        self.assertEqual((answer.status, answer.headers["Access-Control-Allow-Origin"], answer.headers["Vary"]), (204, "https://shop.example", "Origin"))
        self.assertIn("content-type", answer.headers["Access-Control-Allow-Headers"])
        self.assertEqual(self.post("/v1/t", track(1), headers=headers).headers["Access-Control-Allow-Origin"], "https://shop.example")
        settings = self.ask("GET", "/v1/projects/wk_x/settings", headers=headers).json
        self.assertEqual(settings["integrations"]["Segment.io"], {"apiKey": "wk_x", "apiHost": f"127.0.0.1:{self.port}/v1", "protocol": "http"})
        self.assertIsNone(self.ask("POST", "/api/v1/analyses/overview", {}, key="read", headers=headers).headers["Access-Control-Allow-Origin"])

    def test_a_library_counts_about_itself(self):
        self.assertEqual(self.ask("POST", "/v1/m", b'{"series": []}').json, {"success": True})

    def test_who_is_linked(self):
        self.post("/v1/batch", {"batch": [{"type": "page", "anonymousId": "c1"}, {"type": "identify", "anonymousId": "c1", "userId": "u7"}]})
        self.assertEqual({event["customer"] for event in self.collected()}, {"u7"})


if __name__ == "__main__":
    unittest.main()
