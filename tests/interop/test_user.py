#!/usr/bin/env python3
"""Root and normal users, with and without /dev/net/tun, with a read-only home, with no network."""

import os
import subprocess
import sys

import harness
from harness import DEMO, GATEWAY, WORLD

HELLO = ["curl", "-sS", "http://demo.vitro/hello"]


class UserCase(harness.Case):
    def setUp(self):
        super().setUp()
        self.need("curl")

    def mount(self, *words):
        subprocess.run(["mount", *words], check=True)
        self.addCleanup(subprocess.run, ["umount", words[-1]], check=True)

    def tun(self, mode):
        """A /dev/net with a `tun` of this mode, None: without."""
        if not os.path.isdir("/dev/net"):
            self.skipTest("there is no /dev/net here")
        self.mount("-t", "tmpfs", "-o", "mode=755", "none", "/dev/net")
        if mode is not None:
            made = subprocess.run(["mknod", "-m", mode, "/dev/net/tun", "c", "10", "200"],
                                  capture_output=True, text=True, check=False)
            if made.returncode != 0:
                self.skipTest("no device node can be made: " + made.stderr.strip())
            try:
                os.close(os.open("/dev/net/tun", os.O_RDWR))
            except OSError as error:
                self.skipTest("/dev/net/tun cannot be opened: " + error.strerror)

    def works(self, **options):
        """Both directions, both versions of IP, DNS; returns the run of a transfer."""
        run = self.good(*HELLO, **options)
        self.assertIn("hello from vitro", run.out)
        server = self.server(harness.HttpServer)
        run = self.good("sh", "-c", "curl -sS http://%s:%d/20000000 | sha256sum; "
                        "head -c 5000000 /dev/zero | curl -sS -4 --data-binary @- %s/upload"
                        % (WORLD, server.port, "http://demo.vitro"), **options)
        self.assertEqual(run.out.split()[0], harness.pattern_sha256(20_000_000), run)
        self.assertIn("5000000", run.out)
        return run


class DeviceTest(UserCase):
    def test_tap(self):
        self.tun("0666")
        self.works(options=["--device", "tap"])

    def test_packet(self):
        self.works(options=["--device", "packet"])

    def test_packet_beyond_the_mtu(self):
        """Super-segments pass as such: far fewer packets than bytes / MTU."""
        run = self.works(options=["--device", "packet"])
        bulk = [packet for packet in run.packets() if not packet.is_outbound]
        self.assertTrue(any(len(packet.data) > 3000 for packet in bulk), "no super-segment")

    def test_auto_without_tun(self):
        self.tun(None)
        run = self.works()
        self.assertEqual(run.err, "")

    def test_tap_without_tun(self):
        self.tun(None)
        run = self.vitro("true", options=["--device", "tap"])
        self.assertEqual(run.status, 125, run)
        self.assertIn("/dev/net/tun", run.err)
        self.assertFalse(os.path.exists(run.capture))

    def test_udp_and_ping_by_packet(self):
        self.need("ping")
        server = self.server(harness.UdpServer)
        code = ("import socket\n"
                "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                "s.settimeout(100)\n"
                "s.sendto(b'x' * 9000, ('%s', %d))\n"
                "print(len(s.recv(10000)), flush=True)\n" % (WORLD, server.port))
        script = "'%s' -c \"$1\" && ping -n -c 1 -W 100 %s" % (sys.executable, DEMO)
        run = self.good("sh", "-c", script, "sh", code, options=["--device", "packet"])
        self.assertIn("9000\n", run.out)
        self.assertIn("1 received", run.out)

    def test_mtu(self):
        for device in ("tap", "packet"):
            if device == "tap":
                self.tun("0666")
            for mtu in (1280, 9000, 65520):
                run = self.good("sh", "-c", "cat /sys/class/net/vitro0/mtu || ip link show vitro0"
                                "; curl -sS http://demo.vitro/bytes/3M | wc -c",
                                options=["--device", device, "--mtu", str(mtu)])
                self.assertIn(str(mtu), run.out)
                self.assertIn("3000000\n", run.out)


