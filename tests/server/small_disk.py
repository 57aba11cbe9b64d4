"""The server on a small disk that fills up: what does not fit is refused and can be sent again, what was acknowledged stays, and it goes on once
there is room."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

from server import ServerTest

SKIPPED = 77  # to Meson
DISK_BYTES = 16 << 20


class SmallDisk(ServerTest):
    def setUp(self):
        super().setUp()
        self.stop()
        os.mkdir("disk")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", "disk"], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", os.path.abspath("disk")], check=True)
        self.run_it("init", "disk/s")
        self.keys["write"] = self.run_it("keys", "disk/s", "add", "write")[0].strip()
        self.start("disk/s")

    def send(self, number):
        batch = [{"type": "track", "event": "Paid", "userId": f"u{number}-{i}", "messageId": f"m{number}-{i}", "pad": f"{number}-{i}" * 20} for i in range(200)]
        answer = self.ask("POST", "/v1/batch", {"batch": batch}, key="write")
        return answer, {event["messageId"] for event in batch}

    def test_until_it_is_full_and_on(self):
        filler = pathlib.Path("disk/filler")
        filler.write_bytes(bytes(3 * DISK_BYTES // 4))
        acknowledged, number, n_refused = set(), 0, 0
        while n_refused < 5:
            answer, ids = self.send(number)
            self.assertIn(answer.status, (200, 503), answer.body)
            if answer.status == 200:
                acknowledged |= ids
            else:
                n_refused += 1
                self.assertEqual((answer.headers["Retry-After"], answer.json["success"]), ("1", False))
            number += 1
        self.assertGreater(len(acknowledged), 1000)
        filler.unlink()
        for again in range(2):
            answer, ids = self.send(number + again)
            self.assertEqual(answer.status, 200, answer.body)
            acknowledged |= ids
        self.stop()
        there = [json.loads(line)["event_id"] for line in self.run_it("export", "disk/s", "--format", "jsonl")[0].splitlines()]
        self.assertEqual(len(there), len(set(there)))
        self.assertEqual(acknowledged - set(there), set())
        self.run_it("verify", "disk/s")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        own = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*own, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False).returncode != 0:
            print("no namespace in which a disk can be mounted is to be had here")
            sys.exit(SKIPPED)
        os.execvp(own[0], [*own, sys.executable, "-B", __file__, "-v"])
    unittest.main()
