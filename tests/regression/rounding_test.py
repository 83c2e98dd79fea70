#!/usr/bin/env python3
"""Question: does a report count what 16 bits lose, of the launches that lose it, whoever computes them?"""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import report, run

BATCH, HIDDEN, CLASSES, STEPS = 24, (10, 7), 4, 2
MODEL = f"""train_input: {{data_processor: synthetic, samples: 96, batch_size: {BATCH}}}
model: {{name: n, input_features: 12, hidden_sizes: [{HIDDEN[0]}, {HIDDEN[1]}], num_classes: {CLASSES}}}
optimizer: {{optimizer_type: sgd, learning_rate: 0.1}}
runconfig: {{max_steps: {STEPS}}}
"""


class Rounding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        (cls.folder / "model.yaml").write_text(MODEL)

    def weft(self, name, *arguments):
        result = run("train", "model.yaml", "--machine", "mini", "-o", name, *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return report(self.folder / name)

    def test_values_by_hand(self):
        """Each hidden feature of a token is rounded when it is summed, and so is its delta; logits are not, their deltas are."""
        rounding = self.weft("by_hand")["rounding"]
        self.assertEqual(rounding["values"], STEPS * BATCH * (2 * sum(HIDDEN) + CLASSES))
        self.assertEqual(rounding["became_infinite"], 0)

    def test_a_scale_that_is_too_small_and_one_that_is_too_large(self):
        small = self.weft("small", "--set", "optimizer.loss_scaling_factor=1e-9")["rounding"]
        deltas = {("softmax_loss", "fc3"), ("matmul_delta", "fc3"), ("matmul_delta", "fc2")}
        lossy = {(row["kernel"], row["layer"]): row for row in small["lossy"]}
        self.assertEqual(lossy[("softmax_loss", "fc3")]["became_zero"], STEPS * BATCH * CLASSES)
        self.assertLessEqual(set(lossy), deltas)  # zeros have no deltas but zero, and lose nothing
        self.assertEqual(small["became_zero"], sum(row["became_zero"] for row in small["lossy"]))
        self.assertIn(f"largest share: fc3 softmax_loss, {2 * BATCH * CLASSES} of {2 * BATCH * CLASSES}", " ".join((self.folder / "small" / "summary.txt").read_text().split()))
        large = self.weft("large", "--set", "optimizer.loss_scaling_factor=2e9", "--set", "runconfig.check_loss_values=false",
                          "--set", "runconfig.max_steps=1")["rounding"]
        self.assertGreater(large["became_infinite"], BATCH)

    def test_bf16_reaches_further_down(self):
        self.assertEqual(self.weft("bf16", "--set", "model.fp16_type=bfloat16", "--set", "optimizer.loss_scaling_factor=1e-9")["rounding"]["became_zero"], 0)

    def test_whoever_computes_it(self):
        scale = ("--set", "optimizer.loss_scaling_factor=2e-5")
        straight = self.weft("straight", *scale)["rounding"]
        self.assertGreater(straight["became_zero"], 0)
        for name, arguments in {"threads": ("--threads", "2"), "cut": ("--cut", "2x2"), "programs": ("--pe_programs",),
                                "micro": ("--set", "runconfig.micro_batch_size=6"), "systems": ("--num_csx", "2")}.items():
            rounding = self.weft(name, *scale, *arguments)["rounding"]
            self.assertEqual(rounding["values"], straight["values"], name)
            if name not in ("micro", "systems"):
                self.assertEqual(rounding, straight, name)

    def test_every_system_is_counted_once(self):
        """In the first step all have the same weights, so it does not matter who has which tokens, but that each has its own."""
        scale = ("--set", "optimizer.loss_scaling_factor=2e-5", "--max_steps", "1")
        one = self.weft("of_one", *scale)["rounding"]
        self.assertGreater(one["became_zero"], 0)
        for systems in (2, 3):
            self.assertEqual(self.weft(f"of_{systems}", *scale, "--num_csx", systems)["rounding"], one)

    def test_a_run_that_only_times_rounds_nothing(self):
        self.assertNotIn("rounding", self.weft("timed", "--timing_only"))


if __name__ == "__main__":
    unittest.main()
