#!/usr/bin/env python3
"""Names: the host's resolvers, whatever they are, and the names of vitro's own."""

import os
import socket
import struct
import subprocess
import sys
import threading

import harness
from harness import DEMO, DEMO6, GATEWAY, GATEWAY6, WORLD, WORLD6

A, CNAME, PTR, AAAA = 1, 5, 12, 28
STUB = "127.0.0.53"
MANY = ["198.51.100.%d" % n for n in range(1, 121)]
ZONE = {
    ("web.test", A): [(A, WORLD)],
    ("web.test", AAAA): [(AAAA, WORLD6)],
    ("alias.test", A): [(CNAME, "web.test"), (A, WORLD)],
    ("alias.test", AAAA): [(CNAME, "web.test"), (AAAA, WORLD6)],
    ("many.test", A): [(A, address) for address in MANY],
    ("host.corp.test", A): [(A, "198.51.100.99")],
    ("7.100.51.198.in-addr.arpa", PTR): [(PTR, "web.test")],
}
UDP_BYTES_MAX = 512


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def read_question(query):
    labels = []
    at = 12
    while query[at] != 0:
        labels.append(query[at + 1: at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack_from(">H", query, at + 1)[0], at + 5


def encode_record(kind, value, name):
    if kind in (CNAME, PTR):
        data = encode_name(value)
    else:
        data = socket.inet_pton(socket.AF_INET if kind == A else socket.AF_INET6, value)
    return encode_name(name) + struct.pack(">HHIH", kind, 1, 300, len(data)) + data


class Resolver:
    """A name server of the host's, by UDP and TCP."""

    def __init__(self, address, port=53, code=None):
        self.code = code  # answers this to everything
        self.asked = []  # (way, name, type)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, port))
        self.tcp = socket.create_server((address, port))
        self.threads = [threading.Thread(target=serve, daemon=True)
                        for serve in (self.serve_udp, self.serve_tcp)]
        for thread in self.threads:
            thread.start()

    def answer(self, way, query):
        name, kind, end = read_question(query)
        self.asked.append((way, name.lower(), kind))
        known = any(known_name == name.lower() for known_name, _ in ZONE)
        code = self.code if self.code is not None else 0 if known else 3
        records = b""
        count = 0
        owner = name
        for record_kind, value in ZONE.get((name.lower(), kind), []) if code == 0 else []:
            records += encode_record(record_kind, value, owner)
            count += 1
            if record_kind == CNAME:
                owner = value
        flags = 0x8180 | code
        if way == "udp" and end + len(records) > UDP_BYTES_MAX:
            flags, count, records = flags | 0x0200, 0, b""
        return (query[:2] + struct.pack(">HHHHH", flags, 1, count, 0, 0) + query[12:end] + records)

    def serve_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
                if peer is None:  # shut down
                    return
                if len(query) >= 12:
                    self.udp.sendto(self.answer("udp", query), peer)
            except OSError:
                return

    def serve_tcp(self):
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            with connection:
                file = connection.makefile("rb")
                head = file.read(2)
                if len(head) == 2:
                    answer = self.answer("tcp", file.read(struct.unpack(">H", head)[0]))
                    connection.sendall(struct.pack(">H", len(answer)) + answer)

    def close(self):
        for one in (self.udp, self.tcp):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(harness.DEADLINE_S)
        self.udp.close()
        self.tcp.close()


def make_own_etc():
    """A copy of /etc that can be changed; only this namespace sees it."""
    copy = os.path.join(harness.Options.folder, "etc")
    subprocess.run(["cp", "-a", "/etc", copy], check=False, capture_output=True)
    subprocess.run(["mount", "--bind", copy, "/etc"], check=True)


# Waits for a line, then asks for a name ($1) until there is one.
ASKS_AGAIN = """
echo && read line
i=0
while [ $i -lt 600 ] && ! getent ahostsv4 "$1"; do sleep 0.1; i=$((i + 1)); done
cat /etc/resolv.conf
"""


class NamesCase(harness.Case):
    @classmethod
    def setUpClass(cls):
        if not os.path.isdir(os.path.join(harness.Options.folder, "etc")):
            make_own_etc()

    def setUp(self):
        super().setUp()
        self.resolv_conf("nameserver %s\n" % STUB)

    def resolv_conf(self, text, path="/etc/resolv.conf"):
        self.remove_resolv_conf()
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, 0o644)

    def replace_resolv_conf(self, text):
        """As those do who want no reader to find half of it."""
        with open("/etc/resolv.conf.new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename("/etc/resolv.conf.new", "/etc/resolv.conf")

    def remove_resolv_conf(self):
        if os.path.lexists("/etc/resolv.conf"):
            os.remove("/etc/resolv.conf")

    def addresses(self, name, database="ahosts", **options):
        run = self.good("getent", database, name, **options)
        return run, sorted(set(line.split()[0] for line in run.out.splitlines()))


class ResolverTest(NamesCase):
    def test_a_and_aaaa(self):
        resolver = self.server(Resolver, STUB)
        run, addresses = self.addresses("web.test")
        self.assertEqual(addresses, [WORLD, WORLD6], run)
        self.assertEqual(set(kind for _, _, kind in resolver.asked), {A, AAAA})
        details = set(talk["detail"] for talk in run.kind("dns", name="web.test"))
        self.assertLessEqual({"A " + WORLD, "AAAA " + WORLD6}, details, run)
        self.assertTrue(any("A? web.test." in line for line in run.lines), run)

    def test_cname(self):
        self.server(Resolver, STUB)
        run, addresses = self.addresses("alias.test")
        self.assertEqual(addresses, [WORLD, WORLD6], run)

    def test_connection_bears_its_name(self):
        self.need("curl")
        self.server(Resolver, STUB)
        server = self.server(harness.HttpServer)
        run = self.good("curl", "-sS", "-4", "-o", "/dev/null", "http://alias.test:%d/10"
                        % server.port)
        talk = self.only(run.tcp(), run)
        self.assertEqual(talk["name"], "alias.test", run)
        self.assertEqual(talk["peer"], "%s:%d" % (WORLD, server.port))
        self.assertTrue(any("alias.test:%d" % server.port in row for row in run.table), run)

    def test_truncated_then_tcp(self):
        resolver = self.server(Resolver, STUB)
        run, addresses = self.addresses("many.test", "ahostsv4")
        self.assertEqual(addresses, sorted(MANY), run)
        ways = [way for way, _, kind in resolver.asked if kind == A]
        self.assertEqual((ways[0], ways[-1]), ("udp", "tcp"), ways)

    def test_no_such_name(self):
        self.server(Resolver, STUB)
        run = self.good("getent", "ahosts", "nobody.test", status=2)
        self.assertTrue(run.kind("dns", name="nobody.test"), run)
        self.assertTrue(any("NXDomain" in line for line in run.lines), run)
        self.assertTrue(all("NXDOMAIN" in talk["detail"].upper() for talk in
                            run.kind("dns", name="nobody.test")), run)

    def test_first_resolver_is_dead(self):
        """One where nobody listens, and the second is asked."""
        resolver = self.server(Resolver, STUB)
        self.resolv_conf("nameserver 127.0.0.99\nnameserver %s\n" % STUB)
        run, addresses = self.addresses("web.test")
        self.assertEqual(addresses, [WORLD, WORLD6], run)
        self.assertTrue(resolver.asked)

    def test_first_resolver_is_silent(self):
        self.server(Resolver, STUB)
        self.resolv_conf("nameserver %s\nnameserver %s\n" % (harness.SILENT, STUB))
        run, addresses = self.addresses("web.test")
        self.assertEqual(addresses, [WORLD, WORLD6], run)

    def test_first_resolver_fails(self):
        failing = self.server(Resolver, "127.0.0.54", code=2)
        self.server(Resolver, STUB)
        self.resolv_conf("nameserver 127.0.0.54\nnameserver %s\n" % STUB)
        run, addresses = self.addresses("web.test")
        self.assertEqual(addresses, [WORLD, WORLD6], run)
        self.assertTrue(failing.asked)

    def test_no_resolver_at_all(self):
        """Nobody answers: an honest failure, and a line that says so."""
        self.resolv_conf("nameserver 127.0.0.99\n")
        run = self.vitro("getent", "ahosts", "web.test")
        self.assertNotEqual(run.status, 0, run)
        self.assertTrue(run.kind("dns", name="web.test"), run)
        self.assertFalse([talk for talk in run.kind("dns") if talk["state"] == "answered"
                          and talk["detail"].startswith("A ")], run)

    def test_search_list_is_kept(self):
        self.server(Resolver, STUB)
        self.resolv_conf("nameserver %s\nsearch corp.test\n" % STUB)
        _, addresses = self.addresses("host", "ahostsv4")
        self.assertEqual(addresses, ["198.51.100.99"])

    def test_host_changes_its_resolvers(self):
        """A long run keeps its names where the network becomes another."""
        process = self.start("sh", "-c", ASKS_AGAIN, "sh", "web.test", stdin=subprocess.PIPE)
        self.assertTrue(process.stdout.readline())
        new = self.server(Resolver, "127.0.0.54")
        self.replace_resolv_conf("nameserver 127.0.0.54\n")
        run = self.finish(process, b"\n")
        self.assertIn("nameserver 10.0.2.3", run.out)
        self.assertIn(("udp", "web.test", A), new.asked)

    def test_reverse_lookup(self):
        self.server(Resolver, STUB)
        run = self.good("getent", "hosts", WORLD)
        self.assertIn("web.test", run.out)

    def test_many_questions(self):
        resolver = self.server(Resolver, STUB)
        run = self.good("bash", "-c", "for i in $(seq 100); do getent ahostsv4 web.test "
                        ">/dev/null & done; wait; echo done")
        self.assertEqual(run.out, "done\n")
        self.assertGreaterEqual(len(resolver.asked), 100)

    def test_by_tcp(self):
        self.server(Resolver, STUB)
        code = ("import socket, struct\n"
                "q = b'\\x12\\x34\\x01\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3web\\4test\\0\\0\\1\\0\\1'\n"
                "s = socket.create_connection(('10.0.2.3', 53))\n"
                "s.sendall(struct.pack('>H', len(q)) + q)\n"
                "f = s.makefile('rb')\n"
                "a = f.read(struct.unpack('>H', f.read(2))[0])\n"
                "print(a[:2].hex(), '.'.join(map(str, a[-4:])))\n")
        run = self.good(sys.executable, "-c", code)
        self.assertEqual(run.out, "1234 %s\n" % WORLD)


class OwnNamesTest(NamesCase):
    def test_own_names(self):
        for name, expected in (("demo.vitro", [DEMO, DEMO6]), ("gateway.vitro",
                                                               [GATEWAY, GATEWAY6]),
                               ("DEMO.Vitro", [DEMO, DEMO6])):
            run, addresses = self.addresses(name)
            self.assertEqual(addresses, expected, run)

    def test_own_names_are_not_asked_of_others(self):
        resolver = self.server(Resolver, STUB)
        self.addresses("demo.vitro")
        self.good("getent", "ahosts", "nothing.vitro", status=2)
        self.assertEqual(resolver.asked, [])

    def test_file_is_laid_over_and_the_hosts_stays(self):
        text = "nameserver %s\nsearch corp.test\n" % STUB
        self.resolv_conf(text)
        run = self.good("cat", "/etc/resolv.conf")
        self.assertIn("nameserver 10.0.2.3", run.out)
        self.assertNotIn(STUB, run.out)
        self.assertEqual(harness.read_text("/etc/resolv.conf"), text)

    def test_file_is_replaced(self):
        """What is laid over a file falls off when the host puts another in its place."""
        process = self.start("sh", "-c", ASKS_AGAIN, "sh", "demo.vitro", stdin=subprocess.PIPE)
        self.assertTrue(process.stdout.readline())
        self.replace_resolv_conf("nameserver 127.0.0.54\n")
        run = self.finish(process, b"\n")
        self.assertIn("nameserver 10.0.2.3", run.out)

    def test_file_is_a_link(self):
        folder = os.path.join(self.folder, "run")
        os.mkdir(folder)
        self.resolv_conf("", os.path.join(folder, "stub.conf"))
        with open(os.path.join(folder, "stub.conf"), "w", encoding="ascii") as file:
            file.write("nameserver %s\n" % STUB)
        os.symlink(os.path.join(folder, "stub.conf"), "/etc/resolv.conf")
        self.server(Resolver, STUB)
        for name, expected in (("demo.vitro", [DEMO, DEMO6]), ("web.test", [WORLD, WORLD6])):
            run, addresses = self.addresses(name)
            self.assertEqual((addresses, run.err), (expected, ""))
        self.assertTrue(os.path.islink("/etc/resolv.conf"))

    def test_file_is_a_link_to_nowhere(self):
        self.remove_resolv_conf()
        os.symlink("../run/not/there/resolv.conf", "/etc/resolv.conf")
        run, addresses = self.addresses("demo.vitro")
        self.assertEqual((addresses, run.err), ([DEMO, DEMO6], ""))
        self.assertTrue(os.path.islink("/etc/resolv.conf"))

    def test_there_is_no_file(self):
        self.remove_resolv_conf()
        run, addresses = self.addresses("demo.vitro")
        self.assertEqual((addresses, run.err), ([DEMO, DEMO6], ""))
        self.assertFalse(os.path.lexists("/etc/resolv.conf"))

    def test_resolver_at_the_programs_own_addresses(self):
        """The host's resolver is 10.0.2.3 itself (a virtual machine): another network is taken."""
        subprocess.run(["ip", "addr", "add", "10.0.2.15/24", "dev", "silent0"], check=True)
        self.addCleanup(subprocess.run, ["ip", "addr", "del", "10.0.2.15/24", "dev", "silent0"],
                        check=True)
        self.resolv_conf("nameserver 10.0.2.3\n")
        run, addresses = self.addresses("demo.vitro", "ahostsv4")
        self.assertFalse(addresses[0].startswith("10.0.2."), run)
        self.assertEqual(run.err, "")


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
