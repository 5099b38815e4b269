#!/usr/bin/env python3
"""`sudo make install` in a user's tree leaves nothing there that the user cannot write."""

import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
USER = 65534


class InstallTest(unittest.TestCase):
    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def test_as_root_for_a_user(self):
        if os.getuid() != 0 or shutil.which("make") is None:
            self.skipTest("needs root and make")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        shutil.copy(os.path.join(ROOT, "Makefile"), self.folder)
        self.write("tools/deps", "#!/bin/sh\n")
        self.write("bin/cmake", "#!/bin/sh\nmkdir -p build/sub && touch build/sub/file\n")
        os.chown(self.folder, USER, USER)
        os.chown(os.path.join(self.folder, "Makefile"), USER, USER)
        path = os.path.join(self.folder, "bin") + ":" + os.environ["PATH"]
        done = subprocess.run(["make", "install"], cwd=self.folder, capture_output=True, text=True,
                              check=False, env={"PATH": path}, timeout=60)
        self.assertEqual(done.returncode, 0, done)
        for name in ("build", "build/sub", "build/sub/file"):
            status = os.stat(os.path.join(self.folder, name))
            self.assertEqual((status.st_uid, status.st_gid), (USER, USER), name)


if __name__ == "__main__":
    unittest.main()
