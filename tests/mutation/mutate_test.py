#!/usr/bin/env python3
"""Does the generator make the faults that it documents, nowhere else, and the same ones for the same seed?"""
import collections
import pathlib
import tempfile
import unittest
import unittest.mock

import mutate
import reach
from changed_source import source_with
from cluster_workshop import GOLDEN, ClusterWorkshop
from mutants import Mutant, code_of, mutants_of, sample
from named_faults import named_faults
from operators import BOOK_OPERATORS, OPERATORS
from reach import CountFile
from test_costs import TestCosts


def faults(line, operator, path="rtl/pe/some.sv"):
    return [mutant.after for mutant in mutants_of(path, line, [*BOOK_OPERATORS, *OPERATORS]) if mutant.operator == operator]


def real_sources():
    return {path: (mutate.ROOT / path).read_text(encoding="utf-8") for path in mutate.paths()}


class Operators(unittest.TestCase):
    EXAMPLES = {
        "boundary": ("  if (x < 3) begin", "  if (x <= 3) begin"),
        "reversed": ("  return at > 0 ? a : b;", "  return at < 0 ? a : b;"),
        "logic": ("  x = a && b;", "  x = a || b;"),
        "arithmetic": ("  credit_d[color] -= one;", "  credit_d[color] += one;"),
        "bits": ("  sign = a[15] ^ b[15];", "  sign = a[15] | b[15];"),
        "constant": ("  burn = IssueCycles - 8'd1;", "  burn = IssueCycles - 8'd2;"),
        "mask": ("  else half_o = 16'h7e00;", "  else half_o = 16'h7e01;"),
        "flag": ("  found = 1'b0;", "  found = 1'b1;"),
        "parameter": ("  at = now + timing_.ramp;", "  at = now + (timing_.ramp + 1);"),
        "negation": ("  if (take_i) begin", "  if (!(take_i)) begin"),
        "condition": ("  if (to & used) continue;", "  if (1) continue;"),
        "operands": ("  at = std::max(at, ready);", "  at = std::min(at, ready);"),
        "statement": ("  first_q <= first_d;", "  ;"),
        "field": ('                     {"busy_ps", link.busy},', '                     {"busy_ps", 0},'),
        "reset": ("  unlogged_samples_ = 0;", "  ;"),
        "pair": ("    return 100.0 * (row.after - row.before) / row.before;", "    return 100.0 * (row.after - row.before) / row.after;"),
        "order": ("  store_.update(layer, index);", "  store_.update(index, layer);"),
        "index": ("  sums[name] += value[place];", "  sums[name] += value[0];"),
        "size": ("  for (; at < rows_.size();) go();", "  for (; at < (rows_.size() - 1);) go();"),
        "rounding": ("  return std::ceil(bytes * 8000.0 / gbps_);", "  return std::floor(bytes * 8000.0 / gbps_);"),
    }

    def test_each_makes_its_example(self):
        self.assertEqual(list(self.EXAMPLES), [operator.name for operator in [*OPERATORS, *BOOK_OPERATORS]])
        for name, (before, after) in self.EXAMPLES.items():
            self.assertIn(after, faults(before, name), name)

    def test_an_assignment_is_no_comparison(self):
        for line in ("  first_q <= first_d;", "  if (in_i.valid) queue_q[a[1]][b] <= c;", "  else thread_q <= '0;"):
            self.assertEqual(faults(line, "boundary") + faults(line, "reversed"), [], line)
        for line in ("  if (data <= 16'd1) to = '0;", "  assign positive = half <= limit;"):
            self.assertEqual(len(faults(line, "boundary")), 1, line)

    def test_templates_and_pointers_are_no_comparison(self):
        for line in ("  std::vector<int> at;", "  x = at->y;", "  out << 1;"):
            self.assertEqual(faults(line, "boundary", "hw/pe/some.cpp"), [], line)

    def test_a_declared_name_is_no_pair(self):
        for line in ("  RunCycle first;", "  void open(const Map& map, RunCycle start);", "  json of(const Provenance& from);",
                     "  std::vector<std::uint8_t> bytes;"):
            self.assertEqual(faults(line, "pair"), [], line)
        for line in ("  return begin + 1;", "  up = std::max(now, start + of_chunk);", "  if (a && begin > 3) go();", "  at = b ? first : c;"):
            self.assertTrue(faults(line, "pair"), line)

    def test_what_is_skipped(self):
        for line in ("#include <a < b>", "// a < b", "  assert (a < b);", "  throw Error(a < b);", "  logic [7:0] a;",
                     "  parameter int unsigned Depth = 6,", "      16'hf001: host_data_o = 32'(LinkQueue);",
                     '  call("a < b && c",', "/* a < b\n   a && b */"):
            self.assertEqual(mutants_of("rtl/pe/some.sv", line), [], line)

    def test_a_continued_line_is_no_statement(self):
        self.assertEqual([mutant for mutant in mutants_of("a.sv", "  x = a +\n  b = c;") if mutant.operator == "statement"], [])

    def test_a_condition_keeps_its_strings_and_is_of_its_language(self):
        self.assertIn('  if (!(key == "one")) go();', faults('  if (key == "one") go();', "negation"))
        for line in ("  if (1) go(begin);", "  if (1) text = 'x';"):
            self.assertIn(line, faults(line.replace("1", "a > 3"), "condition"))
        for line in ("  if (1'b1) begin", "  if (1'b1) x = '0;"):
            self.assertIn(line, faults(line.replace("1'b1", "a"), "condition"))

    def test_blanking_keeps_places(self):
        text = 'a; // b\n"x\\"y" + 1; R"(z\n"z" 2)" /* c\nd */ e;'
        blank = code_of(text)
        self.assertEqual([len(line) for line in blank.split("\n")], [len(line) for line in text.split("\n")])
        self.assertEqual(blank.split(), ["a;", "+", "1;", "e;"])


