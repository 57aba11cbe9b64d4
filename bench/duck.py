"""DuckDB's half of the benchmark; bench/run starts it in a process of its own for every measurement.

usage: duck.py import DATABASE CSV        makes the table of events
       duck.py ask DATABASE QUESTION N    answers one of QUESTIONS, N times in a row: the first time, its own buffers are empty

Prints one JSON object: "asks", a list of {cpu, wall, rss_mb}: seconds of the statement alone (starting Python and opening the
database are not counted) and the peak memory of the process so far; and "answer". The table is DuckDB's best case for these
questions: ENUM columns, whose members it is told beforehand, in input order, with the input's row number to order events of the
same second.
"""
import json
import resource
import sys
import time

import duckdb

from common import THREADS

SETTINGS = {"threads": THREADS, "memory_limit": "16GB"}
CSV_COLUMNS = ("{'customer_id': 'INTEGER', 'timestamp': 'TIMESTAMP', 'touchpoint': 'VARCHAR', 'channel': 'VARCHAR', "
               "'value': 'DOUBLE'}")

# Counts, means and more of the times between one touchpoint and the next.
FLOW = """
        WITH w AS (SELECT touchpoint AS a, ts, lead(touchpoint) OVER p AS b, lead(ts) OVER p AS ts2
                   FROM e{where} WINDOW p AS (PARTITION BY customer_id ORDER BY ts, seq)),
        g AS (SELECT a, b, epoch(ts2) - epoch(ts) AS gap FROM w WHERE b IS NOT NULL)
        SELECT a, b, count(*), avg(gap){more} FROM g GROUP BY a, b"""

QUESTIONS = {
    "flow_counts": FLOW.format(more="", where=""),
    "flow_medians": FLOW.format(more=", median(gap)", where=""),
    "flow_quantiles": FLOW.format(more=", median(gap), quantile_cont(gap, 0.9)", where=""),
    "segment": FLOW.format(more="", where=""" WHERE customer_id IN (SELECT customer_id FROM e WHERE touchpoint = 'purchase'
        AND channel = 'store' AND ts >= TIMESTAMP '2025-06-01' AND ts < TIMESTAMP '2025-07-01')"""),
    # Three running maxima: the latest first step from which each later step was reached within the window.
    "funnel": """
        WITH f AS (SELECT customer_id, ts, seq, touchpoint AS tp FROM e
                   WHERE touchpoint IN ('product_view', 'add_to_cart', 'checkout_start', 'purchase')),
        a AS (SELECT *, max(CASE WHEN tp = 'product_view' THEN ts END) OVER w AS s1 FROM f
              WINDOW w AS (PARTITION BY customer_id ORDER BY ts, seq ROWS UNBOUNDED PRECEDING)),
        b AS (SELECT *, max(CASE WHEN tp = 'add_to_cart' AND ts <= s1 + INTERVAL 7 DAY THEN s1 END) OVER w AS s2 FROM a
              WINDOW w AS (PARTITION BY customer_id ORDER BY ts, seq ROWS UNBOUNDED PRECEDING)),
        c AS (SELECT *, max(CASE WHEN tp = 'checkout_start' AND ts <= s2 + INTERVAL 7 DAY THEN s2 END) OVER w AS s3 FROM b
              WINDOW w AS (PARTITION BY customer_id ORDER BY ts, seq ROWS UNBOUNDED PRECEDING)),
        d AS (SELECT customer_id, bool_or(s1 IS NOT NULL) AS l1, bool_or(s2 IS NOT NULL) AS l2, bool_or(s3 IS NOT NULL) AS l3,
                     bool_or(tp = 'purchase' AND ts <= s3 + INTERVAL 7 DAY) AS l4 FROM c GROUP BY customer_id)
        SELECT count(*) FILTER (l1), count(*) FILTER (l2), count(*) FILTER (l3), count(*) FILTER (l4) FROM d""",
    "variants": """
        WITH v AS (SELECT string_agg(touchpoint::VARCHAR, '>' ORDER BY ts, seq) AS v FROM e GROUP BY customer_id),
        g AS (SELECT v, count(*) AS n FROM v GROUP BY v)
        SELECT v, n, (SELECT count(*) FROM g) AS n_distinct FROM g ORDER BY n DESC, v LIMIT 100""",
    "routes": """
        WITH w AS (SELECT touchpoint AS t, lead(touchpoint, 1) OVER p AS n1, lead(touchpoint, 2) OVER p AS n2,
                          lead(touchpoint, 3) OVER p AS n3, lead(touchpoint, 4) OVER p AS n4, lead(touchpoint, 5) OVER p AS n5
                   FROM e WINDOW p AS (PARTITION BY customer_id ORDER BY ts, seq))
        SELECT n1, n2, n3, n4, n5, count(*) AS n FROM w WHERE t = 'add_to_cart' AND n5 IS NOT NULL
        GROUP BY n1, n2, n3, n4, n5 ORDER BY n DESC, n1, n2, n3, n4, n5 LIMIT 50""",
    "sessions": """
        WITH g AS (SELECT customer_id, ts, seq, CASE WHEN ts - lag(ts) OVER p > INTERVAL 30 MINUTE OR lag(ts) OVER p IS NULL THEN 1 ELSE 0 END
                          AS ns FROM e WINDOW p AS (PARTITION BY customer_id ORDER BY ts, seq)),
        s AS (SELECT customer_id, sum(ns) OVER (PARTITION BY customer_id ORDER BY ts, seq ROWS UNBOUNDED PRECEDING) AS sid FROM g),
        z AS (SELECT customer_id, sid, count(*) AS n FROM s GROUP BY 1, 2)
        SELECT count(*), count(*) FILTER (n = 1) FROM z""",
    "retention": """
        WITH c AS (SELECT customer_id, date_trunc('week', min(ts)) AS cw FROM e GROUP BY customer_id),
        a AS (SELECT DISTINCT customer_id, date_trunc('week', ts) AS w FROM e)
        SELECT cw::DATE::VARCHAR, date_diff('day', cw, w) // 7 AS k, count(*) FROM a JOIN c USING (customer_id) GROUP BY 1, 2""",
}


def measured(connection, statements):
    """CPU seconds of all threads, wall seconds and peak memory; the rows of the last statement."""
    cpu, wall = time.process_time(), time.perf_counter()
    for statement in statements:
        rows = connection.execute(statement).fetchall()
    figures = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    return figures | {"rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}, rows


def import_csv(database, csv):
    connection = duckdb.connect(database, config=SETTINGS)
    source = f"read_csv('{csv}', header=true, columns={CSV_COLUMNS})"
    for column in ("touchpoint", "channel"):
        connection.execute(f"CREATE TYPE {column}_name AS ENUM (SELECT DISTINCT {column} FROM {source} ORDER BY 1)")
    figures, rows = measured(connection, [
        f"""CREATE TABLE e AS SELECT row_number() OVER () AS seq, customer_id, "timestamp" AS ts,
            touchpoint::touchpoint_name AS touchpoint, channel::channel_name AS channel, value FROM {source}""",
        "CHECKPOINT",
        "SELECT count(*) FROM e",
    ])
    return {"asks": [figures], "answer": rows}


def ask(database, question, n_asks):
    connection = duckdb.connect(database, read_only=True, config=SETTINGS)
    asks = []
    for _ in range(int(n_asks)):
        figures, rows = measured(connection, [QUESTIONS[question]])
        asks.append(figures)
    return {"asks": asks, "answer": rows}


if __name__ == "__main__":
    work = {"import": import_csv, "ask": ask}[sys.argv[1]]
    print(json.dumps(work(*sys.argv[2:])))
