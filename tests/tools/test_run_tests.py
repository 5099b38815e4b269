#!/usr/bin/env python3
"""tools/run-tests must count what cmocka and CTest say, and believe no success that was none."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True
TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "run-tests")
LOADER = importlib.machinery.SourceFileLoader("vitro_run_tests", TOOL)
RUN_TESTS = importlib.util.module_from_spec(importlib.util.spec_from_loader(LOADER.name, LOADER))
LOADER.exec_module(RUN_TESTS)

# As cmocka 1.1 prints it, and as tests/support/cmocka_small does.
CMOCKA = """[==========] Running 4 test(s).
[ RUN      ] a
[       OK ] a
[ RUN      ] b
[  FAILED  ] b
[ RUN      ] c
no device here
[  SKIPPED ] c
[ RUN      ] d
[  FAILED  ] d
[==========] 4 test(s) run.
[  ERROR   ] --- 0x1 != 0x2
[  PASSED  ] 1 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] c
[  FAILED  ] 2 test(s), listed below:
[  FAILED  ] b
[  FAILED  ] d
"""


class RunTestsTest(unittest.TestCase):
    def count(self, status, output):
        case = xml.etree.ElementTree.Element("testcase", name="unit.test_x", status=status)
        xml.etree.ElementTree.SubElement(case, "system-out").text = output
        tally = RUN_TESTS.Tally()
        with contextlib.redirect_stdout(io.StringIO()):
            RUN_TESTS.count_case(tally, "asan", case)
        return tally.passed, tally.failed, tally.skipped

    def test_cases_are_counted(self):
        passed, failed, skipped = self.count("fail", CMOCKA)
        self.assertEqual(1, passed)
        self.assertEqual(["asan: unit.test_x b", "asan: unit.test_x d"], failed)
        self.assertEqual(["asan: unit.test_x c: no device here"], skipped)

    def test_several_groups_are_added_up(self):
        output = "[  PASSED  ] 3 test(s).\n" * 2
        self.assertEqual((6, [], []), self.count("run", output))

    def test_program_without_cases_is_one(self):
        self.assertEqual((1, [], []), self.count("run", "all is well\n"))
        self.assertEqual((0, ["asan: unit.test_x"], []), self.count("fail", ""))

    def test_crash_before_the_summary_is_a_failure(self):
        output = "[ RUN      ] a\n[       OK ] a\n[ RUN      ] b\n"
        self.assertEqual((0, ["asan: unit.test_x"], []), self.count("fail", output))

    def test_leak_after_the_summary_is_a_failure(self):
        output = "[  PASSED  ] 3 test(s).\nERROR: LeakSanitizer\n"
        self.assertEqual((3, ["asan: unit.test_x"], []), self.count("fail", output))

    def test_skip_without_a_reason_is_named(self):
        output = "[ RUN      ] c\n[  SKIPPED ] c\n[  PASSED  ] 0 test(s).\n" \
            "[  SKIPPED ] 1 test(s), listed below:\n[  SKIPPED ] c\n"
        self.assertEqual((0, [], ["asan: unit.test_x c: the test does not say why"]),
                         self.count("run", output))


if __name__ == "__main__":
    unittest.main()
