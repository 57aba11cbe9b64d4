"""What the tests of the command line share: the program, run in an empty folder, and small checks."""
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ.get("SJ_PROGRAM", "sojourn")
EVENTS = """user_id,timestamp,event,channel,revenue,note
c1,2026-01-01T10:00:00Z,visit,web,,hello
c1,2026-01-01T10:05:00Z,cart,web,,"a, b"
c1,2026-01-01T10:09:30Z,purchase,web,12.50,
c2,2026-01-02T09:00:00Z,visit,app,,x
c2,2026-01-03T09:00:00Z,call,phone,,y
"""


class ProgramTest(unittest.TestCase):
    """Each test has a folder of its own, and is in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        pathlib.Path("events.csv").write_text(EVENTS, encoding="utf-8")

    def run_it(self, *words, code=0, stdin="", env=None):
        """Runs the program; the exit code must be `code`. Gives standard output and standard error."""
        environment = {k: v for k, v in os.environ.items() if k not in ("LANG", "LC_ALL", "LC_MESSAGES", "COLUMNS")}
        environment.update(env or {})
        done = subprocess.run([PROGRAM, *words], input=stdin, capture_output=True, encoding="utf-8", env=environment, timeout=120)
        self.assertEqual(done.returncode, code, f"sojourn {' '.join(words)}\n{done.stdout}\n{done.stderr}")
        return done.stdout, done.stderr

    def make_store(self, name="s.sojourn"):
        self.run_it("import", name, "events.csv")
        return name