class NobodyTest(UserCase):
    """A normal user."""

    def setUp(self):
        super().setUp()
        self.need_root()
        self.need("setpriv")
        self.user = {"prefix": harness.as_nobody(), "cwd": "/"}
        probe = subprocess.run([*harness.as_nobody(), "unshare", "-Urn", "true"],
                               capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            self.skipTest("users may not make namespaces here: " + probe.stderr.strip())

    def test_auto(self):
        run = self.works(**self.user)
        self.assertEqual(run.err, "")

    def test_auto_without_a_tun_to_open(self):
        self.tun("0600")
        run = self.works(**self.user)
        self.assertEqual(run.err, "")

    def test_tap(self):
        self.tun("0666")
        self.works(options=["--device", "tap"], **self.user)

    def test_packet(self):
        self.works(options=["--device", "packet"], **self.user)

    def test_tap_that_may_not_be_opened(self):
        self.tun("0600")
        run = self.vitro("true", options=["--device", "tap"], **self.user)
        self.assertEqual(run.status, 125, run)
        self.assertIn("/dev/net/tun: Permission denied", run.err)

    def test_ids_and_rights(self):
        script = "id -u; id -g; grep CapEff /proc/self/status; cat /etc/resolv.conf; " \
                 "head -c 0 /dev/null >/etc/vitro-was-here || echo cannot"
        run = self.good("sh", "-c", script, **self.user)
        self.assertEqual(run.out.splitlines()[:3], [str(harness.NOBODY)] * 2 +
                         ["CapEff:\t0000000000000000"], run)
        self.assertIn("cannot", run.out)
        self.assertIn("nameserver 10.0.2.3", run.out)

    def test_files_stay_the_users(self):
        self.good("sh", "-c", "echo x >'%s/by-nobody'" % self.folder, **self.user)
        self.assertEqual(os.stat(self.folder + "/by-nobody").st_uid, harness.NOBODY)

    def test_publish(self):
        run = self.vitro("true", options=["--publish", "80"], **self.user)
        if run.status == 0:
            self.skipTest("users may open ports below 1024 here")
        self.assertEqual(run.status, 125, run)
        self.assertIn("8080:80", run.err)

    def test_read_only_home(self):
        home = os.path.join(self.folder, "home")
        os.mkdir(home, 0o555)
        self.mount("--bind", home, home)
        subprocess.run(["mount", "-o", "remount,ro,bind", home], check=True)
        user = {**self.user, "cwd": home, "env": {**os.environ, "HOME": home}}
        run = self.good("sh", "-c", "pwd; touch x 2>/dev/null || echo cannot; "
                        "curl -sS http://demo.vitro/hello", **user)
        self.assertIn("%s\ncannot\nhello from vitro" % home, run.out)
        run = self.vitro("true", options=["-w", "x.pcapng"], files=False, **user)
        self.assertEqual(run.status, 125, run)
        self.assertIn("x.pcapng", run.err)

    def test_nothing_at_all_can_be_written(self):
        """All file systems are read-only: stderr is all there is."""
        script = "mount -o remount,ro,bind / 2>/dev/null; exec \"$@\""
        words, _ = self.command(*HELLO, files=False, prefix=[
            "unshare", "--mount", "sh", "-c", script, "sh", *harness.as_nobody()])
        result = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/",
                                timeout=harness.DEADLINE_S)
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("hello from vitro", result.stdout)

    def test_loopback_of_the_host(self):
        server = self.server(harness.HttpServer, "127.0.0.1")
        run = self.good("curl", "-sS", "http://%s:%d/0" % (GATEWAY, server.port),
                        options=["--host-loopback"], **self.user)
        self.assertEqual(self.only(run.tcp(), run)["state"], "closed")

    def check_jail(self, status):
        for line in ("CapPrm:\t0000000000000000", "CapEff:\t0000000000000000",
                     "CapInh:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
            self.assertIn(line, status)

    def test_gateway_of_root_is_jailed(self):
        process = self.start("sh", "-c", "echo ready; read x", stdin=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        gateway = self.gateway_of(process)
        status = harness.read_text("/proc/%d/status" % gateway)
        self.check_jail(status)
        self.assertIn("CapBnd:\t0000000000000000", status)
        self.assertEqual(self.finish(process).status, 1)

    def test_gateway_is_jailed(self):
        """The gateway of a user cannot be traced, even by the same user."""
        process = self.start("sh", "-c", "echo ready; read x", stdin=subprocess.PIPE, **self.user)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        with open(harness.Options.vitro, "rb") as file:
            is_sanitized = b"__asan_init" in file.read()  # which needs to look into itself
        gateway = self.gateway_of(process)
        result = subprocess.run([*harness.as_nobody(), "cat", "/proc/%d/environ" % gateway],
                                capture_output=True, check=False)
        if not is_sanitized:
            self.assertNotEqual(result.returncode, 0)
        self.check_jail(harness.read_text("/proc/%d/status" % gateway))
        self.assertEqual(self.finish(process).status, 1)


class OfflineTest(UserCase):
    """vitro on a host without any network: its loopback is down, there is no route."""

    def offline(self, *command, **options):
        return self.good(*command, prefix=["unshare", "--net"], **options)

    def test_demo(self):
        run = self.offline("sh", "-c", "curl -sS http://demo.vitro/hello; "
                           "curl -sS -6 http://demo.vitro/bytes/2M | wc -c")
        self.assertIn("hello from vitro", run.out)
        self.assertIn("2000000\n", run.out)

    def test_demo_by_packet(self):
        run = self.offline(*HELLO, options=["--device", "packet"])
        self.assertIn("hello from vitro", run.out)

    def test_the_world_is_unreachable(self):
        code = ("import errno, socket\n"
                "for host in ('192.0.2.1', '2001:db8::1'):\n"
                "    try:\n"
                "        socket.create_connection((host, 80), 100)\n"
                "    except OSError as error:\n"
                "        print(errno.errorcode[error.errno])\n")
        run = self.offline(sys.executable, "-c", code)
        self.assertEqual(run.out, "ENETUNREACH\nENETUNREACH\n")
        self.assertEqual(len(run.tcp(state="unreachable")), 2)

    def test_names_fail_soon(self):
        run = self.vitro("getent", "ahosts", "example.test", prefix=["unshare", "--net"])
        self.assertEqual(run.status, 2, run)


class InsideTest(UserCase):
    def test_vitro_inside_vitro(self):
        words, _ = self.command(*HELLO, files=False)
        run = self.good(*words)
        self.assertIn("hello from vitro", run.out)

    def test_two_runs_at_once(self):
        first = self.start("sh", "-c", "echo ready; read x; curl -sS http://demo.vitro/hello",
                           stdin=subprocess.PIPE)
        self.assertEqual(first.stdout.readline(), b"ready\n")
        run = self.good(*HELLO)
        self.assertIn("hello from vitro", run.out)
        run = self.finish(first, b"\n")
        self.assertIn("hello from vitro", run.out)

    def test_network_inside(self):
        run = self.good("sh", "-c", "ip -br addr show dev vitro0; ip route show default; "
                        "ip -6 route show default")
        self.assertIn("10.0.2.100/24", run.out)
        self.assertIn("fd76:6974:726f::100/64", run.out)
        self.assertIn("default via 10.0.2.2", run.out)
        self.assertIn("default via fd76:6974:726f::2", run.out)

    def test_low_ports_inside(self):
        code = "import socket; s = socket.create_server(('', 80)); print('bound')"
        run = self.good(sys.executable, "-c", code)
        self.assertEqual(run.out, "bound\n")


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
