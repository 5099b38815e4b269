#!/usr/bin/env python3
"""`vitro doctor` and what `vitro run` says when it cannot start, on hosts that forbid something.

Each host is made for the case, by the child that becomes vitro: a user namespace with a limit, a
mount namespace without /dev/net/tun, a chroot, a seccomp filter. In the user namespace vitro is
user 1000 without any capability.
"""

import ctypes
import os
import platform
import struct
import subprocess
import sys

import harness
from harness import Options

NEW_USER, NEW_MOUNT = 0x10000000, 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
# system calls by their numbers: (unshare, socket, seccomp)
NUMBERS = {"x86_64": (272, 41, 317), "aarch64": (97, 198, 277), "riscv64": (97, 198, 277)}
PACKET_FAMILY = 17
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
USER = 1000

libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def enter_user_namespace(more=0):
    """Has all capabilities there, until the next exec."""
    uid, gid = os.getuid(), os.getgid()
    check(libc.unshare(NEW_USER | more))
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", "%d %d 1" % (USER, uid))
    write("/proc/self/gid_map", "%d %d 1" % (USER, gid))


def mount(source, target, kind=None, flags=0):
    check(libc.mount(source.encode(), target.encode(), kind and kind.encode(), flags, None))


def limit(name, value):
    def prepare():
        enter_user_namespace()
        write("/proc/sys/user/" + name, str(value))
    return prepare


def hide_tun():
    enter_user_namespace(NEW_MOUNT)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("none", "/dev/net", "tmpfs")


def enter_chroot(folder):
    """Of a plain directory, in which the host's are mounted."""
    def prepare():
        enter_user_namespace(NEW_MOUNT)
        mount("none", "/", flags=MS_REC | MS_PRIVATE)
        for name in sorted(os.listdir("/")):
            if os.path.islink("/" + name):
                os.symlink(os.readlink("/" + name), os.path.join(folder, name))
            elif os.path.isdir("/" + name):
                os.mkdir(os.path.join(folder, name))
                mount("/" + name, os.path.join(folder, name), flags=MS_BIND | MS_REC)
        os.chroot(folder)
        os.chdir("/")
    return prepare


def forbid(number, error=EPERM, argument=None):
    """A filter that lets a system call fail, as those of containers do; `argument`: if this is its
    first one."""
    def prepare():
        enter_user_namespace()
        words = [(0x20, 0, 0, 0), (0x15, 0, 1 if argument is None else 3, number)]
        if argument is not None:
            words += [(0x20, 0, 0, 16), (0x15, 0, 1, argument)]
        words += [(6, 0, 0, 0x00050000 | error), (6, 0, 0, 0x7FFF0000)]
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *word) for word in words))
        program = struct.pack("HxxxxxxP", len(words), ctypes.addressof(code))
        check(libc.prctl(38, 1, 0, 0, 0))
        check(libc.prctl(22, 2, program, 0, 0))
    return prepare


def be_unmapped():
    check(libc.unshare(NEW_USER))


def hide_proc():
    enter_user_namespace(NEW_MOUNT)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("none", "/proc", "tmpfs")