class Sample(unittest.TestCase):
    def setUp(self):
        self.sources = real_sources()
        self.everything = [mutant for path, text in self.sources.items() for mutant in mutants_of(path, text)]

    def test_same_seed_same_sample(self):
        one = sample(self.everything, 240, 1)
        self.assertEqual(one, sample(self.everything, 240, 1))
        self.assertNotEqual(one, sample(self.everything, 240, 2))
        self.assertEqual(len(set(one)), 240)

    def test_it_is_spread_over_files_and_operators(self):
        chosen = sample(self.everything, 360, 1)  # of the rarest operator there are 52 in 10,581
        available = collections.Counter(mutant.path for mutant in self.everything)
        files = collections.Counter(mutant.path for mutant in chosen)
        self.assertEqual(set(files), set(available))
        most = max(files.values())
        for path, number in files.items():
            self.assertTrue(number >= most - 1 or number == available[path], f"{path}: {number} of {most}")
        self.assertEqual({mutant.operator for mutant in chosen}, {operator.name for operator in OPERATORS})

    def test_a_turn_that_is_not_whole_leaves_files_out_by_chance(self):
        some = [Mutant(f"{name}.cpp", 1, "flag", "x", "y") for name in "abcdefghij"]
        self.assertEqual({mutant.path for seed in range(40) for mutant in sample(some, 5, seed)}, {mutant.path for mutant in some})

    def test_a_mutant_changes_its_line_and_no_other(self):
        for mutant in sample(self.everything, 400, 3):
            before, after = (text.split("\n") for text in (self.sources[mutant.path], mutant.apply(self.sources[mutant.path])))
            self.assertEqual([number for number, pair in enumerate(zip(before, after), 1) if pair[0] != pair[1]], [mutant.line])
            self.assertEqual(len(before), len(after))

    def test_it_is_not_applied_to_another_source(self):
        with self.assertRaises(ValueError):
            Mutant("a.sv", 1, "flag", "x = 1'b0;", "x = 1'b1;").apply("y = 1'b0;")


class Cluster(unittest.TestCase):
    def test_all_of_hw_tlm_and_sw_but_what_the_other_area_has(self):
        files = mutate.paths("cluster")
        self.assertFalse(any(path.startswith(("hw/pe/", "hw/fabric/", "rtl/")) for path in files))
        for path in ("hw/csx/csx_launches.cpp", "hw/input/dataset_source.cpp", "sw/report/summary.cpp", "tlm/block/link_port.h", "sw/cli/main.cpp"):
            self.assertIn(path, files)

    def test_the_sample_is_a_function_of_the_seed_and_has_every_operator(self):
        everything = [mutant for path in mutate.paths("cluster") for mutant in mutate.mutants_in("cluster", path)]
        one = sample(everything, 300, 1)
        self.assertEqual(one, sample(everything, 300, 1))
        self.assertNotEqual(one, sample(everything, 300, 2))
        self.assertEqual({mutant.operator for mutant in everything}, {operator.name for operator in mutate.AREAS["cluster"].operators})
        self.assertGreater(len({mutant.operator for mutant in one}), 14)

    def test_named_faults_can_be_put_in(self):
        known = "".join(path.read_text() for path in mutate.ROOT.glob("tests/*/CMakeLists.txt"))
        for fault in named_faults(mutate.ROOT):
            text = (mutate.ROOT / fault.path).read_text(encoding="utf-8")
            self.assertNotEqual(fault.apply(text), text)
            for killer in fault.killers:
                self.assertIn(killer, known, fault.operator)


