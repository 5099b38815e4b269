#!/usr/bin/env python3
"""What is printed and saved: lines as tcpdump's, a complete capture, the table, JSON."""

import collections
import json
import os
import re
import socket
import struct
import subprocess
import sys

import harness
from harness import DEMO, WORLD

# What a capture file cannot say of a super-segment stands behind its line.
NOTE = re.compile(r"    # \d+ x \d+$")

MIXED = """
curl -sS -o /dev/null http://demo.vitro/bytes/3M
curl -sS -4 -o /dev/null -X POST --data-binary @/bin/sh http://demo.vitro/upload
curl -sS -o /dev/null http://demo.vitro/reset
curl -sS -o /dev/null http://%s:1/
curl -sS -o /dev/null http://10.0.2.77/
ping -n -c 1 %s >/dev/null
getent ahosts nothing.vitro
exec 8<>/dev/tcp/%s/7; echo hello >&8; head -n 1 <&8 >/dev/null; exec 8>&-
echo datagram >/dev/udp/%s/7
exit 0
""" % (WORLD, DEMO, DEMO, DEMO)

# Which of the standard descriptors are open, into a file; and something to capture.
OPEN_DESCRIPTORS = """
import os, subprocess
known = "".join(str(fd) for fd in range(3) if os.path.exists("/proc/self/fd/%d" % fd))
subprocess.run(["curl", "-s", "-o", "page", "http://demo.vitro/hello"], check=True)
with open("open", "w", encoding="ascii") as file:
    file.write(known)
"""


Segment = collections.namedtuple("Segment", "time_us ends is_syn is_fin")


class OutputCase(harness.Case):
    def setUp(self):
        super().setUp()
        self.need("curl", "bash")

    def tcpdump(self, path, *more, zone="UTC"):
        lines = harness.tcpdump(path, *more, zone=zone)
        if lines is None:
            self.skipTest("tcpdump is not installed")
        return lines

    def mixed(self, *options, **more):
        return self.good("bash", "-c", MIXED, options=options, **more)


class LinesTest(OutputCase):
    def compare(self, run, lines):
        printed = [NOTE.sub("", line) for line in run.lines]
        if not any(line.endswith(" [|http]") for line in lines):
            # what 4.99.3 writes behind a body that ends within a line, 4.99.5 does not
            printed = [line.removesuffix(" [|http]") for line in printed]
        for ours, theirs in zip(printed, lines):
            self.assertEqual(ours, theirs)
        self.assertEqual(len(printed), len(lines))

    def test_lines_are_tcpdumps(self):
        for zone in ("UTC", "Asia/Shanghai", "EST5"):
            run = self.mixed(env={**os.environ, "TZ": zone})
            self.compare(run, self.tcpdump(run.capture, zone=zone))
            self.assertEqual(len(run.lines), run.count)
            for part in ("Flags [S],", "Flags [R", "ICMP host 10.0.2.77 unreachable",
                         "ICMP echo reply", "HTTP: POST /upload", "UDP, length 9", "NXDomain"):
                self.assertTrue(any(part in line for line in run.lines), part)

    def test_lines_are_tcpdumps_by_packet_socket(self):
        run = self.mixed("--device", "packet", env={**os.environ, "TZ": "UTC"})
        self.compare(run, self.tcpdump(run.capture))

    def test_verbose_lines_are_tcpdumps(self):
        for options in (["-v"], ["-vv"]):
            run = self.mixed(*options, env={**os.environ, "TZ": "UTC"})
            self.compare(run, self.tcpdump(run.capture, options[0]))

    def test_super_segments_are_noted(self):
        run = self.good("curl", "-sS", "-o", "/dev/null", "http://demo.vitro/bytes/3M")
        notes = [line for line in run.lines if NOTE.search(line)]
        self.assertTrue(notes, run)
        for line in notes:
            count, size = map(int, re.search(r"# (\d+) x (\d+)$", line).groups())
            length = int(re.search(r"length (\d+)", line).group(1))
            self.assertTrue((count - 1) * size < length <= count * size, line)

    def test_notable_is_short_and_keeps_what_matters(self):
        run = self.good("sh", "-c", "curl -sS -o /dev/null http://demo.vitro/bytes/50M; "
                        "curl -sS -o /dev/null http://%s:1/; exit 0" % WORLD, prints="notable")
        # 40 or so, and some more for what a busy machine makes the kernels send again
        self.assertLess(len(run.lines), run.count / 4, run.text)
        for flags, count in (("[S]", 2), ("[S.]", 1), ("[R.]", 1)):
            senders = set(line.split()[2] for line in run.lines if "Flags %s," % flags in line)
            self.assertEqual(len(senders), count, flags)
        folded = [line for line in run.lines if line.strip().startswith("... ")]
        self.assertTrue(folded, run)
        self.assertGreater(run.count, 500)

    def test_none_prints_the_table_alone(self):
        run = self.good("curl", "-sS", "-o", "/dev/null", "http://demo.vitro/hello",
                        prints="none")
        self.assertEqual(run.lines, [])
        self.assertEqual(len(run.table), 4)

    def test_default_is_notable(self):
        run = self.good("curl", "-sS", "-o", "/dev/null", "http://demo.vitro/bytes/50M",
                        files=False)
        self.assertLess(len(run.err.splitlines()), 300)  # of thousands; see above
        self.assertIn("demo.vitro:80", run.err)

    def test_in_chinese(self):
        run = self.good("curl", "-sS", "-4", "http://demo.vitro/hello",
                        options=["--lang", "zh"])
        self.assertIn("对端", run.text)
        self.assertIn("已关闭", run.text)
        self.assertTrue(any("Flags [S]," in line for line in run.lines))

    def test_no_checksum_is_wrong(self):
        """Checksums are left to devices that do not exist; the capture has them all the same.

        Super-segments are as a capture of any host with offload shows them: never on a wire.
        """
        run = self.mixed("-vv", env={**os.environ, "TZ": "UTC"})
        bad = re.compile(r"\bbad\b")  # the word, not 0xbad1
        lines = [line for line in self.tcpdump(run.capture, "-vv") if "cksum" in line or
                 bad.search(line)]
        self.assertGreater(sum("(correct)" in line for line in lines), 30)
        for line in lines:
            length = re.search(r"length (\d+)", line.split("cksum")[-1])
            if "incorrect" in line and "cksum 0x0000" not in line and length is not None:
                self.assertGreater(int(length.group(1)), 1448, line)
            self.assertNotRegex(line, bad)


