#!/usr/bin/env python3
"""nc, telnet, bash and iperf3: streams of all kinds, through vitro to servers of the host."""

import json
import socket
import subprocess
import sys

import harness
from harness import DEMO, GATEWAY, WORLD, WORLD6

NC_WAIT = str(harness.DEADLINE_S)


class StreamTest(harness.Case):
    def test_nc_closes_first_and_still_reads(self):
        self.need("nc")
        log = []

        def serve(connection):
            log.append(harness.read_all(connection))  # until the program's FIN
            connection.sendall(b"answer after the end\n" * 1000)

        server = self.server(harness.Server, serve)
        run = self.good("nc", "-N", "-w", NC_WAIT, WORLD, str(server.port), stdin=b"question\n")
        self.assertEqual(run.out, "answer after the end\n" * 1000)
        self.assertEqual(log, [b"question\n"])
        talk = self.only(run.tcp(), run)
        self.assertEqual((talk["state"], talk["ended_by"]), ("closed", "program"))
        self.assertEqual((talk["bytes_out"], talk["bytes_in"]), (9, 21000))

    def test_server_closes_first_and_still_reads(self):
        self.need("nc")
        log = []

        def serve(connection):
            connection.sendall(b"first and last\n")
            connection.shutdown(socket.SHUT_WR)
            log.append(harness.read_all(connection))

        server = self.server(harness.Server, serve)
        code = ("import socket, sys\n"
                "s = socket.create_connection(('%s', %d))\n"
                "d = b''\n"
                "while True:\n"
                "    p = s.recv(100)\n"
                "    if not p: break\n"
                "    d += p\n"
                "sys.stdout.write(d.decode())\n"
                "s.sendall(b'x' * 200000)\n"
                "s.close()\n" % (WORLD, server.port))
        run = self.good(sys.executable, "-c", code)
        self.assertEqual(run.out, "first and last\n")
        self.served(server)
        self.assertEqual(log, [b"x" * 200000])
        talk = self.only(run.tcp(), run)
        self.assertEqual((talk["state"], talk["ended_by"]), ("closed", "peer"))

    def test_nc_by_ip6(self):
        self.need("nc")
        server = self.server(harness.Server, harness.echo, WORLD6)
        run = self.good("nc", "-6", "-N", "-w", NC_WAIT, WORLD6, str(server.port),
                        stdin=b"by IPv6\n")
        self.assertEqual(run.out, "by IPv6\n")

    def test_line_exchange(self):
        """As with telnet: a line there, a line back, many times; each waits for the other."""
        server = self.server(harness.Server, harness.echo)
        code = ("import socket\n"
                "s = socket.create_connection(('%s', %d))\n"
                "f = s.makefile('rw', newline='\\n')\n"
                "for i in range(200):\n"
                "    f.write('line %%d\\r\\n' %% i); f.flush()\n"
                "    assert f.readline() == 'line %%d\\r\\n' %% i\n"
                "print('all lines came back')\n" % (WORLD, server.port))
        run = self.good(sys.executable, "-c", code)
        self.assertEqual(run.out, "all lines came back\n")
        talk = self.only(run.tcp(), run)
        self.assertEqual(talk["bytes_out"], talk["bytes_in"])

    def test_telnet(self):
        self.need("telnet")

        def serve(connection):
            connection.sendall(b"name? ")
            name = connection.makefile("rb").readline().strip()
            connection.sendall(b"hello " + name + b"\r\n")

        server = self.server(harness.Server, serve)
        # telnet gives up with its standard input: it stays open until the server has closed
        process = self.start("telnet", WORLD, str(server.port), stdin=subprocess.PIPE)
        process.stdin.write(b"vitro\r\n")
        process.stdin.flush()
        self.served(server)
        run = self.finish(process)
        self.assertIn("name? ", run.out)
        self.assertIn("hello vitro", run.out)

    def test_bash_dev_tcp(self):
        self.need("bash")
        script = """
            exec 8<>/dev/tcp/%s/80
            readlink /proc/self/fd/8
            inode=$(readlink /proc/self/fd/8 | tr -dc 0-9)
            grep -c " $inode " /proc/net/tcp
            printf 'GET /hello HTTP/1.0\\r\\n\\r\\n' >&8
            cat <&8
            exec 8>&-
            test -e /proc/self/fd/8 || echo closed
        """ % DEMO
        run = self.good("bash", "-c", script)
        self.assertRegex(run.out, r"^socket:\[\d+\]\n1\n")
        self.assertIn("hello from vitro", run.out)
        self.assertTrue(run.out.endswith("closed\n"), run)

    def test_socket_is_seen_in_proc_net_tcp(self):
        server = self.server(harness.Server, harness.echo)
        script = ("exec 8<>/dev/tcp/%s/%d; while read -r _ local peer state _; do "
                  "[ $state = 01 ] && echo $local $peer; done </proc/net/tcp"
                  % (WORLD, server.port))
        run = self.good("bash", "-c", script)
        talk = self.only(run.tcp(), run)
        address = "".join("%02X" % int(part) for part in reversed(harness.PROGRAM.split(".")))
        peer = "".join("%02X" % int(part) for part in reversed(WORLD.split(".")))
        port = int(talk["program"].rpartition(":")[2])
        self.assertEqual(run.out.strip(), "%s:%04X %s:%04X" % (address, port, peer, server.port))

    def test_demo_services(self):
        self.need("nc")
        script = "echo marco | nc -N -w {0} {1} 7; echo gone | nc -N -w {0} {1} 9; " \
                 "nc -d -w {0} {1} 13; nc -d -w {0} {1} 19 | head -n 3".format(NC_WAIT, DEMO)
        run = self.good("sh", "-c", script)
        lines = run.out.splitlines()
        self.assertEqual(lines[0], "marco")
        self.assertTrue(any(char.isdigit() for char in lines[1]), run)
        self.assertEqual([len(line.rstrip("\r")) for line in lines[2:5]], [72, 72, 72])
        ports = [int(talk["peer"].rpartition(":")[2]) for talk in run.tcp()]
        self.assertEqual(sorted(ports), [7, 9, 13, 19])


