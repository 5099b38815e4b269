#!/usr/bin/env python3
"""vitro run on a terminal of its own: ctrl-C, ctrl-Z, jobs, window size."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

import harness


class Terminal:
    """A command with a pseudo-terminal as its controlling one."""

    def __init__(self, words, rows=24, columns=80):
        self.text = ""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # the size is there before the command looks
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp(words[0], words)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def foreground(self):
        """The command line of the process that leads the foreground."""
        group = os.tcgetpgrp(self.fd)
        return harness.read_text("/proc/%d/cmdline" % group).replace("\0", " ").strip()

    def send(self, text):
        os.write(self.fd, text.encode())

    def read(self, seconds):
        """Takes what has come; False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def expect(self, pattern, case, start=0):
        """Reads until the pattern is there (from `start`); returns where it ends."""
        end = time.monotonic() + harness.DEADLINE_S
        while True:
            found = re.compile(pattern).search(self.text, start)
            if found:
                return found.end()
            if time.monotonic() > end or not self.read(0.1):
                case.fail("%r does not come in %r" % (pattern, self.text[start:]))

    def wait(self, case):
        end = time.monotonic() + harness.DEADLINE_S
        while self.status is None:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                case.fail("it does not end: %r" % self.text)
        while self.read(0.1):  # what it wrote last is under way, until nobody has the terminal
            if time.monotonic() > end:
                case.fail("the terminal stays open: %r" % self.text)
        return self.status

    def close(self):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class TerminalTest(harness.Case):
    def terminal(self, *command, options=(), **size):
        words, self.out_folder = self.command(*command, options=options)
        terminal = Terminal(words, **size)
        self.addCleanup(terminal.close)
        return terminal

    def result(self, terminal):
        run = harness.Run(terminal.wait(self), terminal.text, "", self.out_folder)
        if run.objects:
            self.check_outputs(run)
        return run

    def test_ctrl_c_in_the_middle(self):
        self.need("curl")
        terminal = self.terminal("sh", "-c", "echo begin; exec curl -sS -o /dev/null "
                                 "'http://demo.vitro/drip/10M?time=100s'")
        terminal.expect("begin", self)
        text = os.path.join(self.out_folder, "text")
        self.wait_for(lambda: harness.read_text(text).count("length 1") > 3, "data flows")
        terminal.send("\x03")
        run = self.result(terminal)
        self.assertEqual(run.status, 130, run)
        talk = self.only(run.tcp(), run)
        self.assertEqual(talk["ended_by"], "program")
        self.assertTrue(any("demo.vitro:80" in row for row in run.table), run)
        lines = harness.tcpdump(run.capture)
        if lines is not None:
            self.assertEqual(len(lines), len(run.lines))

    def test_ctrl_c_that_the_program_catches(self):
        terminal = self.terminal("sh", "-c", "trap 'echo caught; exit 4' INT; echo begin; "
                                 "while :; do sleep 0.05; done")
        terminal.expect("begin", self)
        terminal.send("\x03")
        run = self.result(terminal)
        self.assertIn("caught", run.out)
        self.assertEqual(run.status, 4, run)

    def test_ctrl_backslash(self):
        terminal = self.terminal("sh", "-c", "ulimit -c 0; echo begin; exec sleep 1000")
        terminal.expect("begin", self)
        terminal.send("\x1c")
        self.assertEqual(self.result(terminal).status, 131)

    def test_window_size(self):
        script = "import os, signal, sys\n" \
                 "def say(*_):\n" \
                 "    size = os.get_terminal_size(0)\n" \
                 "    text = '%d columns, %d lines\\n' % (size.columns, size.lines)\n" \
                 "    os.write(1, text.encode())  # print() may not be interrupted by itself\n" \
                 "signal.signal(signal.SIGWINCH, say)\n" \
                 "say()\n" \
                 "sys.stdin.readline()\n"
        terminal = self.terminal(sys.executable, "-c", script, rows=33, columns=99)
        terminal.expect("99 columns, 33 lines", self)
        terminal.resize(44, 111)
        terminal.expect("111 columns, 44 lines", self)
        terminal.send("\n")
        self.assertEqual(self.result(terminal).status, 0)

    def test_table_fits(self):
        """Lines of the table that wrap cannot be read; a wide terminal gets all columns."""
        self.need("curl")
        for columns, has_path in ((80, False), (200, True)):
            words, _ = self.command("sh", "-c", "curl -sS -o /dev/null http://demo.vitro/hello; "
                                    "curl -s http://%s:1/; exit 0" % harness.WORLD, files=False,
                                    options=["--print", "none"])
            terminal = Terminal(words, columns=columns)
            self.addCleanup(terminal.close)
            self.assertEqual(terminal.wait(self), 0, terminal.text)
            lines = terminal.text.splitlines()
            table = lines[next(at for at, line in enumerate(lines) if line.startswith("-- ")):]
            self.assertGreater(len(table), 4, terminal.text)
            self.assertLessEqual(max(map(len, table)), columns, terminal.text)
            self.assertEqual("PATH" in table[1], has_path, terminal.text)
            self.assertIn("ENDED BY", table[1])

    def test_isatty_and_line_input(self):
        terminal = self.terminal("sh", "-c", "test -t 0 && test -t 1 && test -t 2 && tty; "
                                 "read line; echo \"<$line>\"")
        terminal.expect("/dev/pts/|/dev/tty|/dev/console", self)
        terminal.send("typed\n")
        terminal.expect("<typed>", self)
        self.assertEqual(self.result(terminal).status, 0)

    def test_bash_with_jobs(self):
        self.need("bash")
        terminal = self.terminal("env", "PS1=ready> ", "bash", "--norc", "--noprofile", "-i")
        at = terminal.expect("ready> ", self)
        self.assertNotIn("no job control", terminal.text)
        terminal.send("sleep 1000 &\n")
        at = terminal.expect(r"\[1\] \d+\r\n", self, at)
        terminal.send("jobs\n")
        at = terminal.expect(r"\[1\]\+? +Running +sleep 1000 &", self, at)
        terminal.send("sleep 2000\n")
        at = terminal.expect(r"sleep 2000\r\n", self, at)
        self.wait_for(lambda: terminal.foreground() == "sleep 2000", "it has the terminal")
        terminal.send("\x1a")
        at = terminal.expect(r"\[2\]\+? +Stopped +sleep 2000", self, at)
        terminal.send("kill %1 %2; wait; echo both gone\n")
        at = terminal.expect(r"both gone\r\n", self, at)
        terminal.send("cat </dev/tcp/10.0.2.4/13; exit 6\n")
        run = self.result(terminal)
        self.assertEqual(run.status, 6, run)
        self.assertEqual(len(run.tcp()), 1)

    def test_stopped_by_a_shell_outside(self):
        """ctrl-Z stops the program and vitro; fg continues both."""
        self.need("bash")
        words, self.out_folder = self.command(
            "sh", "-c", "echo begin; read line; echo \"<$line>\"; exit 3")
        terminal = Terminal(["env", "PS1=outside> ", "bash", "--norc", "--noprofile", "-i"])
        self.addCleanup(terminal.close)
        at = terminal.expect("outside> ", self)
        terminal.send(" ".join("'%s'" % word for word in words) + "\n")
        at = terminal.expect(r"begin\r\n", self, at)
        terminal.send("\x1a")
        at = terminal.expect(r"\[1\]\+ +Stopped.*\n", self, at)
        terminal.send("fg\n")
        at = terminal.expect(r"\n", self, at)
        terminal.send("after the stop\n")
        at = terminal.expect("<after the stop>", self, at)
        terminal.send("echo status $?\n")
        at = terminal.expect(r"status 3\r\n", self, at)
        terminal.send("exit 0\n")
        self.assertEqual(self.result(terminal).status, 0)

    def test_hang_up(self):
        terminal = self.terminal("sh", "-c", "echo begin; exec sleep 1000")
        terminal.expect("begin", self)
        os.kill(terminal.pid, signal.SIGHUP)
        self.assertEqual(self.result(terminal).status, 129)


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
