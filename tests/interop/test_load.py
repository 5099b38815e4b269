#!/usr/bin/env python3
"""Many connections at a time, and a reader that does not read."""

import os
import resource
import selectors
import socket
import sys
import threading

import harness
from harness import DEMO, WORLD

MANY, MANY_TO_HOST = 10_000, 5_000
GIGABYTE = 1_000_000_000
SPARE = 200  # descriptors for everything else

# How much the gateway's memory may grow: buffers have limits, and 1 GB would not fit.
GROWTH_BYTES_MAX = 150_000_000

# Opens N connections, sends a number on each, wants it back on each; then closes them all and waits
# until its kernel is done with that: nothing is left to do but to wait (06).
CLIENT = """
import resource, selectors, socket, sys, time
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
selector = selectors.EpollSelector()
under_way, opened, failed = 0, [], {}
left = count
while left or under_way:
    while left and under_way < 500:
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex((host, port))
        selector.register(s, selectors.EVENT_WRITE)
        left -= 1
        under_way += 1
    for key, _ in selector.select():
        s = key.fileobj
        selector.unregister(s)
        under_way -= 1
        error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            failed[error] = failed.get(error, 0) + 1
        else:
            opened.append(s)
print('opened', len(opened), failed, flush=True)
for s in opened: s.setblocking(True); s.settimeout(600)
for i, s in enumerate(opened): s.sendall(b'%08d' % i)
good = sum(s.recv(8, socket.MSG_WAITALL) == b'%08d' % i for i, s in enumerate(opened))
print('echoed', good, flush=True)
for s in opened: s.close()
while any(line.split()[3] != '06' for line in open('/proc/net/tcp').readlines()[1:]):
    time.sleep(0.1)
"""


