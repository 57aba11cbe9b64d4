"""The program on a disk that fails under it: a segment that is cut short while it is read."""
import os
import pathlib
import subprocess
import unittest

from program import PROGRAM, ProgramTest

N_EVENTS = 150000  # some blocks; their export is far more than a pipe and the program's buffers hold


class LostPages(ProgramTest):
    def make_large_store(self):
        with open("large.csv", "w", encoding="utf-8") as file:
            file.write("customer,time,touchpoint\n")
            for i in range(N_EVENTS):
                file.write(f"c{i % 5000},{1767268800 + i * 7},touchpoint {i % 9}\n")
        self.run_it("import", "s.sojourn", "large.csv")
        return pathlib.Path("s.sojourn/segments/1.seg")

    def test_a_segment_that_is_cut_while_it_is_read(self):
        segment = self.make_large_store()
        whole = segment.read_bytes()
        with subprocess.Popen([PROGRAM, "export", "s.sojourn", "--format", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as exporting:
            self.assertEqual(exporting.stdout.read(1), b"{")  # the store is open, and the program waits for us to read on
            os.truncate(segment, 8192)
            out, err = exporting.communicate(timeout=120)
        self.assertEqual(exporting.returncode, 1, err)
        self.assertIn(b"cannot read s.sojourn/segments/1.seg: the disk reported an error, or the file was cut short", err)
        self.assertLess(out.count(b"\n"), N_EVENTS)
        for words in (["verify"], ["overview"], ["export", "--format", "csv"]):
            self.assertIn("1.seg", self.run_it(words[0], "s.sojourn", *words[1:], code=1)[1])
        segment.write_bytes(whole)
        self.assertIn("all sound", self.run_it("verify", "s.sojourn")[0])


if __name__ == "__main__":
    unittest.main()
