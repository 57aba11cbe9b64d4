#!/usr/bin/env python3
"""Segments against SQL: the same random events in a store and in SQLite, random conditions of every kind, and the customers that each of the two
chooses. The SQL is written from the definitions in docs/language.md, fact by fact; saved segments are put together by name here, by query there.

usage: segments.py SOJOURN_PROGRAM [SEED]
Exit code: 0 all equal, 1 a difference or a failure.
"""
import csv
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile

N_STORES, N_CONDITIONS = 3, 60
TOUCHPOINTS = ["visit", "cart", "call", "buy", "leave it"]
CHANNELS = ["web", "phone", "shop", ""]
PLANS = ["gold", "silver", "it's", ""]
DAY = 86400
BEGIN = 1767225600  # 2026-01-01
SIGNS = ["=", "!=", "<", "<=", ">", ">="]


def run(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stderr}")
    return done.stdout


def date(day):
    return f"2026-01-{day + 1:02}"


def make_events(rng):
    """(customer, second, touchpoint, channel, plan, value in cents or None): a second is never used twice, so that order is clear."""
    seconds = rng.sample(range(20 * DAY), 400)
    return [(f"c{rng.randrange(60)}", BEGIN + second, rng.choice(TOUCHPOINTS), rng.choice(CHANNELS), rng.choice(PLANS),
             rng.choice([None, 0, rng.randrange(1, 20000), -rng.randrange(500)])) for second in seconds]


class Maker:
    """Makes a condition and the SQL that says the same of a customer `c`; `:end` is the first second that does not count."""

    def __init__(self, rng, end):
        self.rng, self.end = rng, end
        self.saved = []

    def event(self):
        touchpoint, channel = self.rng.choice(TOUCHPOINTS + ["."]), self.rng.choice([None, None, "web", "phone"])
        text = touchpoint if " " not in touchpoint else f"'{touchpoint}'"
        sql = "1" if touchpoint == "." else f"touchpoint='{touchpoint}'"
        if channel:
            text += f"[channel = \"{channel}\"]"
            sql += f" AND channel='{channel}'"
        return text, sql

    def limits(self):
        text, sql = "", f"time<{self.end}"
        if self.rng.random() < 0.4:
            days = self.rng.randrange(1, 15)
            text += f", within {days}d"
            sql += f" AND time>={self.end - days * DAY}"
        if self.rng.random() < 0.3:
            day = self.rng.randrange(20)
            text += f", from \"{date(day)}\""
            sql += f" AND time>={BEGIN + day * DAY}"
        if self.rng.random() < 0.3:
            day = self.rng.randrange(20)
            text += f", to \"{date(day)}\""
            sql += f" AND time<{BEGIN + day * DAY}"
        return text, sql

    def did(self):
        event, where = self.event()
        limits, within = self.limits()
        how, number, sign = self.rng.choice([("", 1, ">="), (", at least", 2, ">="), (", at most", 1, "<="), (", exactly", 1, "="), (", exactly", 0, "=")])
        text = f"did({event}{f'{how} {number}' if how else ''}{limits})"
        return text, f"(SELECT count(*) FROM events e WHERE e.customer=c.customer AND {where} AND {within}) {sign} {number}"

    def sum(self):
        event, where = self.event()
        limits, within = self.limits()
        sign, cents = self.rng.choice(SIGNS), self.rng.choice([0, self.rng.randrange(30000)])
        return (f"sum(value, {event}{limits}) {sign} {cents / 100}",
                f"(SELECT ifnull(sum(value),0) FROM events e WHERE e.customer=c.customer AND {where} AND {within}) {sign} {cents}")

    def when(self):
        event, where = self.event()
        which, day, sign = self.rng.choice(["first", "last"]), self.rng.randrange(20), self.rng.choice(SIGNS)
        least = "min" if which == "first" else "max"
        return (f"{which}({event}) {sign} \"{date(day)}\"",
                f"ifnull((SELECT {least}(time) FROM events e WHERE e.customer=c.customer AND {where} AND time<{self.end}) {sign} {BEGIN + day * DAY},0)")

    def channels(self):
        sign, number = self.rng.choice(SIGNS), self.rng.randrange(4)
        return (f"channels {sign} {number}",
                f"(SELECT count(DISTINCT channel) FROM events e WHERE e.customer=c.customer AND channel<>'' AND time<{self.end}) {sign} {number}")

    def trait(self):
        last = "(SELECT {0} FROM events e WHERE e.customer=c.customer AND {0} {1} AND time<" + str(self.end) + " ORDER BY time DESC LIMIT 1)"
        which = self.rng.randrange(4)
        if which == 0:
            sign, cents = self.rng.choice(SIGNS), self.rng.randrange(-100, 15000)
            return f"trait.value {sign} {cents / 100}", f"ifnull({last.format('value', 'IS NOT NULL')} {sign} {cents},0)"
        name = self.rng.choice(["plan", "channel"])
        value = last.format(name, "<>''")
        if which == 1:
            return f"trait.{name} is known", f"{value} IS NOT NULL"
        first, second = ("gold", "it's") if name == "plan" else ("web", "shop")
        if which == 2:
            quoted = second.replace("'", "''")
            return f"trait.{name} in (\"{first}\", '{quoted}')", f"ifnull({value} IN ('{first}','{quoted}'),0)"
        sign = self.rng.choice(["=", "!="])
        return f"trait.{name} {sign} \"{first}\"", f"ifnull({value} {sign} '{first}',0)"

    def matched(self):
        (first, is_first), (second, is_second) = self.event(), self.event()
        hours, arrow = self.rng.randrange(1, 60), self.rng.choice([">", ">>"])
        excluded = self.rng.choice(TOUCHPOINTS[:4])
        ways = {"": "1", f"[within {hours}h]": f"b.time-a.time<={hours * 3600}", f"[after {hours}h]": f"b.time-a.time>={hours * 3600}",
                f"[no {excluded}]": f"NOT EXISTS(SELECT 1 FROM events x WHERE x.customer=a.customer AND x.time>a.time AND x.time<b.time AND touchpoint='{excluded}')"}
        how = self.rng.choice(list(ways)[:3 if arrow == ">>" else 4])
        next_only = "NOT EXISTS(SELECT 1 FROM events y WHERE y.customer=a.customer AND y.time>a.time AND y.time<b.time)" if arrow == ">>" else "1"
        return (f"matched({first} {arrow}{how} {second})",
                f"EXISTS(SELECT 1 FROM (SELECT * FROM events WHERE {is_first}) a, (SELECT * FROM events WHERE {is_second}) b WHERE a.customer=c.customer "
                f"AND b.customer=c.customer AND b.time>a.time AND b.time<{self.end} AND {ways[how]} AND {next_only})")

    def fact(self):
        if self.saved and self.rng.random() < 0.2:
            name, sql = self.rng.choice(self.saved)
            return f"segment '{name}'", sql
        return self.rng.choice([self.did, self.sum, self.when, self.channels, self.trait, self.matched, self.matched])()

    def condition(self, depth):
        if depth == 0:
            return self.fact()
        which = self.rng.choice(["fact", "not", "and", "or", "and", "or"])
        if which == "fact":
            return self.fact()
        text, sql = self.condition(depth - 1)
        if which == "not":
            return f"not ({text})", f"NOT ({sql})"
        other, other_sql = self.condition(depth - 1)
        return f"({text}) {which} ({other})", f"(({sql}) {which.upper()} ({other_sql}))"


