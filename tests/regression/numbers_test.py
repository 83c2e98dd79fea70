#!/usr/bin/env python3
"""Question: is every number that is printed what the report says, worked out by an independent script?"""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from printed_numbers import log_lines
from printed_summary import Steady, lines_of_summary, one_space, read_summary
from weft_cli import ScratchTrainings, report, run

RUNS = {
    "plain": ["--max_steps", 7],
    "evaluated": ["--max_steps", 5, "--mode", "train_and_eval", "--log_steps", 2, "--set", "runconfig.micro_batch_size=16"],
    "slow": ["--max_steps", 6, "--log_steps", 4, "--machine_set", "input.samples_per_s=100", "--num_csx", 2],
    "timed": ["--max_steps", 4, "--timing_only", "--mode", "train_and_eval", "--eval_steps", 3, "--machine_set", "pe.vector_fill_cycles=9"],
    "sparse": ["--max_steps", 7, "--set", "model.sparsity=0.5", "--set", "optimizer.optimizer_type=adam"],
    "programs": ["--max_steps", 2, "--pe_programs", "--set", "runconfig.features_over=rows",
                 *(word for key in ("width", "height", "user_width", "user_height") for word in ("--machine_set", f"fabric.{key}=8"))],
}


def whole(text):
    return int(text.replace(",", ""))


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

    def test_the_summary(self):
        for name in RUNS:
            value = report(self.folder / name)
            lines, verdict, step = read_summary((self.folder / name / "summary.txt").read_text())
            self.assertEqual(lines, lines_of_summary(value), name)
            self.assertEqual(verdict, one_space(value["verdict"]["text"]), name)
            steady = Steady(value)
            self.assertTrue(verdict.startswith(f"step {round(steady.cycles):,} cycles"), verdict)
            for one in step:
                self.assertTrue(one.endswith(f" {steady.cycles:.0f}"), one)

    def test_the_steady_values_of_the_report(self):
        for name in RUNS:
            value = report(self.folder / name)
            steady, run_ = Steady(value), value["run"]
            for key, own in {"step_cycles": steady.cycles, "step_seconds": steady.seconds, "steps": len(steady.counted), "first_step": steady.number,
                             "samples_per_second": run_["batch"] / steady.seconds, "flop_per_second": 2 * steady.useful * run_["systems"] / steady.seconds,
                             "mfu": steady.useful / (steady.peak * steady.cycles), "hfu": steady.macs / (steady.peak * steady.cycles),
                             "pe_compute_share": steady.compute}.items():
                self.assertAlmostEqual(value["steady"][key], own, delta=1e-9 * abs(own), msg=f"{name}: {key}")

    def test_compare(self):
        """The change of the steady step, in percent of the old one; and the lines of where it comes from add up."""
        for old, new in (("plain", "sparse"), ("sparse", "plain"), ("plain", "slow"), ("plain", "plain")):
            before, after = (Steady(report(self.folder / name)) for name in (old, new))
            text = run("compare", f"{old}/report.json", f"{new}/report.json", cwd=self.folder).stdout
            cycles = re.search(r"^cycles +([\d,]+) +([\d,]+) +(\S+)$", text, re.M)
            self.assertEqual([whole(cycles[1]), whole(cycles[2])], [round(before.cycles), round(after.cycles)])
            self.assertEqual(whole(cycles[3]), round(after.cycles) - round(before.cycles))
            rates = re.search(r"^samples/s +([\d,]+) +([\d,]+) ", text, re.M)
            for printed, name, steady in ((rates[1], old, before), (rates[2], new, after)):
                self.assertEqual(whole(printed), round(report(self.folder / name)["run"]["batch"] / steady.seconds))
            percent = re.search(r"step ([+-][\d.]+) %", text)
            if old == new:
                self.assertIsNone(percent)
            else:
                self.assertAlmostEqual(float(percent[1]), 100 * (round(after.cycles) - round(before.cycles)) / round(before.cycles), delta=0.06)
            table = text[text.index("where it comes from"):].split("\n\n")[0]
            numbers = [[whole(one) for one in line.split()[-3:]] for line in table.splitlines()[2:] if line[:1] != " "]
            self.assertGreaterEqual(len(numbers), 2)
            for column in range(3):
                self.assertEqual(sum(line[column] for line in numbers[:-1]), numbers[-1][column])


if __name__ == "__main__":
    unittest.main()
