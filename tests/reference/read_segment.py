#!/usr/bin/env python3
"""Reads a store by docs/format.md and nothing else: shows that the page is complete. Slow, and only for that.

usage: read_segment.py STORE            prints every event as one line of JSON, in the order of the store
       read_segment.py --check STORE    checks every checksum and customer key too (needs the system's libxxhash)

A line: {"customer", "time_us", "touchpoint", "channel", "values": [[name, kind, value], …]}, values by column; times, money and
durations as the integers that the store holds.
"""
import ctypes
import ctypes.util
import json
import pathlib
import sqlite3
import struct
import sys

KINDS = ["text", "number", "truth", "time", "money", "duration"]
TEXT, NUMBER = 0, 1
SEGMENT_MAGIC, BLOCK_MAGIC = 0x314E52554F4A4F53, 0x4B4C424A
VALUES, RAW, ROWS, BITS, LENGTHS, BYTES = range(6)
KEY, IDENTITY, COUNT, TOUCHPOINT, CHANNEL, TIME, END_OF_FIXED = range(0x8000, 0x8007)
EVENT_ID = 6
MASK64 = (1 << 64) - 1


class Damaged(Exception):
    """What does not agree with the page."""


def expect(true, what):
    if not true:
        raise Damaged(what)


class XXH128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


class Checker:
    """Section 9 and the customer keys; `Nothing` stands in where they are not checked."""

    def __init__(self, seed):
        name = ctypes.util.find_library("xxhash")
        expect(name, "libxxhash is not on this system")
        library = ctypes.CDLL(name)
        arguments = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
        self.hash64, self.hash128 = library.XXH3_64bits_withSeed, library.XXH3_128bits_withSeed
        self.hash64.argtypes = self.hash128.argtypes = arguments
        self.hash64.restype, self.hash128.restype = ctypes.c_uint64, XXH128
        self.seed = seed
        self.n_checked = 0

    def sum(self, expected, *parts):
        found = 0
        for part in parts:
            found = self.hash64(part, len(part), found)
        self.n_checked += 1
        expect(found == expected, f"a checksum is {expected:#x}, and the bytes give {found:#x}")

    def key(self, key, identity):
        found = self.hash128(identity, len(identity), self.seed)
        self.n_checked += 1
        expect((found.high, found.low) == key, f"the key of {identity!r} is not its hash")

    def key_of(self, name):
        found = self.hash128(name.encode(), len(name.encode()), self.seed)
        return found.high, found.low

    def zeros(self, padding):
        expect(not any(padding), "padding is not zero")

    def catalog_sum(self, catalog, meta):
        pieces = self.settings_1(catalog, meta) if meta["format"] == 1 else []
        for place, rows in enumerate(SUMMED[meta["format"]]):
            pieces += [piece for row in catalog.execute(f"SELECT {rows}") for value in row for piece in pieces_of(value)]
            pieces.append(struct.pack("<q", place))
        return signed(self.over(pieces))

    def over(self, pieces):
        found = 0
        for piece in pieces:
            found = self.hash64(piece, len(piece), found)
        return found

    @staticmethod
    def settings_1(catalog, meta):
        letters = [meta["currency"] >> 8 * i & 0x7F for i in range(3)]
        settings = [meta["format"], meta["seed"], *letters, meta["as_of_us"], meta["next_segment"]]
        segments = catalog.execute("SELECT * FROM segments ORDER BY first_arrival")
        return [struct.pack("<7q", *settings), b"".join(struct.pack("<8q", *row) for row in segments)]

    def links(self, catalog, meta):
        total = n = 0
        for a, b, how, time_us in catalog.execute("SELECT a, b, how, time_us FROM links"):
            a, b = a.encode(), b.encode()
            total += self.over([struct.pack("<4q", len(a), len(b), how, time_us), a, b])
            n += 1
        expect((n, signed(total & MASK64)) == (meta["n_links"], meta["links_sum"]), "the checksum of the links is wrong")

    def catalog(self, catalog, meta):
        self.n_checked += 1
        expect(self.catalog_sum(catalog, meta) == meta["checksum"], "the checksum of the catalog is wrong")
        if meta["format"] > 1:
            self.links(catalog, meta)


def signed(number):
    return number - (1 << 64) if number >> 63 else number


def pieces_of(value):
    """A value of the catalog, as its checksum takes it."""
    if isinstance(value, int):
        return [struct.pack("<2q", 1, value)]
    kind = 3 if isinstance(value, str) else 4 if value is not None else 5
    value = value.encode() if kind == 3 else value or b""
    return [struct.pack("<2q", kind, len(value)), value]


