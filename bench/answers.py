"""Answers of Sojourn, DuckDB and others in one form, so that they can be compared before times are.

  flow, flow_counts, segment   {(from, to): (count, mean[, median[, p90]])}, seconds
  funnel, funnel_counts   [count of each step]
  routes              (None, [(route, count)] of the 50 most frequent that have all steps)
  sessions            [sessions, bounces]
  retention           {(Monday of the cohort, weeks later): customers}, where there are any
  variants            (number of different routes, [(route, count)] of the most frequent), a route as "a>b>c"
"""
import json

from common import SHARED, shared_generator

TOLERANCE = (0, 2e-6, 1e-6, 2e-6)  # of count, mean, median, p90: Sojourn's times are whole microseconds


def columns(document, table, *names):
    """The named columns of a table of Sojourn's JSON answer, row by row; an estimate is its value."""
    found = next(t for t in document["tables"] if t["name"] == table)
    at = [[c["name"] for c in found["columns"]].index(name) for name in names]
    return [[row[i]["value"] if isinstance(row[i], dict) else row[i] for i in at] for row in found["rows"]]


def of_sojourn(question, text):
    document = json.loads(text)
    if question.startswith("funnel"):
        return [n for (n,) in columns(document, "steps", "count")]
    if question == "variants":
        routes = [(">".join(route), n) for route, n in columns(document, "variants", "route", "count")]
        return next(n for covered, n in columns(document, "coverage", "covered", "variants") if covered == 1), routes
    if question == "sessions":
        return columns(document, "summary", "sessions", "bounces")[0]
    if question == "retention":
        return {(cohort[:10], k): n for cohort, k, n in columns(document, "cells", "cohort", "period", "customers") if n > 0}
    if question == "routes":
        found = columns(document, "routes", "route", "count", "ended")
        return None, [(">".join(route), n) for route, n, ended in found if not ended][:50]
    times = ["mean"] if question in ("flow_counts", "segment") else ["mean", "median", "p90"]
    return {(a, b): (n, *(us / 1e6 for us in us_times)) for a, b, n, *us_times in columns(document, "links", "from", "to", "count", *times)}


def of_duckdb(question, rows):
    if question in ("funnel", "sessions"):
        return rows[0]
    if question == "retention":
        return {(cohort, k): n for cohort, k, n in rows}
    if question == "variants":
        return rows[0][2], [(route, n) for route, n, _ in rows]
    if question == "routes":
        return None, [(">".join(route), n) for *route, n in rows]
    return {(a, b): tuple(values) for a, b, *values in rows}


def known(n_events):
    """{question: answer} for the sizes of the shared generator whose right answers are known."""
    path = SHARED / "reference" / "bench" / f"ref_{n_events // 1_000_000}m.json"
    if n_events not in (1_000_000, 10_000_000) or not path.exists() or not shared_generator().exists():
        return {}
    document = json.loads(path.read_text(encoding="utf-8"))
    links = {(a, b): tuple(values) for a, b, *values in document["dfg"]}
    return {"flow": links, "flow_counts": {key: values[:2] for key, values in links.items()}, "funnel": document["funnel_reach"],
            "variants": (document["variants"], [tuple(row) for row in document["top_variants"]]),
            "routes": (None, [tuple(row) for row in document["top_paths"]])}


def same(question, a, b):
    """Whether two answers agree in all that both of them give."""
    if question.startswith("flow") or question == "segment":
        return a.keys() == b.keys() and all(
            abs(x - y) <= limit for key in a for x, y, limit in zip(a[key], b[key], TOLERANCE))
    if question in ("variants", "routes"):  # routes of equal count may come in any order, and the last ones may be different ones
        least = min(n for _, n in a[1])
        return (a[0] == b[0] and [n for _, n in a[1]] == [n for _, n in b[1]]
                and {route for route in a[1] if route[1] > least} == {route for route in b[1] if route[1] > least})
    return a == b if question == "retention" else list(a) == list(b)


def same_document(a, b):
    """Whether two answers of Sojourn are the same document, but for how long they took and when their stores were made."""
    documents = [json.loads(text) for text in (a, b)]
    for document in documents:
        del document["elapsed_us"], document["store"]["as_of"]
    return documents[0] == documents[1]
