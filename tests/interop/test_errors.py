#!/usr/bin/env python3
"""What the program gets when the other side refuses, resets, is silent or cannot be reached."""

import socket
import sys

import harness
from harness import DEMO, DEMO6, GATEWAY, GATEWAY6, NOWHERE, SILENT, UNREACHABLE, WORLD, WORLD6

# Prints what connect() says, and how long it took.
CONNECT = """
import errno, socket, sys
host, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
s.settimeout(float(sys.argv[3]) if len(sys.argv) > 3 else 100)
try:
    s.connect((host, port))
    print('connected')
except socket.timeout:
    print('timeout')
except OSError as error:
    print(errno.errorcode[error.errno])
"""


class Connects(harness.Case):
    def connect(self, host, port, *more, **options):
        run = self.good(sys.executable, "-c", CONNECT, host, str(port), *more, **options)
        return run, run.out.strip()

    def closed_port(self, address):
        with socket.create_server((address, 0), family=harness.family_of(address)) as listener:
            return listener.getsockname()[1]


class ErrorTest(Connects):
    def test_refused_is_reset(self):
        for address in (WORLD, WORLD6):
            run, what = self.connect(address, self.closed_port(address))
            self.assertEqual(what, "ECONNREFUSED", run)
            talk = self.only(run.tcp(), run)
            self.assertEqual((talk["state"], talk["error"]), ("refused", "Connection refused"))
            flags = [line.split("Flags ")[1].split(",")[0] for line in run.lines
                     if "Flags" in line]
            self.assertEqual(list(dict.fromkeys(flags)), ["[S]", "[R.]"], run)

    def test_unreachable_host(self):
        run, what = self.connect(UNREACHABLE, 80)
        self.assertEqual(what, "EHOSTUNREACH", run)
        self.assertTrue(any("ICMP host %s unreachable" % UNREACHABLE in line
                            for line in run.lines), run)
        self.assertEqual(self.only(run.tcp(), run)["state"], "unreachable")

    def test_unreachable_network(self):
        run, what = self.connect(NOWHERE, 80)
        self.assertEqual(what, "ENETUNREACH", run)
        self.assertTrue(any("ICMP net %s unreachable" % NOWHERE in line
                            for line in run.lines), run)
        self.assertEqual(self.only(run.tcp(), run)["state"], "unreachable")

    def test_unreachable_network_by_ip6(self):
        run, what = self.connect("2001:db8:ffff::1", 80)
        self.assertEqual(what, "ENETUNREACH", run)
        self.assertTrue(any("ICMP6, destination unreachable" in line for line in run.lines), run)

    def test_nobody_in_the_programs_own_network(self):
        run, what = self.connect("10.0.2.77", 80)
        self.assertEqual(what, "EHOSTUNREACH", run)

    def test_silence_stays_silence(self):
        """The program's SYN goes unanswered: its kernel sends it again after 1 s, and later."""
        run, what = self.connect(SILENT, 80, "3.5")
        self.assertEqual(what, "timeout", run)
        syns = [packet for packet in run.packets() if packet.is_outbound and is_syn(packet.data)]
        self.assertGreaterEqual(len(syns), 2, run)
        self.assertFalse(any("Flags [S.]" in line or "Flags [R" in line or "ICMP " in line
                             for line in run.lines), run)
        printed = [line for line in run.lines if "Flags [S]" in line]
        self.assertEqual(len(printed), len(syns))
        talk = self.only(run.tcp(), run)
        self.assertEqual(talk["retransmits_out"], len(syns) - 1)
        self.assertEqual(talk["handshake_us"], 0)
        self.assertEqual((talk["state"], talk["ended_by"]), ("timed_out", "nobody"))

    def test_full_backlog_is_silence(self):
        """A server of the host that does not accept: its queue is full, SYNs are dropped."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        fillers = []
        for _ in range(3):
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        run, what = self.connect(GATEWAY, port, "3.5", options=["--host-loopback"])
        self.assertEqual(what, "timeout", run)
        self.assertGreaterEqual(sum("Flags [S]" in line for line in run.lines), 2, run)

    def test_server_resets_after_accept(self):
        server = self.server(harness.Server, lambda connection: (
            connection.recv(10), harness.reset(connection)))
        code = ("import errno, socket\n"
                "s = socket.create_connection(('%s', %d))\n"
                "s.sendall(b'0123456789')\n"
                "try:\n"
                "    print(s.recv(10))\n"
                "except OSError as error:\n"
                "    print(errno.errorcode[error.errno])\n" % (WORLD, server.port))
        run = self.good(sys.executable, "-c", code)
        self.assertEqual(run.out, "ECONNRESET\n")
        talk = self.only(run.tcp(), run)
        self.assertEqual((talk["state"], talk["ended_by"]), ("reset", "peer"))
        self.assertTrue(any("Flags [R" in line for line in run.lines), run)

    def test_program_resets(self):
        seen = []

        def serve(connection):
            try:
                seen.append(connection.recv(10))
                connection.sendall(b"!")
                seen.append(connection.recv(10))
            except ConnectionResetError:
                seen.append("reset")

        server = self.server(harness.Server, serve)
        code = ("import socket, struct\n"
                "s = socket.create_connection(('%s', %d))\n"
                "s.sendall(b'data')\n"
                "s.recv(1)\n"
                "s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"
                "s.close()\n" % (WORLD, server.port))
        run = self.good(sys.executable, "-c", code)
        self.served(server)
        self.assertEqual(seen, [b"data", "reset"])
        talk = self.only(run.tcp(), run)
        self.assertEqual((talk["state"], talk["ended_by"]), ("reset", "program"))

    def test_demo_resets(self):
        self.need("curl")
        run = self.vitro("curl", "-sS", "-4", "http://demo.vitro/reset")
        self.assertEqual(run.status, 56, run)  # curl: failure in receiving
        self.assertEqual(self.only(run.tcp(), run)["state"], "reset")

    def test_closed_port_of_demo(self):
        for address in (DEMO, DEMO6):
            run, what = self.connect(address, 4242)
            self.assertEqual(what, "ECONNREFUSED", run)


class LoopbackTest(Connects):
    """The host's loopback is closed unless it is opened, and then only at the gateway."""

    def load(self):
        self.servers = [self.server(harness.Server, harness.echo, "127.0.0.1"),
                        self.server(harness.Server, harness.echo, "::1")]

    def reached(self):
        return sum(server.accepted for server in self.servers)

    def test_host_loopback_is_closed(self):
        self.load()
        port, port6 = (server.port for server in self.servers)
        everywhere = [(GATEWAY, port), ("127.0.0.1", port), ("0.0.0.0", port), ("127.1.2.3", port),
                      (GATEWAY6, port6), ("::1", port6), ("::", port6),
                      ("::ffff:127.0.0.1", port), ("::ffff:10.0.2.2", port)]
        for address, number in everywhere:
            run, what = self.connect(address, number, prints="none")
            self.assertNotEqual(what, "connected", address)
            self.assertNotEqual(what, "timeout", address)
            self.assertEqual(run.is_hinted, address.endswith((GATEWAY, GATEWAY6)), address)
        self.assertEqual(self.reached(), 0)

    def test_host_loopback_opened_is_the_gateway_only(self):
        self.load()
        port, port6 = (server.port for server in self.servers)
        for address, number, expected in (
                (GATEWAY, port, "connected"), (GATEWAY6, port6, "connected"),
                ("gateway.vitro", port, "connected"),
                ("127.0.0.1", port, "ECONNREFUSED"), ("::1", port6, "ECONNREFUSED")):
            run, what = self.connect(address, number, options=["--host-loopback"])
            self.assertEqual(what, expected, (address, str(run)))
            self.assertFalse(run.is_hinted, address)
        self.wait_for(lambda: self.reached() == 3, "three connections")

    def test_raw_packets_to_loopback_do_not_get_out(self):
        """Root inside routes 127.0.0.1 to the gateway: it must refuse all the same."""
        self.load()
        script = ("ip route del table local local 127.0.0.0/8 dev lo 2>/dev/null; "
                  "ip addr del 127.0.0.1/8 dev lo; "
                  "echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet; "
                  "echo 1 >/proc/sys/net/ipv4/conf/vitro0/route_localnet; "
                  "ip route add 127.0.0.0/8 via %s dev vitro0 && exec \"$@\"" % GATEWAY)
        run = self.vitro("sh", "-c", script, "sh", sys.executable, "-c", CONNECT, "127.0.0.1",
                         str(self.servers[0].port), "5")
        self.assertNotIn("connected", run.out)
        self.assertEqual(self.reached(), 0, run)


def is_syn(frame):
    return frame[12:14] == b"\x08\x00" and frame[23] == 6 and frame[47] & 0x3f == 0x02


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
