#!/usr/bin/env python3
"""tools/twenty-scenes must show the lines that are asked for, and say what it leaves out."""

import importlib.machinery
import importlib.util
import os
import sys
import unittest

sys.dont_write_bytecode = True
TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools",
                    "twenty-scenes")
LOADER = importlib.machinery.SourceFileLoader("vitro_twenty_scenes", TOOL)
SCENES = importlib.util.module_from_spec(importlib.util.spec_from_loader(LOADER.name, LOADER))
LOADER.exec_module(SCENES)

# As vitro lab prints: introduction, packets, summary.
OUTPUT = "x: what\nlook\n\none\ntwo\nthree\nfour\n\nsum\n"


def shown(selection):
    return SCENES.block("lab x", OUTPUT, selection)[2:-1]


class TwentyScenesTest(unittest.TestCase):
    def test_all_is_shown_without_a_selection(self):
        self.assertEqual(shown(None), OUTPUT.rstrip("\n").split("\n"))

    def test_the_introduction_is_left_out_silently(self):
        self.assertEqual(shown("4.."), ["one", "two", "three", "four", "", "sum"])

    def test_a_gap_is_counted(self):
        self.assertEqual(shown("4 7"), ["one", "... 2 lines ...", "four", "... 2 lines ..."])
        self.assertEqual(shown("5..6 -1"), ["... 1 line ...", "two", "three", "... 1 line ...",
                                            "", "sum"])

    def test_the_line_before_the_summary_stays_empty(self):
        self.assertEqual(shown("7 9"), ["... 3 lines ...", "four", "", "sum"])

    def test_lines_are_counted_from_the_end(self):
        self.assertEqual(SCENES.chosen("-2..", 9), [8, 9])
        self.assertEqual(SCENES.chosen("2 -3..-2", 9), [2, 7, 8])

    def test_lines_that_are_not_there_are_refused(self):
        for bad in ("10", "0", "5..3", "a", "4...6", "1..-12"):
            with self.assertRaises(SCENES.Complaint, msg=bad):
                SCENES.chosen(bad, 9)

    def test_a_wide_line_is_broken_and_loses_nothing(self):
        head, options = "a" * 100 + ",", "options [" + "b" * 60 + "], length 0"
        self.assertEqual(SCENES.broken(head + " " + options + "    # a note"),
                         [head, SCENES.INDENT + options + "    # a note"])
        self.assertEqual(SCENES.broken(head + " " + options + "    # " + "n" * 60),
                         [head, SCENES.INDENT + options, SCENES.INDENT + "# " + "n" * 60])
        self.assertEqual(SCENES.broken("a" * 110 + "    # a longer note, too long"),
                         ["a" * 110, SCENES.INDENT + "# a longer note, too long"])
        self.assertEqual(SCENES.broken("short    # note"), ["short    # note"])

    def test_a_placeholder_that_is_none_is_refused(self):
        for line in ("{{lab x", "see {{lab x}}", "{{help}}"):
            with self.assertRaises(SCENES.Complaint, msg=line):
                SCENES.page(line + "\n", "false")

    def test_a_command_that_fails_names_its_line(self):
        with self.assertRaisesRegex(SCENES.Complaint, r"in\.md:2: "):
            SCENES.page("prose\n{{lab x}}\n", "false")

    def test_a_command_to_try_that_fails_is_named(self):
        text = "prose\n```sh\nvitro lab x   # note\n```\n"
        SCENES.try_all(text, "true")
        with self.assertRaisesRegex(SCENES.Complaint, "^vitro lab x:"):
            SCENES.try_all(text, "false")

    def test_a_scene_that_is_not_shown_is_found(self):
        text = "$ vitro lab a --no-ts\n"
        self.assertEqual(SCENES.missing_scenes(text, os.path.join(
            os.path.dirname(TOOL), "..", "tests", "tools", "list_of_scenes")), ["b"])


if __name__ == "__main__":
    unittest.main()
