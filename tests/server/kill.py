"""The server killed while events come: what it acknowledged is there, once, and it is soon ready again."""
import http.client
import json
import threading
import time
import unittest

from server import ServerTest

ROUNDS, SENDERS, BATCH = 12, 6, 20
READY_SECONDS = 2


class Kill(ServerTest):
    def send(self, sender, acknowledged, unsure):
        """Batch after batch until the connection breaks; the last one may be there or not."""
        number = 0
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            while True:
                ids = [f"{self.round}-{sender}-{number + i}" for i in range(BATCH)]
                number += BATCH
                body = json.dumps({"batch": [{"type": "track", "event": "Paid", "userId": f"u{i % 7}", "anonymousId": f"a{i % 5}", "messageId": m} for i, m in enumerate(ids)]})
                unsure[sender] = ids
                connection.request("POST", "/v1/batch", body=body, headers={"Authorization": f"Bearer {self.keys['write']}"})
                answer = connection.getresponse()
                if answer.status != 200 or not json.loads(answer.read())["success"]:
                    return
                unsure[sender] = []
                with self.more:
                    acknowledged.update(ids)
                    self.more.notify()
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def test_nothing_acknowledged_is_lost_or_doubled(self):
        acknowledged, maybe = set(), set()
        self.more = threading.Condition()
        for self.round in range(ROUNDS):
            unsure = {}
            senders = [threading.Thread(target=self.send, args=(i, acknowledged, unsure)) for i in range(SENDERS)]
            for sender in senders:
                sender.start()
            before = len(acknowledged)
            with self.more:
                self.more.wait_for(lambda: len(acknowledged) >= before + 40 * BATCH * (1 + self.round % 5))
            self.process.kill()
            for sender in senders:
                sender.join()
            self.process.wait()
            maybe.update(*unsure.values())
            began = time.monotonic()
            self.start()
            self.assertEqual(self.ask("GET", "/health/ready").status, 200)
            self.assertLess(time.monotonic() - began, READY_SECONDS)
        self.stop()
        ids = [event["event_id"] for event in self.events() if "event_id" in event]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(acknowledged - set(ids), set())
        self.assertEqual(set(ids) - acknowledged - maybe, set())
        self.run_it("verify", "s")


if __name__ == "__main__":
    unittest.main()
