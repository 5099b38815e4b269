"""What the interop tests share: a host of their own, its servers, and `vitro run` under a lens.

Each file test_*.py is a program: test_x.py --vitro PROGRAM [CASE...]. It starts itself again in
network, mount and process namespaces of its own, made by unshare(1). There it is a host with a
loopback, a few addresses of the "world" on it, and a network that swallows everything: so ports are
always free, nothing reaches the real network, and whatever a test leaves behind is found (and dies
with the namespace).

Every run made by Case.vitro() writes lines, JSON and a capture, and they are compared with each
other; after every case no process and no device may be left.

The result is printed in cmocka's form, which tools/run-tests counts.
"""

import argparse
import hashlib
import http.server
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import unittest

WORLD = "198.51.100.7"  # addresses of this host that are not loopback: the world, for vitro
WORLD6 = "2001:db8::7"
SILENT = "203.0.113.9"  # a route leads there, but nobody is there
UNREACHABLE = "203.0.113.200"  # the host's routing says: unreachable
NOWHERE = "192.0.2.1"  # no route at all
GATEWAY, DNS, DEMO = "10.0.2.2", "10.0.2.3", "10.0.2.4"
GATEWAY6, DEMO6 = "fd76:6974:726f::2", "fd76:6974:726f::4"
PROGRAM = "10.0.2.100"

DEADLINE_S = 300  # a net, never what decides
NOBODY = 65534
TABLE_ROWS = 100  # more are only counted
HINT = "only with --host-loopback"  # behind the table
# ignored by what a shell starts in its background, and from there on by all that is started
SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM, signal.SIGTSTP,
           signal.SIGTTIN, signal.SIGTTOU)
SETUP = """
ip link set lo up
ip addr add 198.51.100.7/32 dev lo
ip -6 addr add 2001:db8::7/128 dev lo nodad 2>/dev/null
ip link add silent0 type veth peer name silent1 &&
ip link set silent0 up &&
ip addr add 203.0.113.1/25 dev silent0 &&
ip neigh add 203.0.113.9 lladdr 02:00:00:00:00:09 dev silent0 nud permanent &&
ip route add unreachable 203.0.113.128/25
"""


class Options:
    """Set once, by main()."""

    vitro = None
    folder = None
    is_root = False


class Run:
    """How a run of vitro ended, and all that it wrote."""

    def __init__(self, status, out, err, folder):
        self.status = status
        self.out = out
        self.err = err
        self.folder = folder
        self.text = read_text(os.path.join(folder, "text"))
        self.objects = [json.loads(line) for line in
                        read_text(os.path.join(folder, "json")).splitlines()]
        self.talks = [thing for thing in self.objects if thing["type"] != "summary"]
        self.summary = self.objects[-1] if self.objects else None
        self.capture = os.path.join(folder, "capture.pcapng")

    @property
    def lines(self):
        """Those of segments; the table begins with `-- `."""
        return re.split(r"^-- ", self.text, maxsplit=1, flags=re.M)[0].splitlines()

    @property
    def table(self):
        parts = re.split(r"^-- ", self.text, maxsplit=1, flags=re.M)
        lines = parts[1].splitlines()[1:] if len(parts) > 1 else []
        return [line for line in lines if HINT not in line]

    @property
    def is_hinted(self):
        """Whether it was said how the host's own servers are reached."""
        return HINT in self.text

    def tcp(self, **wanted):
        return self.kind("tcp", **wanted)

    def kind(self, kind, **wanted):
        return [talk for talk in self.talks if talk["type"] == kind and
                all(talk.get(key) == value for key, value in wanted.items())]

    def packets(self):
        return read_capture(self.capture)

    def __str__(self):
        return "status %s\nout: %s\nerr: %s\ntext: %s\njson: %s" % (
            self.status, self.out[-1000:], self.err[-2000:], self.text[-3000:],
            "\n".join(json.dumps(thing) for thing in self.objects[-8:]))


