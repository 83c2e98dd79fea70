#!/usr/bin/env python3
"""Is a mutant put behind a switch as it should, several of a line, and is what a compiler does not take found again?"""
import pathlib
import tempfile
import threading
import unittest

from mutants import Mutant
from switch_text import Unit, language_of, masked, switched, units
from switched_sources import SwitchedSources
from switched_tests import Gate, SwitchedTest, most_seconds, passes


def ways(before, after, path="hw/a.cpp", following=""):
    """The line with mutant 7, in every way that is tried."""
    mutant = Mutant(path, 1, "some", before, after)
    return [switched(before, [(7, unit, False, after)], language_of(path)) for unit in units(mutant, [before, following])]


class Cpp(unittest.TestCase):
    # before, after, the first way
    EXAMPLES = [
        ("  const int a = b + 1;", "  const int a = b + 2;", "  const int a = b + (weft_mutant(7) ? (2) : (1));"),
        ("  int a = 0, b = 0;  ///< none", "  int a = 0, b = 1;  ///< none", "  int a = 0, b = (weft_mutant(7) ? (1) : (0));  ///< none"),
        ("  const bool a = b - c < d;", "  const bool a = b - c <= d;", "  const bool a = (weft_mutant(7) ? (b - c <= d) : (b - c < d));"),
        ("  const bool a = b && c || d;", "  const bool a = b || c || d;", "  const bool a = (weft_mutant(7) ? (b || c || d) : (b && c || d));"),
        ("  if (a && b > c) {", "  if (a && b >= c) {", "  if (a && (weft_mutant(7) ? (b >= c) : (b > c))) {"),
        ("  if (a(b)) {", "  if (!(a(b))) {", "  if ((weft_mutant(7) ? (!(a(b))) : (a(b)))) {"),
        ("  } else if (a) {", "  } else if (1) {", "  } else if ((weft_mutant(7) ? (1) : (a))) {"),
        ("  for (int i = 0; i < n; ++i) {", "  for (int i = 0; i <= n; ++i) {", "  for (int i = 0; (weft_mutant(7) ? (i <= n) : (i < n)); ++i) {"),
        ("  a.clear();", "  ;", "  if (weft_mutant(7)) { ; } else { a.clear(); }"),
        ("  a.b[c] = d;", "  a.b[c] = {};", "  if (weft_mutant(7)) { a.b[c] = {}; } else { a.b[c] = d; }"),
        ("  return a ? b : c;", "  return a ? c : b;", "  if (weft_mutant(7)) { return a ? c : b; } else { return a ? b : c; }"),
        ("  if (a) b = c;", "  if (a) ;", None),
        ('  {"a", b.c,', '  {"a", 0,', '  {"a", (weft_mutant(7) ? (0) : (b.c)),'),
        ('  if (a == b.end() && a->c == "d")', '  if (a == b.begin() && a->c == "d")',
         '  if ((weft_mutant(7) ? (a == b.begin()) : (a == b.end())) && a->c == "d")'),
        ("  f(a, b), c);", "  f(b, a), c);", None),
        ("  A& a = b[f(c.d, c.e)];", "  A& a = b[f(c.e, c.d)];", "  A& a = b[(weft_mutant(7) ? (f(c.e, c.d)) : (f(c.d, c.e)))];"),
    ]

    def test_each_is_switched_as_the_smallest_that_is_whole(self):
        for before, after, first in self.EXAMPLES:
            if first:
                self.assertEqual(ways(before, after)[:1], [first])

    def test_an_if_with_an_else_behind_it_stays_one(self):
        before, after = "  if (a) b = c;", "  if (a) b = {};"
        self.assertIn("  if (weft_mutant(7)) { if (a) b = {}; } else { if (a) b = c; }", ways(before, after))
        self.assertEqual(ways(before, after, following="  else d();"), ["  if (a) if (weft_mutant(7)) { b = {}; } else { b = c; }"])

    def test_what_began_in_the_line_before_is_no_statement(self):
        before, after = "      std::max({b, c});", "      std::min({b, c});"
        units_of = units(Mutant("hw/a.cpp", 2, "some", before, after), ["  a =", before])
        self.assertEqual([before[unit.begin:unit.end] for unit in units_of], ["std::max({b, c})"])

    def test_an_operation_is_not_cut(self):
        self.assertEqual(ways("  return a == b && c &&", "  return a == b || c &&"), [])
        for operation, first in (("*", []), ("&&", ["(weft_mutant(7) ? (b - c) : (b + c));"]), ("=", ["(weft_mutant(7) ? (b - c) : (b + c));"])):
            lines, after = [f"  x = a {operation}", "      b + c;"], "      b - c;"
            found = units(Mutant("hw/a.cpp", 2, "some", lines[1], after), lines)
            self.assertEqual([switched(lines[1], [(7, unit, False, after)], language_of("hw/a.cpp")).strip() for unit in found], first)
        self.assertEqual(ways("      && a < b);", "      && a <= b);"), ["      && (weft_mutant(7) ? (a <= b) : (a < b)));"])

    def test_arguments_are_no_expression(self):
        for way in ways("  f(a, b), c);", "  f(b, a), c);"):
            self.assertIn("? (f(b, a)) : (f(a, b))", way)

    def test_what_fits_no_switch(self):
        for before, after in (("#if a < b", "#if a <= b"), ("  .A(B),", "  .A((B + 1)),")):
            self.assertEqual(ways(before, after, "hw/a.cpp" if "#" in before else "rtl/a.sv")[1:], [])

    def test_larger_ones_are_tried_after(self):
        self.assertEqual(ways("  int a = f(b[0]) + 1;", "  int a = f(b[1]) + 1;"),
                         [f"  int a = {text};" for text in ("f(b[(weft_mutant(7) ? (1) : (0))]) + 1", "f((weft_mutant(7) ? (b[1]) : (b[0]))) + 1",
                                                            "(weft_mutant(7) ? (f(b[1]) + 1) : (f(b[0]) + 1))")])

    def test_strings_and_comments_hide_nothing(self):
        text = 'f("a, b; // c", \';\'); // d < e'
        self.assertEqual(len(masked(text)), len(text))
        self.assertEqual(masked(text).rstrip(), "f(____________, ___);")


