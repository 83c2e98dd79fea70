#!/usr/bin/env python3
"""Does the count of branches leave out what exceptions add, and nothing of a condition that the source says?"""
import pathlib
import tempfile
import unittest

import coverage
from count_file import CountFile, Damaged


class Branches(unittest.TestCase):
    def test_the_two_ways_of_a_call_that_may_throw_are_none(self):
        way = {"count": 5, "throw": False}
        out = {"count": 0, "throw": True}
        self.assertEqual(coverage.conditions([way, out, {"count": 3, "throw": False}, {"count": 2, "throw": False}]), [3, 2])

    def test_what_was_never_asked_counts_as_far_as_the_line_says(self):
        self.assertEqual(coverage.asked([3, 1], "if (a) go();"), [3, 1])
        self.assertEqual(coverage.asked([4, 0, 0, 0], "if (a && b) go();"), [4, 0, 0, 0])  # b was never asked
        self.assertEqual(coverage.asked([4, 0, 0, 0], "if (a) go(text);"), [4, 0])  # whether `text` is there yet
        self.assertEqual(coverage.asked([0, 0], "go(text);"), [])

    def test_comments_and_strings_say_no_condition(self):
        self.assertEqual(coverage.code_of('a("if (b)"); // if\nc;').split(), ["a(", ");", "c;"])


class Counts(unittest.TestCase):
    def file(self, **functions):
        one = CountFile(b"adcg" + bytes(12))
        one.functions = {(int(name[1:]), 0, 0): counts for name, counts in functions.items()}
        return one.data()

    def test_parts_are_added_up_and_what_is_half_written_is_not(self):
        with tempfile.TemporaryDirectory() as folder:
            build = pathlib.Path(folder)
            parts = [build / name for name in ("a", "b", "c")]
            for part, data in zip(parts, (self.file(f1=[1, 2]), self.file(f1=[0, 5], f2=[7]), self.file(f1=[9, 9])[:30])):
                (part / "hw").mkdir(parents=True)
                (part / "hw/x.gcda").write_bytes(data)
            (build / "hw").mkdir()
            coverage.add_up(build, parts)
            self.assertEqual(CountFile((build / "hw/x.gcda").read_bytes()).functions, {(1, 0, 0): [1, 7], (2, 0, 0): [7]})

    def test_another_builds_counts_are_no_part(self):
        one, other = CountFile(self.file(f1=[1])), CountFile(b"adcg" + bytes(11) + b"x")
        self.assertRaises(Damaged, one.add, other)
        self.assertRaises(Damaged, CountFile, b"none")


if __name__ == "__main__":
    unittest.main()
