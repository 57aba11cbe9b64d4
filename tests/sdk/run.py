#!/usr/bin/env python3
"""Segment's own client libraries against the collector. usage: run.py FOLDER PROGRAM

FOLDER is where the libraries are installed, by this script where they are not yet; that needs the network, npm, go, a Python with pip and /usr/bin/chromium, and is why `make
test` does not do it. Each library makes each kind of call once; what is in the store then is compared with what was called."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent


def run(*command, **more):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, **more)


def install(folder):
    """What is there already stays. Gives the command of each library's client."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules" / "playwright-core").exists():
        shutil.copy(HERE / "package.json", folder)
        run("npm", "install", "--no-audit", "--no-fund", "--silent", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
        run(python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt")
    if not (folder / "go-client").exists():
        shutil.copytree(HERE / "go", folder / "go", dirs_exist_ok=True)
        run("go", "mod", "tidy", cwd=folder / "go", stderr=subprocess.DEVNULL)
        run("go", "build", "-o", folder / "go-client", ".", cwd=folder / "go")
    return {"browser": ["node", HERE / "browser.mjs"], "node": ["node", HERE / "node.mjs"], "python": [python, HERE / "python_sdk.py"], "go": [folder / "go-client"]}


def check(name, events):
    """Each call is one event of the one customer, with its time, its properties and its links."""
    mine = [event for event in events if event.get("@identity", event["customer"]) == f"{name}-user"]
    if {event["customer"] for event in mine} != {f"{name}-before"}:  # whom the alias names, and who comes first
        sys.exit(f"{name}: the alias links nobody: {mine}")
    kinds = sorted(event["type"] for event in mine)
    if kinds != ["alias", "group", "identify", "page", "screen", "track"]:
        sys.exit(f"{name}: of {len(events)} events these are the customer's: {kinds}")
    paid = next(event for event in mine if event["touchpoint"] == "Paid")
    if paid["properties.price"] != 12.5 or not re.match("20(20-01-01T00:00:0|19-12-31T23:59:5)", paid["time"]):
        sys.exit(f"{name}: not what was sent: {paid}")
    if len({event["event_id"] for event in mine}) != len(mine):
        sys.exit(f"{name}: a message id stands twice")
    print(f"{name}: 6 of 6 calls are in the store, library {paid['context.library.name']} {paid['context.library.version']}")


def main():
    folder, program = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    clients = install(folder)
    with tempfile.TemporaryDirectory() as work:
        store = pathlib.Path(work, "s")
        run(program, "init", store, stderr=subprocess.DEVNULL)
        key = subprocess.run([program, "keys", store, "add", "sdk"], capture_output=True, text=True, check=True).stdout.strip()
        server = subprocess.Popen([program, "serve", store, "--port", "0"], stderr=subprocess.PIPE, text=True)
        try:
            host = f"http://127.0.0.1:{re.search(r':([0-9]+) ', server.stderr.readline())[1]}"
            for name, command in clients.items():
                run(*command, host, key, env={**os.environ, "SDK_FOLDER": str(folder)})
        finally:
            server.terminate()
            server.wait()
        lines = subprocess.run([program, "export", store, "--format", "jsonl"], capture_output=True, text=True, check=True).stdout
        for name in clients:
            check(name, [json.loads(line) for line in lines.splitlines()])
        run(program, "verify", store, stderr=subprocess.DEVNULL)


main()
