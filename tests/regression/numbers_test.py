#!/usr/bin/env python3
"""Question: is every number that is printed what the report says, worked out by an independent script?"""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from printed_numbers import comparison, log_lines, table_of_comparison
from weft_cli import ScratchTrainings, report, run

RUNS = {
    "plain": ["--max_steps", 7],
    "evaluated": ["--max_steps", 5, "--mode", "train_and_eval", "--log_steps", 2, "--set", "runconfig.micro_batch_size=16"],
    "slow": ["--max_steps", 6, "--log_steps", 4, "--machine_set", "input.samples_per_s=10", "--num_csx", 2],
    "timed": ["--max_steps", 4, "--timing_only", "--mode", "train_and_eval", "--eval_steps", 3, "--machine_set", "pe.vector_fill_cycles=9"],
    "sparse": ["--max_steps", 7, "--set", "model.sparsity=0.5", "--set", "optimizer.optimizer_type=adam"],
}


class Numbers(ScratchTrainings):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, arguments in RUNS.items():
            result = run("train", "fc_mnist_tiny", "--data", cls.data, "-o", name, *arguments, cwd=cls.folder)
            assert result.returncode == 0, result.stderr

    def test_the_log(self):
        for name in RUNS:
            value = report(self.folder / name)
            lines = re.findall(r"INFO:   (\| .*)$", (self.folder / name / "run.log").read_text(), re.M)
            self.assertEqual(lines, log_lines(value), name)
        self.assertLess(len(log_lines(report(self.folder / "evaluated"))), 9)

    def compare(self, old, new, *arguments):
        return run("compare", f"{old}/report.json", f"{new}/report.json", *arguments, cwd=self.folder)

    def test_compare(self):
        for old, new in (("plain", "sparse"), ("sparse", "plain"), ("plain", "evaluated"), ("timed", "plain"), ("plain", "slow"), ("plain", "plain")):
            printed, equal, _ = comparison(report(self.folder / old), report(self.folder / new))
            text = self.compare(old, new).stdout
            table = table_of_comparison(text)
            self.assertEqual(table, printed, f"{old} and {new}")
            percents = [abs(float(numbers[3])) for numbers in table.values()]
            self.assertEqual(percents, sorted(percents, reverse=True))
            self.assertIn(f"{equal} equal, {len(printed)} different", text)

    def test_the_tolerance(self):
        _, _, worst = comparison(report(self.folder / "sparse"), report(self.folder / "plain"))
        self.assertGreater(worst, 1)
        for tolerance, code in ((worst * 0.999, 1), (worst * 1.001, 0)):
            self.assertEqual(self.compare("sparse", "plain", "--tolerance", tolerance).returncode, code)


if __name__ == "__main__":
    unittest.main()
