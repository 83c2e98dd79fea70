#!/usr/bin/env python3
"""Question: is one run the same, byte for byte, as its parts one after the other, with all that depends on the step?"""
import pathlib
import random
import sys
import unittest

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from stopped_runs import StoppedRuns
from weft_cli import ScratchTrainings

STEPS = 14
MODEL = """
train_input: {{{input}, batch_size: 24}}
model: {{name: resumed, {shape}, dropout: 0.2{sparsity}}}
optimizer:
  {optimizer}
  learning_rate: {schedule}
  loss_scaling_factor: {scale}
  {more}
runconfig: {{max_steps: 14, seed: 3, {plan}}}
"""
SYNTHETIC = "data_processor: synthetic, samples: 200"
MNIST = "data_processor: mnist, data_dir: data, shuffle: {shuffle}, shuffle_seed: 5"
SMALL, PICTURES = "input_features: 30, hidden_sizes: [20, 12], num_classes: 6", "hidden_sizes: [12]"
STEP = "{scheduler: step, initial_learning_rate: 0.05, step_size: 3, gamma: 0.5}"
WARMUP = "{scheduler: warmup_linear, initial_learning_rate: 0.0, end_learning_rate: 0.01, total_iters: 9}"
COSINE = "{scheduler: cosine, initial_learning_rate: 0.05, end_learning_rate: 0.001, total_iters: 12}"
# So large at first that fp16 cannot hold the deltas: steps are skipped and the scale is halved; then it grows again.
GROWING = "initial_loss_scale: 1.0e+6\n  max_loss_scale: 1.0e+9\n  steps_per_increase: 6"

CASES = {
    "sgd_synthetic": dict(input=SYNTHETIC, shape=SMALL, optimizer="optimizer_type: sgd", schedule=STEP, scale=1024, plan="num_csx: 1"),
    "momentum_shuffled": dict(input=MNIST.format(shuffle="true"), shape=PICTURES, optimizer="optimizer_type: momentum", schedule=COSINE,
                              scale="dynamic", more=GROWING, plan="micro_batch_size: 8"),
    "adam_in_order": dict(input=MNIST.format(shuffle="false"), shape=PICTURES, optimizer="optimizer_type: adam", schedule=WARMUP,
                          scale="dynamic", more=GROWING, plan="num_csx: 2"),
    "adamw_sparse": dict(input=SYNTHETIC, shape=SMALL, sparsity=", sparsity: 0.5", optimizer="optimizer_type: adamw\n  weight_decay: 0.1",
                         schedule=STEP.replace("0.05", "0.01"), scale="dynamic", more=GROWING, plan="num_csx: 2, micro_batch_size: 4"),
    "adam_recomputed": dict(input=SYNTHETIC, shape=SMALL, optimizer="optimizer_type: adam", schedule=COSINE.replace("0.05", "0.01"),
                            scale=1, plan="recompute: 2, lanes: 1, features_over: columns"),
}


class Resume(StoppedRuns, ScratchTrainings):
    steps = STEPS

    def check(self, name):
        model = self.folder / f"{name}.yaml"
        model.write_text(MODEL.format(**{"sparsity": "", "more": "", **CASES[name]}))
        draw = random.Random(name)
        self.check_cuts(name, model, [[draw.randrange(2, STEPS - 1)], sorted(draw.sample(range(1, STEPS), 2))])
        with h5py.File(self.folder / f"{name}_whole" / f"checkpoint_{STEPS}.mdl") as end:
            return {key: end[key][()] for key in end if not key.startswith(("model.", "optimizer."))}

    def test_sgd(self):
        self.check("sgd_synthetic")

    def test_momentum(self):
        end = self.check("momentum_shuffled")
        self.assertLess(end["loss_scale.scale"], 1e6)
        self.assertGreater(end["loss_scale.finite_steps"], 0)

    def test_adam(self):
        self.assertLess(self.check("adam_in_order")["loss_scale.scale"], 1e6)

    def test_adamw(self):
        self.check("adamw_sparse")

    def test_recomputed_activations(self):
        self.check("adam_recomputed")

    def test_from_a_checkpoint_in_the_middle(self):
        model = self.folder / "middle.yaml"
        model.write_text(MODEL.format(**{"sparsity": "", "more": "", **CASES["momentum_shuffled"]}))
        self.train("middle", model, "--checkpoint_steps", 5)
        self.train("from_5", model, "--checkpoint_steps", 5, "--checkpoint_path", "middle/checkpoint_5.mdl")
        for step in (10, STEPS):
            name = f"checkpoint_{step}.mdl"
            self.assertEqual((self.folder / "middle" / name).read_bytes(), (self.folder / "from_5" / name).read_bytes())
        self.assertEqual(self.losses("from_5"), self.losses("middle")[5:])


if __name__ == "__main__":
    unittest.main()