class Workshop(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def costs(self, **seconds):
        results = self.folder / "results.xml"
        results.write_text("<testsuite>" + "".join(f'<testcase name="{name}" time="{time}"/>' for name, time in seconds.items())
                           + "</testsuite>")
        return TestCosts(results)

    def test_a_test_that_never_ran_costs_nothing(self):
        self.assertEqual(TestCosts(self.folder / "none.xml").of("some"), 0)
        costs = self.costs(some=20)
        self.assertEqual((costs.of("some"), costs.of("other")), (20, 0))
        self.assertEqual((costs.limit("some"), costs.limit("other")), (130, 10))

    def test_the_cheapest_is_asked_first_and_the_golden_reports_last(self):
        shop = ClusterWorkshop(self.folder, self.folder, dearest=50)
        shop.holders = {"a.o": {"tests/unit/dear_test", "tests/unit/cheap_test", "sw/cli/weft"}}
        shop.cases = {"dear_test": ["long", "short"], "cheap_test": ["one", "two"]}
        shop.scripts = dict.fromkeys(("script", "slow", GOLDEN))
        shop.costs = self.costs(**{"dear_test:long": 9, "cheap_test:one": 0.5, "script": 2, "slow": 60, GOLDEN: 1})
        found = [(one.name, one.cases) for one in shop.detectors(shop.holders["a.o"], lambda name: True)]
        self.assertEqual(found, [("tests/unit/dear_test", ("short",)), ("tests/unit/cheap_test", ("one", "two")), ("script", ()),
                                 ("tests/unit/dear_test", ("long",)), (GOLDEN, ())])
        self.assertEqual([one.name for one in shop.detectors(shop.holders["a.o"], lambda name: name == "script")], ["script"])

    def test_a_test_that_does_not_run_the_function_is_not_asked(self):
        build, of_tests, source = self.folder / "b", self.folder / "of_tests", f"{self.folder}/hw/a.cpp"
        (build / "a.gcno").parent.mkdir()
        (build / "a.gcno").touch()
        said = [f"x: FUNCTION ident={ident}, lineno_checksum=0x1, `f' {source}:{lines}" for ident, lines in ((1, "3:1-9:2"), (2, "12:1-20:2"))]
        for test, counts in {"runs_f": ([0, 7], [0, 0]), "runs_g": ([0, 0], [7, 0])}.items():
            data = of_tests / test / build.relative_to("/") / "a.gcda"
            data.parent.mkdir(parents=True)
            counted = CountFile(b"adcg" + bytes(12))
            counted.functions = {(1, 0, 0): counts[0], (2, 0, 0): counts[1]}
            data.write_bytes(counted.data())
        with unittest.mock.patch.object(reach, "notes", lambda path: said):
            known = reach.Reach(self.folder, build, of_tests)
            asked = {(test, line) for test in ("runs_f", "runs_g", "never_ran") for line in (5, 10, 15)
                     if known.may_notice(test, "hw/a.cpp", line)}
        self.assertEqual(asked, {("runs_f", 5), ("runs_f", 10), ("runs_g", 10), ("runs_g", 15), ("never_ran", 5), ("never_ran", 10),
                                 ("never_ran", 15)})  # line 10 belongs to no function

    def test_a_unity_source_holds_the_changed_one(self):
        unity, copy = self.folder / "unity.cxx", self.folder / "copy.cxx"
        unity.write_text('#include "/r/a.cpp"\n#include "/r/b.cpp"\n')
        self.assertEqual(source_with("/r/a.cpp", "/r/a.cpp", "/o/a.cpp", copy), "/o/a.cpp")
        self.assertEqual(source_with(str(unity), "/r/a.h", "/o/a.h", copy), str(unity))
        self.assertEqual(source_with(str(unity), "/r/b.cpp", "/o/b.cpp", copy), str(copy))
        self.assertEqual(copy.read_text(), '#include "/r/a.cpp"\n#include "/o/b.cpp"\n')


class Report(unittest.TestCase):
    def test_the_score_leaves_out_what_does_not_compile(self):
        mutant = Mutant("a.sv", 1, "flag", "x", "y")
        text, score = mutate.report([(mutant, "killed", "test fails")] * 3 + [(mutant, "survived", ""), (mutant, "no build", "")])
        self.assertEqual(score, 75)
        self.assertIn("5 generated, 1 do not compile, 3 killed, 1 survived: 75.0 %", text)
        self.assertIn("a.sv:1: flag\n  - x\n  + y", text)


if __name__ == "__main__":
    unittest.main()
