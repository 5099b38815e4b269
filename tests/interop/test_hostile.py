#!/usr/bin/env python3
"""Programs that mean harm: at worst one loses its own network.

They are run as a normal user and, where the test is root, as root. What they try is in HELPERS: it
finds the processes of the run from inside, sends packets it has made itself, and the like.
"""

import os
import sys

import harness

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

def daytime():
    with socket.create_connection((DEMO, 13), timeout=10) as s:
        return s.recv(100)
"""


class HostileCase(harness.Case):
    def hostile(self, code, *arguments, **options):
        """The words of a run of a program that begins with HELPERS."""
        return (PYTHON, "-c", HELPERS + code, *arguments)

    def users(self):
        """Prefixes of the command: who runs it."""
        return [(), harness.as_nobody()] if harness.Options.is_root else [()]


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

    @staticmethod
    def is_full(pipe):
        import fcntl
        import struct
        import termios
        waiting = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0]
        return waiting > 60000


class ProcessTest(HostileCase):
    def test_stopped_gateway(self):
        """Whoever stops the gateway has no network, but the run ends."""
        for prefix in self.users():
            code = "os.kill(ours()[2], signal.SIGSTOP)\nsys.exit(7)\n"
            run = self.good(*self.hostile(code), prefix=prefix, status=7, timeout=15)
            self.assertEqual(run.err, "")


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
