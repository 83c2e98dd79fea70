#!/usr/bin/env python3
"""Question: do files of every published style train, and do schedules, optimizers and clipping go on exactly where a
run was stopped?"""
import hashlib
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, report, run

SCHEDULE = ("optimizer.learning_rate=[{scheduler: Linear, initial_learning_rate: 0, end_learning_rate: 0.05, total_iters: 3}, "
            "{CosineDecayLR: {initial_learning_rate: 0.05, end_learning_rate: 0.01, total_iters: 4}}, "
            "{scheduler: StepLR, initial_learning_rate: 0.01, step_size: 1, gamma: 0.7}]")

PARAMETERS = """
train_input: &data {data_dir: "./mnist", batch_size: 8, drop_last_batch: True, to_float16: True, shuffle: True}
eval_input: {<<: *data, shuffle: False}
model: {name: "fc_small", mixed_precision: True, depth: 2, hidden_size: 20, dropout: 0.0, activation_fn: "relu", to_float16: False}
optimizer: {optimizer_type: "SGD", learning_rate: 1e-2, momentum: 0.9, loss_scaling_factor: 1.0}
runconfig: {max_steps: 4, log_steps: 2, seed: 3, model_dir: "./out", save_losses: True}
csconfig: {use_cbfloat16: False}
"""

TRAINER = """
trainer:
  init:
    seed: 3
    model: {name: fc_small, depth: 2, hidden_size: 20}
    optimizer: {SGD: {learning_rate: 0.01, momentum: 0.9}}
    precision: {enabled: true, loss_scaling_factor: 1.0}
    loop: {max_steps: 4}
    logging: {log_steps: 2}
    schedulers: [{ConstantLR: {learning_rate: 0.01}}]
  fit:
    train_dataloader: {data_processor: MNISTDataProcessor, data_dir: ./mnist, batch_size: 8, shuffle: true}
    val_dataloader: {data_processor: MNISTDataProcessor, data_dir: ./mnist, batch_size: 8, shuffle: false}
"""


class Optimizers(ScratchTrainings):
    def train(self, name, *arguments, steps=8, model="fc_mnist_tiny"):
        result = run("train", model, "--data", self.data, "--max_steps", steps, "-o", name, *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def bytes_of(self, name, step=8):
        return (self.folder / name / f"checkpoint_{step}.mdl").read_bytes()

    def weights_of(self, name, step=8):
        import h5py
        with h5py.File(self.folder / name / f"checkpoint_{step}.mdl") as file:
            return {key: hashlib.sha256(file[key][()].tobytes()).hexdigest() for key in file if key.startswith(("model", "optimizer"))}

    def test_half_and_the_rest_are_the_whole(self):
        for name, flags in {
            "schedule": [SCHEDULE, "optimizer.momentum=0.9"],
            "nesterov": [SCHEDULE, "optimizer.momentum=0.9", "optimizer.nesterov=true"],
            "dampened": ["optimizer.momentum=0.9", "optimizer.dampening=0.5", "optimizer.max_gradient_value=0.01"],
            "clipped": [SCHEDULE, "optimizer.optimizer_type=adamw", "optimizer.max_gradient_norm=0.5"],
            "at_once": ["optimizer.optimizer_type=adam", "optimizer.max_gradient_norm=0.5",
                        "optimizer.clip_timing=speculative", "optimizer.loss_scaling_factor=dynamic"],
        }.items():
            with self.subTest(name):
                settings = [word for flag in flags for word in ("--set", flag)]
                self.train("whole_" + name, *settings)
                self.train("half_" + name, *settings, steps=4)
                self.train("half_" + name, *settings, "--resume")
                self.assertEqual(self.weights_of("half_" + name), self.weights_of("whole_" + name))

    def test_every_setting_changes_the_weights(self):
        self.train("base", "--set", "optimizer.momentum=0.9")
        for number, setting in enumerate(("optimizer.nesterov=true", "optimizer.dampening=0.5", "optimizer.max_gradient_norm=0.1",
                                          "optimizer.max_gradient_value=0.001", SCHEDULE)):
            self.train(f"other{number}", "--set", "optimizer.momentum=0.9", "--set", setting)
            self.assertNotEqual(self.weights_of("base"), self.weights_of(f"other{number}"), setting)

    def test_when_updates_are_made_changes_times_and_no_bit(self):
        for limit, repaired in (("0.05", 8), ("1000", 0)):
            names = []
            for timing in ("waiting", "speculative"):
                names.append(f"{timing}{limit}")
                self.train(names[-1], "--set", f"optimizer.max_gradient_norm={limit}", "--set", f"optimizer.clip_timing={timing}")
            self.assertEqual(self.weights_of(names[0]), self.weights_of(names[1]))
            clipping = report(self.folder / names[1])["clipping"]
            self.assertEqual(clipping["repaired_steps"], repaired)
            self.assertEqual(clipping["clipped_steps"], repaired)
            self.assertEqual(len(clipping["rows"]), 8)
            self.assertEqual(report(self.folder / names[0])["clipping"]["repaired_steps"], 0)
        self.train("unclipped")
        self.assertEqual(self.weights_of("unclipped"), self.weights_of("waiting1000"))
        self.assertNotIn("clipping", report(self.folder / "unclipped"))
        cycles = [report(self.folder / name)["run"]["cycles"] for name in ("unclipped", "speculative1000", "waiting1000")]
        self.assertEqual(cycles, sorted(cycles))
        self.assertIn("clipping to norm", (self.folder / "waiting0.05" / "summary.txt").read_text())

    def test_the_published_styles_train_the_same(self):
        for name, text in (("parameters", PARAMETERS), ("trainer", TRAINER)):
            (self.folder / f"{name}.yaml").write_text(text)
            result = self.train(name, model=f"{name}.yaml", steps=4)
            self.assertIn("has no effect here", result.stdout)
        self.assertEqual(self.weights_of("parameters", 4), self.weights_of("trainer", 4))

    def test_validation_says_what_has_no_effect(self):
        (self.folder / "parameters.yaml").write_text(PARAMETERS)
        result = run("train", "parameters.yaml", "--validate_only", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("parameters.yaml:6:83: runconfig.save_losses has no effect here", result.stdout)

    def test_mistakes_of_flags_and_file_are_told_at_once(self):
        (self.folder / "wrong.yaml").write_text(PARAMETERS.replace("momentum: 0.9", "momentun: 0.9").replace("depth: 2", "depth: two"))
        result = run("train", "wrong.yaml", "--set", "runconfig.log_steps=0", "--set", "model.dropout", "--set", "x=null", cwd=self.folder)
        self.assertEqual(result.returncode, 2)
        for text in ("flag runconfig.log_steps=0: runconfig.log_steps is '0'", "flag model.dropout: must be", "unknown key x",
                     "wrong.yaml:4:57: model.depth is 'two'", "unknown key optimizer.momentun; nearest: momentum"):
            self.assertIn(text, result.stderr)


if __name__ == "__main__":
    unittest.main()