class DoctorTest(harness.Case):
    def vitro_where(self, prepare, *words, prefix=()):
        """Runs vitro as `prepare` leaves its process; returns (status, stdout, stderr)."""
        done = subprocess.run([*prefix, Options.vitro, *words], preexec_fn=prepare,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=harness.DEADLINE_S, check=False)
        self.assertNotIn("Sanitizer", done.stderr)
        return done.returncode, done.stdout, done.stderr

    def cannot(self, prepare, step, cause, fix, options=()):
        """Neither starts, and both name the step, the cause and the fix."""
        try:
            status, out, err = self.vitro_where(prepare, "run", *options, "--", "true")
        except subprocess.SubprocessError:
            self.skipTest("such a host cannot be made here")
        said = err.splitlines()
        self.assertEqual((status, out, len(said)), (125, "", 3), err)
        self.assertTrue(said[0].startswith("vitro run: cannot start: " + step), err)
        self.assertTrue(said[1].startswith("vitro run: why: "), err)
        self.assertTrue(said[2].startswith("vitro run: fix: "), err)
        self.assertIn(cause, said[1])
        self.assertIn(fix, said[2])
        if options:
            return
        status, out, err = self.vitro_where(prepare, "doctor", "--offline")
        self.assertEqual((status, err), (1, ""), out)
        lines = out.splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("  FAIL  " + step))
        self.assertTrue(all(line.startswith("  ok ") for line in lines[1:at]), out)
        self.assertIn(cause, lines[at + 1])
        self.assertIn(fix, lines[at + 2])
        self.assertTrue(lines[-1].startswith("vitro run cannot work here: " + step), out)

    def test_all_is_well(self):
        for prefix in [(), tuple(harness.as_nobody())] if Options.is_root else [()]:
            status, out, err = self.vitro_where(None, "doctor", "--offline", prefix=prefix)
            self.assertEqual((status, err), (0, ""), out)
            self.assertNotIn("FAIL", out)
            self.assertIn("  ok    a program inside reaches demo.vitro by name", out)
            self.assertTrue(out.splitlines()[-1].startswith("vitro run will work here, with a "))
            self.assertTrue(all(len(line) < 120 for line in out.splitlines()), out)

    def test_speaks_chinese(self):
        status, out, _ = self.vitro_where(None, "doctor", "--offline", "--lang", "zh")
        self.assertEqual(status, 0, out)
        self.assertIn("\nvitro run 可以在此运行", out)

    def test_asks_only_the_hosts_name_servers(self):
        self.need_root()

        def answer(datagram):
            return datagram[:2] + b"\x81\x83" + datagram[4:]
        server = self.server(harness.UdpServer, answer, "127.0.0.1", 53)
        conf = os.path.join(self.folder, "resolv.conf")
        write(conf, "nameserver 127.0.0.1\nnameserver 203.0.113.200\nnameserver 203.0.113.9\n")
        words = ["unshare", "-m", "sh", "-c",
                 "mount --bind \"$0\" /etc/resolv.conf && exec \"$1\" doctor", conf, Options.vitro]
        done = subprocess.run(words, capture_output=True, text=True, timeout=harness.DEADLINE_S,
                              check=False)
        self.assertEqual(done.returncode, 0, done)
        self.assertGreater(server.count, 0)
        self.assertIn("  ok    name server 127.0.0.1 answers (", done.stdout)
        self.assertIn("  warn  name server 203.0.113.200: No route to host\n", done.stdout)
        self.assertIn("  warn  name server 203.0.113.9 does not answer\n", done.stdout)

    def test_user_namespaces_off(self):
        self.cannot(limit("max_user_namespaces", 0), "making a user namespace: No space",
                    "user.max_user_namespaces is 0", "sudo sysctl user.max_user_namespaces=")

    def test_network_namespaces_off(self):
        self.cannot(limit("max_net_namespaces", 0), "making a network namespace: No space",
                    "user.max_net_namespaces is 0", "sudo sysctl user.max_net_namespaces=")

    def test_one_network_namespace_is_too_few_for_a_packet_socket(self):
        self.cannot(limit("max_net_namespaces", 1), "making a network namespace: No space",
                    "as many network namespaces", "sudo sysctl user.max_net_namespaces=",
                    options=["--device", "packet"])

    def test_mount_namespaces_off(self):
        self.cannot(limit("max_mnt_namespaces", 0), "making a mount namespace: No space",
                    "mount namespaces", "sudo sysctl user.max_mnt_namespaces=")

    def numbers(self):
        if platform.machine() not in NUMBERS:
            self.skipTest("the numbers of system calls are not known for this machine")
        return NUMBERS[platform.machine()]

    def test_a_filter_forbids_unshare(self):
        self.cannot(forbid(self.numbers()[0]),
                    "making a user namespace: Operation not permitted", "seccomp", "")

    def test_a_filter_forbids_user_namespaces(self):
        self.cannot(forbid(self.numbers()[0], argument=NEW_USER),
                    "making a user namespace: Operation not permitted", "seccomp", "")

    def test_a_filter_forbids_packet_sockets(self):
        self.cannot(forbid(self.numbers()[1], argument=PACKET_FAMILY),
                    "opening a packet socket: Operation not permitted", "seccomp", "",
                    options=["--device", "packet"])

    def test_no_packet_sockets(self):
        self.cannot(forbid(self.numbers()[1], EAFNOSUPPORT, PACKET_FAMILY),
                    "opening a packet socket: Address family", "no packet sockets",
                    "sudo modprobe af_packet", options=["--device", "packet"])

    def test_no_seccomp(self):
        prepare = forbid(self.numbers()[2], ENOSYS)
        status, _, err = self.vitro_where(prepare, "run", "true")
        said = err.splitlines()
        self.assertEqual((status, len(said)), (125, 3), err)
        self.assertIn("the kernel has no seccomp filters", said[1])
        self.assertIn("CONFIG_SECCOMP_FILTER", said[2])
        status, out, _ = self.vitro_where(prepare, "doctor", "--offline")
        self.assertEqual(status, 1, out)
        self.assertIn("  FAIL  giving up rights: seccomp filter", out)

    def test_unmapped_user(self):
        self.cannot(be_unmapped, "making a user namespace: Operation not permitted",
                    "has no number in the user namespace", "uid_map")

    def test_no_proc(self):
        with open(Options.vitro, "rb") as file:
            if b"__asan_init" in file.read():
                self.skipTest("sanitizers need /proc")
        self.cannot(hide_proc, "mapping the user into it: No such file", "/proc is not mounted",
                    "mount -t proc")

    def test_chroot(self):
        folder = os.path.join(self.folder, "root")
        os.mkdir(folder)
        mounts = enter_chroot(folder)

        def prepare():
            for name in os.listdir(folder):  # of the first of the two
                path = os.path.join(folder, name)
                os.unlink(path) if os.path.islink(path) else os.rmdir(path)
            mounts()
        self.cannot(prepare, "making a user namespace: Operation not permitted",
                    "this is a chroot", "systemd-nspawn")

    def test_no_tun(self):
        self.cannot(hide_tun, "opening /dev/net/tun: No such file or directory", "/dev/net/tun",
                    "/dev/net/tun", options=["--device", "tap"])
        status, out, _ = self.vitro_where(hide_tun, "doctor", "--offline")
        self.assertEqual(status, 0, out)
        self.assertIn("  note  opening /dev/net/tun: No such file or directory\n", out)
        self.assertEqual(out.splitlines()[-1], "vitro run will work here, with a packet socket "
                         "(no usable /dev/net/tun)")
        status, out, _ = self.vitro_where(hide_tun, "run", "--quiet", "echo", "hello")
        self.assertEqual((status, out), (0, "hello\n"))


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
