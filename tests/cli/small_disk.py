"""The program on a small disk that is really full: a tmpfs of four megabytes, mounted in a namespace of our own. Whatever number of
bytes is left, a command succeeds or says that the disk is full, and then the store is as before; it works again when there is room."""
import os
import pathlib
import subprocess
import sys
import unittest

from program import ProgramTest

SKIPPED = 77  # to Meson
DISK_BYTES = 4 << 20
PAGE = 4096
STEPS = 24  # of one to a few pages: from no room at all to more than a command needs


def events(n, first=0):
    rows = (f"c{i % 97},{1767268800 + i * 60},touchpoint {i % 9},id {i},note {i * 7919 % 10007}\n" for i in range(first, first + n))
    return "customer,time,touchpoint,event_id,note\n" + "".join(rows)


class SmallDisk(ProgramTest):
    def setUp(self):
        super().setUp()
        os.mkdir("disk")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", "disk"], check=True)
        self.addCleanup(subprocess.run, ["umount", os.path.abspath("disk")], check=True)
        self.store = "disk/s.sojourn"
        pathlib.Path("before.csv").write_text(events(3000), encoding="utf-8")
        self.run_it("import", self.store, "before.csv")

    def leave(self, n_bytes):
        """Fills the disk but for so many bytes."""
        filler = pathlib.Path("disk/filler")
        filler.unlink(missing_ok=True)
        room = os.statvfs("disk").f_bavail * PAGE
        filler.write_bytes(bytes(max(room - n_bytes, 0)))

    def everything(self):
        return self.run_it("export", self.store, "--format", "jsonl")[0]

    def try_it(self, *words):
        """Whether the command succeeded; where it did not, that it said why."""
        done = subprocess.run([os.environ["SJ_PROGRAM"], *words], capture_output=True, encoding="utf-8", check=False, timeout=120)
        if done.returncode != 0:
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, "full|No space left")
        return done.returncode == 0

    def check_each_room(self, step_bytes, command, undo=None):
        """The command with more and more room, and what it says: both answers must be seen."""
        seen = set()
        before = self.everything()
        for step in range(STEPS):
            self.leave(step * step_bytes)
            done = self.try_it(*command)
            self.leave(DISK_BYTES)
            after = self.everything()
            self.assertIn("all sound", self.run_it("verify", self.store)[0])
            if not done:
                self.assertEqual(after, before)
            seen.add(done)
            if done:
                break
        self.assertEqual(seen, {False, True}, f"{command[0]}: {STEPS} steps of {step_bytes} bytes do not show both")
        return before, after

    def test_a_small_import(self):
        pathlib.Path("more.csv").write_text(events(20, first=5000), encoding="utf-8")
        before, after = self.check_each_room(PAGE, ("import", self.store, "more.csv"))
        self.assertEqual(after.count("\n"), before.count("\n") + 20)

    def test_a_large_import(self):
        pathlib.Path("more.csv").write_text(events(30000, first=5000), encoding="utf-8")
        before, after = self.check_each_room(20 * PAGE, ("import", self.store, "more.csv"))
        self.assertEqual(after.count("\n"), before.count("\n") + 30000)

    def test_compaction(self):
        pathlib.Path("more.csv").write_text(events(20000, first=5000), encoding="utf-8")
        self.run_it("import", self.store, "more.csv")
        before, after = self.check_each_room(12 * PAGE, ("compact", self.store))
        self.assertEqual(after, before)
        self.assertRegex(self.run_it("info", self.store)[0], "Segments +1\n")

    def test_a_new_store(self):
        self.leave(0)
        self.assertFalse(self.try_it("import", "disk/new.sojourn", "before.csv"))
        self.assertFalse(os.path.exists("disk/new.sojourn"))

    def test_questions_need_no_room(self):
        overview = self.run_it("overview", self.store)[0]
        self.leave(0)
        self.assertEqual(self.run_it("overview", self.store)[0], overview)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        own = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*own, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False).returncode != 0:
            print("no namespace in which a disk can be mounted is to be had here")
            sys.exit(SKIPPED)
        os.execvp(own[0], [*own, sys.executable, "-B", __file__, "-v"])
    unittest.main()
