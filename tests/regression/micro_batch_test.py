#!/usr/bin/env python3
"""Question: do micro-batches, systems and lanes split a batch, and nothing else? Samples, dropout masks, sums.

The first step's loss is a sum of the same losses, the first update one of the same gradients, whatever the split: they
differ by the order of fp32 additions alone. A sample or a mask that is another moves them a thousand times as much.
"""
import pathlib
import sys
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, report, run

BATCH, RATE = 96, 0.5
SPLITS = {"halves": ["micro_batch_size=48"], "parts_of_12": ["micro_batch_size=12"], "single": ["micro_batch_size=1"],
          "systems": ["num_csx=4"], "systems_and_parts": ["num_csx=4", "micro_batch_size=8"], "uneven_systems": ["num_csx=3", "micro_batch_size=16"],
          "lanes": ["lanes=5"], "columns": ["features_over=columns", "lanes=1", "micro_batch_size=32"]}
MODEL = """
train_input: {{{input}, batch_size: 96}}
model: {{name: split, {shape}, dropout: {dropout}}}
optimizer: {{optimizer_type: sgd, learning_rate: {rate}}}
runconfig: {{max_steps: {steps}, seed: 2, micro_batch_size: none, lanes: 1, features_over: rows}}
"""
SMALL = "input_features: 30, hidden_sizes: [40, 24], num_classes: 6"


class Splits(ScratchTrainings):
    def train(self, name, splits=(), **options):
        values = {"input": "data_processor: synthetic, samples: 960", "shape": SMALL, "dropout": 0.3, "rate": RATE, "steps": 1, **options}
        model = self.folder / f"{name}.yaml"
        model.write_text(MODEL.format(**values))
        arguments = [word for split in splits for word in ("--set", f"runconfig.{split}")]
        if "lanes=5" in splits:
            arguments += ["--machine_set", "io.rows_per_channel=4"]
        result = run("train", model, "-o", name, *arguments, "--set", "runconfig.save_initial_checkpoint=true", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return report(self.folder / name)

    def step(self, name, steps=1):
        """What the first steps added to the weights."""
        def weights(step):
            with h5py.File(self.folder / name / f"checkpoint_{step}.mdl") as file:
                return numpy.concatenate([file[key][()].ravel() for key in sorted(file) if key.startswith("model.")])
        return weights(steps) - weights(0)

    def compare(self, prefix, **options):
        whole = self.train(f"{prefix}_whole", **options)
        moved = self.step(f"{prefix}_whole")
        self.assertGreater(numpy.abs(moved).max(), 1e-3)
        for name, splits in SPLITS.items():
            value = self.train(f"{prefix}_{name}", splits, **options)
            tokens = value["plan"]["tokens"]
            self.assertEqual(tokens * value["run"]["micro_batches"] * value["run"]["systems"], BATCH, name)
            self.assertLess(abs(value["steps"][0]["loss"] - whole["steps"][0]["loss"]), 1e-6, name)
            self.assertEqual(value["steps"][0]["correct"], whole["steps"][0]["correct"], name)
            self.assertLess(numpy.abs(self.step(f"{prefix}_{name}") - moved).max(), 2e-6, name)

    def test_synthetic_samples_and_masks(self):
        self.compare("synthetic")

    def test_pictures_in_another_order(self):
        self.compare("pictures", input="data_processor: mnist, data_dir: data, shuffle: true, shuffle_seed: 3", shape="hidden_sizes: [12]")

    def test_padding_of_an_evaluation_counts_nowhere(self):
        """100 samples in batches of 25 fill them, in batches of 32, 48 and 96 the last is padded."""
        for name, options in {"synthetic": {"input": "data_processor: synthetic, samples: 100"},
                              "pictures": {"input": "data_processor: mnist, data_dir: data", "shape": "hidden_sizes: [12]"}}.items():
            self.train(f"padded_{name}", steps=8, **options)
            found = []
            for batch in (25, 32, 48, 96):
                folder = f"padded_{name}_{batch}"
                result = run("eval", f"padded_{name}.yaml", "--checkpoint_path", f"padded_{name}/checkpoint_8.mdl", "--set",
                             f"eval_input.batch_size={batch}", "-o", folder, cwd=self.folder)
                self.assertEqual(result.returncode, 0, result.stderr)
                steps = report(self.folder / folder)["steps"]
                self.assertEqual([step["samples"] for step in steps], [min(batch, 100 - first) for first in range(0, 100, batch)])
                found.append((sum(step["loss"] * step["samples"] for step in steps), sum(step["correct"] for step in steps)))
            for loss, correct in found[1:]:
                self.assertLess(abs(loss - found[0][0]), 1e-3, name)
                self.assertEqual(correct, found[0][1], name)
            self.assertTrue(10 < found[0][1] <= 100, found)

    def test_masks_are_others_in_each_step(self):
        """Nothing is learnt, and each step has all samples: only the masks can tell two steps apart."""
        still = dict(input="data_processor: synthetic, samples: 96", rate=0, steps=6)
        losses = [step["loss"] for step in self.train("masks", **still)["steps"]]
        self.assertEqual(len(set(losses)), 6)
        self.assertLess(max(losses) - min(losses), 0.1)
        plain = [step["loss"] for step in self.train("no_masks", dropout=0, **still)["steps"]]
        self.assertEqual(len(set(plain)), 1)
        other = self.train("other_seed", ["seed=3"], **still)
        self.assertNotIn(other["steps"][0]["loss"], losses)

    def test_the_rate_of_the_masks(self):
        """With all weights and biases the same, inputs all one, a hidden layer's mean output says how many pass."""
        # hidden = relu(0 * x + 1) = 1, / (1 - p) where it passes; logit 0 = mean of hidden, others 0.
        for rate in (0.1, 0.5, 0.8):
            name = f"rate_{rate}"
            shape = "input_features: 4, hidden_sizes: [400], num_classes: 2"
            model = self.folder / f"{name}.yaml"
            model.write_text(MODEL.format(input="data_processor: synthetic, samples: 96", shape=shape, dropout=rate, rate=RATE, steps=1))
            with h5py.File(self.folder / f"{name}.h5", "w") as file:
                file["model.fc1.weight"] = numpy.zeros((400, 4), numpy.float32)
                file["model.fc1.bias"] = numpy.ones(400, numpy.float32)
                file["model.fc2.weight"] = numpy.zeros((2, 400), numpy.float32)
                file["model.fc2.bias"] = numpy.zeros(2, numpy.float32)
            result = run("train", model, "-o", name, "--initial_weights", f"{name}.h5", cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            # All logits are equal, so a delta is +1/2 or -1/2; a column of fc2's gradient is the sum over samples of delta x
            # hidden. Labels alternate: the sum of |update| over samples of one label is not to be had, but its variance is:
            # per feature sum of 96 independent terms +-1/2 x hidden, hidden 0 or 1 / (1 - p), mean 1.
            with h5py.File(self.folder / name / "checkpoint_1.mdl") as file:
                update = file["model.fc2.weight"][()][0] / RATE * BATCH
            variance = 0.25 * BATCH * rate / (1 - rate)  # of a hidden value: 1 / (1 - p) - 1
            self.assertAlmostEqual(float(numpy.var(update)) / variance, 1, delta=0.3)
            self.assertLess(abs(float(numpy.mean(update))), 5 * (variance / 400) ** 0.5 + 1e-3)


if __name__ == "__main__":
    unittest.main()
