#!/usr/bin/env python3
"""Compares docs/api.md with what the program gives: every analysis, its parameters, tables, columns, types and codes of notes; the
statuses with the table in src/base/status.h.

usage: test_api.py SOJOURN_PROGRAM SOURCE_ROOT
Exit code: 0 all equal, 1 a difference or a failure.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

# Questions that together show every table and, as far as the sample has them, the notes.
QUESTIONS = {
    "overview": [[], ["--journey", "by ticket_id"], ["--from", "2090-01-01"]],
    "flow": [[], ["--touchpoints", "50%", "--links", "50%"]],
    "routes": [[], ["--after", "add_to_basket", "--count", "occurrences"], ["--before", "chat_start", "--count", "customers"]],
    "variants": [[]],
    "funnel": [["landing_page", "order_placed", "--by", "channel"],
               ["landing_page > .+ >> order_placed[channel = 'web'] within 600d", "--by", "channel", "--by_step", "0", "--repeats"]],
    "participation": [["chat_start", "call_start", "--within", "24h"]],
    "retention": [[], ["--start", "order_placed", "--mode", "on-or-after"]],
    "sessions": [["--by", "channel"]],
    "channels": [[]],
    "contacts": [["--person", "call_centre", "--person", "chat", "--self", "app", "--about", "topic", "--resolved", "resolved",
                  "--confirmed", "region", "--transfer", "call_transfer"],
                 ["--person", "survey", "--self", "app", "--resolved", "topic", "--to", "2024-07-02"]],
    "dwell": [["--response", "chat_agent", "--request", "chat_start"], ["--journey", "session 24h", "--response", "chat_agent"]],
    "scores": [["--by", "channel", "--invited", "survey_invited"], ["--by", "plan", "--scale", "ces", "--answers", "all", "--max", "5"],
               ["--by", "plan", "--kind", "region", "--invited", "landing_page"]],
    "loops": [["--journey", "session 30m"]],
    "customers": [["--top", "5"]],
    "compare": [["--takers", "help_end[help_kind = 'guided']", "--others", "help_end[help_kind = 'articles']", "--journey", "session 30m"],
                ["--group", "did(call_start)", "--other", "did(chat_start)"], ["--since", "2090-01-01"],
                ["--takers", "order_placed", "--strata", "segment"]],
}
# Answers that are no analysis's own: the words of the command line, and the members that an answer has beside the usual ones.
OTHERS = {
    "The people behind a count": [["flow", "--who", "--row", "add_to_basket > checkout_start", "--who-limit", "3"],
                                  ["retention", "--who", "--row", "2024-07-01T00:00:00Z > 0"]],
    "One customer": [["customer", "C000001"], ["customer", "C000007", "--journey", "by ticket_id"]],
    "Why a customer was counted so": [["why", "C000001", "plan_overview", "add_to_basket", "order_placed", "--within", "30d"]],
}
MEMBERS = ["analysis", "title", "lens", "parameters", "store", "tables", "notes", "elapsed_us"]
STATUS = re.compile(r'X\(SJ_\w+, "(\w+)", (\d+), (\d+)\)')


def rows_below(lines, at):
    """The rows of the Markdown table that begins at or behind a line, without its head."""
    while not lines[at].startswith("|"):
        at += 1
    rows = []
    for line in lines[at + 2:]:
        if not line.startswith("|"):
            return rows
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split(" | ")])
    return rows


def read_page(text):
    """analysis -> parameter names; analysis -> [(table, [(column, type)])]; codes -> level; statuses."""
    parameters, tables, section = {}, {}, None
    lines = text.splitlines()
    page = {"parameters": parameters, "tables": tables}
    for at, line in enumerate(lines):
        section = line[3:] if line.startswith("## ") else section
        table = re.match(r"Table `(\w+)`", line)
        if line.startswith("| parameter |"):
            parameters[section] = [row[0] for row in rows_below(lines, at)]
        elif table:
            tables.setdefault(section, []).append((table[1], [tuple(row[:2]) for row in rows_below(lines, at)]))
        elif line.startswith("| code |"):
            page["codes"] = {row[0]: (row[1], row[2].split(", ")) for row in rows_below(lines, at)}
        elif line.startswith("| name | HTTP |"):
            page["statuses"] = [(name, int(http), int(code), int(number)) for name, http, code, number, *_ in rows_below(lines, at)]
    return page


def run(program, *args):
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        sys.exit(f"sojourn {' '.join(map(str, args))}: exit code {done.returncode}\n{done.stderr.strip()}")
    return done.stdout


class Comparison:
    def __init__(self):
        self.n_different = 0

    def equal(self, what, page, program):
        if page != program:
            self.n_different += 1
            print(f"{what}:\n  the page says    {page}\n  the program says {program}")


def compare_answer(comparison, page, analysis, answer):
    comparison.equal(f"{analysis}: members", MEMBERS, list(answer))
    comparison.equal(f"{analysis}: parameters", page["parameters"].get(analysis, []), list(answer["parameters"]))
    tables = [(table["name"], [(column["name"], column["type"]) for column in table["columns"]]) for table in answer["tables"]]
    comparison.equal(f"{analysis}: tables", page["tables"].get(analysis), tables)
    for note in answer["notes"]:
        level, analyses = page["codes"].get(note["code"], ("none", []))
        named = analysis in analyses or analyses == ["all"]
        comparison.equal(f"{analysis}: the note {note['code']}", (level, True), (note["level"], named))


def compare_other(comparison, page, section, answer):
    tables = [(table["name"], [(column["name"], column["type"]) for column in table["columns"]]) for table in answer["tables"]]
    comparison.equal(f"{section}: tables", page["tables"].get(section), tables)
    comparison.equal(f"{section}: members", [name for name in MEMBERS if name in answer], [name for name in answer if name != "who"])
    for note in answer["notes"]:
        comparison.equal(f"{section}: the note {note['code']}", page["codes"].get(note["code"], ("none", []))[0], note["level"])


def main(program, root):
    root = pathlib.Path(root)
    comparison = Comparison()
    page = read_page((root / "docs" / "api.md").read_text(encoding="utf-8"))
    rows = STATUS.findall((root / "src" / "base" / "status.h").read_text(encoding="utf-8"))
    statuses = [(name, int(http), int(code), number) for number, (name, http, code) in enumerate(rows)]
    comparison.equal("statuses", page["statuses"], statuses)
    registry = (root / "src" / "analysis" / "registry.c").read_text(encoding="utf-8")
    sections = [section for section in page["tables"] if section not in OTHERS]
    comparison.equal("analyses", sections, re.findall(r"extern const struct sj_analysis sj_(\w+);", registry))
    comparison.equal("analyses of this test", sections, list(QUESTIONS))
    files = [file for room in ("analysis", "api") for file in sorted((root / "src" / room).glob("*.c"))]
    sources = "".join(file.read_text(encoding="utf-8") for file in files)
    codes = re.findall(r'sj_note\(\s*[\w>-]+,\s*SJ_NOTE_\w+,\s*"(\w+)"', sources)
    comparison.equal("codes of notes", sorted(page["codes"]), sorted(set(codes)))
    with tempfile.TemporaryDirectory() as folder:
        store = pathlib.Path(folder, "s.sojourn")
        run(program, "demo", store, "--customers", 300)
        for analysis, questions in QUESTIONS.items():
            for words in questions:
                compare_answer(comparison, page, analysis, json.loads(run(program, analysis, store, *words, "--format", "json")))
        for section, questions in OTHERS.items():
            for name, *words in questions:
                compare_other(comparison, page, section, json.loads(run(program, name, store, *words, "--format", "json")))
    sys.exit(1 if comparison.n_different else 0)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
