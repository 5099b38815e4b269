#!/usr/bin/env python3
"""The program must not notice that vitro started it: status, environment, descriptors, children."""

import os
import select
import signal
import subprocess
import sys

import harness
from harness import DEMO, WORLD

# Leaves two children behind, the double fork of a daemon, which go on talking to the network.
DAEMON = """
import os, socket, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        fd = os.open('/dev/null', os.O_RDWR)
        for n in range(3): os.dup2(fd, n)
        go = sys.argv[2]
        while not os.path.exists(go): time.sleep(0.02)
        for i in range(5):
            s = socket.create_connection((sys.argv[1], 7))
            s.sendall(b'from the daemon')
            assert s.recv(100) == b'from the daemon'
            s.close()
        open(go + '.done', 'w').close()
    os._exit(0)
os.wait()
os._exit(7)
"""


class StatusTest(harness.Case):
    def test_exit_codes(self):
        for code in (0, 1, 2, 42, 125, 126, 127, 128, 255):
            run = self.vitro("sh", "-c", "exit %d" % code, prints="none")
            self.assertEqual(run.status, code)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGSEGV,
                       signal.SIGPIPE):
            run = self.vitro("sh", "-c", "kill -%d $$; sleep 60" % number, prints="none")
            self.assertEqual(run.status, 128 + number)

    def test_no_such_program(self):
        run = self.vitro("/no/such/program")
        self.assertEqual(run.status, 127, run)
        self.assertIn("/no/such/program", run.err)
        self.assertEqual(len(run.err.splitlines()), 1, run)

    def test_no_such_interpreter(self):
        path = os.path.join(self.folder, "script")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/no/such/interpreter\n")
        os.chmod(path, 0o755)
        run = self.vitro(path)
        self.assertEqual(run.status, 127, run)
        self.assertIn("interpreter or loader", run.err)

    def test_not_a_program(self):
        for path in (os.path.join(self.folder, "text"), self.folder):
            if path != self.folder:
                with open(path, "w", encoding="ascii") as file:
                    file.write("no program\n")
            run = self.vitro(path)
            self.assertEqual(run.status, 126, run)
            self.assertIn("Permission denied", run.err)

    def test_no_files_left_where_nothing_started(self):
        run = self.vitro("/no/such/program")
        self.assertFalse(os.path.exists(run.capture), run)

    def test_usage(self):
        for options in (["--no-such-option"], ["--device", "modem"], ["--mtu", "1"]):
            run = self.vitro("true", options=options, files=False)
            self.assertEqual(run.status, 2, run)
            self.assertEqual(len(run.err.splitlines()), 1, run)
        words = [harness.Options.vitro, "run"]
        self.assertEqual(subprocess.run(words, capture_output=True, check=False).returncode, 2)

    def test_files_that_cannot_be_written(self):
        for option in ("-w", "-o", "--json"):
            run = self.vitro("echo", "started", options=[option, "/no/such/folder/file"],
                             files=False)
            self.assertEqual(run.status, 125, run)
            self.assertIn("/no/such/folder/file", run.err)
            self.assertEqual(run.out, "")


