#!/usr/bin/env python3
"""All of vitro's processes are killed at once: nothing that was inside is left, all else is."""

import contextlib
import os
import signal
import subprocess
import sys

import harness

# Who does not end with the program: daemons, one of them in namespaces of its own where that can be
# had, and the job of a shell in a group of its own.
STUBBORN = """
trap '' HUP INT TERM
setsid sh -c 'sleep 1000 & sleep 1000' &
setsid sh -c 'unshare --user --net sh -c "sleep 1000; :" || sleep 1000' &
bash -mc 'sleep 1000 & wait' &
echo up
wait
"""
NO_USER_NAMESPACES = ["unshare", "--user", "--map-root-user", "sh", "-c",
                      "echo 0 >/proc/sys/user/max_user_namespaces; exec \"$@\"", "sh"]


class KilledTest(harness.Case):
    def setUp(self):
        super().setUp()
        self.need("bash", "unshare", "setsid")
        if not hasattr(os, "pidfd_open"):
            self.skipTest("this python knows no pidfd_open()")
        try:
            os.close(os.pidfd_open(os.getpid()))
        except OSError as error:
            self.skipTest("a kernel without pidfds: " + error.strerror)

    def check(self, choose, prefix=()):
        """Runs STUBBORN and kills those processes that choose(front, processes) names."""
        user = prefix if prefix == harness.as_nobody() else ()
        bystander = subprocess.Popen([*user, "sleep", "1000"])
        self.processes.append(bystander)
        process = self.start("sh", "-c", STUBBORN, prefix=prefix, options=["-q"], files=False,
                             start_new_session=True)
        self.assertEqual(process.stdout.readline(), b"up\n")
        self.wait_for(lambda: sum("sleep 1000" == words for _, words in harness.others()) == 5,
                      "daemons and bystander are there")
        chosen = choose(process.pid)
        self.assertIn(process.pid, chosen)
        self.assertGreaterEqual(len(chosen), 3)
        for number in (signal.SIGSTOP, signal.SIGKILL):  # none can do anything about the others
            for pid in chosen:
                with contextlib.suppress(ProcessLookupError):  # the program dies with inner
                    os.kill(pid, number)
        process.wait(harness.DEADLINE_S)
        self.wait_for(lambda: [pid for pid, _ in harness.others()] == [bystander.pid],
                      "all but the bystander end")
        self.assertIsNone(bystander.poll())
        bystander.kill()
        bystander.wait()

    def users(self):
        return [(), harness.as_nobody()] if harness.Options.is_root else [()]

    @staticmethod
    def of_its_name(_):
        return [pid for pid, _ in harness.others()
                if harness.read_text("/proc/%d/comm" % pid) == "vitro\n"]

    @staticmethod
    def of_its_words(_):
        return [pid for pid, words in harness.others() if "vitro" in words]

    @staticmethod
    def of_its_group(group):
        return [pid for pid, _ in harness.others() if os.getpgid(pid) == group]

    def test_all_of_a_name(self):
        for prefix in self.users():
            self.check(self.of_its_name, prefix)

    def test_all_with_a_word(self):
        for prefix in self.users():
            self.check(self.of_its_words, prefix)

    def test_a_process_group(self):
        for prefix in self.users():
            self.check(self.of_its_group, prefix)

    def test_without_user_namespaces(self):
        self.check(self.of_its_group, NO_USER_NAMESPACES)


class StoppedTest(harness.Case):
    """One of vitro's processes is stopped."""

    def test_inner_by_its_program(self):
        self.good("sh", "-c", "kill -STOP $PPID; exit 3", status=3)

    def test_one_and_the_front_is_killed(self):
        for role in ("inner", "gateway"):
            process = self.start("sh", "-c", "echo $PPID; exec sleep 1000")
            inner = int(process.stdout.readline())
            chosen = inner if role == "inner" else self.gateway_of(process)
            os.kill(process.pid, signal.SIGSTOP)  # or it would look after inner
            os.kill(chosen, signal.SIGSTOP)
            self.wait_for(lambda: harness.read_stat(chosen)[0] == "T", "%s is stopped" % role)
            process.kill()
            process.wait(harness.DEADLINE_S)
            self.wait_for(lambda: not harness.others(), "everything ends without " + role)


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
