"""The plain, slow, obviously right answers to the questions of common.QUESTIONS, from a file of bench/events.c that fits in memory."""
import collections
import csv
import datetime
import statistics

from common import FUNNEL

WEEK = 7 * 86400


def journeys(path):
    """{customer: [(second, touchpoint)]} in order of time, and of arrival within a second."""
    found = collections.defaultdict(list)
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            time = datetime.datetime.fromisoformat(row["timestamp"]).timestamp()
            found[row["customer_id"]].append((time, row["touchpoint"]))
    for events in found.values():
        events.sort(key=lambda event: event[0])
    return found


def percentile(values, share):
    """Of sorted values, a straight line between neighbours (Hyndman and Fan's type 7)."""
    place = (len(values) - 1) * share
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def flow(found):
    gaps = collections.defaultdict(list)
    for events in found.values():
        for (t1, a), (t2, b) in zip(events, events[1:]):
            gaps[a, b].append(t2 - t1)
    return {link: (len(values), sum(values) / len(values), statistics.median(values), percentile(sorted(values), 0.9))
            for link, values in gaps.items()}


def reached(events):
    """How many steps of FUNNEL the events reach in order, the last within a week of the first: the best of all beginnings."""
    begun = [None] * len(FUNNEL)  # for each step, the latest time of a first step from which it was reached
    best = 0
    for time, touchpoint in events:
        if touchpoint not in FUNNEL:
            continue
        step = FUNNEL.index(touchpoint)
        start = time if step == 0 else begun[step - 1]
        if start is not None and time <= start + WEEK:
            begun[step] = start
            best = max(best, step + 1)
    return best


def funnel(found):
    depths = [reached(events) for events in found.values()]
    return [sum(depth > step for depth in depths) for step in range(len(FUNNEL))]


def variants(found):
    counts = collections.Counter(">".join(touchpoint for _, touchpoint in events) for events in found.values())
    return len(counts), counts.most_common(100)


def answer(question, found):
    return {"flow": flow, "flow_counts": flow, "funnel_counts": funnel, "funnel": funnel, "variants": variants}[question](found)
