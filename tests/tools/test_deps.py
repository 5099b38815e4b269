#!/usr/bin/env python3
"""tools/deps on bare machines: who may not install is told once, in one line, what to install."""

import os
import shutil
import subprocess
import tempfile
import unittest

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "deps")
BASE = ["sh", "cut", "env", "grep", "mktemp", "rm", "sed", "sort", "tr"]  # what every machine has
BUILD = ["cmake", "ninja", "gcc", "pkg-config"]
LINE_BUILD = ("tools/deps: missing here; as root: apt-get install cmake gcc libc6-dev "
              "libjansson-dev libmnl-dev libseccomp-dev ninja-build pkg-config\n")


class DepsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for name in BASE:
            os.symlink(shutil.which(name), os.path.join(self.folder, name))
        self.program("id", "echo 1000")
        self.program("uname", "echo riscv64")

    def program(self, name, script):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write("#!%s\n%s\n" % (os.path.join(self.folder, "sh"), script))
        os.chmod(path, 0o755)

    def deps(self, level):
        done = subprocess.run([TOOL, level], env={"PATH": self.folder}, capture_output=True,
                              text=True, check=False, timeout=60)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_user_without_sudo(self):
        self.program("apt-get", "echo must not be run >&2")
        self.assertEqual(self.deps("build"), (1, LINE_BUILD))

    def test_user_whom_sudo_refuses(self):
        self.program("apt-get", "echo must not be run >&2")
        self.program("sudo", "echo sudo says no >&2; exit 1")
        status, said = self.deps("build")
        self.assertEqual((status, said.count("sudo says no")), (1, 1), said)
        self.assertTrue(said.endswith("\n" + LINE_BUILD), said)

    def test_without_apt(self):
        line = LINE_BUILD.replace("as root: apt-get install", "please install (Debian's names):")
        self.assertEqual(self.deps("build"), (1, line))

    def test_root_without_a_network(self):
        self.program("id", "echo 0")
        self.program("apt-get", "echo E: $1 >&2; exit 100")
        status, said = self.deps("build")
        self.assertEqual(status, 1)
        self.assertTrue(said.endswith("\n" + LINE_BUILD), said)

    def test_what_is_not_needed_holds_nothing_up(self):
        for name in BUILD:
            self.program(name, "exit 0")
        self.program("apt-get", "exit 100")
        self.assertEqual(self.deps("build"), (0, ""))
        status, said = self.deps("bench")
        self.assertEqual((status, said.count("\n")), (0, 1), said)
        self.assertTrue(said.startswith("tools/deps: going on without; as root: apt-get install "),
                        said)
        self.assertRegex(said, " mount passt python3 slirp4netns util-linux\n$")

    def test_the_demo_needs_curl_and_the_tests_need_python(self):
        for name in BUILD:
            self.program(name, "exit 0")
        for level, package in (("demo", "curl"), ("test", "python3")):
            status, said = self.deps(level)
            self.assertEqual((status, said.count("\n")), (1, 1), said)
            self.assertIn(" %s" % package, said)


if __name__ == "__main__":
    unittest.main()