class IperfTest(harness.Case):
    def setUp(self):
        super().setUp()
        self.need("iperf3")

    def iperf(self, *arguments):
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.close()  # nobody else is on this host
        server = subprocess.Popen(["iperf3", "-s", "-1", "-B", "127.0.0.1", "-p", str(port)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(server)
        wanted = ":%04X 00000000:0000 0A" % port
        self.wait_for(lambda: wanted in harness.read_text("/proc/net/tcp"), "iperf3 -s listens")
        run = self.good("iperf3", "-J", "-c", GATEWAY, "-p", str(port), *arguments,
                        options=["--host-loopback"], prints="notable")
        result = json.loads(run.out)
        self.assertNotIn("error", result)
        return run, result["end"]

    def check_some_came(self, end):
        """A busy machine drops datagrams: any number may be lost, not all."""
        self.assertGreater(end["sum"]["packets"], end["sum"]["lost_packets"])

    def test_upload(self):
        run, end = self.iperf("-n", "200M")
        self.assertGreater(end["sum_received"]["bytes"], 50 << 20)  # what was read by then
        self.assertEqual(len(run.tcp()), 2)

    def test_download(self):
        _, end = self.iperf("-n", "200M", "-R")
        self.assertGreater(end["sum_received"]["bytes"], 50 << 20)

    def test_four_uploads(self):
        run, end = self.iperf("-n", "200M", "-P", "4")
        self.assertEqual(len(end["streams"]), 4)
        self.assertEqual(len(run.tcp()), 5)
        self.assertTrue(all(stream["receiver"]["bytes"] > 0 for stream in end["streams"]))

    def test_four_downloads(self):
        _, end = self.iperf("-n", "200M", "-P", "4", "-R")
        self.assertTrue(all(stream["receiver"]["bytes"] > 0 for stream in end["streams"]))

    def test_both_directions(self):
        run, end = self.iperf("-n", "50M", "--bidir")
        self.assertGreater(end["sum_received"]["bytes"], 0)  # one may be done before the other
        self.assertGreater(end["sum_received_bidir_reverse"]["bytes"], 0)
        self.assertEqual(len(run.tcp()), 3)

    def test_udp(self):
        run, end = self.iperf("-u", "-n", "2M", "-b", "20M", "-l", "1200")
        self.check_some_came(end)
        self.assertEqual(len(run.kind("udp")), 1)

    def test_udp_download(self):
        _, end = self.iperf("-u", "-R", "-n", "2M", "-b", "20M", "-l", "1200")
        self.check_some_came(end)


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
