#!/usr/bin/env python3
"""curl and other clients of HTTP, through vitro to servers of the host and to demo.vitro."""

import hashlib
import sys

import harness
from harness import DEMO, GATEWAY, WORLD, WORLD6

BIG = 100_000_000


class HttpTest(harness.Case):
    def setUp(self):
        super().setUp()
        self.need("curl")

    def test_get_from_demo(self):
        run = self.good("curl", "-sS", "http://demo.vitro/hello")
        self.assertIn("hello from vitro", run.out)
        talk = self.only(run.tcp(), run)
        self.assertEqual(talk["name"], "demo.vitro")
        self.assertEqual((talk["state"], talk["ended_by"], talk["close"]),
                         ("closed", "program", "four_segments"))
        self.assertGreater(talk["handshake_us"], 0)
        self.assertTrue(any("demo.vitro:80" in row and "closed" in row for row in run.table), run)
        self.assertTrue(any("HTTP: GET /hello HTTP/1.1" in line for line in run.lines), run)
        self.assertTrue(any("Flags [S]," in line for line in run.lines), run)

    def test_default_shows_lines_and_table_on_stderr(self):
        run = self.good("curl", "-sS", "-4", "http://demo.vitro/hello", files=False)
        self.assertIn("hello from vitro", run.out)
        for part in ("Flags [S],", "Flags [S.],", "Flags [F.],", "-- 1 connection, ", "PEER"):
            self.assertIn(part, run.err)
        self.assertNotIn("Flags", run.out)

    def test_quiet_is_quiet(self):
        run = self.good("curl", "-sS", "http://demo.vitro/hello", files=False,
                        options=["--quiet"])
        self.assertEqual(run.err, "")

    def test_get_from_a_server(self):
        server = self.server(harness.HttpServer)
        run = self.good("curl", "-sS", "http://%s:%d/5" % (WORLD, server.port))
        self.assertEqual(run.out.encode(errors="replace")[:0], b"")
        talk = self.only(run.tcp(), run)
        self.assertEqual(talk["peer"], "%s:%d" % (WORLD, server.port))
        self.assertGreater(talk["path"]["rtt_us"], 0)

    def test_post(self):
        server = self.server(harness.HttpServer)
        body = b"name=vitro&what=a%20form"
        run = self.good("curl", "-sS", "--data-binary", "@-",
                        "http://%s:%d/form" % (WORLD, server.port), stdin=body)
        self.assertEqual(run.out.split(), [str(len(body)), hashlib.sha256(body).hexdigest()])

    def test_get_by_ip6(self):
        server = self.server(harness.HttpServer, WORLD6)
        run = self.good("sh", "-c", "curl -sS 'http://[%s]:%d/1000' | sha256sum"
                        % (WORLD6, server.port))
        self.assertEqual(run.out.split()[0], harness.pattern_sha256(1000))
        self.assertEqual(self.only(run.tcp(), run)["peer"], "[%s]:%d" % (WORLD6, server.port))
        self.assertTrue(any(line.split()[1] == "IP6" and "Flags [S]," in line
                            for line in run.lines))

    def test_no_ip6_inside_with_ipv4_option(self):
        run = self.good("sh", "-c", "cat /proc/net/if_inet6; curl -sS http://demo.vitro/hello",
                        options=["-4"])
        self.assertNotIn("vitro0", run.out)
        self.assertEqual(self.only(run.tcp(), run)["peer"], DEMO + ":80")

    def test_big_download_from_host_loopback(self):
        server = self.server(harness.HttpServer, "127.0.0.1")
        run = self.good("sh", "-c", "curl -sS http://%s:%d/%d | sha256sum"
                        % (GATEWAY, server.port, BIG), options=["--host-loopback"])
        self.assertEqual(run.out.split()[0], harness.pattern_sha256(BIG))
        talk = self.only(run.tcp(), run)
        self.assertGreater(talk["bytes_in"], BIG)

    def test_big_download_from_host_loopback_by_ip6(self):
        server = self.server(harness.HttpServer, "::1")
        run = self.good("sh", "-c", "curl -sS 'http://[%s]:%d/%d' | sha256sum"
                        % (harness.GATEWAY6, server.port, BIG), options=["--host-loopback"])
        self.assertEqual(run.out.split()[0], harness.pattern_sha256(BIG))

    def test_big_upload_to_host_loopback(self):
        server = self.server(harness.HttpServer, "127.0.0.1")
        run = self.upload("http://%s:%d/" % (GATEWAY, server.port), options=["--host-loopback"])
        self.assertEqual(run.out.split(), [str(BIG), hashlib.sha256(bytes(BIG)).hexdigest()])
        self.assertGreater(self.only(run.tcp(), run)["bytes_out"], BIG)

    def upload(self, url, **options):
        return self.good("sh", "-c", "head -c %d /dev/zero | curl -sS -H Expect: -H "
                         "Transfer-Encoding: -H 'Content-Length: %d' -T - -X POST %s"
                         % (BIG, BIG, url), **options)

    def test_big_download_from_demo(self):
        command = "curl -sS http://demo.vitro/bytes/%d | sha256sum" % BIG
        first = self.good("sh", "-c", command)
        second = self.good("sh", "-c", command, options=["-4"], prints="notable")
        self.assertEqual(first.out, second.out)
        self.assertGreater(self.only(first.tcp(), first)["bytes_in"], BIG)
        self.assertLess(len(second.lines), second.count / 4, second.text)

    def test_big_upload_to_demo(self):
        run = self.upload("http://demo.vitro/upload")
        self.assertIn(str(BIG), run.out)
        again = self.good("sh", "-c", "head -c %d /dev/zero | curl -sS -T - "
                          "http://demo.vitro/upload" % BIG, options=["-4"])
        self.assertIn(str(BIG), again.out)
        sums = [set(word for word in text.split() if len(word) >= 8) for text in
                (run.out, again.out)]
        self.assertTrue(sums[0] & sums[1] - {str(BIG)}, "no checksum in common: %r" % sums)

    def test_fifty_in_parallel(self):
        server = self.server(harness.HttpServer)
        urls = "http://%s:%d/[100001-100050]" % (WORLD, server.port)
        run = self.good("curl", "-sS", "--parallel", "--parallel-immediate", "--parallel-max",
                        "50", "-o", "/dev/null", "-w", "%{http_code} %{size_download}\n", urls)
        sizes = sorted(run.out.split("\n")[:-1])
        self.assertEqual(sizes, ["200 %d" % size for size in range(100001, 100051)])
        self.assertGreaterEqual(len(run.tcp()), 1)

    def test_fifty_processes_in_parallel(self):
        script = ("for i in $(seq 50); do curl -sS http://demo.vitro/bytes/200k | sha256sum & "
                  "done; wait")
        run = self.good("sh", "-c", script)
        self.assertEqual(len(run.out.splitlines()), 50)
        self.assertEqual(len(set(run.out.splitlines())), 1)
        self.assertEqual(len(run.tcp(state="closed")), 50)

    def test_python_is_a_client_too(self):
        server = self.server(harness.HttpServer)
        code = ("import urllib.request as r; d = r.urlopen('http://%s:%d/300000').read(); "
                "print(len(d))" % (WORLD, server.port))
        run = self.good(sys.executable, "-c", code)
        self.assertEqual(run.out, "300000\n")


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
