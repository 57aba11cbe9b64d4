"""What the tests of the server share: a server on a free port of this machine, in a folder of its own, and requests to it."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from program import PROGRAM, ProgramTest  # noqa: E402


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class ServerTest(ProgramTest):
    """Each test has a store `s` that is served, and keys of each kind."""

    def setUp(self):
        super().setUp()
        self.run_it("import", "s", "events.csv")
        self.keys = {kind: self.run_it("keys", "s", "add", kind, "--kind", kind)[0].strip() for kind in ("write", "read", "analyst")}
        self.start()

    def start(self, store="s", *flags):
        self.process = subprocess.Popen([PROGRAM, "serve", store, "--port", "0", *flags], stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "LANG": "C"})
        self.addCleanup(self.kill, self.process)
        said = self.process.stderr.readline()
        self.port = int(re.search(r":(\d+) ", said)[1])

    def kill(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()

    def stop(self):
        """Tells it to end, and waits. Gives what it said."""
        self.process.send_signal(signal.SIGTERM)
        said = self.process.stderr.read()
        self.assertEqual(self.process.wait(timeout=60), 0, said)
        return said

    def ask(self, method, path, body=None, key=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.addCleanup(connection.close)
        sent = dict(headers or {})
        if key:
            sent["Authorization"] = f"Bearer {self.keys[key]}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection.request(method, path, body=body, headers=sent)
        return Answer(connection.getresponse())

    def events(self):
        """What is in the store, as the running server has it."""
        return [json.loads(line) for line in self.run_it("export", "s", "--format", "jsonl")[0].splitlines()]
