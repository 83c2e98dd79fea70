#!/usr/bin/env python3
"""Question: does a training step whose products sum in 16 bits (runconfig.precision_opt_level 1) give every bit that plain
sums in the PEs' order give, and do cycles, plans, PE programs and resumed runs follow?"""
import json
import pathlib
import sys
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from halves import rounded
from tiny_gpt import TinyGpt
from weft_cli import ScratchTrainings, report, run, write_idx

HALF = ("--set", "runconfig.precision_opt_level=1")
HEIGHT, HIDDEN = 30, 40  # rows of PEs, which hold the features of each activation in even shares
MODEL = """train_input: {data_processor: mnist, batch_size: 1, shuffle: false}
model: {name: n, hidden_sizes: [%d], retain_output_layer: %s, fp16_type: %s}
optimizer: {optimizer_type: sgd, learning_rate: 0.1, momentum: 0.9}
runconfig: {max_steps: 1, lanes: 1, features_over: rows, save_initial_checkpoint: true}
"""


def wide(values):
    return values.astype(numpy.longdouble)


class Product:
    """What rows of PEs make of a product: partial sums element by element, then from the last row to the first."""

    def __init__(self, kind, halves):
        self.kind, self.halves = kind, halves

    def of(self, weights, values, bias=None):
        features = len(values)
        rows = min(features, HEIGHT)
        shares = [features // rows + (row < features % rows) for row in range(rows)]
        total, behind = None, features
        for row in reversed(range(rows)):
            first, partial = behind - shares[row], numpy.zeros(len(weights), numpy.float32)
            for feature in range(first, behind):
                partial = self.add(partial, weights[:, feature], values[feature])
            if bias is not None and row == rows - 1:
                partial = self.add(partial, bias, numpy.float32(1))
            total, behind = partial if total is None else total + partial, first
        return total

    def add(self, partial, factors, value):
        # 64 bits of fraction hold what fp32 rounds.
        total = (wide(partial) + wide(factors) * wide(value)).astype(numpy.float32)
        return rounded(total, self.kind) if self.halves else total


class Step(ScratchTrainings):
    """One sample, so that gradients are single products: the output layer's bias shows its deltas to the bit."""

    def train(self, name, kind, retain, number, *arguments):
        folder = self.folder / f"sample_{number}"
        if not folder.exists():
            folder.mkdir()
            for prefix in "train", "t10k":
                for what, dimensions, size in ("images-idx3", [28, 28], 784), ("labels-idx1", [], 1):
                    data = (self.data / f"train-{what}-ubyte").read_bytes()[8 + 4 * len(dimensions):]
                    write_idx(folder / f"{prefix}-{what}-ubyte", [1, *dimensions], data[size * number:size * (number + 1)])
        (self.folder / "n.yaml").write_text(MODEL % (HIDDEN, retain, kind))
        result = run("train", "n.yaml", "--machine", "mini", "--machine_set", f"fabric.user_height={HEIGHT}", "--data", folder, "-o", name,
                     *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        values = {}
        for step in 0, 1:
            with h5py.File(self.folder / name / f"checkpoint_{step}.mdl") as file:
                values[step] = {key: file[key][...] for key in file if key.startswith(("model.", "optimizer."))}
        gradients = {key: value for key, value in values[1].items() if key.endswith(".momentum_buffer")}
        return values[0], gradients, report(self.folder / name)

    def find(self, gradients, tensor):
        return next(value for key, value in gradients.items() if tensor in key)

    def compare(self, name, kind, retain, number, *arguments, halves=True):
        weights, gradients, told = self.train(name, kind, retain, number, *arguments, *(HALF if halves else ()))
        half = {key: rounded(weights[f"model.{key}"], kind) for key in ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")}
        product, whole = Product(kind, halves), Product(kind, False)
        deltas = self.find(gradients, "fc2.bias")
        hidden_deltas = self.find(gradients, "fc1.bias")
        shown = int(numpy.argmax(numpy.abs(hidden_deltas)))
        samples = self.find(gradients, "fc1.weight")[shown] / hidden_deltas[shown]
        hidden = numpy.maximum(rounded(product.of(half["fc1.weight"], samples, half["fc1.bias"]), kind), 0)
        logits = product.of(half["fc2.weight"], hidden, half["fc2.bias"])
        label = (self.data / "train-labels-idx1-ubyte").read_bytes()[8 + number]
        exact = wide(logits)
        loss = numpy.log(numpy.exp(exact - exact.max()).sum()) + exact.max() - exact[label]
        self.assertLess(abs(float(loss) - told["steps"][0]["loss"]), 2e-6, name)
        probabilities = numpy.exp(exact - exact.max()) / numpy.exp(exact - exact.max()).sum()
        probabilities[label] -= 1
        self.assertLess(numpy.abs(deltas - probabilities).max(), 0.005, name)
        self.assertTrue(numpy.array_equal(self.find(gradients, "fc2.weight"), numpy.outer(deltas, hidden).astype(numpy.float32)), name)
        # A retained layer's deltas sum in one PE, in fp32.
        if retain == "true":
            due = numpy.zeros(HIDDEN, numpy.float32)
            for output, delta in enumerate(deltas):
                due = whole.add(due, half["fc2.weight"][output], delta)
        else:
            due = product.of(half["fc2.weight"].T, deltas)
        due = numpy.where(hidden > 0, rounded(due, kind), numpy.float32(0))
        self.assertTrue(numpy.array_equal(due, hidden_deltas), name)
        self.assertGreater(numpy.count_nonzero(due), HIDDEN // 4)
        return hidden, told

    def test_each_format_and_both_kinds_of_output_layer(self):
        for kind in "float16", "bfloat16", "cbfloat16":
            for retain in "false", "true":
                for number in (0, 5) if kind == "float16" else (1,):
                    self.compare(f"{kind}_{retain}_{number}", kind, retain, number)

    def test_fp32_is_told_apart(self):
        halves, _ = self.compare("halves", "bfloat16", "false", 3)
        whole, told = self.compare("whole", "bfloat16", "false", 3, halves=False)
        self.assertGreater(numpy.count_nonzero(halves != whole), HIDDEN // 8)
        self.assertNotIn("runconfig.precision_opt_level", told["configuration"]["model"])

    def test_pe_programs_have_the_same_bits(self):
        for name, more in {"plain": (), "lanes": ("--set", "runconfig.lanes=2"), "sparse": ("--set", "model.sparsity=0.5")}.items():
            result = run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 2, "-o", name, *HALF, *more, "--pe_programs", cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertGreater(report(self.folder / name)["programs"]["sums_compared"], 10000, name)

    def test_any_threads_and_cut_and_no_fast_forward(self):
        def outcome(name, *more):
            result = run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 2, "-o", name, *HALF, *more, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            value = report(self.folder / name)
            return value["steps"], value["launches"], (self.folder / name / "checkpoint_2.mdl").read_bytes()

        plain = outcome("one")
        for name, more in {"threads": ("--threads", 3), "cut": ("--cut", "2x2"), "all": ("--no_fast_forward",)}.items():
            self.assertEqual(outcome(name, *more), plain, name)


class Plans(ScratchTrainings):
    def train(self, name, *arguments, model="fc_mnist"):
        return run("train", model, "--data", self.data, "-o", name, *arguments, cwd=self.folder)

    def test_a_step_is_shorter_and_predicted(self):
        cycles = {}
        for level in 0, 1:
            result = self.train(f"level_{level}", "--timing_only", "--max_steps", 4, "--set", f"runconfig.precision_opt_level={level}")
            self.assertEqual(result.returncode, 0, result.stderr)
            value = report(self.folder / f"level_{level}")
            predicted, cycles[level] = value["plan"]["predicted_step"], value["steady"]["step_cycles"]
            print(f"level {level}: predicted {predicted}, simulated {cycles[level]:.0f}: {100 * (predicted / cycles[level] - 1):+.2f} %", file=sys.stderr)
            self.assertLess(abs(predicted / cycles[level] - 1), 0.05)
        self.assertLess(cycles[1], cycles[0])

    def test_plans_of_one_level_are_not_the_other_s(self):
        self.assertEqual(self.train("halves", *HALF, "--compile_only").returncode, 0)
        plan = json.loads((self.folder / "halves" / "plan.json").read_text())
        self.assertEqual(plan["made_for"]["runconfig.precision_opt_level"], "1")
        result = self.train("other", "--plan", "halves", "--timing_only", "--max_steps", 1)
        self.assertEqual(result.returncode, 2)
        self.assertIn("runconfig.precision_opt_level", result.stderr)
        self.assertEqual(self.train("same", "--plan", "halves", *HALF, "--timing_only", "--max_steps", 1).returncode, 0)

    def test_what_is_refused(self):
        for setting, words in {"runconfig.precision_opt_level=2": ("precision_opt_level", "0 to 1", "not modelled"),
                               "runconfig.precision_opt_level=high": ("precision_opt_level",)}.items():
            result = self.train("refused", "--set", setting, "--compile_only")
            self.assertEqual(result.returncode, 2, setting)
            for word in words:
                self.assertIn(word, result.stderr)


class Gpt(TinyGpt):
    def test_pe_programs_of_every_layer(self):
        whole, halves = self.outcome("whole"), self.outcome("halves", *HALF, "--pe_programs")
        self.assertGreater(halves[0]["programs"]["sums_compared"], 1000)
        losses = [[step["loss"] for step in told["steps"]] for told, _ in (whole, halves)]
        self.assertNotEqual(*losses)
        for one, other in zip(*losses):
            self.assertAlmostEqual(one, other, delta=0.005)


if __name__ == "__main__":
    unittest.main()