class Rtl(unittest.TestCase):
    ON = "weft_mutant::number == 32'h57e00007"

    def test_each_is_switched(self):
        for before, after, first in (
                ("  assign a = b & c;", "  assign a = b | c;", f"  assign a = ({self.ON} ? (b | c) : (b & c));"),
                ("  first_q <= first_d;", "  ;", f"  if ({self.ON}) begin ; end else begin first_q <= first_d; end"),
                ("  if (!rst_ni) a <= '0;", "  if (rst_ni) a <= '0;", f"  if (({self.ON} ? (rst_ni) : (!rst_ni))) a <= '0;"),
                ("      OpA, OpB: x = 5'd2;", "      OpA, OpB: x = 5'd1;", f"      OpA, OpB: x = ({self.ON} ? (5'd1) : (5'd2));"),
                ("  .a_i(b[15:0]),", "  .a_i(b[15:1]),", f"  .a_i(({self.ON} ? (b[15:1]) : (b[15:0]))),"),
                ("  a = b <= c;", "  a = b > c;", f"  a = ({self.ON} ? (b > c) : (b <= c));")):
            self.assertEqual(ways(before, after, "rtl/pe/a.sv")[:1], [first])


class OfALine(unittest.TestCase):
    BEFORE = "  a = b + f(c, 1);"

    def chosen(self, *afters):
        return [(number, units(Mutant("hw/a.cpp", 1, "some", self.BEFORE, after), [self.BEFORE])[which], number == 3, after)
                for number, (which, after) in enumerate(afters, 1)]

    def test_those_apart_have_a_switch_each(self):
        before = "  int a = f(1, b) + g(2);"
        chosen = [(1, Unit(12, 13, False), False, before.replace("1", "0")), (2, Unit(22, 23, False), True, before.replace("2", "3"))]
        self.assertEqual(switched(before, chosen, language_of("hw/a.h")),
                         "  int a = f((weft_mutant(1) ? (0) : (1)), b) + g((weft_mutant_late(2) ? (3) : (2)));")

    def test_those_within_each_other_are_chosen_of_as_one(self):
        chosen = self.chosen((0, "  ;"), (0, "  a = b - f(c, 1);"), (1, "  a = b + f(c, 2);"))
        self.assertEqual(switched(self.BEFORE, chosen, language_of("hw/a.cpp")),
                         "  if (weft_mutant(1)) { ; } else { if (weft_mutant(2)) { a = b - f(c, 1); } else { "
                         "if (weft_mutant_late(3)) { a = b + f(c, 2); } else { a = b + f(c, 1); } } }")


