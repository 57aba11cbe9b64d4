"""What a server on a network meets: slow and broken clients, strange addresses, another server, and no trust without a certificate."""
import http.client
import socket
import ssl
import subprocess
import unittest

from server import PROGRAM, ServerTest


class Hostile(ServerTest):
    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.addCleanup(connection.close)
        return connection

    def test_slow_clients_hold_nobody_up(self):
        half = [self.connect() for _ in range(100)]
        for i, connection in enumerate(half):
            connection.sendall(b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n" + (b"\r\n{" if i % 2 else b""))
        self.assertEqual(self.ask("POST", "/v1/track", {"event": "Paid", "userId": "u1"}, key="write").status, 200)
        self.assertEqual(self.ask("POST", "/api/v1/analyses/overview", {}, key="read").status, 200)
        self.stop()  # and they do not keep it from ending

    def test_strange_requests(self):
        for request, status in ((b"GET / HTTP/1.1\r\n\r\n", b" 404"), (b"\x00\x01 /x HTTP/1.1\r\nHost: x\r\n\r\n", b""), (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b" 404"),
                                (b"GET /%2e%2e/%00 HTTP/1.1\r\nHost: x\r\n\r\n", b" 404"), (b"BREW /v1/batch HTTP/1.1\r\nHost: x\r\n\r\n", b" 405"),
                                (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b""), (b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b""),
                                (b"GET /health/ready HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 100000 + b"\r\n\r\n", b"")):
            connection = self.connect()
            answer = b""
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(4096)
            except OSError:  # it hung up before it had read all
                pass
            self.assertNotIn(b" 200 ", answer[:20], request[:40])
            self.assertIn(status, answer[:20], request[:40])
        self.assertEqual(self.ask("GET", "/health/ready").status, 200)

    def test_a_refused_body_that_goes_on_is_cut_off(self):
        connection = self.connect()
        connection.sendall(b"POST /api/v1/customer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        with self.assertRaises(OSError):
            for _ in range(1000):
                connection.sendall(b" " * 1000000)

    def test_any_type_of_content(self):
        for kind in ("application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            self.assertEqual(self.ask("POST", "/v1/track", {"event": "Paid", "userId": "u1"}, key="write", headers={"Content-Type": kind}).status, 200, kind)

    def test_another_server_on_the_same_store(self):
        done = subprocess.run([PROGRAM, "serve", "s", "--port", "0"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("sojourn serve", done.stderr)
        self.run_it("init", "other")
        done = subprocess.run([PROGRAM, "serve", "other", "--port", str(self.port)], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--port", done.stderr)

    def test_https(self):
        self.stop()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem", "-out", "c.pem", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        self.start("s", "--cert", "c.pem", "--key", "k.pem")
        trusting = ssl.create_default_context(cafile="c.pem")
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=trusting)
        self.addCleanup(connection.close)
        connection.request("GET", "/v1/projects/k/settings")
        self.assertIn(b'"protocol":"https"', connection.getresponse().read())
        with self.assertRaises(http.client.HTTPException):  # not in the clear
            self.ask("GET", "/health/ready")
        self.assertIn("go together", self.run_it("serve", "s", "--cert", "c.pem", code=2)[1])

    def test_wrong_words(self):
        for words, says in ((["--listen", "here"], "no address"), (["--port", "70000"], "65535"), (["--workers", "0"], "1")):
            self.assertIn(says, self.run_it("serve", "s2", *words, code=2)[1])


if __name__ == "__main__":
    unittest.main()
