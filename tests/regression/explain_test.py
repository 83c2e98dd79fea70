#!/usr/bin/env python3
"""Question: does --explain say what held up a launch inside, to the cycle, without moving a cycle of the run?"""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, report, run

LAUNCH = re.compile(r"step (\d+), (\S+) (\w+)(?:, lane \d+)?: ([\d,]+) cycles")
SHARE = re.compile(r"  +([\d,]+) +([\d.]+) %  (.+)")


def number(text):
    return int(text.replace(",", ""))


def explained(folder):
    """{(layer, kernel): (length, {limiter: cycles})}, and the text."""
    text = (folder / "explain.txt").read_text()
    launches, sums = {}, None
    for line in text.splitlines():
        if found := LAUNCH.fullmatch(line):
            sums = {}
            launches[found[2], found[3]] = (number(found[4]), sums)
        elif found := SHARE.fullmatch(line):
            sums[found[3]] = number(found[1])
    return launches, text


class Explanations(ScratchTrainings):
    def explain(self, name, *arguments, explain=("--explain",)):
        result = run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 3, *explain, "-o", name, *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        return report(self.folder / name), result.stdout

    def check(self, name, *arguments):
        value, printed = self.explain(name, *arguments)
        launches, text = explained(self.folder / name)
        self.assertEqual(set(re.findall(r"^step (\d+), ", text, re.M)), {"3"}, "the last, as the log counts")
        self.assertIn("Step=3,", printed)
        self.assertIn(text, printed)
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)
        columns = {column: at for at, column in enumerate(value["launches"]["columns"])}
        last = [row for row in value["launches"]["rows"] if row[columns["step"]] == 2]
        layers = [layer["name"] for layer in value["plan"]["layers"]]
        lengths = {}
        for row in last:
            layer = row[columns["layer"]]
            lengths.setdefault((layers[layer], row[columns["kernel"]]), row[columns["end"]] - row[columns["start"]])
        self.assertEqual({kernel for _, kernel in launches}, {kernel for _, kernel in lengths})
        for launch, (length, sums) in launches.items():
            self.assertEqual(length, lengths[launch], launch)
            self.assertEqual(sum(sums.values()), length, launch)
            held_up = [cycles for what, cycles in sums.items() if not what.startswith("the recurrences")]
            self.assertEqual(held_up, sorted(held_up, reverse=True), launch)
        return value, launches, text

    def test_a_plain_training(self):
        value, launches, text = self.check("plain")
        plain, _ = self.explain("without", explain=())
        self.assertEqual(plain["run"]["cycles"], value["run"]["cycles"])
        self.assertEqual(plain["launches"]["rows"][-1][:8], value["launches"]["rows"][-1][:8])
        self.assertRegex(text, r"PE \(\d+, \d+\)")

    def test_the_limiter_follows_the_machine(self):
        """Half the lanes make the arithmetic of a forward pass take longer."""
        more = ("--set", "train_input.batch_size=128")  # some tokens a column
        _, plain, _ = self.check("as_it_is", *more)
        _, slow, _ = self.check("slow", *more, "--machine_set", "pe.lanes.fmac_mixed=1")
        launch = next(key for key in plain if key[1] == "matmul_forward")
        arithmetic = "PEs' arithmetic"
        self.assertGreater(slow[launch][1][arithmetic], plain[launch][1].get(arithmetic, 0))

    def test_an_evaluation_after_the_step_is_not_told(self):
        """Though it counts as the step behind which it is, and its launches have a dropout that does nothing."""
        more = ("--set", "model.dropout=0.1")
        texts = []
        for name, mode in (("alone", "train"), ("evaluated", "train_and_eval")):
            self.explain(name, *more, "--mode", mode)
            texts.append((self.folder / name / "explain.txt").read_text())
        self.assertEqual(*texts)

    def test_lanes_and_zeros(self):
        self.check("lanes", "--set", "runconfig.lanes=2")
        self.check("zeros", "--set", "model.sparsity=0.5")

    def test_refusals(self):
        for flag in ("--timing_only", "--pe_programs"):
            result = run("train", "fc_mnist_tiny", "--explain", flag, "-o", "refused", cwd=self.folder)
            self.assertEqual(result.returncode, 2, result.stdout)
            self.assertIn("--explain", result.stderr)


if __name__ == "__main__":
    unittest.main()
