#!/usr/bin/env python3
"""Question: does a training with Verilated tiles in its wafer give the same losses and weights, in the same time?"""
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, report, run

SMALL = [word for key in ("width", "height", "user_width", "user_height") for word in ("--machine_set", f"fabric.{key}=8")]


class RtlTraining(ScratchTrainings):
    def train(self, name, *arguments, steps=3):
        return run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", steps, "-o", name, *SMALL, *arguments, cwd=self.folder)

    def outcome(self, name, *arguments, steps=3):
        result = self.train(name, *arguments, steps=steps)
        self.assertEqual(result.returncode, 0, result.stderr)
        folder = self.folder / name
        return report(folder), (folder / f"checkpoint_{steps}.mdl").read_bytes()

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

    def test_a_full_wafers_layer_scaled_to_16_by_16_tiles(self):
        """82 features on 16 rows, 20 tokens a column: shares as 5120 on 994 rows have them; all three passes."""
        model = self.folder / "scaled.yaml"
        model.write_text("train_input: {data_processor: synthetic, batch_size: 320}\n"
                         "model: {name: scaled, input_features: 82, hidden_sizes: [82], num_classes: 82, retain_output_layer: false}\n"
                         "optimizer: {optimizer_type: sgd, learning_rate: 0.1}\n"
                         "runconfig: {max_steps: 1, lanes: 1, features_over: rows}\n")
        grid = [word.replace("=8", "=16") for word in SMALL]

        def outcome(name, *arguments):
            result = run("train", model, "-o", name, *grid, *arguments, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            return report(self.folder / name)

        folded, simulated = outcome("folded"), outcome("unfolded", "--no_fast_forward")
        tiles = outcome("scaled_tiles", "--rtl-region", "0,0,16,16")["programs"]
        self.assertTrue(any(share["simulated"].startswith("some columns") for share in folded["host"]["simulated"]))
        del folded["host"], simulated["host"]
        self.assertEqual(folded, simulated)
        self.assertEqual(tiles["launches"], 9)
        self.assertLessEqual(tiles["worst_deviation_percent"], 2)
        self.assertLessEqual(abs(tiles["program_cycles"] - tiles["recurrence_cycles"]), 0.02 * tiles["recurrence_cycles"])

    def test_a_region_of_tiles_across_two_lanes(self):
        lanes = ["--machine_set", "io.rows_per_channel=4", "--set", "runconfig.lanes=2"]
        plain, weights = self.outcome("two_lanes", *lanes)
        tiles, tile_weights = self.outcome("tiles_in_lanes", *lanes, "--rtl-region", "2,3,4,2")
        self.assertEqual(weights, tile_weights)
        self.assertEqual([step["loss"] for step in plain["steps"]], [step["loss"] for step in tiles["steps"]])
        self.assertEqual(tiles["programs"]["launches"], 2 * self.programs_of_one_lane())
        self.assertGreater(tiles["programs"]["rtl_tile_cycles"], 0)

    def programs_of_one_lane(self):
        return self.outcome("one_lane", "--pe_programs")[0]["programs"]["launches"]

    def test_a_diverged_training_goes_on(self):
        """Every NaN is one: the host's arithmetic and the PEs' need not give it the same bits."""
        model = self.folder / "diverged.yaml"
        model.write_text("train_input: {data_processor: synthetic, batch_size: 16}\n"
                         "model: {name: diverged, input_features: 20, hidden_sizes: [12], num_classes: 5}\n"
                         "optimizer: {optimizer_type: sgd, learning_rate: 1000}\n"
                         "runconfig: {max_steps: 6, check_loss_values: false}\n")
        reports = {}
        for name, arguments in (("diverged", ()), ("diverged_models", ("--pe_programs",)), ("diverged_tiles", ("--rtl-region", "1,1,3,2"))):
            result = run("train", model, "-o", name, *SMALL, *arguments, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            reports[name] = report(self.folder / name)
        self.assertNotIsInstance(reports["diverged"]["steps"][-1]["loss"], float)
        for name in ("diverged_models", "diverged_tiles"):
            self.assertEqual(reports["diverged"]["steps"][-1]["loss"], reports[name]["steps"][-1]["loss"])

    def test_dropout(self):
        """Masks come from PE programs: five instructions a feature."""
        model = self.folder / "dropped.yaml"
        model.write_text("train_input: {data_processor: synthetic, batch_size: 48}\n"
                         "model: {name: dropped, input_features: 20, hidden_sizes: [12, 9], num_classes: 5, dropout: 0.3}\n"
                         "optimizer: {optimizer_type: sgd, learning_rate: 0.1}\n"
                         "runconfig: {max_steps: 3}\n")
        losses = []
        for name, arguments in (("dropped", ()), ("dropped_tiles", ("--rtl-region", "0,0,5,5"))):
            result = run("train", model, "-o", name, *SMALL, *arguments, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            losses.append([step["loss"] for step in report(self.folder / name)["steps"]])
        self.assertEqual(*losses)
        tiles = report(self.folder / "dropped_tiles")
        programs = tiles["programs"]
        self.assertEqual(programs["launches"], 3 * 14 * tiles["plan"]["lanes"])
        self.assertLessEqual(programs["worst_deviation_cycles"], 2)

    def test_evaluation_with_padding(self):
        """100 samples in four batches of 32: the loss has no deltas, and the last batch is mostly padding."""
        evaluate = ["--mode", "train_and_eval"]
        plain, weights = self.outcome("plain_eval", *evaluate, steps=1)
        tiles, tile_weights = self.outcome("tiles_eval", *evaluate, "--rtl-region", "0,0,4,2", steps=1)
        batches = [[(step["loss"], step["correct"], step["samples"]) for step in outcome["steps"][1:]] for outcome in (plain, tiles)]
        self.assertEqual(*batches)
        self.assertEqual([samples for _, _, samples in batches[0]], [32, 32, 32, 4])
        self.assertEqual(weights, tile_weights)
        self.assertGreater(tiles["programs"]["rtl_tile_cycles"], 0)

    def test_a_traced_pe(self):
        # Each training step passes PE (3, 2) by: every weight of its row in the forward pass goes on to the east, and so do
        # the samples and labels of the columns there.
        self.outcome("traced", "--rtl-region", "3,2,1,1", "--vcd", "traced.vcd", "--vcd_scope", "pes", "--vcd_pe", "3,2", "--vcd_pe", "0,0")
        self.outcome("modelled", "--pe_programs", "--vcd", "modelled.vcd", "--vcd_scope", "pes", "--vcd_pe", "3,2", "--vcd_pe", "0,0")
        self.assertEqual((self.folder / "traced.vcd").read_bytes(), (self.folder / "modelled.vcd").read_bytes())
        result = subprocess.run([os.environ["WEFT_VCD_TOTALS"], "traced.vcd"], cwd=self.folder, capture_output=True, text=True, check=True)
        busy = dict(re.findall(r"^(\S+) (\d+)", result.stdout, re.M))
        self.assertEqual(len(busy), 1 + 2 * (4 + 2 * 2))  # the cycle; links, threads and their program counters
        period = 20000 / 17
        row, steps = 98 + 1, 3  # 784 inputs on 8 rows, and the wavelet that closes the round
        weights = steps * (24 * row + 10 * (3 + 1))
        samples = steps * 4 * (98 * 4 // 2 + 4 // 2 + 1)  # two a word, 4 tokens in each of 4 columns
        gradients = steps * (24 * 98 + 10 * 3)  # sums of the columns to the west, on their way east
        self.assertEqual(round(int(busy["cluster.system0.pe_3_2.east"]) / period), weights + samples + gradients)

    def test_bad_traces(self):
        for arguments, words in ((("--vcd_pe", "8,1", "--vcd", "x.vcd"), "the plan uses 8 x 8 PEs"), (("--vcd_pe", "1", "--vcd", "x.vcd"), "expected x,y"),
                                 (("--vcd", "x.vcd", "--vcd_scope", "pes"), "say which PEs"), (("--vcd_pe", "1,1"), "needs --vcd FILE")):
            result = self.train("bad", *arguments)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(words, result.stderr)

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
