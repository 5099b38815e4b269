#!/usr/bin/env python3
"""--publish: servers inside, reached from the host."""

import hashlib
import os
import socket
import subprocess
import sys
import urllib.request

import harness
from harness import WORLD


def free_port(address="127.0.0.1", kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class PublishTest(harness.Case):
    def inside(self, code, *rules):
        """A python server inside; it says `ready` and ends when its standard input does."""
        options = [word for rule in rules for word in ("--publish", rule)]
        process = self.start(sys.executable, "-u", "-c", code, options=options,
                             stdin=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def end(self, process):
        run = self.finish(process)
        self.assertEqual(run.status, 0, run)
        return run

    def test_python_http_server(self):
        content = os.urandom(3_000_000)
        with open(os.path.join(self.folder, "file"), "wb") as file:
            file.write(content)
        port = free_port()
        code = ("import functools, http.server as h, os, sys, threading\n"
                "handler = functools.partial(h.SimpleHTTPRequestHandler, directory=%r)\n"
                "s = h.ThreadingHTTPServer(('', 8000), handler)\n"
                "threading.Thread(target=s.serve_forever, daemon=True).start()\n"
                "print('ready'); sys.stdin.read(); os._exit(0)\n" % self.folder)
        process = self.inside(code, "%d:8000" % port)
        for _ in range(3):
            with urllib.request.urlopen("http://127.0.0.1:%d/file" % port,
                                        timeout=harness.DEADLINE_S) as answer:
                self.assertEqual(hashlib.sha256(answer.read()).digest(),
                                 hashlib.sha256(content).digest())
        run = self.end(process)
        talks = run.tcp(direction="in")
        self.assertEqual(len(talks), 3, run)
        self.assertTrue(all(talk["bytes_out"] > len(content) for talk in talks), run)
        self.assertTrue(all(talk["program"] == harness.PROGRAM + ":8000" for talk in talks), run)

    def test_python_m_http_server_reached_by_curl(self):
        self.need("curl")
        port = free_port()
        process = self.start(sys.executable, "-m", "http.server", "--directory", self.folder,
                             "8000", options=["--publish", "%d:8000" % port])
        answer = self.wait_for(lambda: subprocess.run(
            ["curl", "-sS", "--max-time", "20", "http://127.0.0.1:%d/" % port],
            capture_output=True, text=True, check=False).stdout, "curl gets an answer")
        self.assertIn("Directory listing", answer)
        process.send_signal(harness.signal.SIGINT)
        run = self.finish(process)
        self.assertEqual(run.status, 0, run)  # it catches ctrl-C

    ECHO = ("import socket, sys, threading\n"
            "def serve(c):\n"
            "    while True:\n"
            "        d = c.recv(65536)\n"
            "        if not d: break\n"
            "        c.sendall(d)\n"
            "    c.close()\n"
            "def accept(s):\n"
            "    while True:\n"
            "        threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()\n"
            "s = socket.create_server((%r, 7000), family=%s)\n"
            "threading.Thread(target=accept, args=(s,), daemon=True).start()\n"
            "print('ready'); sys.stdin.read()\n")

    def exchange(self, address, port):
        with socket.create_connection((address, port), harness.DEADLINE_S) as client:
            client.sendall(b"question")
            client.shutdown(socket.SHUT_WR)
            return harness.read_all(client)

    def test_half_close(self):
        port = free_port()
        process = self.inside(self.ECHO % ("", "socket.AF_INET"), "%d:7000" % port)
        self.assertEqual(self.exchange("127.0.0.1", port), b"question")
        run = self.end(process)
        talk = self.only(run.tcp(), run)
        self.assertEqual((talk["direction"], talk["state"], talk["bytes_in"], talk["bytes_out"]),
                         ("in", "closed", 8, 8))

    def test_at_an_address(self):
        port = free_port(WORLD)
        process = self.inside(self.ECHO % ("", "socket.AF_INET"), "%s:%d:7000" % (WORLD, port))
        self.assertEqual(self.exchange(WORLD, port), b"question")
        with self.assertRaises(ConnectionRefusedError):
            self.exchange("127.0.0.1", port)
        self.end(process)

    def test_at_an_ip6_address(self):
        port = free_port("::1")
        process = self.inside(self.ECHO % ("::", "socket.AF_INET6"), "[::1]:%d:7000" % port)
        self.assertEqual(self.exchange("::1", port), b"question")
        run = self.end(process)
        self.assertTrue(self.only(run.tcp(), run)["program"].startswith("[fd76:"), run)

    def test_nobody_listens_inside(self):
        port = free_port()
        process = self.inside("import sys; print('ready'); sys.stdin.read()", "%d:7000" % port)
        with self.assertRaises(ConnectionResetError):
            with socket.create_connection(("127.0.0.1", port), harness.DEADLINE_S) as client:
                client.recv(10)
        self.end(process)

    def test_udp(self):
        port = free_port(kind=socket.SOCK_DGRAM)
        code = ("import socket, sys, threading\n"
                "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                "s.bind(('', 5300))\n"
                "def serve():\n"
                "    while True:\n"
                "        d, peer = s.recvfrom(65536)\n"
                "        s.sendto(d[::-1], peer)\n"
                "threading.Thread(target=serve, daemon=True).start()\n"
                "print('ready'); sys.stdin.read()\n")
        process = self.inside(code, "%d:5300/udp" % port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(harness.DEADLINE_S)
            client.connect(("127.0.0.1", port))
            for size in (0, 1, 1000, 1472, 9000):
                client.send(b"ab" * (size // 2) + b"c" * (size % 2))
                self.assertEqual(len(client.recv(65536)), size)
            client.send(b"abc")
            self.assertEqual(client.recv(100), b"cba")
        run = self.end(process)
        talk = self.only(run.kind("udp"), run)
        self.assertEqual((talk["direction"], talk["packets_in"], talk["packets_out"]),
                         ("in", 6, 6), run)

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            run = self.vitro("true", options=["--publish", str(port)])
        self.assertEqual(run.status, 125, run)
        self.assertIn("--publish `%d`" % port, run.err)
        self.assertIn("Address already in use", run.err)

    def test_bad_rules(self):
        for rule in ("", "x", "0", "80:0", "70000", "1.2.3:80", "80/tcp6", "::1:80:80"):
            run = self.vitro("true", options=["--publish", rule])
            self.assertEqual(run.status, 2, rule)
            self.assertIn("--publish `%s`" % rule, run.err)
            self.assertFalse(os.path.exists(run.capture), "a file was left")


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
