#!/usr/bin/env python3
"""Programs that mean harm: at worst one loses its own network.

They are run as a normal user and, where the test is root, as root. What they try is in HELPERS: it
finds the processes of the run from inside, sends packets it has made itself, and the like.
"""

import fcntl
import os
import re
import resource
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

import harness
from harness import SILENT, WORLD

# One that a normal user may run, too: root's own may lie in root's home.
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable

# The parts that hostile programs are made of.
HELPERS = """
import errno, fcntl, os, signal, socket, struct, sys, time

DEMO = '10.0.2.4'

def processes():
    # (pid, parent, whether it has a filter) of vitro's own
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        try:
            if open('/proc/%s/comm' % name).read().strip() != 'vitro':
                continue
            fields = open('/proc/%s/stat' % name).read().rpartition(')')[2].split()
            status = open('/proc/%s/status' % name).read()
        except OSError:
            continue
        yield int(name), int(fields[1]), 'Seccomp:\\t2' in status

def ours():
    # front, inner, gateway of this run
    parent = {pid: above for pid, above, _ in processes()}
    inner = os.getppid()
    front = parent[inner]
    gateway = [pid for pid, above, has_filter in processes() if above == front and has_filter]
    return front, inner, gateway[0]

def state(pid):
    return open('/proc/%d/stat' % pid).read().rpartition(')')[2].split()[0]

def daytime():
    with socket.create_connection((DEMO, 13), timeout=100) as s:
        return s.recv(100)

def daytime_at_last():
    while True:  # the gateway may have a queue to work off, and not even answer ARP
        try:
            return daytime()
        except OSError:
            pass
"""


class HostileCase(harness.Case):
    def hostile(self, code, *arguments, **options):
        """The words of a run of a program that begins with HELPERS."""
        return (PYTHON, "-c", HELPERS + code, *arguments)

    def users(self):
        """Prefixes of the command: who runs it."""
        return [(), harness.as_nobody()] if harness.Options.is_root else [()]


# Packets of its own making: of root inside, who may send what it likes.
RAW = """
LINK = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
LINK.bind(('vitro0', 0))
HEAD = bytes.fromhex('027669747202' '027669747201')

def add(data):
    data += b'\\0' * (len(data) % 2)
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total

def checked(pseudo, body, at):
    total = ~add(pseudo + body) & 0xffff
    return body[:at] + struct.pack('>H', total) + body[at + 2:]

def ip(source, target, protocol, body, at, options=b'', offset=0):
    if ':' in target:
        source, target = (socket.inet_pton(socket.AF_INET6, a) for a in (source, target))
        body = checked(source + target + struct.pack('>II', len(body), protocol), body, at)
        return (HEAD + b'\\x86\\xdd' + struct.pack('>IHBB', 6 << 28, len(body), protocol, 64) +
                source + target + body)
    source, target = socket.inet_aton(source), socket.inet_aton(target)
    pseudo = source + target + struct.pack('>HH', protocol, len(body))
    body = checked(b'' if protocol == 1 else pseudo, body, at)
    words = 5 + len(options) // 4
    head = struct.pack('>BBHHHBBH', 0x40 + words, 0, words * 4 + len(body), 1, offset, 64,
                       protocol, 0) + source + target + options
    return HEAD + b'\\x08\\0' + checked(b'', head, 10) + body

def syn(port, own, number=1):
    return struct.pack('>HHIIBBHHH', own, port, number, 0, 0x50, 2, 4000, 0, 0)

def datagram(port, own, data=b'knock'):
    return struct.pack('>HHHH', own, port, 8 + len(data), 0) + data

def echo_request(target):
    return struct.pack('>BBHHH', 128 if ':' in target else 8, 0, 0, 1, 1) + b'knock'

def send(frame):
    try:
        LINK.send(frame)
    except OSError as error:  # its queue is full
        if error.errno != errno.ENOBUFS:
            raise
"""


