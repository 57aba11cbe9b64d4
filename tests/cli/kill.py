"""The program is killed while it imports, again and again into one store, while other processes ask and export. The events of a file are a
function of its number. Acknowledged (the program ended well) ⊆ there ⊆ begun, each file whole or not at all, each event once."""
import collections
import datetime
import json
import os
import pathlib
import random
import re
import subprocess
import threading
import unittest

from program import PROGRAM, ProgramTest

N_FILES = 48
N_COMPACTIONS = 12


def n_events(number):
    return (3, 40, 2500, 1)[number % 4]  # the large ones become segments of their own


def rows(number):
    for i in range(n_events(number)):
        yield f"c{(number + i) % 53}", 1767268800 + number * 86400 + i * 60, f"touchpoint {i % 7}", f"{number}-{i}"


class Killed(ProgramTest):
    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("SJ_SEED", random.randrange(1 << 32)))
        print(f"seed {seed} (SJ_SEED chooses it)")
        self.random = random.Random(seed)
        self.acknowledged, self.begun = set(), set()
        self.span = 0.1  # seconds: how long an import takes, as seen so far
        self.run_it("init", "s.sojourn")

    def there(self):
        """The files whose events are in the store. Fails when one is not whole, or an event is not as it was written or stands twice."""
        by_file = collections.defaultdict(list)
        for line in self.run_it("export", "s.sojourn", "--format", "jsonl")[0].splitlines():
            event = json.loads(line)
            number, i = map(int, event["event_id"].split("-"))
            by_file[number].append((i, (event["customer"], event["time"], event["touchpoint"], event["event_id"])))
        for number, events in by_file.items():
            expected = [(c, self.stamp(t), what, id) for c, t, what, id in rows(number)]
            self.assertEqual([event for _, event in sorted(events)], expected, f"file {number}")
        return set(by_file)

    @staticmethod
    def stamp(seconds):
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def run_and_kill(self, *words):
        """Whether the program ended well before it was killed; that it fails by itself is an error."""
        with subprocess.Popen([PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
            try:
                running.wait(timeout=self.random.random() * self.span * 1.2)
                self.span *= 0.9
            except subprocess.TimeoutExpired:
                running.kill()
                self.span *= 1.05
            self.assertIn(running.wait(), (0, -9), running.stderr.read())
            return running.returncode == 0

    def read_until(self, stop, looks):
        """Beside the writer: what has been acknowledged before a look is in it, what begins after it is not."""
        while not stop.is_set():
            acknowledged = set(self.acknowledged)
            there = self.there()
            self.assertLessEqual(acknowledged, there)
            self.assertLessEqual(there, set(self.begun))
            counted = self.run_it("info", "s.sojourn")[0]
            self.assertGreaterEqual(int(re.search(r"Events +([\d,]+)", counted)[1].replace(",", "")), sum(map(n_events, there)))
            looks.append(len(there))

    def test_imports_that_are_killed(self):
        stop, looks, problems = threading.Event(), [], []

        def read():
            try:
                self.read_until(stop, looks)
            except BaseException as problem:  # told in the main thread
                problems.append(problem)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            for number in range(N_FILES):
                path = pathlib.Path(f"{number}.csv")
                path.write_text("customer,time,touchpoint,event_id\n" + "".join(f"{c},{t},{what},{id}\n" for c, t, what, id in rows(number)),
                                encoding="utf-8")
                self.begun.add(number)
                if self.run_and_kill("import", "s.sojourn", str(path)):
                    self.acknowledged.add(number)
                if number % (N_FILES // N_COMPACTIONS) == 0:
                    self.run_and_kill("compact", "s.sojourn")
        finally:
            stop.set()
            reader.join()
        self.assertEqual(problems, [])
        there = self.there()
        self.assertLessEqual(self.acknowledged, there)
        self.assertIn("all sound", self.run_it("verify", "s.sojourn")[0])
        self.assertGreater(len(looks), 2)
        self.assertGreater(len(self.begun - self.acknowledged), N_FILES // 8, "too few were killed")
        self.assertGreater(len(self.acknowledged), N_FILES // 8, "too few were not")
        for number in range(N_FILES):  # again, and to the end: what is there already is left out
            self.run_it("import", "s.sojourn", f"{number}.csv", *(["--again"] if number in there else []))
        self.assertEqual(self.there(), set(range(N_FILES)))


if __name__ == "__main__":
    unittest.main()
