"""What changes when a terminal is there: colour, width, progress, the question before an import."""
import os
import pty
import re
import select
import struct
import sys
import fcntl
import termios
import time
import unittest

from program import EVENTS, PROGRAM, ProgramTest


def run_on_terminal(words, width=80, env=None, type_in=b"", limit=60):
    """Runs the program on a pseudo-terminal. Gives the exit code and all that was written on it."""
    child, master = pty.fork()
    if child == 0:
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LANG", "LC_ALL", "LC_MESSAGES", "COLUMNS")}
        environment.update({"TERM": "xterm-256color", **(env or {})})
        os.execve(PROGRAM, [PROGRAM, *words], environment)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    if type_in:
        os.write(master, type_in)
    seen, end = b"", time.monotonic() + limit
    while time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], 1)
        if not ready:
            continue
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode("utf-8", "replace").replace("\r\n", "\n")


class Terminal(ProgramTest):
    def test_colour_unless_it_is_not_wanted(self):
        store = self.make_store()
        code, text = run_on_terminal(["flow", store])
        self.assertEqual(code, 0)
        self.assertIn("\033[1m", text)
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertNotIn("\033", run_on_terminal(["flow", store], env=env)[1])

    def test_lines_fit(self):
        store = self.make_store()
        for width in (70, 100):
            text = run_on_terminal(["overview", store], env={"NO_COLOR": "1", "COLUMNS": str(width)})[1]
            for line in text.splitlines():
                self.assertTrue(len(line) <= width or line.startswith("…"), line)

    def test_the_import_asks_and_no_means_no(self):
        code, text = run_on_terminal(["import", "s.sojourn", "events.csv"], type_in=b"n\n")
        self.assertEqual(code, 1)
        self.assertIn("[Y/n]", text)
        self.assertFalse(os.path.exists("s.sojourn"))
        self.assertEqual(run_on_terminal(["import", "s.sojourn", "events.csv"], type_in=b"\n")[0], 0)
        code, text = run_on_terminal(["import", "s.sojourn", "events.csv", "--yes", "--again"])
        self.assertEqual(code, 0)
        self.assertNotIn("[Y/n]", text)

    def test_progress_is_shown_and_taken_away(self):
        header, rows = EVENTS.split("\n", 1)
        with open("many.csv", "w", encoding="utf-8") as file:
            file.write(header + "\n")
            for _ in range(120000):
                file.write(rows)
        code, text = run_on_terminal(["import", "s.sojourn", "many.csv", "--yes"])
        self.assertEqual(code, 0)
        self.assertIn("new events: 600,000", text)
        bars = re.findall(r"\r[^\r\n]*%[^\r\n]*/s", text)
        if not bars:
            self.skipTest("the import was done before the first bar was due")
        self.assertIn("\r\033[K", text)


if __name__ == "__main__":
    try:
        for handle in pty.openpty():
            os.close(handle)
    except OSError as error:
        print(f"skipped: this system gives no pseudo-terminal ({error})")
        sys.exit(77)
    unittest.main()