class Doors:
    """Listens at one port of every address, and notes at which address somebody came."""

    def __init__(self):
        self.came = []
        self.sockets = []
        first = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = first.getsockname()[1]
        first.setblocking(False)
        udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        udp.bind(("::", self.port))
        udp.setblocking(False)
        self.sockets = [first, udp]

    def look(self):
        """The addresses at which somebody has come, of IPv4 as well."""
        tcp, udp = self.sockets
        while True:
            try:
                connection, _ = tcp.accept()
            except BlockingIOError:
                break
            self.came.append("tcp " + connection.getsockname()[0])
            connection.close()
        while True:
            try:
                _, notes, _, _ = udp.recvmsg(100, 200)
            except BlockingIOError:
                break
            for _, kind, data in notes:
                if kind == socket.IPV6_PKTINFO:
                    self.came.append("udp " + socket.inet_ntop(socket.AF_INET6, data[:16]))
        return sorted(set(text.replace("::ffff:", "") for text in self.came))

    def close(self):
        for one in self.sockets:
            one.close()


class PolicyTest(HostileCase):
    """The host's loopback is closed, whatever the packets look like."""

    hidden = ("127.0.0.1", "127.0.0.53", "127.255.255.254", "0.0.0.0", "0.0.0.1", "10.0.2.2",
              "10.0.2.100", "10.0.2.77", "255.255.255.255", "10.0.2.255", "224.0.0.1", "::", "::1",
              "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::127.0.0.1", "fe80::1", "ff02::1",
              "fd76:6974:726f::2", "fd76:6974:726f::77", "::ffff:10.0.2.2")

    def test_sockets(self):
        code = ("port = int(sys.argv[1])\n"
                "for target in sys.argv[3:]:\n"
                "    family = socket.AF_INET6 if ':' in target else socket.AF_INET\n"
                "    scope = '%vitro0' if target.startswith('f') and target[1] != 'd' else ''\n"
                "    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n"
                "        with socket.socket(family, kind) as s:\n"
                "            s.settimeout(0.3)\n"
                "            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)\n"
                "            try:\n"
                "                address = socket.getaddrinfo(target + scope, port)[0][4]\n"
                "                s.connect(address)\n"
                "                s.send(b'knock')\n"
                "            except OSError:\n"
                "                pass\n"
                "socket.create_connection((sys.argv[2], port)).close()\n")
        for prefix in self.users():
            doors = self.server(Doors)
            self.good(*self.hostile(code, str(doors.port), WORLD, *self.hidden), prefix=prefix)
            self.assertEqual(doors.look(), ["tcp " + WORLD])

    def test_raw_packets(self):
        """From any source, with source routes, to any disguise of it."""
        self.need_root()
        code = RAW + (
            "port = int(sys.argv[1])\n"
            "route = bytes.fromhex('830b04') + socket.inet_aton('127.0.0.1') * 2 + b'\\0'\n"
            "strict = bytes.fromhex('890704') + socket.inet_aton('10.0.2.2') + b'\\0'\n"
            "v4 = ['10.0.2.100', '127.0.0.1', '10.0.2.2', '10.0.2.4', '0.0.0.0', '8.8.8.8',\n"
            "      sys.argv[2], '255.255.255.255', '224.0.0.1', '10.0.2.255']\n"
            "v6 = ['fd76:6974:726f::100', '::1', '::', 'fd76:6974:726f::2', '2001:db8::7',\n"
            "      'fe80::1', 'ff02::1', '::ffff:127.0.0.1']\n"
            "own = 20000\n"
            "for target in sys.argv[4:]:\n"
            "    for source in v6 if ':' in target else v4:\n"
            "        for options in (b'',) if ':' in target else (b'', route, strict):\n"
            "            own += 1\n"
            "            send(ip(source, target, 6, syn(port, own), 16, options))\n"
            "            send(ip(source, target, 17, datagram(port, own), 6, options))\n"
            "            protocol = 58 if ':' in target else 1\n"
            "            send(ip(source, target, protocol, echo_request(target), 2, options))\n"
            "for source in v4[:1]:\n"
            "    for options in (route, strict):\n"
            "        send(ip(source, sys.argv[2], 17, datagram(port, 9), 6, options))\n"
            "print(len(daytime_at_last()) > 10)\n"
            "socket.create_connection((sys.argv[2], port), timeout=100).close()\n"
            "socket.create_connection((sys.argv[3], port), timeout=100).close()\n")
        doors = self.server(Doors)
        run = self.good(*self.hostile(code, str(doors.port), WORLD, harness.WORLD6, *self.hidden))
        self.assertEqual(run.out, "True\n")
        self.assertEqual([at for at in doors.look() if at != "udp " + WORLD],
                         ["tcp " + WORLD, "tcp " + harness.WORLD6], run)

    def test_name_of_the_loopback(self):
        """A name server may say 127.0.0.1: that is the program's own."""
        doors = self.server(Doors)
        code = ("for name in ('127.0.0.1', '::1', 'localhost'):\n"
                "    try:\n"
                "        socket.create_connection((name, int(sys.argv[1])), timeout=100)\n"
                "    except OSError as error:\n"
                "        print(errno.errorcode[error.errno])\n")
        run = self.good(*self.hostile(code, str(doors.port)))
        self.assertEqual(run.out.split(), ["ECONNREFUSED"] * 3)
        self.assertEqual(doors.look(), [])

    def test_published_port_from_inside(self):
        """It is on the host's loopback, which is closed to the program as well."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        code = ("for target in ('10.0.2.2', '10.0.2.100'):\n"
                "    try:\n"
                "        socket.create_connection((target, int(sys.argv[1])), timeout=100)\n"
                "    except OSError as error:\n"
                "        print(errno.errorcode[error.errno])\n")
        run = self.good(*self.hostile(code, str(port)), options=["-p", "%d:8080" % port])
        self.assertEqual(run.out.split(), ["ECONNREFUSED"] * 2, run)


class TerminalTest(HostileCase):
    def test_output_that_must_not_block(self):
        """The program sets the file that it shares with the gateway not to block."""
        read_end, write_end = os.pipe()
        code = ("flags = fcntl.fcntl(2, fcntl.F_GETFL)\n"
                "fcntl.fcntl(2, fcntl.F_SETFL, flags | os.O_NONBLOCK)\n"
                "for _ in range(200):\n"
                "    daytime()\n"
                "print('done')\n")
        process = self.start(*self.hostile(code), files=False, stderr=write_end,
                             options=["--print", "all"])
        os.close(write_end)
        self.wait_for(lambda: self.is_full(read_end), "the pipe is full")
        with os.fdopen(read_end, "rb") as pipe:
            text = pipe.read().decode()
        run = self.finish(process)
        self.assertEqual((run.status, run.out), (0, "done\n"), text[-2000:])
        self.assertIn("-- 200 connections", text)

    def test_output_that_nobody_reads(self):
        """The gateway waits for its reader; who has no patience ends the run all the same."""
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        code = ("for _ in range(300):\n"
                "    try:\n"
                "        with socket.create_connection((DEMO, 13), timeout=0.3) as s:\n"
                "            s.recv(100)\n"
                "    except OSError:\n"
                "        break\n"
                "print(os.getpid(), flush=True)\n"
                "sys.exit(7)\n")
        process = self.start(*self.hostile(code), files=False, stderr=write_end,
                             options=["--print", "all"])
        os.close(write_end)
        program = int(process.stdout.readline())
        self.wait_for(lambda: (harness.read_stat(program) or "Z")[0] == "Z", "the program ends")

        def hurry():
            process.terminate()
            time.sleep(0.1)
            return process.poll() is not None
        self.wait_for(hurry, "the run ends")
        self.assertEqual(process.returncode, 7)

    @staticmethod
    def is_full(pipe):
        waiting = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0]
        return waiting > 60000


class ProcessTest(HostileCase):
    def test_no_way_into_the_others(self):
        """Front and gateway cannot be traced, read, or entered; descriptors cannot be taken."""
        code = ("import ctypes\n"
                "libc = ctypes.CDLL(None, use_errno=True)\n"
                "def failed(result):\n"
                "    return result < 0 and errno.errorcode[ctypes.get_errno()]\n"
                "print(os.listdir('/proc/self/fd'))\n"
                "front, inner, gateway = ours()\n"
                "for pid in (front, gateway):\n"
                "    print(failed(libc.ptrace(0x4206, pid, 0, 0)), end=' ')  # PTRACE_SEIZE\n"
                "    room = ctypes.create_string_buffer(8)\n"
                "    part = (ctypes.c_void_p * 2)(ctypes.addressof(room), 8)\n"
                "    print(failed(libc.process_vm_readv(pid, part, 1, part, 1, 0)), end=' ')\n"
                "    for name in ('mem', 'maps', 'environ', 'ns/net', 'ns/user', 'root/etc',\n"
                "                 'fd/3'):\n"
                "        try:\n"
                "            os.open('/proc/%d/%s' % (pid, name), os.O_RDONLY)\n"
                "            print('open:', name, end=' ')\n"
                "        except OSError as error:\n"
                "            print(errno.errorcode[error.errno], end=' ')\n"
                "    handle = libc.syscall(434, pid, 0)  # pidfd_open\n"
                "    if handle >= 0:\n"
                "        print(failed(libc.syscall(438, handle, 3, 0)), end=' ')  # pidfd_getfd\n"
                "        print(failed(libc.setns(handle, 0x40000000)), end=' ')\n")
        for prefix in self.users():
            run = self.good(*self.hostile(code), prefix=prefix)
            descriptors, said = run.out.split("\n")
            self.assertLessEqual(set(said.split()), {"EPERM", "EACCES", "ENOSYS"}, run)
            self.assertGreaterEqual(len(said.split()), 18, run)
            self.assertEqual(descriptors, "['0', '1', '2', '3']", run)

    def test_no_other_device(self):
        """A normal user inside makes no device, takes no packet off this one, changes nothing."""
        code = ("request = struct.pack('16sH22x', b'vitro0', 0x1002 | 0x4000)\n"
                "def attempt(what):\n"
                "    try:\n"
                "        what()\n"
                "        print('yes', end=' ')\n"
                "    except OSError as error:\n"
                "        print(errno.errorcode[error.errno], end=' ')\n"
                "attempt(lambda: fcntl.ioctl(os.open('/dev/net/tun', os.O_RDWR), 0x400454ca,\n"
                "                            request))\n"
                "attempt(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))\n"
                "attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))\n"
                "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                "down = struct.pack('16sH22x', b'vitro0', 0)\n"
                "attempt(lambda: fcntl.ioctl(s, 0x8914, down))\n")
        self.need_root()
        run = self.good(*self.hostile(code), prefix=harness.as_nobody())
        for said in run.out.split():
            self.assertIn(said, ("EPERM", "EACCES", "ENOENT", "EBUSY", "ENXIO"), run)

    def test_killed_gateway(self):
        """The program goes on without a network; what was captured before is whole."""
        code = ("with socket.create_connection((DEMO, 80), timeout=100) as s:\n"
                "    s.sendall(b'GET /bytes/100000000 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n"
                "    left = 1000000\n"
                "    while left > 0:\n"
                "        left -= len(s.recv(100000))\n"
                "    while os.path.getsize(sys.argv[1]) < 500000:\n"
                "        time.sleep(0.02)\n"
                "    gateway = ours()[2]\n"
                "    os.kill(gateway, signal.SIGSTOP)  # or it would be cut short in a write()\n"
                "    while state(gateway) != 'T':\n"
                "        time.sleep(0.02)\n"
                "    os.kill(gateway, signal.SIGKILL)\n"
                "    while 'vitro0' in (name for _, name in socket.if_nameindex()):\n"
                "        time.sleep(0.02)\n"
                "    try:\n"
                "        socket.create_connection((DEMO, 80), timeout=100)\n"
                "    except OSError as error:\n"
                "        print(errno.errorcode[error.errno])\n"
                "sys.exit(7)\n")
        for prefix in self.users():
            capture = os.path.join(self.folder, "run%d" % (self.runs + 1), "capture.pcapng")
            process = self.start(*self.hostile(code, capture), prefix=prefix)
            run = self.finish(process, is_whole=False)
            self.assertEqual((run.status, run.out), (7, "ENETUNREACH\n"), run)
            self.assertIn("(signal 9)", run.err)
            self.assertGreater(len(run.packets()), 10)
            self.assertEqual(run.objects, [])

    def test_full_disk(self):
        """What cannot be written is said; the program does not notice."""
        small = os.path.join(self.folder, "small")
        os.mkdir(small)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], check=True)
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        code = ("for _ in range(300):\n"
                "    daytime()\n"
                "sys.exit(7)\n")
        for option in ("-w", "--json", "-o"):
            path = os.path.join(small, "file")
            run = self.vitro(*self.hostile(code), files=False,
                             options=[option, path, "--print", "all"])
            self.assertEqual(run.status, 7, run)
            self.assertIn("No space left on device", run.err)
            os.unlink(path)


class ResourceTest(HostileCase):
    def most_memory(self, process):
        """What the gateway has at most, in bytes, until the run is over."""
        gateway = self.gateway_of(process)
        most = [0]

        def look():
            most[0] = max(most[0], harness.resident_bytes(gateway))
            return process.poll() is not None
        self.wait_for(look, "the run is over")
        return most[0]

    def test_few_descriptors(self):
        """At their limit connections wait, are counted, and there is no spinning."""
        server = self.server(harness.Server, lambda connection: connection.recv(1))
        code = ("sys.stdin.readline()\n"
                "where = (sys.argv[1], int(sys.argv[2]))\n"
                "held = []\n"
                "for _ in range(100):\n"
                "    s = socket.socket()\n"
                "    s.setblocking(False)\n"
                "    s.connect_ex(where)\n"
                "    held.append(s)\n"
                "    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                "    u.sendto(b'x', where)\n"
                "    held.append(u)\n"
                "print('full', flush=True)\n"
                "sys.stdin.readline()\n"
                "for s in held:\n"
                "    s.close()\n"
                "socket.create_connection(where, timeout=100).close()\n")
        process = self.start(*self.hostile(code, WORLD, str(server.port)), stdin=subprocess.PIPE)
        gateway = self.gateway_of(process)
        resource.prlimit(gateway, resource.RLIMIT_NOFILE, (64, 64))
        process.stdin.write(b"\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"full\n")
        self.wait_for(lambda: busy(gateway, 1)[0] < 20, "less than a fifth of the time is used")
        run = self.finish(process, stdin=b"\n")
        self.assertEqual(run.status, 0, run)
        self.assertGreater(run.summary["refused_by_limit"], 0, run)

    def test_flood_of_syns(self):
        """More than there is room for, never answered: bounded, and the gateway stays."""
        self.need_root()
        code = RAW + ("for number in range(20000):\n"
                      "    source = '10.0.%d.%d' % (3 + number // 5000, number % 250 + 1)\n"
                      "    body = syn(int(sys.argv[2]), 1024 + number)\n"
                      "    send(ip(source, sys.argv[1], 6, body, 16))\n"
                      "    if number % 50 == 0:\n"
                      "        time.sleep(0.001)\n"
                      "print(len(daytime_at_last()) > 10)\n")
        process = self.start(*self.hostile(code, SILENT, "80"), prints="none")
        most = self.most_memory(process)
        run = self.finish(process, is_whole=False)
        self.assertEqual(run.out, "True\n", run)
        flood = run.tcp(peer=SILENT + ":80")  # refused ones where descriptors are few
        self.assertLessEqual(len([talk for talk in flood if talk["state"] != "failed"]), 16384)
        self.assertLess(most, 300 << 20)

    def test_memory(self):
        """Hundreds of connections that take nothing, and fill what they are given."""
        hold = threading.Event()
        server = self.server(harness.Server, lambda connection: hold.wait(harness.DEADLINE_S))
        self.addCleanup(hold.set)
        code = ("held = [socket.socket() for _ in range(600)]\n"
                "for number, s in enumerate(held):\n"
                "    s.setblocking(False)\n"
                "    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)\n"
                "    s.connect_ex((sys.argv[1], int(sys.argv[2])) if number % 2 else (DEMO, 19))\n"
                "time.sleep(0.5)\n"
                "for _ in range(20):\n"
                "    for s in held:\n"
                "        try:\n"
                "            s.send(b'z' * 100000)\n"
                "        except OSError:\n"
                "            pass\n"
                "time.sleep(0.5)\n")
        process = self.start(*self.hostile(code, WORLD, str(server.port)), options=["-q"],
                             files=False)
        most = self.most_memory(process)
        self.assertEqual(self.finish(process).status, 0)
        self.assertLess(most, 512 << 20)

    def test_nothing_to_do_takes_no_time(self):
        """Half-closed both ways, reset, refused, full: then the gateway sleeps."""
        hold = threading.Event()

        def serve(connection):
            what = connection.recv(1)
            if what == b"e":
                connection.shutdown(socket.SHUT_WR)
            if what == b"r":
                harness.reset(connection)
                return
            hold.wait(harness.DEADLINE_S)

        server = self.server(harness.Server, serve)
        self.addCleanup(hold.set)
        code = ("where = (sys.argv[1], int(sys.argv[2]))\n"
                "held = []\n"
                "for what in (b'e', b'r', b'', b'f', b'h'):\n"
                "    s = socket.create_connection(where)\n"
                "    s.sendall(what)\n"
                "    held.append(s)\n"
                "held[2].shutdown(socket.SHUT_WR)\n"
                "held[3].setblocking(False)\n"
                "for _ in range(100):\n"
                "    try:\n"
                "        held[3].send(b'z' * 1000000)\n"
                "    except OSError:\n"
                "        pass\n"
                "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                "u.sendto(b'x', (sys.argv[1], 9))\n"
                "print('calm', flush=True)\n"
                "sys.stdin.readline()\n")
        process = self.start(*self.hostile(code, WORLD, str(server.port)), stdin=subprocess.PIPE)
        gateway = self.gateway_of(process)
        self.assertEqual(process.stdout.readline(), b"calm\n")

        def is_asleep():
            ticks, wakes = busy(gateway, 2)
            return ticks <= 2 and wakes < 20
        self.wait_for(is_asleep, "it sleeps")
        self.finish(process, stdin=b"\n")


def busy(pid, seconds):
    """What a process does meanwhile: (ticks of its time, how often it wakes up)."""
    before = cpu_ticks(pid), switches(pid)
    time.sleep(seconds)
    return cpu_ticks(pid) - before[0], switches(pid) - before[1]


def cpu_ticks(pid):
    fields = harness.read_text("/proc/%d/stat" % pid).rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def switches(pid):
    found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                      harness.read_text("/proc/%d/status" % pid), re.M)
    return int(found.group(1))


class StoppedTest(HostileCase):
    def test_stopped_gateway(self):
        """Whoever stops the gateway has no network, but the run ends."""
        for prefix in self.users():
            code = "os.kill(ours()[2], signal.SIGSTOP)\nsys.exit(7)\n"
            run = self.good(*self.hostile(code), prefix=prefix, status=7)
            self.assertEqual(run.err, "")


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