class PassThroughTest(harness.Case):
    def test_environment_folder_umask_arguments(self):
        folder = os.path.join(self.folder, "with space")
        os.mkdir(folder)
        run = self.good("sh", "-c", 'echo "$VALUE"; pwd; umask; printf "<%s>" "$@"', "sh",
                        "a b", "", "*", "--print", cwd=folder, umask=0o027,
                        env={**os.environ, "VALUE": "kept as it is"})
        self.assertEqual(run.out, "kept as it is\n%s\n0027\n<a b><><*><--print>" % folder)

    def test_environment_is_the_same(self):
        plain = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
        run = self.good("env")
        self.assertEqual(sorted(run.out.splitlines()), sorted(plain.splitlines()))

    def test_stdin(self):
        data = os.urandom(300_000)
        run = self.good("sha256sum", stdin=data)
        self.assertEqual(run.out.split()[0], harness.hashlib.sha256(data).hexdigest())

    def test_stderr_is_the_programs_too(self):
        run = self.good("sh", "-c", "echo out; echo err >&2")
        self.assertEqual((run.out, run.err), ("out\n", "err\n"))

    def test_no_descriptor_leaks(self):
        run = self.good("sh", "-c", "ls /proc/self/fd")
        plain = subprocess.run(["sh", "-c", "ls /proc/self/fd"], capture_output=True, text=True,
                               check=True, stdin=subprocess.DEVNULL)
        self.assertEqual(run.out, plain.stdout)

    def test_descriptors_are_inherited(self):
        read, write = os.pipe()
        run = self.good("sh", "-c", "echo through >&%d" % write, pass_fds=[write])
        os.close(write)
        self.assertEqual(os.read(read, 100), b"through\n", run)
        os.close(read)

    def test_what_the_program_closes_is_closed(self):
        """Nobody else holds the ends of pipes that it was given, and closes."""
        read, write = os.pipe()
        process = self.start("sh", "-c", "exec <&- >&- %d>&-; exec sleep 1000" % write,
                             pass_fds=[write], stdin=subprocess.PIPE)
        os.close(write)
        for pipe in (read, process.stdout.fileno()):
            self.wait_for(lambda: select.select([pipe], [], [], 0)[0], "a pipe has no writer")
            self.assertEqual(os.read(pipe, 100), b"")
        os.close(read)
        self.wait_for(lambda: select.select([], [process.stdin], [], 0)[1], "stdin has no reader")
        with self.assertRaises(BrokenPipeError):
            os.write(process.stdin.fileno(), b"x")
        process.terminate()
        process.wait(harness.DEADLINE_S)

    def test_limits_and_signals_are_the_same(self):
        script = "ulimit -a; grep -E 'Sig(Blk|Ign|Cgt)|NoNewPrivs|Seccomp:' /proc/self/status"
        plain = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        run = self.good("sh", "-c", script)
        self.assertEqual(run.out, plain.stdout)

    def test_ids(self):
        run = self.good("sh", "-c", "id -u; id -g")
        self.assertEqual(run.out, "%d\n%d\n" % (os.getuid(), os.getgid()))

    def test_files_stay_the_users(self):
        path = os.path.join(self.folder, "made inside")
        self.good("touch", path)
        self.assertEqual(os.stat(path).st_uid, os.getuid())

    def test_head_on_stdout(self):
        words, _ = self.command("sh", "-c", "yes | head -c 3000000; echo $? >&2")
        head = subprocess.run(["bash", "-c", '"$@" | head -n 1; echo ${PIPESTATUS[0]}', "bash",
                               *words], capture_output=True, text=True, check=False,
                              timeout=harness.DEADLINE_S)
        self.assertEqual(head.stdout.splitlines()[0], "y")
        self.assertIn(head.stdout.splitlines()[1], ("0", "141"))

    def test_head_on_stderr(self):
        """Who reads the lines goes away: the program goes on, the capture is complete."""
        self.need("curl", "bash")
        capture = os.path.join(self.folder, "cut.pcapng")
        words, _ = self.command("sh", "-c", "curl -sS -o '%s' http://demo.vitro/bytes/3M; echo $?"
                                % os.path.join(self.folder, "got"), files=False,
                                options=["--print", "all", "-w", capture])
        script = 'set -o pipefail; { "$@" 2>&1 >&3 | head -n 2 >/dev/null; } 3>&1; ' \
                 'echo ${PIPESTATUS[0]}'
        result = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True,
                                text=True, check=False, timeout=harness.DEADLINE_S)
        self.assertEqual(result.stdout.split()[0], "0", result)
        self.assertEqual(os.path.getsize(os.path.join(self.folder, "got")), 3_000_000)
        packets = harness.read_capture(capture)
        self.assertGreater(sum(len(packet.data) for packet in packets), 3_000_000)
        self.assertTrue(any(is_fin(packet.data) for packet in packets))


class ChildrenTest(harness.Case):
    def test_daemon_goes_on(self):
        go = os.path.join(self.folder, "go")
        process = self.start(sys.executable, "-c", DAEMON, DEMO, go, stderr=subprocess.PIPE)
        # vitro says that somebody is left
        line = process.stderr.readline().decode()
        self.assertIn("still inside", line)
        self.assertIsNone(process.poll())
        with open(go, "w", encoding="ascii"):
            pass
        run = self.finish(process)
        self.assertEqual(run.status, 7, run)
        self.assertTrue(os.path.exists(go + ".done"))
        self.assertEqual(len(run.tcp(state="closed")), 5, run)

    def test_background_job_goes_on(self):
        run = self.good("bash", "-c", "(sleep 0.5; exec 8<>/dev/tcp/%s/7; echo late >&8; "
                        "head -n 1 <&8) & disown; exit 3" % DEMO, status=3)
        self.assertEqual(run.out, "late\n")

    def test_sigterm_is_passed_on(self):
        process = self.start("sh", "-c", "trap 'echo got it; exit 9' TERM; echo ready; "
                             "while :; do sleep 0.05; done")
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.terminate()
        run = self.finish(process)
        self.assertEqual((run.status, run.out), (9, "got it\n"))

    def test_sigterm_ends_what_is_left(self):
        process = self.start("sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 </dev/null & exit 5")
        self.assertIn("still inside", process.stderr.readline().decode())
        process.terminate()
        run = self.finish(process)
        self.assertEqual(run.status, 5, run)

    def test_many_processes(self):
        run = self.good("bash", "-c", "for i in $(seq 100); do (echo x >/dev/tcp/%s/9) & done; "
                        "wait; echo done" % DEMO, prints="none")
        self.assertEqual(run.out, "done\n")
        self.assertEqual(len(run.tcp()), 100)