def read_text(path):
    """The file's text; none of a file that is not there, or of a process that just ended."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Packet:
    def __init__(self, time_us, data, is_outbound):
        self.time_us = time_us
        self.data = data
        self.is_outbound = is_outbound


def read_capture(path):
    """The packets of a pcapng file; fails where a block is not whole."""
    with open(path, "rb") as file:
        data = file.read()
    packets = []
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if length < 12 or at + length > len(data):
            raise AssertionError("%s: a block is cut at %d of %d" % (path, at, len(data)))
        if struct.unpack_from("<I", data, at + length - 4)[0] != length:
            raise AssertionError("%s: lengths of a block differ at %d" % (path, at))
        if kind == 6:  # an enhanced packet block
            packets.append(read_packet(data, at, length))
        at += length
    return packets


def read_packet(data, at, length):
    high, low, kept, _ = struct.unpack_from("<IIII", data, at + 12)
    option = at + 28 + (kept + 3) // 4 * 4
    is_outbound = None
    while option + 4 <= at + length - 4:
        code, size = struct.unpack_from("<HH", data, option)
        if code == 2:  # epb_flags: the two lowest bits are the direction
            is_outbound = (struct.unpack_from("<I", data, option + 4)[0] & 3) == 2
        if code == 0:
            break
        option += 4 + (size + 3) // 4 * 4
    time_us = high << 32 | low
    return Packet(time_us, data[at + 28: at + 28 + kept], is_outbound)


def tcpdump(path, *more, zone="UTC"):
    """The lines that tcpdump prints of a capture; None where it is not installed."""
    program = shutil.which("tcpdump") or shutil.which("tcpdump", path="/usr/sbin")
    if program is None:
        return None
    # It wants to become a user of its own, which a root that is none cannot do.
    words = [] if Options.is_root else ["unshare", "--user"]
    result = subprocess.run([*words, program, "-n", *more, "-r", path], capture_output=True,
                            env={**os.environ, "TZ": zone}, text=True, errors="replace",
                            timeout=DEADLINE_S, check=False)
    if result.returncode != 0:
        raise AssertionError("tcpdump: " + result.stderr)
    return result.stdout.splitlines()


# --- servers --------------------------------------------------------------------------------------


class Server:
    """A TCP server of the host: `serve(connection)` in a thread for each connection."""

    def __init__(self, serve, address=WORLD, backlog=1024):
        self.socket = socket.create_server((address, 0), family=family_of(address),
                                           backlog=backlog)
        self.address, self.port = self.socket.getsockname()[:2]
        self.serve = serve
        self.accepted = 0
        self.served = 0  # connections whose serve() has returned
        self.errors = []
        self.threads = []
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.accepted += 1
            thread = threading.Thread(target=self.serve_one, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve_one(self, connection):
        try:
            with connection:
                self.serve(connection)
        except Exception as error:  # shown by the case
            self.errors.append(repr(error))
        self.served += 1

    def close(self):
        shut(self.socket, self.thread)
        for thread in self.threads:
            thread.join(DEADLINE_S)


def shut(one, thread):
    """Closes a socket in which a thread waits: the port is free when the thread is out of it."""
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:  # not connected; the thread is woken all the same
        pass
    thread.join(DEADLINE_S)
    one.close()


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def read_all(connection):
    parts = []
    while True:
        part = connection.recv(1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)


def echo(connection):
    while True:
        part = connection.recv(1 << 16)
        if not part:
            return
        connection.sendall(part)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class PatternHandler(http.server.BaseHTTPRequestHandler):
    """GET /N: N bytes of a pattern; POST: the length and SHA-256 of what came."""

    protocol_version = "HTTP/1.1"
    block = hashlib.shake_128(b"vitro").digest(1 << 20)

    def do_GET(self):
        left = int(self.path[1:])
        self.send_response(200)
        self.send_header("Content-Length", str(left))
        self.end_headers()
        while left > 0:
            part = self.block[:left]
            self.wfile.write(part)
            left -= len(part)

    def do_POST(self):
        left = int(self.headers["Content-Length"])
        digest = hashlib.sha256()
        size = 0
        while left > 0:
            part = self.rfile.read(min(left, 1 << 20))
            if not part:
                break
            digest.update(part)
            size += len(part)
            left -= len(part)
        answer = ("%d %s\n" % (size, digest.hexdigest())).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class HttpServer:
    def __init__(self, address=WORLD):
        class Threads(http.server.ThreadingHTTPServer):
            address_family = family_of(address)
            request_queue_size = 256
            daemon_threads = True

        self.server = Threads((address, 0), PatternHandler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def pattern_sha256(size):
    digest = hashlib.sha256()
    while size > 0:
        digest.update(PatternHandler.block[:size])
        size -= len(PatternHandler.block)
    return digest.hexdigest()


class UdpServer:
    """Answers each datagram with answer(datagram), None: not at all."""

    def __init__(self, answer=lambda datagram: datagram, address=WORLD, port=0):
        self.socket = socket.socket(family_of(address), socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.port = self.socket.getsockname()[1]
        self.answer = answer
        self.count = 0
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                datagram, peer = self.socket.recvfrom(65536)
            except OSError:
                return
            if peer is None:  # shut down
                return
            self.count += 1
            answer = self.answer(datagram)
            if answer is not None:
                self.socket.sendto(answer, peer)

    def close(self):
        shut(self.socket, self.thread)


# --- cases ----------------------------------------------------------------------------------------


class Case(unittest.TestCase):
    """A test; `test_*` methods are cases."""

    maxDiff = 4000

    def setUp(self):
        self.runs = 0
        self.processes = []
        self.before = interfaces(), mounts()
        self.folder = tempfile.mkdtemp(dir=Options.folder)
        os.chmod(self.folder, 0o777)

    def tearDown(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.doCleanups()  # servers of this case end before others are looked for
        left = self.wait_for(lambda: others() == [], "", fails=False) or others()
        if left is not True:
            for pid, _ in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.fail("processes are left: %s" % left)
        self.assertEqual((interfaces(), mounts()), self.before, "devices or mounts are left")
        shutil.rmtree(self.folder, ignore_errors=True)

    def need(self, *programs):
        for program in programs:
            if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
                self.skipTest("%s is not installed" % program)

    def need_root(self):
        if not Options.is_root:
            self.skipTest("not root here")

    def server(self, kind, *arguments, **options):
        """A server that ends with the case."""
        server = kind(*arguments, **options)
        self.addCleanup(server.close)
        return server

    def command(self, *command, options=(), prints="all", files=True, prefix=()):
        """The words of a run that writes everything into a folder of its own: (words, folder)."""
        self.runs += 1
        folder = os.path.join(self.folder, "run%d" % self.runs)
        os.mkdir(folder)
        os.chmod(folder, 0o777)
        words = [*prefix, Options.vitro, "run", *options]
        if files:
            words += ["--print", prints, "-o", os.path.join(folder, "text"), "--json",
                      os.path.join(folder, "json"), "-w", os.path.join(folder, "capture.pcapng")]
        return [*words, "--", *command], folder

    def start(self, *command, options=(), prints="all", files=True, prefix=(), **popen):
        """Starts a run; returns the process, with `folder`."""
        words, folder = self.command(*command, options=options, prints=prints, files=files,
                                     prefix=prefix)
        popen = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                 "stderr": subprocess.PIPE, **popen}
        process = subprocess.Popen(words, **popen)
        process.folder = folder
        self.processes.append(process)
        return process

    def finish(self, process, stdin=None, timeout=DEADLINE_S, is_whole=True):
        """Waits for a run that start() began, and compares what it wrote, if it could."""
        try:
            out, err = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            run = Run("none: stopped after %d s" % timeout, decode(out), decode(err),
                      process.folder)
            self.fail("it does not end\n%s" % run)
        run = Run(process.returncode, decode(out), decode(err), process.folder)
        if "Sanitizer" in run.err or "runtime error" in run.err:
            self.fail(run.err)
        if run.objects and is_whole:
            self.check_outputs(run)
        return run

    def vitro(self, *command, stdin=None, timeout=DEADLINE_S, **options):
        if stdin is not None:
            options["stdin"] = subprocess.PIPE
        return self.finish(self.start(*command, **options), stdin, timeout)

    def good(self, *command, status=0, **options):
        """As vitro(), and the program must end with this status."""
        run = self.vitro(*command, **options)
        self.assertEqual(run.status, status, run)
        return run

    def check_outputs(self, run):
        """JSON, table and capture tell the same."""
        summary = run.summary
        self.assertEqual(summary["type"], "summary", run)
        for kind in ("tcp", "udp", "dns", "ping"):
            self.assertEqual(summary[kind], len(run.kind(kind)), run)
        for key in ("bytes_out", "bytes_in"):
            self.assertEqual(summary[key], sum(talk[key] for talk in run.talks), key)
        packets = sum(talk["packets_out"] + talk["packets_in"] for talk in run.talks)
        self.assertEqual(summary["packets"], packets, run)
        numbers = [talk["number"] for talk in run.talks]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        rows = len(numbers)
        head = 1 if rows > 0 else 0
        more = 1 if rows > TABLE_ROWS else 0
        self.assertEqual(len(run.table), head + min(rows, TABLE_ROWS) + more, run)
        captured = run.packets()
        self.assertTrue(all(packet.is_outbound is not None for packet in captured))
        run.count = len(captured)

    def wait_for(self, condition, what, fails=True, seconds=DEADLINE_S):
        """Polls until the condition holds; its value."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                if fails:
                    self.fail("not within %d s: %s" % (seconds, what))
                return None
            time.sleep(0.02)

    def served(self, server, count=1):
        """Waits until the server is done with so many connections."""
        self.wait_for(lambda: server.served >= count, "%d connections are served" % count)

    def gateway_of(self, process):
        """The gateway of a run, as soon as it is locked in."""
        def find():
            for pid in children_of(process.pid):
                if "Seccomp:\t2" in read_text("/proc/%d/status" % pid):
                    return pid
            return None
        return self.wait_for(find, "the gateway runs")

    def only(self, things, run):
        self.assertEqual(len(things), 1, run)
        return things[0]


