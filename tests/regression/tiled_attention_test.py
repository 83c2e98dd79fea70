#!/usr/bin/env python3
"""Question: does a run whose attention goes by tiles of keys say so, go on, and come out the same on systems, threads and as PE programs? What is refused?"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from gpt_weights import weights_of
from tiny_gpt import BATCH, HEADS, STEPS, TinyGpt, attends
from weft_cli import report

TOKENS = 32
LONG = ["--set", f"train_input.max_sequence_length={TOKENS}", "--set", f"model.max_position_embeddings={TOKENS}"]


def tiles(keys):
    return [*LONG, "--set", f"model.attention_tile_keys={keys}"]


class TiledAttention(TinyGpt):
    def test_every_launch_as_programs_on_one_and_two_systems(self):
        """Where probabilities are dropped on two."""
        for systems in (1, 2):
            arguments = [*tiles(8), "--num_csx", systems, "--set", f"model.attention_dropout_rate={0.1 * (systems - 1)}"]
            plain = self.outcome(f"plain_{systems}", *arguments)
            programs = self.outcome(f"programs_{systems}", *arguments, "--pe_programs")
            threads = self.outcome(f"threads_{systems}", *arguments, "--threads", 2)
            self.assert_same_training(plain, programs)
            self.assert_same_training(plain, threads)
            self.assertEqual(programs[0]["programs"]["worst_deviation_cycles"], 0)
            launches = plain[0]["plan"]["train"]
            places = [HEADS * BATCH // systems if attends(launch) else 1 for launch in launches]
            self.assertEqual(programs[0]["programs"]["launches"], STEPS * systems * sum(places))

    def test_losses_are_those_of_whole_scores(self):
        """Whatever is dropped: the same with tiles and without."""
        for rate in (0, 0.3):
            dropped = ("--set", f"model.attention_dropout_rate={rate}")
            whole = self.outcome(f"whole_{rate}", *LONG, *dropped)[0]
            for keys in (8, 13, 1000):
                value = self.outcome(f"tiles_{keys}_{rate}", *tiles(keys), *dropped)[0]
                for one, other in zip(whole["steps"], value["steps"]):
                    self.assertAlmostEqual(one["loss"], other["loss"], delta=1e-3)

    def test_the_plan_chooses_the_largest_tile_that_fits(self):
        """Of 128 keys: 43 a tile where a PE has room for that, all where it has more, none that fits where it has least."""
        long = ["--set", "train_input.max_sequence_length=128", "--set", "model.max_position_embeddings=128"]

        def keys(number):
            return [*long, "--set", f"model.attention_tile_keys={number}"]

        def room(sram):
            words = -(-sram // 16)  # of 16 bits, in each of 8 banks
            return ["--machine_set", f"pe.sram_bytes={words * 16}", "--set", f"runconfig.micro_batch_size={BATCH}"]

        need = self.outcome("need", *keys(43))[0]["plan"]["sram_bytes"]
        fixed = self.outcome("fixed", *keys(43), *room(need))
        chosen = self.outcome("chosen", *keys("auto"), *room(need))
        for part in ("steps", "launches", "plan"):
            self.assertEqual(fixed[0][part], chosen[0][part])
        self.assertEqual([layer["tile_keys"] for layer in chosen[0]["plan"]["layers"] if "tile_keys" in layer], [43])
        self.assertEqual(weights_of(self.folder / "fixed", STEPS), weights_of(self.folder / "chosen", STEPS))
        larger = self.train("larger", *keys(64), *room(need), "--compile_only")
        self.assertEqual(larger.returncode, 2)
        self.assertIn("does not fit", larger.stderr)
        page = self.train("page_of_choice", *keys("auto"), *room(need), "--compile_only").stdout
        self.assertIn("attention in 3 tiles of about 43 of 128 keys", page)
        self.assertIn("model.attention_tile_keys auto: 43 of 128 keys, the largest tile that fits", page)
        # A sequence at a time all keys fit, and that is asked for first.
        parts = self.train("parts_of_batch", *keys("auto"), *room(need), "--set", "runconfig.micro_batch_size=auto", "--compile_only")
        self.assertIn("model.attention_tile_keys auto: scores of all 128 keys fit", parts.stdout)
        self.assertEqual(self.outcome("all_keys", *keys("auto"))[0]["plan"], self.outcome("no_tiles", *long)[0]["plan"])
        none = self.train("none", *keys("auto"), *room(8192 + 64), "--compile_only")
        self.assertEqual(none.returncode, 2)
        self.assertRegex(none.stderr, r"model.attention_tile_keys: auto; tiles of \d+ of 128 keys: the model does not fit")
        # It goes on with the tile that was chosen, and with no other.
        self.assertEqual(self.train("chosen", *keys(43), *room(need), "--resume", "--max_steps", 4).returncode, 0)
        self.assertEqual(self.train("chosen", *keys(32), *room(need), "--resume", "--max_steps", 5).returncode, 2)

    def test_plan_and_report_say_the_tile(self):
        value = self.outcome("told", *tiles(8))[0]
        launches = [launch for launch in value["plan"]["train"] if attends(launch)]
        forward = [(launch["kernel"], launch.get("tile")) for launch in launches][:16]
        wanted = []
        for tile in (1, 2, 3, 4):
            wanted += [("attention_scores", tile), ("attention_softmax_tile", tile)]
            wanted += [("attention_rescale", tile)] if tile > 1 else []
            wanted += [("attention_values_tile", tile)]
        self.assertEqual(forward, [*wanted, ("attention_output", None)])
        self.assertEqual([launch["kernel"] for launch in launches if launch.get("tile") == 4][-3:],
                         ["attention_score_deltas", "attention_values", "attention_keys"])
        columns = value["launches"]["columns"]
        told = [dict(zip(columns, row)) for row in value["launches"]["rows"]]
        train = [launch for launch in told if launch["step"] == 0]
        self.assertEqual([launch["tile"] for launch in train], [launch.get("tile", 0) for launch in value["plan"]["train"]])
        self.assertNotIn("tile", self.outcome("not_told", *LONG)[0]["launches"]["columns"])
        page = self.train("page", *tiles(8), "--compile_only").stdout
        for tile in (1, 4):
            self.assertRegex(page, rf"\nattention_scores +h0\.attention, tile {tile} +\d")

    def test_scores_need_no_room_for_all_keys(self):
        """Of whole scores the probabilities stay from the forward pass on; of tiles 8 B a token and head."""
        whole, tiled = (self.outcome(name, *keys)[0]["plan"]["sram"] for name, keys in (("room", LONG), ("less", tiles(4))))
        largest = [max((item["bytes"] for item in items if "attention" in item["name"]), default=0) for items in (whole, tiled)]
        self.assertGreater(largest[0], 2 * largest[1])

    def test_it_goes_on_after_a_stop(self):
        whole = self.outcome("whole_run", *tiles(8))
        self.assertEqual(self.train("parts", *tiles(8), "--max_steps", 1).returncode, 0)
        parts = self.outcome("parts", *tiles(8), "--resume")
        self.assertEqual([step["loss"] for step in whole[0]["steps"]][1:], [step["loss"] for step in parts[0]["steps"]])
        self.assertEqual(weights_of(self.folder / "whole_run", STEPS), weights_of(self.folder / "parts", STEPS))
        for keys in (LONG, tiles(16)):
            other = self.train("parts", *keys, "--resume", "--max_steps", 4)
            self.assertEqual(other.returncode, 2)
            self.assertIn("model.attention_tile_keys", other.stderr)
        # Runs of before the key go on: without it, or with what it is without it.
        self.assertEqual(self.train("before", *LONG, "--max_steps", 1).returncode, 0)
        self.assertNotIn("tile_keys", str(report(self.folder / "before")["configuration"]["model"]))
        same = self.train("before", *tiles(0), "--resume", "--max_steps", 2)
        self.assertEqual(same.returncode, 0, same.stderr)

    def test_refused(self):
        cases = {
            ("--set", "model.attention_tile_keys=many"): "model.attention_tile_keys.*auto",
            ("--set", "model.attention_tile_keys=-1"): "model.attention_tile_keys.*0 to 1048576",
            # A column of 8 holds 4 tokens of 32.
            ("--set", "model.attention_tile_keys=1", "--set", "model.num_heads=8", "--set", "runconfig.micro_batch_size=16",
             "--set", "train_input.batch_size=16"): "32 tiles of keys .model.attention_tile_keys",
        }
        for arguments, wanted in cases.items():
            result = self.train("refused", *tiles(8), *arguments)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertRegex(" ".join(result.stderr.split()), wanted)


if __name__ == "__main__":
    unittest.main()
