#!/usr/bin/env python3
"""Stores that earlier versions wrote must open for ever. v1/ has some of format 1 and v2/ of format 2 (tests/golden/make.c says what is in
them), packed, each with a text of what they hold: its events as JSON Lines, and some answers.

  check.py           unpacks each, reads it, and compares; then writes to it, and makes the same stores anew with today's program
  check.py --make    writes those that are not there yet: what is there already must stay as it is

The programs are named by SJ_PROGRAM (sojourn) and SJ_GOLDEN_MAKE (golden_make).
"""
import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ.get("SJ_PROGRAM", "sojourn")
MAKE = os.environ.get("SJ_GOLDEN_MAKE", "golden_make")
STORES = {  # where it is kept: steps of the funnel that is asked
    "v1/empty": None,
    "v1/columns": ["bezoek", "call"],
    "v1/widths": ["touchpoint 7", "touchpoint 14"],
    "v1/inbox": ["step 0", "step 1"],
    "v1/killed": ["step 1", "step 2"],
    "v2/people": ["visit", "login"],
}
LINES_MAX = 300  # of an export that is kept as it is; of a longer one its digest


def run(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, check=False, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"sojourn {' '.join(words)}: {done.stderr.decode()}")
    return done.stdout.decode()


def rows(store, table, columns, *question):
    """Chosen columns of a table of an answer: what these mean does not change when an analysis learns to say more."""
    answer = json.loads(run(question[0], str(store), *question[1:], "--format", "json"))
    found = next(t for t in answer["tables"] if t["name"] == table)
    places = [[c["name"] for c in found["columns"]].index(c) for c in columns]
    return [f"{question[0]}: {json.dumps([row[p] for p in places], ensure_ascii=False)}" for row in found["rows"]]


def describe_people(store):
    return (rows(store, "identities", ["type", "identities", "joined"], "identity") + rows(store, "effect", ["customers", "events", "moved"], "identity")
            + rows(store, "links", ["time", "a", "b", "how"], "identity", "show", "user 2") + rows(store, "customers", ["customer", "events"], "customers")
            + rows(store, "customers", ["customer", "events"], "customers", "--as-of", "2026-01-02") + rows(store, "segments", ["segment", "condition"], "segments")
            + rows(store, "audit", ["action", "subject", "detail"], "audit") + rows(store, "rules", ["age", "condition"], "expire"))


def describe(store, funnel):
    events = run("export", str(store), "--format", "jsonl").splitlines()
    text = rows(store, "store", ["events", "customers", "first", "last", "touchpoints", "channels", "currency", "imports"], "info")
    if funnel:
        text += rows(store, "links", ["from", "to", "count"], "flow")[:40]
        text += rows(store, "variants", ["route", "count"], "variants", "--top", "1")[:1]
        text += rows(store, "steps", ["step", "count"], "funnel", *funnel, "--within", "1d")
    if store.name == "people":
        text += describe_people(store)
    if len(events) > LINES_MAX:
        text.append(f"sha256 of {len(events)} lines: {hashlib.sha256(chr(10).join(events).encode()).hexdigest()}")
        events = events[:3]
    return "\n".join(text + events) + "\n"


def pack(folder):
    """The same bytes for the same contents."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            info = tar.gettarinfo(path, path.relative_to(folder.parent))
            info.uid = info.gid = info.mtime = 0
            info.uname = info.gname = ""
            with open(path, "rb") if path.is_file() else io.BytesIO() as file:
                tar.addfile(info, file)
    return gzip.compress(out.getvalue(), 9, mtime=0)


def make_anew(folder):
    subprocess.run([MAKE, folder], check=True, timeout=120)


class Golden(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def unpack(self, name):
        with tarfile.open(HERE / f"{name}.tar.gz") as tar:
            tar.extractall(self.folder)
        return self.folder / pathlib.Path(name).name

    def check(self, name, store):
        self.assertEqual(describe(store, STORES[name]), (HERE / f"{name}.txt").read_text(encoding="utf-8"), name)
        self.assertIn("all sound", run("verify", str(store)))

    def test_every_store_is_here(self):
        kept = [str(path.relative_to(HERE)) for path in HERE.glob("v*/*")]
        self.assertEqual(sorted(kept), sorted([f"{n}.tar.gz" for n in STORES] + [f"{n}.txt" for n in STORES]))

    def test_they_open_and_say_what_they_said(self):
        for name in STORES:
            self.check(name, self.unpack(name))

    def test_they_can_be_written(self):
        for name in STORES:
            store = self.unpack(name)
            run("compact", str(store))
            self.check(name, store)
            (self.folder / "more.csv").write_text("customer,time,touchpoint\nnew,2026-02-01T00:00:00Z,visit\n", encoding="utf-8")
            before = run("export", str(store), "--format", "jsonl").count("\n")
            run("import", str(store), str(self.folder / "more.csv"))
            self.assertEqual(run("export", str(store), "--format", "jsonl").count("\n"), before + 1)
            self.assertIn("all sound", run("verify", str(store)))

    def test_todays_program_writes_the_same(self):
        make_anew(self.folder)
        for name in STORES:
            self.check(name, self.folder / pathlib.Path(name).name)


def make_kept():
    with tempfile.TemporaryDirectory() as folder:
        make_anew(folder)
        for name, funnel in STORES.items():
            if (HERE / f"{name}.tar.gz").exists():
                continue
            store = pathlib.Path(folder) / pathlib.Path(name).name
            (HERE / name).parent.mkdir(exist_ok=True)
            packed = pack(store)  # before anything reads it
            (HERE / f"{name}.txt").write_text(describe(store, funnel), encoding="utf-8")
            (HERE / f"{name}.tar.gz").write_bytes(packed)


if __name__ == "__main__":
    if sys.argv[1:] == ["--make"]:
        make_kept()
    else:
        unittest.main()
