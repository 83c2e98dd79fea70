#!/usr/bin/env python3
"""Question: does a run in bf16 or cb16 train as one in fp16 does: as PE programs and on tiles, stopped and resumed, in the
same time; and are its own values refused and told?"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tiny_gpt import TinyGpt
from weft_cli import ScratchTrainings, report, run

OTHERS = {"bfloat16": "bf16", "cbfloat16": "cb16"}


class FormatsOfAGpt(TinyGpt):
    def test_programs_and_tiles(self):
        half, _ = self.outcome("float16")
        for name in OTHERS:
            with self.subTest(name):
                chosen = ("--set", f"model.fp16_type={name}")
                plain = self.outcome(f"plain_{name}", *chosen)
                programs = self.outcome(f"programs_{name}", *chosen, "--pe_programs")
                self.assert_same_training(plain, programs)
                self.assertEqual(programs[0]["programs"]["worst_deviation_cycles"], 0)
                self.assert_same_training(plain, self.outcome(f"tiles_{name}", *chosen, "--rtl-region", "3,2,2,4"))
                # Other losses, a little; the same cycles.
                steps = list(zip(half["steps"], plain[0]["steps"]))
                self.assertNotEqual([a["loss"] for a, _ in steps], [b["loss"] for _, b in steps])
                for a, b in steps:
                    self.assertAlmostEqual(a["loss"], b["loss"], delta=0.02)
                    self.assertEqual((a["start"], a["end"]), (b["start"], b["end"]))


class Formats(ScratchTrainings):
    def train(self, name, *arguments, steps=4):
        return run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", steps, "-o", name, *arguments, cwd=self.folder)

    def test_resumed(self):
        for name in OTHERS:
            with self.subTest(name):
                chosen = ("--set", f"model.fp16_type={name}")
                for folder, steps, more in (("whole", 4, ()), ("parts", 2, ()), ("parts", 4, ("--resume",))):
                    result = self.train(f"{folder}_{name}", *chosen, *more, steps=steps)
                    self.assertEqual(result.returncode, 0, result.stderr)
                whole, parts = (self.folder / f"{folder}_{name}/checkpoint_4.mdl" for folder in ("whole", "parts"))
                self.assertEqual(whole.read_bytes(), parts.read_bytes())
                result = self.train(f"parts_{name}", "--set", "model.fp16_type=float16", "--resume", steps=6)
                self.assertEqual(result.returncode, 2)
                self.assertIn("model.fp16_type", result.stderr)

    def test_the_largest_loss_scale(self):
        for name, largest in ("float16", 32768), ("bfloat16", 32768), ("cbfloat16", 2147483648):
            result = self.train(f"scaled_{name}", "--set", f"model.fp16_type={name}", "--set", "optimizer.loss_scaling_factor=dynamic", "--set",
                                "optimizer.max_gradient_norm=1", steps=1)
            self.assertEqual(result.returncode, 0, result.stderr)
            config = report(self.folder / f"scaled_{name}")["configuration"]["model"]
            self.assertEqual(config["optimizer.max_loss_scale"]["value"], largest)
            self.assertEqual(config["optimizer.initial_loss_scale"]["value"], largest)

    def test_weights_that_a_format_cannot_hold(self):
        chosen = ["--set", "optimizer.learning_rate=1000", "--set", "optimizer.optimizer_type=sgd", "--set", "runconfig.check_loss_values=false"]
        result = self.train("large", "--set", "model.fp16_type=bfloat16", *chosen, steps=3)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = self.train("beyond", "--initial_weights", "large/checkpoint_3.mdl", steps=1)
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertIn("which fp16 cannot hold", result.stderr)


if __name__ == "__main__":
    unittest.main()