class SavedTest(OutputCase):
    def test_capture_directions(self):
        run = self.good("curl", "-sS", "-4", "-o", "/dev/null", "http://demo.vitro/bytes/1M")
        program = bytes(map(int, harness.PROGRAM.split(".")))
        for packet in run.packets():
            if packet.data[12:14] == b"\x08\x00":
                self.assertEqual(packet.data[26:30] == program, packet.is_outbound)
        bytes_in = self.only(run.tcp(), run)["bytes_in"]
        self.assertEqual(bytes_in, streamed(packet.data for packet in run.packets()
                                            if is_tcp4(packet.data) and not packet.is_outbound))

    def test_capture_names_its_interface_and_command(self):
        run = self.good("curl", "-sS", "-o", "/dev/null", "http://demo.vitro/hello")
        with open(run.capture, "rb") as file:
            data = file.read()
        self.assertIn(b"curl -sS -o /dev/null http://demo.vitro/hello", data)
        self.assertIn(b"demo.vitro", data)

    def test_times_do_not_go_back(self):
        run = self.mixed()
        times = [packet.time_us for packet in run.packets()]
        self.assertEqual(times, sorted(times))

    def test_capture_to_standard_output(self):
        """A pipe behind a link, as /dev/stdout is: no seeking, no cutting, and the link stays."""
        link = os.path.join(self.folder, "stdout")
        os.symlink("/proc/self/fd/1", link)
        for path in (link, "/proc/self/fd/1"):
            words, _ = self.command("curl", "-sS", "-o", "/dev/null", "http://demo.vitro/hello",
                                    files=False, options=["--quiet", "-w", path])
            result = subprocess.run(words, capture_output=True, check=False,
                                    timeout=harness.DEADLINE_S)
            self.assertEqual(result.returncode, 0, result.stderr)
            saved = os.path.join(self.folder, "piped")
            with open(saved, "wb") as file:
                file.write(result.stdout)
            self.assertGreater(len(harness.read_capture(saved)), 10)
            self.assertTrue(os.path.islink(link))

    def test_old_files_are_replaced(self):
        path = os.path.join(self.folder, "old")
        for option in ("-w", "-o", "--json"):
            with open(path, "w", encoding="ascii") as file:
                file.write("old " * 100000)
            self.good("true", files=False, options=[option, path])
            self.assertNotIn("old old", harness.read_text(path))

    def test_standard_descriptors_may_be_closed(self):
        """What belongs to one that is closed goes nowhere else, and the program has none either."""
        for closed, known in (("2>&-", "01"), ("0<&- 1>&- 2>&-", "")):
            words, folder = self.command(
                sys.executable, "-c", OPEN_DESCRIPTORS, files=False,
                options=["--print", "all", "-w", os.path.join(self.folder, "capture")],
                prefix=["sh", "-c", 'exec "$@" %s' % closed, "sh"])
            subprocess.run(words, cwd=folder, check=True, timeout=harness.DEADLINE_S)
            self.assertGreater(
                len(harness.read_capture(os.path.join(self.folder, "capture"))), 10)
            self.assertEqual(harness.read_text(os.path.join(folder, "open")), known)

    def test_full_disk(self):
        """The program goes on; what is saved is whole up to its last block; it is said."""
        disk = os.path.join(self.folder, "disk")
        os.mkdir(disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        path = os.path.join(disk, "capture")
        run = self.good("sh", "-c", "curl -sS http://demo.vitro/bytes/3M | wc -c", files=False,
                        options=["-w", path])
        self.assertEqual(run.out, "3000000\n")
        self.assertIn("No space left on device", run.err)
        with open(path, "rb") as file:
            self.assertEqual(file.read(4), b"\x0a\x0d\x0d\x0a")

    def test_json_is_complete(self):
        run = self.mixed()
        for talk in run.talks:
            for key in ("type", "number", "direction", "program", "peer", "begin", "duration_us",
                        "state", "ended_by", "bytes_out", "bytes_in"):
                self.assertIn(key, talk)
        states = sorted(talk["state"] for talk in run.tcp())
        self.assertEqual(states, ["closed", "closed", "closed", "refused", "reset",
                                  "unreachable"], run)
        self.assertEqual(run.summary["tcp"], 6)

    def test_json_agrees_with_the_capture(self):
        """Segments each way and times of what was closed, to the microsecond."""
        run = self.mixed()
        segments = [segment for segment in map(tcp_of, run.packets()) if segment is not None]
        talks = run.tcp(state="closed")
        self.assertGreater(len(talks), 2, run)
        for talk in talks:
            ends = talk["program"], talk["peer"]
            out = [segment for segment in segments if segment.ends == ends]
            back = [segment for segment in segments if segment.ends == ends[::-1]]
            if sum(segment.is_fin for segment in out + back) > 2:
                continue  # sent again, on a machine this slow: the last ACK may come after all
            self.assertEqual((talk["packets_out"], talk["packets_in"]), (len(out), len(back)), run)
            self.assertTrue(out[0].is_syn, run)
            self.assertAlmostEqual(talk["begin"] * 1e6, out[0].time_us, delta=1)
            done = next(segment for segment in out if not segment.is_syn)
            self.assertEqual(talk["handshake_us"], done.time_us - out[0].time_us, run)
            last_us = max(out[-1].time_us, back[-1].time_us)
            self.assertEqual(talk["duration_us"], last_us - out[0].time_us, run)

    def test_json_comes_as_conversations_end(self):
        process = self.start("sh", "-c", "curl -sS -4 -o /dev/null http://demo.vitro/hello; "
                             "echo ready; read x", stdin=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        path = os.path.join(process.folder, "json")
        text = self.wait_for(lambda: self.whole_lines(path, '"type":"tcp"'), "an object is written")
        for line in text.splitlines():
            json.loads(line)
        self.assertNotIn("summary", text)
        self.finish(process, b"\n")

    @staticmethod
    def whole_lines(path, wanted):
        """The file's text up to its last line's end, None without what is wanted."""
        text = harness.read_text(path)
        text = text[:text.rfind("\n") + 1]
        return text if wanted in text else None

    def test_who_closed_and_how(self):
        server = self.server(harness.Server, lambda connection: connection.sendall(b"x" * 1000))
        run = self.good("sh", "-c", "cat </dev/null; exec bash -c 'cat </dev/tcp/%s/%d | wc -c'"
                        % (WORLD, server.port))
        self.assertEqual(run.out, "1000\n")
        talk = self.only(run.tcp(), run)
        self.assertEqual((talk["ended_by"], talk["state"]), ("peer", "closed"))
        self.assertTrue(any("server (FIN)" in row for row in run.table), run)


def tcp_of(packet):
    """What is wanted of a TCP segment; None of anything else."""
    data = packet.data
    if is_tcp4(data):
        at = 14 + (data[14] & 15) * 4
        addresses = [socket.inet_ntop(socket.AF_INET, data[i:i + 4]) for i in (26, 30)]
    elif data[12:14] == b"\x86\xdd" and data[20] == 6:
        at = 54
        addresses = ["[%s]" % socket.inet_ntop(socket.AF_INET6, data[i:i + 16]) for i in (22, 38)]
    else:
        return None
    ports = struct.unpack_from(">HH", data, at)
    ends = tuple("%s:%d" % end for end in zip(addresses, ports))
    return Segment(packet.time_us, ends, bool(data[at + 13] & 2), bool(data[at + 13] & 1))


def is_tcp4(frame):
    return frame[12:14] == b"\x08\x00" and frame[23] == 6


def payload(frame):
    ip = (frame[14] & 15) * 4
    return len(frame) - 14 - ip - (frame[14 + ip + 12] >> 4) * 4


def streamed(frames):
    """The bytes of one side of a connection; those that are sent again are no more of them."""
    end, total = None, 0
    for frame in frames:
        size = payload(frame)
        if size == 0:
            continue
        at = 14 + (frame[14] & 15) * 4
        seq = int.from_bytes(frame[at + 4: at + 8], "big")
        end = seq if end is None else end
        new = max(0, size - (end - seq) % (1 << 32))
        end = (end + new) % (1 << 32)
        total += new
    return total


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