class Sources(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name)
        (self.root / "a.cpp").write_text("int f(\n    int b = 1);\nvoid g() {\n  h();\n}\nfor (;;)\n", encoding="utf-8")
        self.mutants = [Mutant("a.cpp", 2, "constant", "    int b = 1);", "    int b = 2);"), Mutant("a.cpp", 4, "statement", "  h();", "  ;"),
                        Mutant("a.cpp", 3, "pair", "void g() {", "void h() {")]
        self.sources = SwitchedSources(self.root, self.mutants)

    def test_every_mutant_is_in_and_no_line_more(self):
        self.assertEqual(self.sources.text("a.cpp").split("\n"),
                         ['#include "tests/mutation/weft_mutant.h"', "#line 1", "int f(", "    int b = (weft_mutant(1) ? (2) : (1)));", "void g() {", "  if (weft_mutant(2)) { ; } else { h(); }", "}", "for (;;)", ""])
        self.assertEqual(set(self.sources.aside), {3})
        self.assertEqual(self.sources.text("a.cpp", self.mutants[2]).split("\n")[2:5],
                         ["int f(", "    int b = (weft_mutant(1) ? (2) : (1)));", "void h() {"])

    def test_a_message_names_the_switch_at_its_line_or_near_it(self):
        self.assertEqual(set(self.sources.blamed("/x/a.cpp:4:7: error: no\n/x/a.cpp:2:1: note: see")), {2})
        self.assertEqual(set(self.sources.blamed("/x/a.cpp:1:7: error: no")), {1})
        self.assertEqual(self.sources.blamed("/x/b.cpp:1:7: error: no\nlinking"), {})

    def test_what_is_refused_is_asked_late_then_another_way_then_put_aside(self):
        self.sources.refuse(1, "call to non-'constexpr' function")
        self.assertIn("weft_mutant_late(1)", self.sources.text("a.cpp"))
        self.sources.refuse(1, "a.cpp:2:3: error: not a constant expression")
        self.assertEqual(self.sources.aside[1], "not a constant expression")
        self.assertIn("    int b = 1);", self.sources.text("a.cpp"))

    def test_what_was_found_is_kept_for_the_same_sample_alone(self):
        self.sources.refuse(1, "error: no")
        self.sources.save(self.root / "kept.json")
        again, other = SwitchedSources(self.root, self.mutants), SwitchedSources(self.root, self.mutants[:1])
        for one in (again, other):
            one.load(self.root / "kept.json")
        self.assertEqual((again.aside.keys(), other.aside.keys()), ({1, 3}, set()))


class Tests(unittest.TestCase):
    def run_one(self, script, number=0, limit=20):
        with tempfile.TemporaryDirectory() as folder:
            return passes(SwitchedTest("some", ("sh", "-c", script), ("OTHER=3",)), number, limit, folder)[0]

    def test_a_switch_is_on_and_a_failure_seen(self):
        self.assertTrue(self.run_one('test "$WEFT_MUTANT$OTHER" = 53', 5))
        self.assertFalse(self.run_one("kill -SEGV $$"))

    def test_who_builds_is_alone(self):
        gate, told = Gate(), []

        def build():
            with gate.alone():
                told.append("built")
        with gate.shared(), gate.shared():
            thread = threading.Thread(target=build)
            thread.start()
            while not gate.waiting:
                pass
            told.append("ran")
        thread.join()
        with gate.shared():
            self.assertEqual(told, ["ran", "built"])

    def test_what_takes_too_long_has_failed(self):
        self.assertEqual([most_seconds(usual) for usual in (0.0, 1.0, 100.0)], [10, 16, 260])
        self.assertFalse(self.run_one("while :; do :; done", limit=1))


if __name__ == "__main__":
    unittest.main()
