#!/usr/bin/env python3
"""Question: does a Llama learn what only relative positions tell, and are its launches those of the PE programs?"""
import math
import os
import pathlib
import random
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import SOURCE, report, run

LETTERS, LENGTH = "abcdefgh", 16


def repeating_text(words):
    """Each 16 characters are four drawn ones, four times: 12 of their 16 next characters are those of 4 places ago."""
    draw = random.Random(1)
    return "".join(4 * "".join(draw.choice(LETTERS) for _ in range(4)) for _ in range(words))


class Llama(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name).resolve()
        (cls.folder / "text.txt").write_text(repeating_text(400))

    def weft(self, *arguments, command="train"):
        return run(command, SOURCE / "sw/models/llama_tiny.yaml", "--machine", "mini", "--set", "model.vocab_size=8",
                   "--set", f"train_input.data_dir={self.folder}/text.txt", *arguments, cwd=self.folder, env=os.environ)

    def losses(self, name, *arguments):
        result = self.weft("-o", self.folder / name, *arguments)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return [step["loss"] for step in report(self.folder / name)["steps"]]

    def test_it_learns_to_look_four_places_back(self):
        losses = self.losses("learns", "--max_steps", 150, "--set", "optimizer.learning_rate=0.004")
        self.assertAlmostEqual(losses[0], math.log(8), delta=0.5)
        # Of 16 characters 4 cannot be known: 4 / 16 log 8 = 0.52. Who knows the four letters of a word, but not their places,
        # has their mean entropy of 1.14 for the others: 1.38.
        self.assertLess(sum(losses[-10:]) / 10, 1.0)

    def test_pe_programs_do_the_same_to_the_bit(self):
        self.assertEqual(self.losses("programs", "--max_steps", 2, "--pe_programs"), self.losses("wafer", "--max_steps", 2))

    def test_systems_and_micro_batches_see_the_same_positions(self):
        straight = self.losses("straight", "--max_steps", 4)
        shared = self.losses("shared", "--max_steps", 4, "--num_csx", 2, "--set", "runconfig.micro_batch_size=2")
        for loss, other in zip(straight, shared):
            self.assertAlmostEqual(loss, other, delta=2e-3 * loss)

    def test_a_head_of_odd_features_is_refused(self):
        result = self.weft("--set", "model.num_heads=32")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("rotary positions take an even number", result.stderr)


if __name__ == "__main__":
    unittest.main()
