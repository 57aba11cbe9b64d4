#!/usr/bin/env python3
"""Shows that docs/format.md is complete and true: read_segment.py, which is written from that page alone, gives every event that
`sojourn export` gives, in the same order; from segments, from the inbox, and after compaction.

usage: test_format.py SOJOURN_PROGRAM
Exit code: 0 all equal, 1 a difference or a failure.
"""
import ctypes.util
import datetime
import decimal
import itertools
import json
import pathlib
import random
import sqlite3
import struct
import subprocess
import sys
import tempfile

import read_segment

BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
BLOCK_EVENTS = 32768
ROLES = ["value", "cost", "duration", "score", "score_kind", "comment", "event_id"]


def run(program, *args):
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        sys.exit(f"sojourn {args[0]}: exit code {done.returncode}\n{done.stdout[-500:]}{done.stderr.strip()}")


# ---- events of every kind: dense, sparse, mixed, with ties, one customer larger than a block ----

def iso(us):
    return (BEGIN + datetime.timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def random_event(chance, i, customer):
    event = {
        "customer": customer,
        "time": iso(chance.choice([chance.randrange(10**13), chance.randrange(50) * 10**6])),  # the latter with many ties
        "touchpoint": chance.choice(["visit", "cart", "call", "naïef 访问"]),
        "plan": chance.choice(["gold", "silver", "éclair"]),
    }
    optional = {
        "channel": (0.9, lambda: chance.choice(["web", "phone"])),
        "value": (0.3, lambda: chance.randrange(-10**6, 10**6) / 10000),
        "duration": (0.1, lambda: chance.randrange(10**9) / 10**6),
        "score": (0.05, lambda: chance.randrange(11)),
        "comment": (0.02, lambda: f"text {chance.randrange(10**6)} \"quoted\"\n{'x' * chance.randrange(300)}"),
        "event_id": (0.5, lambda: f"id-{i}"),
        "step": (0.5, lambda: 250 * chance.randrange(100)),
        "word": (0.4, lambda: chance.randrange(2**32)),
        "price": (0.8, lambda: chance.randrange(10**4) / 100),
        "ratio": (0.7, lambda: chance.gauss(0, 1)),  # no scale fits
        "large": (0.4, lambda: chance.choice([0, 5e-324, -1.5e300, 2.0**53])),
        "paid": (0.6, lambda: chance.random() < 0.5),
        "due": (0.2, lambda: iso(chance.randrange(10**13))),
        "amount": (0.5, lambda: chance.randrange(10**9) / 10000),
        "waited": (0.5, lambda: chance.randrange(10**12) / 10**6),
        "mixed": (0.01, lambda: chance.choice([7, "seven"])),
        "rare": (0.001, lambda: chance.randrange(3)),
    }
    event.update({name: make() for name, (share, make) in optional.items() if chance.random() < share})
    return event


def write_file(path, chance, numbers, customers):
    with path.open("w", encoding="utf-8") as file:
        for i in numbers:
            file.write(json.dumps(random_event(chance, i, chance.choice(customers)), ensure_ascii=False) + "\n")


# ---- the comparison ----

def as_exported(kind, value):
    """An exported value as the store holds it."""
    if kind == "time":
        moment = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        return (moment - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)) // datetime.timedelta(microseconds=1)
    scale = {"money": 10**4, "duration": 10**6}.get(kind)
    return float(value) if kind == "number" else value if scale is None else value * scale


def difference(event, exported):
    """Where the two differ, or None."""
    left = {name: value for name, value in exported.items() if not (name in ROLES and value == "")}
    fixed = [(event["customer"], left.pop("customer")), (event["time_us"], as_exported("time", left.pop("time"))),
             (event["touchpoint"], left.pop("touchpoint")), (event["channel"], left.pop("channel", ""))]
    for name, kind, value in event["values"]:
        if name not in left:
            return f"{name} is not exported"
        fixed.append((value, as_exported(kind, left.pop(name))))
    if left:
        return f"{list(left)} is not read"
    return next((f"{a!r} is not {b!r}" for a, b in fixed if a != b), None)


def compare(program, store, folder, what, check):
    """The number of events; ends the test where something differs."""
    file = folder / "export.jsonl"
    run(program, "verify", store)
    run(program, "export", store, "--format", "jsonl", "-o", file)
    exported = [json.loads(line, parse_float=decimal.Decimal) for line in file.read_text(encoding="utf-8").splitlines()]
    events = list(read_segment.read_store(store, check))
    for i, (event, line) in enumerate(itertools.zip_longest(events, exported)):
        found = difference(event, line) if event and line else "one has more events"
        if found:
            sys.exit(f"{what}, event {i}: {found}\nread:     {event}\nexported: {line}")
    print(f"{what}: {len(events)} events, all equal")
    return len(events)


# ---- what the test must have met ----

