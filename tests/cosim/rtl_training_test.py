#!/usr/bin/env python3
"""Question: does a training with Verilated tiles in its wafer give the same losses and weights, in the same time?"""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import make_data, report, run

SMALL = [word for key in ("width", "height", "user_width", "user_height") for word in ("--machine_set", f"fabric.{key}=8")]


class RtlTraining(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.data = make_data(cls.folder / "data")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def train(self, name, *arguments):
        return run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 3, "-o", name, *SMALL, *arguments, cwd=self.folder)

    def outcome(self, name, *arguments):
        result = self.train(name, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        folder = self.folder / name
        return report(folder), (folder / "checkpoint_3.mdl").read_bytes()

    def test_whole_wafer_and_a_region_of_tiles(self):
        plain, weights = self.outcome("plain")
        models, model_weights = self.outcome("models", "--pe_programs")
        tiles, tile_weights = self.outcome("tiles", "--rtl-region", "0,0,8,8")
        region, region_weights = self.outcome("region", "--rtl-region", "2,3,4,2")
        self.assertEqual(weights, model_weights)
        self.assertEqual(weights, tile_weights)
        self.assertEqual(weights, region_weights)
        losses = [step["loss"] for step in plain["steps"]]
        for run_report in (models, tiles, region):
            self.assertEqual(losses, [step["loss"] for step in run_report["steps"]])
            programs = run_report["programs"]
            self.assertGreater(programs["sums_compared"], 50000)
            self.assertLessEqual(programs["worst_deviation_cycles"], max(2, 0.02 * programs["recurrence_cycles"] / programs["launches"]))
            self.assertLessEqual(abs(programs["program_cycles"] - programs["recurrence_cycles"]), 0.02 * programs["recurrence_cycles"])
        # Tiles are the PE model to the cycle.
        self.assertEqual(models["launches"], tiles["launches"])
        self.assertEqual(models["launches"], region["launches"])
        self.assertEqual(models["programs"]["rtl_tile_cycles"], 0)
        self.assertGreater(tiles["programs"]["rtl_tile_cycles"], region["programs"]["rtl_tile_cycles"])
        self.assertGreater(region["programs"]["rtl_tile_cycles"], 0)

    def test_bad_regions(self):
        for region, words in (("0,0,9,8", "the plan uses 8 x 8 PEs"), ("-1,0,2,2", "x and y at least 0"), ("1,1,0,2", "width and height at least 1"),
                              ("1,1,2", "At least 4 required")):
            result = self.train("bad", f"--rtl-region={region}")
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(words, result.stderr)

    def test_a_machine_that_the_tile_is_not(self):
        result = self.train("other", "--rtl-region", "0,0,2,2", "--machine_set", "router.link_queue=3")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("router.link_queue is 3; the RTL tile is built with 4", result.stderr)


if __name__ == "__main__":
    unittest.main()
