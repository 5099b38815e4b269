#!/usr/bin/env python3
"""UDP and ping through vitro."""

import os
import socket
import struct
import subprocess
import sys
import threading

import harness
from harness import DEMO, DEMO6, GATEWAY, NOWHERE, UNREACHABLE, WORLD, WORLD6

ANOTHER = "203.0.113.1"  # another address of the host

# Sends datagrams of several sizes, wants each back; prints what happened. IP_RECVERR: wants to know
# of every error, as a resolver does.
CLIENT = """
import errno, socket, sys
host, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(100)
s.setsockopt(*((socket.IPPROTO_IPV6, 25) if ':' in host else (socket.IPPROTO_IP, 11)), 1)
s.connect((host, port))
try:
    for size in map(int, sys.argv[3:]):
        data = bytes(i % 251 for i in range(size))
        s.send(data)
        assert s.recv(70000) == data
    print('all came back')
except OSError as error:
    print(errno.errorcode[error.errno])
"""

PING_RANGE = "/proc/sys/net/ipv4/ping_group_range"


class TftpServer:
    """Sends `data` to who asks for a file, from a port of its own (RFC 1350)."""

    def __init__(self, data):
        self.data = data
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((WORLD, 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        _, peer = self.socket.recvfrom(1000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.bind((WORLD, 0))
            own.settimeout(harness.DEADLINE_S)
            for block in range(len(self.data) // 512 + 1):
                part = self.data[512 * block: 512 * block + 512]
                own.sendto(struct.pack(">HH", 3, block + 1) + part, peer)
                own.recvfrom(100)  # its acknowledgement

    def close(self):
        self.socket.close()


class UdpTest(harness.Case):
    def client(self, host, port, *sizes, **options):
        run = self.good(sys.executable, "-c", CLIENT, host, str(port), *map(str, sizes), **options)
        return run, run.out.strip()

    def test_echo(self):
        for address in (WORLD, WORLD6):
            server = self.server(harness.UdpServer, address=address)
            run, what = self.client(address, server.port, 0, 1, 100, 1472, 4000, 60000)
            self.assertEqual(what, "all came back", run)
            talk = self.only(run.kind("udp"), run)
            self.assertEqual((talk["packets_out"], talk["packets_in"]), (6, 6), run)
            self.assertEqual(talk["bytes_out"], talk["bytes_in"])

    def test_demo_echo(self):
        for address in (DEMO, DEMO6):
            run, what = self.client(address, 7, 1, 100, 1400)
            self.assertEqual(what, "all came back", run)

    def test_host_loopback(self):
        server = self.server(harness.UdpServer, address="127.0.0.1")
        run, what = self.client(GATEWAY, server.port, 10, options=["--host-loopback"])
        self.assertEqual(what, "all came back", run)

    def test_host_loopback_is_closed(self):
        server = self.server(harness.UdpServer, address="127.0.0.1")
        run, what = self.client(GATEWAY, server.port, 10)
        self.assertEqual(what, "ECONNREFUSED", run)
        self.assertEqual(server.count, 0)

    def test_closed_port(self):
        for address in (WORLD, WORLD6):
            server = self.server(harness.UdpServer, address=address)
            port = server.port
            server.close()
            run, what = self.client(address, port, 10)
            self.assertEqual(what, "ECONNREFUSED", run)
            self.assertEqual(self.only(run.kind("udp"), run)["state"], "refused")

    def test_unreachable(self):
        for address, expected in ((UNREACHABLE, "EHOSTUNREACH"), (NOWHERE, "ENETUNREACH")):
            run, what = self.client(address, 9, 10)
            self.assertEqual(what, expected, run)
            self.assertEqual(self.only(run.kind("udp"), run)["state"], "unreachable")

    def test_two_hundred_flows(self):
        server = self.server(harness.UdpServer)
        code = ("import socket\n"
                "all = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(200)]\n"
                "for i, s in enumerate(all):\n"
                "    s.settimeout(100); s.sendto(b'%%d' %% i, ('%s', %d))\n"
                "for i, s in enumerate(all): assert s.recv(100) == b'%%d' %% i\n"
                "print('ok')\n" % (WORLD, server.port))
        run = self.good(sys.executable, "-c", code)
        self.assertEqual(run.out, "ok\n")
        self.assertEqual(len(run.kind("udp")), 200)

    def ask(self, *lines):
        """Starts a program that asks a server; (process, server's socket, whom the question is
        from)."""
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(server.close)
        server.bind((WORLD, 0))
        server.settimeout(harness.DEADLINE_S)
        process = self.start(sys.executable, "-c", "\n".join((
            "import socket",
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
            "s.settimeout(100)",
            "server = %r" % (server.getsockname(),)) + lines))
        return process, server, server.recvfrom(100)[1]

    def test_others_are_not_heard(self):
        """Who was not spoken to is not heard, and the program's kernel knows its peers itself."""
        process, server, peer = self.ask("s.sendto(b'question', server)",
                                         "print(s.recv(100).decode())")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((ANOTHER, 0))
            other.sendto(b"forged", peer)
            other.sendto(b"forged", ("127.0.0.1", peer[1]))
        server.sendto(b"true", peer)
        run = self.finish(process)
        self.assertEqual(run.out, "true\n")
        self.assertEqual(len(run.kind("udp")), 1, run)

    def test_connected_socket_hears_its_peer_only(self):
        process, server, peer = self.ask("s.connect(server)", "s.send(b'question')",
                                         "print(s.recv(100).decode())")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((WORLD, 0))
            other.sendto(b"forged", peer)
        server.sendto(b"true", peer)
        self.assertEqual(self.finish(process).out, "true\n")

    def test_one_port_for_all(self):
        """What an endpoint says to several leaves by one port of the host: STUN works."""
        process, server, peer = self.ask("s.sendto(b'a', server)",
                                         "port = int(s.recv(100))",
                                         "s.sendto(b'b', ('%s', port))" % WORLD)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((WORLD, 0))
            other.settimeout(harness.DEADLINE_S)
            server.sendto(b"%d" % other.getsockname()[1], peer)
            self.assertEqual(other.recvfrom(100), (b"b", peer))
        run = self.finish(process)
        self.assertEqual(len(run.kind("udp")), 2, run)

    def test_tftp(self):
        """The data comes from another port than was asked (RFC 1350 4)."""
        self.need("curl")
        if "tftp" not in subprocess.run(["curl", "--version"], capture_output=True, text=True,
                                        check=True).stdout:
            self.skipTest("this curl knows no TFTP")
        data = bytes(i % 251 for i in range(3000))
        server = self.server(TftpServer, data)
        run = self.good("curl", "-sS", "--tftp-no-options", "-m", "100",
                        "tftp://%s:%d/file" % (WORLD, server.port), "-o",
                        os.path.join(self.folder, "file"))
        with open(os.path.join(self.folder, "file"), "rb") as file:
            self.assertEqual(file.read(), data)
        self.assertEqual(len(run.kind("udp")), 2, run)


class PingTest(harness.Case):
    def setUp(self):
        super().setUp()
        self.need("ping")

    def ping_range(self, text):
        with open(PING_RANGE, encoding="ascii") as file:
            before = file.read()
        with open(PING_RANGE, "w", encoding="ascii") as file:
            file.write(text)

        def put_back():
            try:
                with open(PING_RANGE, "w", encoding="ascii") as file:
                    file.write(before)
            except OSError:  # a group that this namespace does not know
                pass

        self.addCleanup(put_back)

    def test_demo(self):
        for words in (["-4", "demo.vitro"], ["-6", "demo.vitro"]):
            run = self.good("ping", "-c", "1", "-W", "100", *words)
            self.assertIn("1 received, 0% packet loss", run.out)
            self.assertEqual(sum("echo reply" in line for line in run.lines), 1, run)

    def test_host(self):
        for address in (WORLD, WORLD6):
            run = self.good("ping", "-c", "1", "-W", "100", address)
            self.assertIn("1 received", run.out)
            talk = self.only(run.kind("ping"), run)
            self.assertEqual((talk["packets_out"], talk["packets_in"]), (1, 1), run)

    def test_host_by_ping_socket(self):
        self.ping_range("0 0")
        run = self.good("ping", "-c", "1", "-W", "100", "-s", "1000", WORLD)
        self.assertIn("1008 bytes from", run.out)

    def test_host_without_raw_sockets(self):
        """A normal user where ping_group_range is closed: an honest error, no silence."""
        self.need_root()
        self.ping_range("1 0")
        run = self.vitro("ping", "-n", "-c", "1", "-W", "100", WORLD, prefix=harness.as_nobody())
        self.assertNotEqual(run.status, 0, run)
        self.assertRegex(run.out + run.err, "rohibited|filtered")
        self.assertTrue(run.kind("ping"), run)

    def test_user_where_the_host_allows_it(self):
        self.need_root()
        self.ping_range("0 2147483647")
        run = self.vitro("ping", "-n", "-c", "1", "-W", "100", WORLD, prefix=harness.as_nobody())
        self.assertEqual(run.status, 0, run)

    def test_unreachable(self):
        for address in (UNREACHABLE, NOWHERE):
            run = self.vitro("ping", "-n", "-c", "1", "-W", "100", address)
            self.assertEqual(run.status, 1, run)
            self.assertIn("nreachable", run.out)

    def test_silence(self):
        run = self.vitro("ping", "-n", "-c", "1", "-W", "1", harness.SILENT)
        self.assertEqual(run.status, 1, run)
        self.assertIn("100% packet loss", run.out)


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