def blocks_of(data):
    at_directory = struct.unpack_from("<Q", data, len(data) - 64)[0]
    for offset, size in [entry[:2] for entry in struct.iter_unpack("<10Q", data[at_directory:-64])]:
        yield read_segment.Block(data[offset:offset + size], read_segment.Nothing())


def check_variety(data):
    blocks = list(blocks_of(data))
    sections = [(key[1], section) for block in blocks for key, section in block.sections.items()]
    packed = [section for part, section in sections if part in (read_segment.VALUES, read_segment.ROWS, read_segment.LENGTHS)]
    met = {
        "every part": {part for part, _ in sections} == set(range(6)),
        "narrow groups": any(0 < s[1] <= 32 and s[3] >= 512 for s in packed),
        "groups of the widest narrow width": any(s[1] == 32 and s[3] >= 512 for s in packed),
        "wide groups": any(s[1] > 32 and s[3] >= 512 for s in packed),
        "a unit": any(s[6] > 1 for s in packed),
        "a scale": any(s[2] > 0 for s in packed),
        "several blocks": len(blocks) > 1,
        "a block of one large customer": any(b.n_events > BLOCK_EVENTS and b.n_customers == 1 for b in blocks),
    }
    missing = [what for what, true in met.items() if not true]
    if missing:
        sys.exit(f"the test's events do not show: {', '.join(missing)}")


# ---- the inbox: a blob is a segment, so segments are put there ----

def to_inbox(store):
    """Moves the second segment into the inbox, then sends the first once more, as a load that has just been acknowledged."""
    catalog = sqlite3.connect(f"{store}/catalog.db")
    with catalog:
        (first, _, n_first), (second, arrival, n_second) = catalog.execute(
            "SELECT id, first_arrival, n_events FROM segments ORDER BY first_arrival").fetchall()
        next_arrival = catalog.execute("SELECT value FROM meta WHERE key = 'next_arrival'").fetchone()[0]
        for segment, at, n in [(second, arrival, n_second), (first, next_arrival, n_first)]:
            data = pathlib.Path(store, "segments", f"{segment}.seg").read_bytes()
            catalog.execute("INSERT INTO inbox VALUES(?, ?, ?)", (at, n, data))
        catalog.execute("DELETE FROM segments WHERE id = ?", (second,))
        catalog.execute("UPDATE meta SET value = ? WHERE key = 'next_arrival'", (next_arrival + 1,))
        meta = dict(catalog.execute("SELECT key, value FROM meta"))
        checksum = read_segment.Checker(meta["seed"]).catalog_sum(catalog, meta)
        catalog.execute("UPDATE meta SET value = ? WHERE key = 'checksum'", (checksum,))
    catalog.close()


def random_links(chance, customers):
    """Users with users, and over devices and addresses: some of them conflicts."""
    others = [f"{kind}:{i}" for kind in ("device", "anonymous", "email") for i in range(20)]
    return [(chance.choice(customers + others), chance.choice(customers + others * 3), chance.randrange(10**13)) for _ in range(150)]


def expect_equal(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: found {found}, expected {expected}")


def main(program):
    chance = random.Random(2026)
    check = ctypes.util.find_library("xxhash") is not None
    print("checksums and keys are checked too" if check else "checksums and keys are not checked: no libxxhash")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        store, first, second = folder / "s.sojourn", folder / "first.jsonl", folder / "second.jsonl"
        customers = [f"klant {i} é" for i in range(300)]
        write_file(first, chance, range(36000), ["large"] * 6000 + customers)
        write_file(second, random.Random(1), range(35000, 36500), ["large"] * 600 + customers)  # many ids again
        kinds = ["--kind", "amount=money", "--kind", "waited=duration", "--kind", "due=time", "--yes", "--rejects", folder / "rejects"]
        run(program, "import", store, first, *kinds)
        compare(program, store, folder, "one segment", check)
        check_variety((store / "segments" / "1.seg").read_bytes())
        run(program, "import", store, second, *kinds)
        n_before = compare(program, store, folder, "two segments", check)

        first_events = [json.loads(line) for line in first.read_text(encoding="utf-8").splitlines()]
        if not check:
            print("the inbox is not tried: no libxxhash")
            return
        to_inbox(store)
        n_after = compare(program, store, folder, "a segment and two blobs", check)
        expect_equal("events that came again and have no id", n_after - n_before, sum("event_id" not in e for e in first_events))
        run(program, "compact", store)
        expect_equal("events after compaction", compare(program, store, folder, "one segment after compaction", check), n_after)
        for i, what in enumerate(["linked", "linked once more"]):  # the segment stands by an older map than the links, then by the newest
            links = folder / "links.csv"
            links.write_text("user,user,time\n" + "".join(f"{a},{b},{iso(t)}\n" for a, b, t in random_links(chance, customers)), encoding="utf-8")
            run(program, "identity", store, "import", links)
            expect_equal(what, compare(program, store, folder, what, check), n_after)
            run(program, "compact", store)
            expect_equal(what, compare(program, store, folder, f"{what}, after compaction", check), n_after)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
