#!/usr/bin/env python3
"""Question: does `weft fabric` run the shipped programs, fail clearly on bad input, and exit 1 on a wrong or stuck one?"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import SOURCE, program, run

PROGRAMS = SOURCE / "sw" / "fabric_programs"


class Fabric(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def fabric(self, *arguments):
        return run("fabric", *arguments, cwd=self.folder)

    def changed(self, program, before, after):
        text = (PROGRAMS / f"{program}.yaml").read_text()
        self.assertIn(before, text)
        (self.folder / "changed.yaml").write_text(text.replace(before, after))
        return self.fabric("changed.yaml")

    def peak_bytes(self, side):
        """Of a reduce over side x side PEs."""
        process = subprocess.Popen([program(), "fabric", "reduce_2d", "--set", f"W={side}", "--set", f"H={side}"], cwd=self.folder,
                                   stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return 1024 * used.ru_maxrss

    def test_a_pe_takes_the_memory_that_its_program_uses(self):
        """A whole SRAM is 48 kB, and there are three: before, in the run, after."""
        more = 128 * 128 - 32 * 32
        self.assertLess((self.peak_bytes(128) - self.peak_bytes(32)) / more, 6000)

    def test_every_shipped_program_runs(self):
        programs = sorted(PROGRAMS.glob("*.yaml"))
        self.assertGreater(len(programs), 8)
        for program in programs:
            with self.subTest(program.stem):
                result = self.fabric(program.stem, "--json", "outcome.json")
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                outcome = json.loads((self.folder / "outcome.json").read_text())
                self.assertTrue(outcome["good"])
                self.assertIn(f"{outcome['cycles']} from launch", result.stdout)

    def test_size_and_closed_form(self):
        result = self.fabric("reduce_chain", "--set", "P=100", "--set", "B=50")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("100 x 1 PEs of wse2, P = 100, B = 50", result.stdout)
        self.assertIn("644 = B + (2r+2)(P-1), deviation +1 (+0.16 %)", result.stdout)

    def test_a_dump_is_what_a_check_of_values_reads(self):
        text = (PROGRAMS / "broadcast.yaml").read_text()
        before, after = text.split("expect:")
        dumped = before + "dump: [{name: all, at: 0, n: B}]\nexpect:"
        (self.folder / "first.yaml").write_text(dumped + after)
        result = self.fabric("first.yaml", "--dump", "all.csv")
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = (self.folder / "all.csv").read_text().splitlines()
        self.assertEqual(lines[0], "name,x,y,element,value")
        self.assertEqual(len(lines), 1 + 8 * 16)
        (self.folder / "second.yaml").write_text(dumped + "\n  - {check: values, of: all, file: all.csv}\n")
        result = self.fabric("second.yaml")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("values of all: 128 values right", result.stdout)
        result = self.fabric("broadcast", "--dump", "none.csv")
        self.assertEqual(result.returncode, 2)
        self.assertIn("has no section dump", result.stderr)

    def test_stuck(self):
        result = self.changed("message", "STORE32 at=0 n={B} in=0", "STORE32 at=0 n={B + 1} in=0")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("who waits for whom", result.stdout)
        self.assertIn("PE (7, 0): task 0 (thread 1) at instruction 0 (STORE32 at=0 n=17 in=0) waits for a wavelet of color 0",
                      result.stdout)

    def test_race(self):
        """The main thread works on the words that the receiver stores at the same time; on others it may."""
        store = "receiver: STORE32 at=0 n={B} in=0"
        for at, exit_code in ((2, 1), (64, 0)):
            result = self.changed("message", store, f"{store}\n    main: MAX32 a={at} b=128 n=4 m=20")
            self.assertEqual(result.returncode, exit_code, result.stdout + result.stderr)
            self.assertEqual("race; what a PE finds is an accident of time" in result.stdout, exit_code == 1)
        result = self.changed("message", store, f"{store}\n    main: MAX32 a=2 b=128 n=4 m=20")
        self.assertIn("PE (7, 0): cycle ", result.stdout)
        self.assertRegex(result.stdout, r"both threads use word \d+ at the same time: thread [01] by (STORE32|MAX32) ")

    def test_race_word_by_word(self):
        """A vector is at work for as long as the receiver's cycles lengthen it; words between those of a stride are nobody's."""
        for name, main, store, races in (
                ("lengthened", "COUNT32 a=230 n=40 row=0 step=1 c=2000", "STORE32 at=200 n=16 in=0", True),
                ("behind it", "COUNT32 a=232 n=40 row=0 step=1 c=2000", "STORE32 at=200 n=16 in=0", False),
                ("between", "MOVE32 a=3000 b=202 n=16 step=4", "STORE32 at=200 n=16 step=4 in=0", False),
                ("the same", "MOVE32 a=3000 b=200 n=16 step=4", "STORE32 at=200 n=16 step=4 in=0", True)):
            (self.folder / "race.yaml").write_text(
                f"description: race\ngrid: {{width: 1, height: 1}}\npes:\n  - main: |\n      {main}\n    receiver: {store}\n"
                "    routes: [{color: 0, way: west -> ramp}]\nedges:\n  - {side: west, send: {color: 0, n: 16, every: 2, random: 1}}\n"
                "expect: []\n")
            result = self.fabric("race.yaml")
            self.assertEqual((name, result.returncode), (name, int(races)), result.stdout + result.stderr)
            self.assertEqual("both threads use word " in result.stdout, races, name)

    def test_wrong(self):
        result = self.changed("reduce_chain", "ADD32 a=0 n={B} m=1 in=1", "SUB32 a=0 n={B} m=1 in=1")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("16 of 16 values wrong", result.stdout)

    def test_bad_input(self):
        for arguments, texts in (
            (["reduce_chian"], ["reduce_chian", "reduce_chain"]),
            (["nowhere.yaml"], ["nowhere.yaml"]),
            (["message", "--set", "Q=1"], ["no parameter 'Q'"]),
            (["message", "--set", "P=1"], ["a row of at least 2 PEs; given P = 1"]),
            (["message", "--set", "P=900"], ["900", "allowed 1 to 750"]),
            (["message", "--machine", "wse9"], ["wse9", "wse2"]),
            (["message", "--json", "no/such/folder.json"], ["cannot be written"]),
        ):
            with self.subTest(arguments):
                result = self.fabric(*arguments)
                self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
                for text in texts:
                    self.assertIn(text, result.stderr)

    def test_values_refused_together(self):
        result = self.fabric("reduce_tree", "--set", "P=x", "--set", "B=1.5")
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        for text in ("parameters.P is 'x'", "parameters.B is '1.5'"):
            self.assertIn(text, result.stderr)
        self.assertNotIn("grid.width", result.stderr)  # nothing is said of a width that nobody gave


if __name__ == "__main__":
    unittest.main()