def fill(program, folder, events, number):
    store = pathlib.Path(folder, f"{number}.sojourn")
    with open(pathlib.Path(folder, "e.csv"), "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["customer", "time", "touchpoint", "channel", "plan", "value"])
        rows.writerows([c, t, p, ch, plan, "" if v is None else f"{v / 100:.2f}"] for c, t, p, ch, plan, v in events)
    run(program, "import", store, pathlib.Path(folder, "e.csv"), "--kind", "value=money")
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE events(customer, time, touchpoint, channel, plan, value)")
    database.executemany("INSERT INTO events VALUES(?,?,?,?,?,?)", events)
    database.execute("CREATE INDEX by_customer ON events(customer, time)")
    return store, database


def customers_of(program, store, condition, to):
    table = run(program, "customers", store, "--segment", condition, *to, "--format", "csv")
    return {line.split(",")[0] for line in table.splitlines()[1:]}


def main(program, seed):
    rng = random.Random(seed)
    n_different = n_members = n_all = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(N_STORES):
            events = make_events(rng)
            store, database = fill(program, folder, events, number)
            ends = [(max(e[1] for e in events), []), (BEGIN + 12 * DAY, ["--to", date(12)])]
            for end, to in ends:
                # without --to the end lies just behind the last event: a microsecond, which in whole seconds is the next
                maker = Maker(rng, end if to else end + 1)
                for i in range(N_CONDITIONS):
                    text, sql = maker.condition(rng.randrange(3))
                    if "within" in text.replace("[within", "") and not to:
                        continue  # the last days before a microsecond after the last event: said with --to, where seconds are whole
                    if i % 5 == 0:
                        name = f"saved {i} {len(to)}"
                        run(program, "segments", store, "save", name, text)
                        maker.saved.append((name, sql))
                        text = name
                    found = customers_of(program, store, text, to)
                    query = f"SELECT customer FROM (SELECT DISTINCT customer FROM events WHERE time<{maker.end}) c WHERE {sql}"
                    expected = {row[0] for row in database.execute(query)}
                    n_all += 1
                    n_members += len(expected)
                    if found != expected:
                        n_different += 1
                        print(f"seed {seed}, store {number}: {text}\n  only here {sorted(found - expected)}\n  only SQL  {sorted(expected - found)}\n  {query}")
    print(f"{n_all} segments with {n_members} members compared, {n_different} different")
    sys.exit(1 if n_different or n_all < 150 or n_members < 1000 else 0)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 1)