class EchoServer:
    """One thread for thousands of connections."""

    def __init__(self, address):
        self.socket = socket.create_server((address, 0), backlog=4096)
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.open = self.most = 0
        self.is_over = False
        self.selector = selectors.EpollSelector()
        self.selector.register(self.socket, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.is_over:
            for key, _ in self.selector.select(0.1):
                if key.fileobj is self.socket:
                    self.accept()
                else:
                    self.answer(key.fileobj)

    def accept(self):
        try:
            while True:
                connection, _ = self.socket.accept()
                connection.setblocking(False)
                self.selector.register(connection, selectors.EVENT_READ)
                self.open += 1
                self.most = max(self.most, self.open)
        except BlockingIOError:
            pass

    def answer(self, connection):
        try:
            data = connection.recv(4096)
            if data:
                connection.send(data)
                return
        except OSError:
            pass
        self.selector.unregister(connection)
        connection.close()
        self.open -= 1

    def close(self):
        self.is_over = True
        self.thread.join()
        self.socket.close()


class ManyTest(harness.Case):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.room = hard - SPARE

    def many(self, address, port, wanted, **options):
        count = min(wanted, self.room)
        if count < wanted:
            harness.say("only %d connections: the limit of descriptors is low" % count)
        run = self.good(sys.executable, "-c", CLIENT, address, str(port), str(count),
                        timeout=2 * harness.DEADLINE_S, **options)
        self.assertEqual(run.out, "opened %d {}\nechoed %d\n" % (count, count), run)
        self.assertEqual(run.summary["tcp"], count)
        self.assertEqual(run.summary["bytes_out"], 8 * count)
        self.assertEqual(run.summary["refused_by_limit"], 0)
        return run, count

    def test_ten_thousand_to_demo(self):
        run, count = self.many(DEMO, 7, MANY, prints="notable")
        self.assertEqual(sum(talk["state"] == "closed" for talk in run.tcp()), count)

    def test_five_thousand_to_the_host(self):
        server = self.server(EchoServer, WORLD)
        run, count = self.many(WORLD, server.port, MANY_TO_HOST, prints="none")
        self.assertEqual(server.most, count)
        self.assertEqual(sum(talk["state"] == "closed" for talk in run.tcp()), count)


class BackPressureTest(harness.Case):
    def settled(self, measure):
        """Waits until a number stands still for half a second: all buffers are full."""
        seen = [measure()]

        def is_still():
            seen.append(measure())
            return len(seen) > 25 and len(set(seen[-25:])) == 1

        self.wait_for(is_still, "it stands still")
        return seen[-1]

    def watch(self, gateway, most, end):
        while not end.wait(0.02):
            most[0] = max(most[0], harness.resident_bytes(gateway))

    def transfer(self, process, hold, progress):
        """Lets the buffers fill up, looks, lets it flow, and looks all the time."""
        gateway = self.gateway_of(process)
        self.wait_for(lambda: progress() > 0, "the transfer begins")
        before = harness.resident_bytes(gateway)
        stuck = self.settled(progress)
        self.assertLess(stuck, 100_000_000, "nobody reads, and it goes on")
        full = harness.resident_bytes(gateway)
        most, end = [full], threading.Event()
        watcher = threading.Thread(target=self.watch, args=(gateway, most, end))
        watcher.start()
        hold.set()
        run = self.finish(process, timeout=2 * harness.DEADLINE_S)
        end.set()
        watcher.join()
        harness.say("stuck at %d bytes; the gateway had %d kB, %d with full buffers, %d at most"
                    % (stuck, before // 1000, full // 1000, most[0] // 1000))
        self.assertLess(most[0] - before, GROWTH_BYTES_MAX)
        self.assertEqual(run.status, 0, run)
        return run

    def test_reader_on_the_host_waits(self):
        go = threading.Event()
        got = []

        def serve(connection):
            go.wait(harness.DEADLINE_S)
            count = 0
            while True:
                part = connection.recv(1 << 20)
                if not part:
                    break
                count += len(part)
            got.append(count)

        server = self.server(harness.Server, serve)
        counter = os.path.join(self.folder, "counter")
        code = ("import socket\n"
                "s = socket.create_connection(('%s', %d))\n"
                "sent, block, f = 0, bytes(100000), open('%s', 'w')\n"
                "while sent < %d:\n"
                "    s.sendall(block); sent += len(block)\n"
                "    f.seek(0); f.write(str(sent)); f.flush()\n"
                % (WORLD, server.port, counter, GIGABYTE))
        process = self.start(sys.executable, "-c", code, prints="none", files=False)
        self.transfer(process, go, lambda: int(harness.read_text(counter) or "0"))
        self.served(server)
        self.assertEqual(got, [GIGABYTE])

    def test_reader_inside_waits(self):
        sent = [0]

        def serve(connection):
            block = bytes(100_000)
            while sent[0] < GIGABYTE:
                connection.sendall(block)
                sent[0] += len(block)

        server = self.server(harness.Server, serve)
        go_file = os.path.join(self.folder, "go")
        code = ("import os, socket, time\n"
                "s = socket.create_connection(('%s', %d))\n"
                "while not os.path.exists('%s'): time.sleep(0.02)\n"
                "n = 0\n"
                "while True:\n"
                "    d = s.recv(1 << 20)\n"
                "    if not d: break\n"
                "    n += len(d)\n"
                "print(n)\n" % (WORLD, server.port, go_file))

        class Go:
            @staticmethod
            def set():
                with open(go_file, "w", encoding="ascii"):
                    pass

        process = self.start(sys.executable, "-c", code, prints="none", files=False)
        run = self.transfer(process, Go, lambda: sent[0])
        self.assertEqual(run.out, "%d\n" % GIGABYTE)

    def test_reader_of_the_capture_waits(self):
        """Who reads -w through a pipe and stops holds up the program, and nothing is lost."""
        pipe = os.path.join(self.folder, "pipe")
        os.mkfifo(pipe)
        process = self.start("sh", "-c", "curl -sS http://demo.vitro/bytes/20M | wc -c",
                             files=False, options=["--print", "none", "-w", pipe])
        saved = os.path.join(self.folder, "saved")
        with open(pipe, "rb") as file, open(saved, "wb") as out:
            head = file.read(100_000)
            out.write(head)
            while True:
                part = file.read(1 << 20)
                if not part:
                    break
                out.write(part)
        run = self.finish(process)
        self.assertEqual(run.out, "20000000\n")
        packets = harness.read_capture(saved)
        self.assertGreater(sum(len(packet.data) for packet in packets), 20_000_000)


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