def decode(data):
    return data.decode(errors="replace") if data is not None else ""


def as_nobody():
    """The words before a command that make it a normal user's."""
    return ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"]


def interfaces():
    return sorted(line.split(":")[0].strip() for line in
                  read_text("/proc/net/dev").splitlines()[2:])


def mounts():
    return sorted(line.split()[4] for line in read_text("/proc/self/mountinfo").splitlines())


def processes():
    """Every process of the namespace: (pid, parent, state, command line)."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        stat = read_stat(name)
        if stat is None:
            continue
        command = read_text("/proc/%s/cmdline" % name).replace("\0", " ").strip()
        found.append((int(name), stat[1], stat[0], command))
    return found


def read_stat(pid):
    fields = read_text("/proc/%s/stat" % pid).rpartition(")")[2].split()
    return (fields[0], int(fields[1])) if fields else None


def others():
    """Processes that are neither the test nor what it stands on."""
    ours = {1, os.getpid()}
    return [(pid, command) for pid, _, state, command in processes()
            if pid not in ours and state != "Z"]


def children_of(pid):
    return [child for child, parent, state, _ in processes() if parent == pid and state != "Z"]


def kill_between_calls(pid):
    """SIGKILL, but not in the middle of a write(), which it would cut short."""
    os.kill(pid, signal.SIGSTOP)
    end = time.monotonic() + DEADLINE_S
    while (read_stat(pid) or "Z")[0] not in "TZ" and time.monotonic() < end:
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)


def resident_bytes(pid):
    found = re.search(r"^VmRSS:\s+(\d+) kB", read_text("/proc/%d/status" % pid), re.M)
    return int(found.group(1)) * 1024 if found else 0


# --- the runner -----------------------------------------------------------------------------------


class Runner(unittest.TestResult):
    """Prints as cmocka does."""

    def __init__(self):
        super().__init__()
        self.names = {"PASSED ": [], "SKIPPED": [], "FAILED ": []}
        self.began = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()
        say("[ RUN      ] %s" % name_of(test))

    def note(self, test, kind, head):
        self.names[kind].append(name_of(test))
        if kind != "SKIPPED":
            say("%.2f s" % (time.monotonic() - self.began))
        say("[%s] %s" % (head, name_of(test)))

    def addSuccess(self, test):
        self.note(test, "PASSED ", "       OK ")

    def addFailure(self, test, err):
        say("".join(traceback.format_exception(*err)))
        if name_of(test) not in self.names["FAILED "]:
            self.note(test, "FAILED ", "  FAILED  ")

    addError = addFailure

    def addSkip(self, test, reason):
        say(reason)
        self.note(test, "SKIPPED", "  SKIPPED ")


def name_of(test):
    return getattr(test, "_testMethodName", "setup")


def say(text):
    print(text, flush=True)


def report(runner, count):
    say("[==========] %d test(s) run." % count)
    say("[  PASSED  ] %d test(s)." % len(runner.names["PASSED "]))
    for kind, head in (("SKIPPED", "  SKIPPED "), ("FAILED ", "  FAILED  ")):
        names = runner.names[kind]
        if names:
            say("[%s] %d test(s), listed below:" % (head, len(names)))
            for name in names:
                say("[%s] %s" % (head, name))
    return 1 if runner.names["FAILED "] else 0


def load(module, wanted):
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    cases = [case for group in suite for case in group]
    if wanted:
        cases = [case for case in cases if any(word in name_of(case) for word in wanted)]
    return cases


def run_cases(module, wanted):
    cases = load(module, wanted)
    say("[==========] Running %d test(s)." % len(cases))
    runner = Runner()
    for group in dict.fromkeys(type(case) for case in cases):
        group.setUpClass()
    for case in cases:
        case.run(runner)
    return report(runner, len(cases))


def skip_cases(module, wanted, why):
    cases = load(module, wanted)
    runner = Runner()
    for case in cases:
        runner.startTest(case)
        runner.addSkip(case, why)
    return report(runner, len(cases))


def be_init(module, arguments):
    """Process 1 of the namespace: sets up its host, runs the tests in a child, reaps."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", arguments.folder],
                   check=True)
    setup = subprocess.run(["sh", "-c", SETUP], capture_output=True, text=True, check=False)
    if setup.returncode != 0:
        return skip_cases(module, arguments.cases, "no network of its own: " +
                          setup.stderr.strip().replace("\n", "; "))
    Options.vitro = os.path.join(arguments.folder, "vitro")
    shutil.copy(arguments.vitro, Options.vitro)
    os.chmod(Options.vitro, 0o755)
    Options.folder = arguments.folder
    Options.is_root = arguments.inside == "root"
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    # curl tries the other version of IP when a connection takes longer than 0.2 s: not here
    with open(os.path.join(arguments.folder, ".curlrc"), "w", encoding="ascii") as file:
        file.write("happy-eyeballs-timeout-ms = %d\n" % (DEADLINE_S * 1000))
    os.environ["CURL_HOME"] = arguments.folder
    for name in list(os.environ):
        if name.startswith(("LC_", "LANG")):
            del os.environ[name]
    os.environ["LC_ALL"] = "C"  # whatever language is spoken where the tests are run
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os._exit(guarded(run_cases, module, arguments.cases))
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status) & 0xff


