#!/usr/bin/env python3
"""Question: does a GPT's training wholly on Verilated tiles give the same losses and weights, in the same time?"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tiny_gpt import TinyGpt


class RtlGpt(TinyGpt):
    def test_all_pes_are_tiles(self):
        plain = self.outcome("plain")
        models, tiles = self.outcome("models", "--pe_programs"), self.outcome("tiles", "--rtl-region", "0,0,8,8")
        self.assert_same_training(plain, tiles)
        for key in ("launches", "sums_compared", "program_cycles", "recurrence_cycles"):
            self.assertEqual(models[0]["programs"][key], tiles[0]["programs"][key], key)
        self.assertEqual(tiles[0]["programs"]["worst_deviation_cycles"], 0)
        # Every PE is in every launch; its clock stands where all wait for the edge.
        columns = tiles[0]["launches"]["columns"]
        start, end = columns.index("start"), columns.index("end")
        share = tiles[0]["programs"]["rtl_tile_cycles"] / sum(row[end] - row[start] for row in tiles[0]["launches"]["rows"]) / (8 * 8)
        self.assertGreater(share, 0.9)
        self.assertLessEqual(share, 1)

    def test_a_bert(self):
        """Its plan uses 5 rows."""
        plain, tiles = self.outcome("bert", model="bert"), self.outcome("bert_tiles", "--rtl-region", "0,0,8,5", model="bert")
        self.assert_same_training(plain, tiles)
        self.assertEqual(tiles[0]["programs"]["worst_deviation_cycles"], 0)

    def test_tiles_across_heads_and_sequences(self):
        """A head has 4 rows, a sequence 4 columns."""
        plain, tiles = self.outcome("whole"), self.outcome("region", "--rtl-region", "3,2,2,4")
        self.assert_same_training(plain, tiles)
        self.assertGreater(tiles[0]["programs"]["rtl_tile_cycles"], 0)

    def test_what_a_mask_leaves_out_is_skipped(self):
        """A column has eight tokens of 32, more than a queue's six."""
        keys = ["--set", "train_input.max_sequence_length=32", "--set", "model.max_position_embeddings=32", "--set", "model.attention_skip_masked=true"]
        plain, tiles = self.outcome("skips", *keys), self.outcome("skips_region", *keys, "--rtl-region", "2,0,3,5")
        self.assert_same_training(plain, tiles)
        self.assertEqual(tiles[0]["programs"]["worst_deviation_cycles"], 0)
        self.assertGreater(tiles[0]["programs"]["rtl_tile_cycles"], 0)

    def test_a_traced_tile_of_the_last_head(self):
        traced = ["--vcd_scope", "pes", "--vcd_pe", "6,5"]
        self.outcome("tile", "--rtl-region", "5,4,3,2", "--vcd", "tile.vcd", *traced)
        self.outcome("model", "--vcd", "model.vcd", *traced)
        self.assertEqual((self.folder / "tile.vcd").read_bytes(), (self.folder / "model.vcd").read_bytes())


if __name__ == "__main__":
    unittest.main()
