#!/usr/bin/env python3
"""Question: does a run that goes on go on where it stopped, in samples, and is no changed setting silent?"""
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, report, run, write_idx

CHANGES = {
    "optimizer.learning_rate": ["--set", "optimizer.learning_rate=0.01"],
    "optimizer.weight_decay": ["--set", "optimizer.weight_decay=0.1"],
    "optimizer.loss_scaling_factor": ["--set", "optimizer.loss_scaling_factor=128"],
    "model.dropout": ["--set", "model.dropout=0.5"],
    "train_input.normalise.mean": ["--set", "train_input.normalise.mean=0.5"],
    "train_input.batch_size": ["--set", "train_input.batch_size=16"],
    "train_input.shuffle_seed": ["--set", "train_input.shuffle=true"],
    "runconfig.seed": ["--set", "runconfig.seed=2"],
    "runconfig.num_csx": ["--num_csx", "2"],
    "runconfig.micro_batch_size": ["--set", "runconfig.micro_batch_size=8"],
    "machine.io.ethernet_gbps": ["--machine_set", "io.ethernet_gbps=50"],
    "machine.fabric.user_width": ["--machine", "wse2"],
}


class Resumes(ScratchTrainings):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        result = run("train", "fc_mnist_tiny", "--data", cls.data, "--max_steps", 4, "-o", "first", cwd=cls.folder)
        assert result.returncode == 0, result.stderr

    def resume(self, folder, *arguments, steps=6):
        return run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", steps, "-o", folder, "--resume", *arguments, cwd=self.folder)

    def test_every_setting_that_changes_bits_is_refused_by_name(self):
        before = sorted(path.name for path in (self.folder / "first").iterdir())
        for name, change in CHANGES.items():
            result = self.resume("first", *change)
            self.assertEqual(result.returncode, 2, name + result.stdout)
            self.assertIn(f"\n  {name} ", result.stderr)
            self.assertIn("--resume_changed", result.stderr)
        self.assertEqual(sorted(path.name for path in (self.folder / "first").iterdir()), before)

    def test_another_data_set_is_refused_though_its_folder_has_the_same_name(self):
        shutil.copytree(self.data, self.folder / "other_data")
        images = self.folder / "other_data/train-images-idx3-ubyte"
        raw = bytearray(images.read_bytes())
        raw[-1] ^= 255
        images.write_bytes(raw)
        result = run("train", "fc_mnist_tiny", "--data", "other_data", "--max_steps", 6, "-o", "first", "--resume", cwd=self.folder)
        self.assertEqual(result.returncode, 2)
        self.assertIn("training data 512 samples", result.stderr)

    def test_what_changes_no_bit_may_change(self):
        shutil.copytree(self.folder / "first", self.folder / "free")
        shutil.copytree(self.data, self.folder / "moved")
        result = run("train", "fc_mnist_tiny", "--data", "moved", "--max_steps", 6, "-o", "free", "--resume", "--threads", 2, "--no_fast_forward",
                     "--checkpoint_steps", 1, "--mode", "train_and_eval", "--eval_steps", 1, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_with_resume_changed_the_changes_are_listed(self):
        shutil.copytree(self.folder / "first", self.folder / "changed")
        result = self.resume("changed", "--resume_changed", *CHANGES["optimizer.learning_rate"], *CHANGES["model.dropout"])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("another setting: model.dropout 0", result.stdout)
        self.assertIn("another setting: optimizer.learning_rate 0.1, this run has 0.01", result.stdout)
        self.assertIn("another setting: optimizer.learning_rate", (self.folder / "changed/run.log").read_text())
        # What it has now is what the next start is held to.
        again = self.resume("changed", *CHANGES["optimizer.learning_rate"], *CHANGES["model.dropout"], steps=8)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(self.resume("changed", steps=10).returncode, 2)

    def test_a_checkpoint_of_layers_with_bias_is_none_of_layers_without(self):
        without = ["--set", "model.use_bias=false"]
        result = run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 4, "-o", "without", *without, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.resume("without", *without).returncode, 0)
        for folder, flags, told in (("without", [], "has no model.fc1.bias"), ("first", without, "holds model.fc1.bias, which this model")):
            result = self.resume(folder, "--resume_changed", *flags, steps=8)
            self.assertEqual(result.returncode, 2, result.stdout)
            self.assertIn(told, result.stderr)

    def test_no_sample_twice_and_none_left_out_whatever_the_batch(self):
        """Only samples 256 to 287 have label 1: 4 steps of 64, then steps of 32, the first of which has all of them."""
        data = self.folder / "order"
        shutil.copytree(self.data, data)
        write_idx(data / "train-images-idx3-ubyte", [512, 28, 28], [128] * (512 * 784))
        write_idx(data / "train-labels-idx1-ubyte", [512], [int(256 <= index < 288) for index in range(512)])
        model = self.folder / "order.yaml"
        model.write_text("train_input: {batch_size: 64, shuffle: false}\nmodel: {name: o, hidden_sizes: [24]}\n"
                         "optimizer: {optimizer_type: sgd, learning_rate: 0.5}\nrunconfig: {max_steps: 4}\n")
        start = lambda *arguments: run("train", model, "--data", data, *arguments, cwd=self.folder)
        self.assertEqual(start("-o", "order_run").returncode, 0)
        self.assertEqual(report(self.folder / "order_run")["steps"][-1]["correct"], 64, "all of them are label 0")
        half = ["--set", "train_input.batch_size=32", "-o", "order_run", "--resume"]
        self.assertIn("train_input.batch_size 64, this run has 32", start(*half, "--max_steps", 6).stderr)
        result = start(*half, "--max_steps", 5, "--resume_changed")
        self.assertEqual(result.returncode, 0, result.stderr)
        [step] = report(self.folder / "order_run")["steps"]
        self.assertEqual((step["global_step"], step["correct"]), (5, 0), "samples 256 to 287")
        # And back: sample 288 and on, up to the end of the epoch, where 32 are left for a smaller batch alone.
        result = start("-o", "order_run", "--resume", "--max_steps", 9, "--resume_changed")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([step["global_step"] for step in report(self.folder / "order_run")["steps"]], [6, 7, 8, 9])


if __name__ == "__main__":
    unittest.main()