def guarded(function, *arguments):
    try:
        return function(*arguments)
    except BaseException:  # this is a child: nobody else would tell
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()


def unshare_words():
    words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return words if os.geteuid() == 0 else words + ["--user", "--map-root-user"]


def main(module_name):
    parser = argparse.ArgumentParser()
    parser.add_argument("--vitro", required=True, help="the program")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("cases", nargs="*", help="only cases whose name has one of these in it")
    arguments = parser.parse_args()
    module = sys.modules[module_name]
    if arguments.inside:
        return be_init(module, arguments)
    probe = subprocess.run([*unshare_words(), "true"], capture_output=True, text=True, check=False,
                           stdin=subprocess.DEVNULL)
    if probe.returncode != 0:
        return skip_cases(module, arguments.cases, "no namespaces: " + probe.stderr.strip())
    folder = tempfile.mkdtemp(prefix="vitro-interop-")
    os.chmod(folder, 0o755)
    try:
        again = [sys.executable, "-B", os.path.abspath(sys.argv[0]), "--vitro",
                 os.path.abspath(arguments.vitro), "--folder", folder, "--inside",
                 "root" if os.geteuid() == 0 else "user", *arguments.cases]
        return subprocess.run([*unshare_words(), *again], check=False,
                              stdin=subprocess.DEVNULL).returncode
    finally:
        os.rmdir(folder)