class KillTest(harness.Case):
    """Whatever is killed with SIGKILL: nothing is left (tearDown looks), captures are whole."""

    def busy(self):
        """A run in the middle of a transfer; (its process, {role: pid})."""
        self.need("curl")
        path = os.path.join(self.folder, "marker%d" % self.runs)
        script = "curl -sS http://demo.vitro/drip/10M?time=100s >/dev/null & echo >\"$0\"; wait"
        process = self.start("sh", "-c", script, path)
        self.wait_for(lambda: os.path.exists(path), "the program runs")
        self.wait_for(lambda: harness.read_text(os.path.join(process.folder, "text"))
                      .count("length 1") > 0, "data flows")
        roles = {"front": process.pid}
        for child in harness.children_of(process.pid):
            grandchildren = harness.children_of(child)
            is_filtered = "Seccomp:\t2" in harness.read_text("/proc/%d/status" % child)
            roles["inner" if grandchildren else "gateway" if is_filtered else "keeper"] = child
            for grandchild in grandchildren:
                roles["program"] = grandchild
        self.assertLessEqual({"front", "inner", "gateway", "program"}, set(roles))
        return process, roles

    def check_capture(self, process):
        packets = harness.read_capture(os.path.join(process.folder, "capture.pcapng"))
        self.assertTrue(any(b"GET /drip" in packet.data for packet in packets))
        lines = harness.tcpdump(os.path.join(process.folder, "capture.pcapng"))
        if lines is not None:
            self.assertEqual(len(lines), len(packets))

    def test_front_is_killed(self):
        process, _ = self.busy()
        process.kill()
        process.wait(harness.DEADLINE_S)
        self.wait_for(lambda: not harness.others(), "everything ends")
        self.check_capture(process)
        text = harness.read_text(os.path.join(process.folder, "text"))
        self.assertIn("\n-- 1 connection", text)  # the gateway could still tell

    def test_inner_is_killed(self):
        process, roles = self.busy()
        os.kill(roles["inner"], signal.SIGKILL)
        run = self.finish(process)
        self.assertEqual(run.status, 137, run)
        self.check_capture(process)

    def test_gateway_is_killed(self):
        process, roles = self.busy()
        harness.kill_between_calls(roles["gateway"])
        self.assertIn("the gateway has ended too early (signal 9)",
                      process.stderr.readline().decode())
        self.check_capture(process)
        os.kill(roles["program"], signal.SIGTERM)
        self.assertIn("still inside", process.stderr.readline().decode())
        process.terminate()
        run = self.finish(process, is_whole=False)
        self.assertEqual(run.status, 143, run)

    def test_program_is_killed(self):
        process, roles = self.busy()
        for pid in [roles["program"], *harness.children_of(roles["program"])]:
            os.kill(pid, signal.SIGKILL)
        run = self.finish(process)
        self.assertEqual(run.status, 137, run)
        self.check_capture(process)
        self.assertEqual(self.only(run.tcp(), run)["ended_by"], "program")

    def test_two_are_killed_at_once(self):
        for left, other in (("inner", "front"), ("front", "inner")):
            process, roles = self.busy()
            harness.kill_between_calls(roles["gateway"])
            os.kill(roles[other], signal.SIGKILL)
            process.wait(harness.DEADLINE_S)
            self.wait_for(lambda: not harness.others(), "%s ends everything" % left)
            self.check_capture(process)


def is_fin(frame):
    ip6 = frame[12:14] == b"\x86\xdd"
    at = 14 + (40 if ip6 else 20)
    return frame[20 if ip6 else 23] == 6 and frame[at + 13] & 1 == 1


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
