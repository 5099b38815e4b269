#!/usr/bin/env python3
"""tools/rfc_matrix must find every tag, know the place, and fail while a proof is missing."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
TOOL = os.path.join(ROOT, "tools", "rfc_matrix")

CODE = """/* A file. RFC 9293 MUST-3 */
#include "a.h"

/* Sends (RFC 9293
 * MUST-1, SHLD-2). */
static int send_it(int x)
{
    return x; /* RFC 9293 MUST-2 */
}
"""
TABLE = "MUST-1\t3.1\tcode\tOne.\nMUST-2\t3.1\tcode\tTwo.\nMUST-3\t3.1\tdeclined\tThree.\tNo.\n" \
    "SHLD-2\t3.1\tcode\tFour.\nMAY-1\t3.1\tcode\tFive.\n"
TEST = "/* A test. */\nstatic void one_holds(void **state)\n{\n" \
    "    /* RFC 9293 MUST-1, MUST-2 */\n}\n"


class RfcMatrixTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.write("docs/rfc9293-requirements.tsv", "# table\n" + TABLE)
        self.write("src/tcp/a.c", CODE)
        self.write("tests/unit/test_a.c", TEST)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        full = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def run_tool(self, *arguments):
        result = subprocess.run(
            [sys.executable, TOOL, "--root", self.folder.name] + list(arguments),
            stdout=subprocess.PIPE, text=True, check=False)
        return result.returncode, result.stdout

    def matrix(self):
        with open(os.path.join(self.folder.name, "docs/rfc9293.md"), encoding="utf-8") as file:
            return file.read()

    def test_writes_and_then_passes(self):
        self.assertEqual(0, self.run_tool()[0])
        self.assertEqual((0, ""), self.run_tool("--check"))
        text = self.matrix()
        self.assertIn("| MUST-1 | 3.1 | One. | `src/tcp/a.c` send_it |"
                      " `tests/unit/test_a.c` one_holds |", text)
        self.assertIn("| MUST-2 | 3.1 | Two. | `src/tcp/a.c` send_it |", text)
        self.assertIn("*declined*: No.<br>`src/tcp/a.c` |", text)
        self.assertIn("| SHLD-2 | 3.1 | Four. | `src/tcp/a.c` send_it |  |", text)

    def test_stale(self):
        self.run_tool()
        self.write("tests/unit/test_a.c", TEST.replace("one_holds", "all_hold"))
        code, output = self.run_tool("--check")
        self.assertEqual(1, code)
        self.assertIn("not up to date", output)

    def test_moved_lines_are_not_stale(self):
        self.run_tool()
        self.write("src/tcp/a.c", CODE.replace("#include", "\n\n#include"))
        self.assertEqual(0, self.run_tool("--check")[0])

    def test_must_without_test(self):
        self.write("tests/unit/test_a.c", TEST.replace(", MUST-2", ""))
        self.run_tool()
        code, output = self.run_tool("--check")
        self.assertEqual((1, "MUST-2: no test: Two.\n"), (code, output))

    def test_must_without_code(self):
        self.write("src/tcp/a.c", CODE.replace("RFC 9293 MUST-2", ""))
        self.run_tool()
        self.assertEqual((1, "MUST-2: no code: Two.\n"), self.run_tool("--check"))

    def test_unknown_tag(self):
        self.write("src/tcp/a.c", CODE + "/* RFC 9293 MUST-99 */\n")
        self.assertIn("src/tcp/a.c:10: RFC 9293 has no MUST-99", self.run_tool("--check")[1])

    def test_a_literal_is_no_tag(self):
        quoted = 'g("/* RFC 9293 MUST-2 */");'
        self.write("src/tcp/a.c", CODE.replace("/* RFC 9293 MUST-2 */", quoted))
        self.run_tool()
        self.assertEqual(1, self.run_tool("--check")[0])

    def test_reasons_are_needed(self):
        self.write("docs/rfc9293-requirements.tsv", TABLE.replace("\tNo.", ""))
        self.assertIn("a reason is missing", self.run_tool("--check")[1])

    def test_the_table_is_whole(self):
        path = os.path.join(ROOT, "docs", "rfc9293-requirements.tsv")
        with open(path, encoding="utf-8") as file:
            tags = re.findall(r"^([A-Z]+-\d+)\t", file.read(), re.M)
        wanted = ["%s-%d" % (kind, number) for kind, count in
                  (("MUST", 69), ("SHLD", 31), ("REC", 1), ("MAY", 18))
                  for number in range(1, count + 1)]
        self.assertEqual(wanted, tags)


if __name__ == "__main__":
    unittest.main()