class Nothing:
    def sum(self, *_):
        pass

    key = zeros = catalog = sum


# ---- section 6: packed integers ----

def unpack(data, n, base, unit, width):
    n_groups, rest_bytes = n // 512, (width + 7) // 8
    expect(len(data) == n_groups * 64 * width + (n - 512 * n_groups) * rest_bytes, "a packed section has the wrong length")
    raw = []
    for group in range(n_groups):
        raw += unpack_group(data[group * 64 * width:(group + 1) * 64 * width], width)
    at = n_groups * 64 * width
    raw += [int.from_bytes(data[at + i * rest_bytes:at + (i + 1) * rest_bytes], "little") for i in range(n - 512 * n_groups)]
    values = [(base + unit * v) & MASK64 for v in raw]
    return [v - (1 << 64) if v >> 63 else v for v in values]


def unpack_group(data, width):
    if width == 0:
        return [0] * 512
    word_bytes, n_lanes = (4, 16) if width <= 32 else (8, 8)
    values = [0] * 512
    for lane in range(n_lanes):
        words = [data[at:at + word_bytes] for at in range(lane * word_bytes, len(data), n_lanes * word_bytes)]
        bits = int.from_bytes(b"".join(words), "little")
        for r in range(512 // n_lanes):
            values[n_lanes * r + lane] = bits >> (r * width) & ((1 << width) - 1)
    return values


# ---- section 5: blocks ----

class Block:
    """Its sections by (column, part), and what they hold."""

    def __init__(self, data, checker):
        magic, n_sections, self.n_events, self.n_customers, n_bytes, zero, checksum = struct.unpack_from("<IIIIQQQ", data)
        expect(magic == BLOCK_MAGIC and zero == 0, "a block does not begin as one")
        end_of_table = 40 + 56 * n_sections
        checker.sum(checksum, data[:32], data[40:end_of_table])
        self.data, self.sections, self.named = data, {}, []
        end = end_of_table
        for i in range(n_sections):
            fields = struct.unpack_from("<HBBBB2xQQQqQQ", data, 40 + 56 * i)
            column, part, kind, width, scale, count, offset, size, base, unit, section_sum = fields
            checker.zeros(data[end:offset])
            expect(offset % 8 == 0 and end <= offset <= n_bytes - size, "a section lies outside of its block")
            end = offset + size
            checker.sum(section_sum, data[offset:end])
            expect((column, part) not in self.sections, "a section stands twice")
            self.sections[column, part] = (kind, width, scale, count, data[offset:end], base, unit)
            if column < KEY and column not in self.named:
                self.named.append(column)
        checker.zeros(data[end:])

    def packed(self, column, part=VALUES):
        _, width, _, count, data, base, unit = self.sections[column, part]
        return unpack(data, count, base, unit, width)

    def raw(self, column, part):
        return self.sections[column, part][4]

    def texts(self, column):
        data, at, texts = self.raw(column, BYTES), 0, []
        for length in self.packed(column, LENGTHS):
            texts.append(data[at:at + length])
            at += length
        expect(at == len(data), "texts are shorter or longer than their section")
        return texts

    def keys(self):
        words = struct.unpack(f"<{2 * self.n_customers}Q", self.raw(KEY, RAW))
        return list(zip(words[::2], words[1::2]))

    def rows(self, column):
        """The events that have a value."""
        if (column, ROWS) in self.sections:
            return self.packed(column, ROWS)
        if (column, BITS) in self.sections:
            bits = int.from_bytes(self.raw(column, BITS), "little")
            return [i for i in range(self.n_events) if bits >> i & 1]
        return range(self.n_events)

    def values(self, column, kind):
        if kind == NUMBER and (column, RAW) in self.sections:
            data = self.raw(column, RAW)
            return list(struct.unpack(f"<{len(data) // 8}d", data))
        values = self.packed(column)
        if kind == NUMBER:
            scale = 10.0 ** self.sections[column, VALUES][2]
            return [float(v) / scale for v in values]
        if kind == TEXT:
            texts = self.texts(column)
            expect(texts == sorted(set(texts)), "a dictionary is not sorted")
            return [texts[v].decode("utf-8") for v in values]
        return values


def read_block(block, columns, checker):
    """Yields (key, identity, events); an event is (time, touchpoint, channel, {column: value})."""
    values = [{} for _ in range(block.n_events)]
    expect(block.named == sorted(block.named), "columns are out of order")
    for column in block.named:
        if column >= KEY:
            continue
        kind = columns[column][1]
        expect(all(s[0] == kind for (c, _), s in block.sections.items() if c == column), "a column has another kind than the catalog says")
        rows, found = block.rows(column), block.values(column, kind)
        expect(len(rows) == len(found), "values and events do not match")
        for row, value in zip(rows, found):
            values[row][column] = value
    events = list(zip(block.packed(TIME), block.packed(TOUCHPOINT), block.packed(CHANNEL), values))
    expect(len(events) == block.n_events == sum(block.packed(COUNT)), "events of customers do not add up")
    at = 0
    for key, identity, count in zip(block.keys(), block.texts(IDENTITY), block.packed(COUNT)):
        checker.key(key, identity)
        yield key, identity.decode("utf-8"), events[at:at + count]
        at += count


# ---- section 4: segments ----

def read_segment(data, columns, checker):
    magic, version, _, incompatible = struct.unpack_from("<QIII", data)
    expect(magic == SEGMENT_MAGIC, "a segment does not begin as one")
    expect(version <= 1 and incompatible == 0, f"a segment has version {version}, flags {incompatible:#x}: it needs a newer reader")
    checker.sum(struct.unpack_from("<Q", data, 56)[0], data[:56])
    footer = data[-64:]
    at_directory, n_blocks, n_events, n_customers, directory_sum, n_bytes, footer_sum, end_magic = struct.unpack("<8Q", footer)
    expect(end_magic == SEGMENT_MAGIC and n_bytes == len(data), "a segment has no end")
    directory = data[at_directory:-64]
    expect(len(directory) == 80 * n_blocks and at_directory % 64 == 0, "the directory has the wrong length")
    checker.sum(footer_sum, footer[:48])
    checker.sum(directory_sum, directory)
    last, end, counts = None, 64, [0, 0]
    for entry in struct.iter_unpack("<8Q2q", directory):
        offset, size, block_events, block_customers, *key_words, min_time, max_time = entry
        expect(offset == end and size % 64 == 0, "blocks do not stand one behind the other")
        end = offset + size
        customers = list(read_block(Block(data[offset:end], checker), columns, checker))
        keys = [key for key, _, _ in customers]
        times = [event[0] for _, _, events in customers for event in events]
        expect((keys[0], keys[-1]) == (tuple(key_words[:2]), tuple(key_words[2:])), "the directory has other keys than the block")
        expect((min(times), max(times)) == (min_time, max_time), "the directory has other times than the block")
        expect((len(times), len(keys)) == (block_events, block_customers), "the directory has other counts than the block")
        for key, identity, events in customers:
            expect(last is None or last < key, "customers are out of order")
            expect(all(a[0] <= b[0] for a, b in zip(events, events[1:])), "time falls within a customer")
            last = key
            yield key, identity, events
        counts = [counts[0] + block_events, counts[1] + block_customers]
    expect(end == at_directory and counts == [n_events, n_customers], "the footer does not add up")


# ---- sections 3 and 7: the store ----

SUMMED = {
    1: [
        "value FROM meta WHERE key = 'next_arrival'",
        "rowid, type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid",
        "code, name FROM touchpoints ORDER BY code",
        "code, name FROM channels ORDER BY code",
        "code, name FROM columns ORDER BY code",
        "arrival, n_events, length(blob) FROM inbox ORDER BY arrival",
        "* FROM imports ORDER BY id",
    ],
    2: [
        "key, value FROM meta WHERE key <> 'checksum' ORDER BY key",
        "type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
        "code, name FROM touchpoints ORDER BY code",
        "code, name FROM channels ORDER BY code",
        "code, name FROM columns ORDER BY code",
        "* FROM segments ORDER BY id",
        "arrival, n_events, length(blob) FROM inbox ORDER BY arrival",
        "* FROM imports ORDER BY id",
        "* FROM saved_segments ORDER BY name",
        "* FROM erased ORDER BY hash",
        "* FROM erasing ORDER BY identity",
        "* FROM rules ORDER BY id",
        "* FROM audit ORDER BY id",
    ],
}

def read_store(path, check=False):
    """Yields the events of a store in its order, as the usage describes them."""
    catalog = sqlite3.connect(f"file:{path}/catalog.db?mode=ro", uri=True, isolation_level=None)
    catalog.execute("BEGIN")
    meta = dict(catalog.execute("SELECT key, value FROM meta"))
    expect(meta["format"] <= 2, f"the store has format {meta['format']}: it needs a newer reader")
    names = {}
    for table in ("touchpoints", "channels", "columns"):
        rows = catalog.execute(f"SELECT code, name FROM {table} ORDER BY code").fetchall()
        expect([code for code, _ in rows] == list(range(len(rows))), f"the codes of {table} are not dense")
        names[table] = [name for _, name in rows]
    columns = [(name[:-1], int(name[-1])) for name in names["columns"]]
    segments = [(pathlib.Path(path, "segments", f"{id}.seg").read_bytes(), False)
                for id, in catalog.execute("SELECT id FROM segments ORDER BY first_arrival")]
    blobs = [(blob, True) for blob, in catalog.execute("SELECT blob FROM inbox ORDER BY arrival")]
    tables = ("links", "erasing") if meta["format"] > 1 else ()
    links, erasing = [catalog.execute(f"SELECT * FROM {table}").fetchall() for table in tables] or ([], [])
    checker = Checker(meta["seed"] & MASK64) if check else Nothing()
    checker.catalog(catalog, meta)
    catalog.close()

    people = People(links, erasing, columns.index(("@identity", 0)) if ("@identity", 0) in columns else None)
    for data, is_blob in segments + blobs:
        for key, identity, events in read_segment(data, columns, checker):
            people.keys[identity] = key
            for event in events:
                people.add(identity, event, is_blob)
    for customer, own, (time_us, touchpoint, channel, values) in people.in_order(meta["seed"] & MASK64):
        if own != customer:
            values[people.column] = own
        yield {
            "customer": customer,
            "time_us": time_us,
            "touchpoint": names["touchpoints"][touchpoint],
            "channel": names["channels"][channel],
            "values": [[columns[column][0], KINDS[columns[column][1]], value] for column, value in sorted(values.items())],
        }


# ---- section 7: identities ----

TYPES = ["user", "email", "phone", "custom", "device", "anonymous"]


def type_of(identity):
    word, colon, rest = identity.partition(":")
    return TYPES.index(word) if colon and rest and word in TYPES[1:] else 0


def linked_since(rows):
    """Of one pair: since when it is linked, or None."""
    times = [[time_us for _, _, how, time_us in rows if how == kind] for kind in range(3)]
    seen, stated, cut = times
    if cut and (not stated or max(cut) >= max(stated)):
        return None
    return min(seen + stated)


class People:
    def __init__(self, links, erasing, column):
        self.column, self.erasing = column, {identity for identity, in erasing}
        self.keys, self.ids, self.histories, self.groups = {}, {}, {}, {}
        pairs = {}
        for link in links:
            pairs.setdefault(link[:2], []).append(link)
        active = [(linked_since(rows), a.encode(), b.encode()) for (a, b), rows in pairs.items()]
        for _, a, b in sorted(link for link in active if link[0] is not None):
            self.join(a.decode(), b.decode())

    def join(self, a, b):
        x, y = self.groups.setdefault(a, {a}), self.groups.setdefault(b, {b})
        both_users = any(type_of(i) == 0 for i in x) and any(type_of(i) == 0 for i in y)
        if x is y or (both_users and (type_of(a) or type_of(b))) or len(x | y) > 100:
            return
        for identity in x | y:
            self.groups[identity] = x
        x.update(y)

    def customer(self, identity):
        return min(self.groups.get(identity, {identity}), key=lambda i: (type_of(i), i.encode()))

    def add(self, identity, event, is_blob):
        own = event[3].pop(self.column, identity)
        event_id, ids = event[3].get(EVENT_ID), self.ids.setdefault(own, set())
        if own not in self.erasing and not (is_blob and event_id in ids):
            self.histories.setdefault(self.customer(own), []).append((own, event))
        ids.update({event_id} - {None})

    def in_order(self, seed):
        """By the customers' keys; a customer who goes by an identity without events has none in the segments."""
        for customer in sorted(self.histories, key=lambda name: self.keys.get(name) or Checker(seed).key_of(name)):
            for own, event in sorted(self.histories[customer], key=lambda e: (e[1][0], e[0].encode())):  # stable: arrival stays
                yield customer, own, event


def main(args):
    check = args[:1] == ["--check"]
    if len(args) != 1 + check:
        sys.exit(__doc__)
    try:
        for event in read_store(args[-1], check):
            print(json.dumps(event, ensure_ascii=False, sort_keys=True))
    except Damaged as damage:
        sys.exit(f"{args[-1]}: {damage}")


if __name__ == "__main__":
    main(sys.argv[1:])
