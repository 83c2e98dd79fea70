#!/usr/bin/env python3
"""Question: is every launch of a GPT's training run as PE programs, attention's in each head of each sequence?"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from gpt_weights import weights_of
from tiny_gpt import BATCH, HEADS, LENGTH, STEPS, TinyGpt, attends
from weft_cli import report, run

PERIOD = 20000 / 17  # ps of a cycle


class GptPrograms(TinyGpt):
    def run_as_programs(self, name, *arguments):
        plain = self.outcome(f"plain_{name}", *arguments)
        programs = self.outcome(name, *arguments, "--pe_programs")
        self.assert_same_training(plain, programs)
        self.assertEqual(programs[0]["programs"]["worst_deviation_cycles"], 0)
        return programs[0]

    def test_every_launch(self):
        for lanes in (1, 2):
            value = self.run_as_programs(f"lanes_{lanes}", "--set", f"runconfig.lanes={lanes}")
            self.assertEqual(value["plan"]["lanes"], lanes)
            launches = value["plan"]["train"]
            self.assertEqual(sum(map(attends, launches)), 8)  # three forward, five backward
            places = [HEADS * BATCH if attends(launch) else lanes for launch in launches]
            self.assertEqual(value["programs"]["launches"], STEPS * sum(places))

    def test_grouped_queries(self):
        """Two heads of queries share one of keys: half as many launches of attention, in rectangles of as many scores."""
        wide = ["--set", "model.num_heads=4", "--set", "model.position_embedding_type=rotary", "--set", "model.rotary_dim=2",
                "--set", "runconfig.lanes=1"]
        each, grouped = self.run_as_programs("each_head", *wide), self.run_as_programs("grouped", *wide, "--set", "model.num_kv_heads=2")
        self.assertEqual(each["programs"]["launches"] - grouped["programs"]["launches"], STEPS * 8 * 2 * BATCH)

    def test_linear_biases(self):
        """ALiBi: each head has a slope of its own, of grouped queries too."""
        alibi = ["--set", "model.position_embedding_type=alibi"]
        self.run_as_programs("alibi", *alibi)
        self.run_as_programs("alibi_groups", *alibi, "--set", "model.num_heads=4", "--set", "model.num_kv_heads=2")

    def test_programs_that_do_not_fit_are_refused_before_the_run_begins(self):
        wide = ("--set", "model.hidden_size=64", "--set", "model.position_embedding_type=rotary")
        cases = {
            "part": ((*wide, "--set", "model.rotary_dim=16"), "rotary", "model.rotary_dim"),
            "groups": ((*wide, "--set", "model.num_heads=8", "--set", "model.num_kv_heads=1"), "rotary", "model.num_kv_heads"),
            "alibi": (("--set", "model.hidden_size=32", "--set", "model.position_embedding_type=alibi", "--set", "model.num_heads=16",
                       "--set", "model.num_kv_heads=1"), "attention_softmax", "model.num_kv_heads"),
        }
        for name, (arguments, kernel, change) in cases.items():
            for way in ("--pe_programs", "--explain"):
                result = self.train(f"no_{name}", *arguments, way)
                self.assertEqual(result.returncode, 2, result.stdout)
                self.assertRegex(result.stderr, rf"\n  \S+ {kernel}: (6[5-9]|[7-9]\d|\d\d\d) instructions; a PE holds at most 64; shorter with .*{change}")
                self.assertIn(way, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertFalse((self.folder / f"no_{name}").exists())
            self.assertEqual(self.train(f"no_{name}", *arguments, "--max_steps", 1).returncode, 0, name)

    def test_what_a_mask_leaves_out_is_skipped(self):
        """The same launches; of scores and their deltas those of the windows: key k of a column's tokens those from k on, no less than a queue's 6."""
        tokens, columns, queue = 32, 4, 6
        long = ["--set", f"train_input.max_sequence_length={tokens}", "--set", f"model.max_position_embeddings={tokens}"]
        whole, skips = (self.run_as_programs(name, *long, "--set", f"model.attention_skip_masked={name}") for name in ("false", "true"))
        self.assertEqual(whole["programs"]["launches"], skips["programs"]["launches"])
        left = sum(max(queue, len([token for token in range(column, tokens, columns) if token >= key])) for key in range(tokens) for column in range(columns))
        self.assertEqual(whole["programs"]["sums_compared"] - skips["programs"]["sums_compared"], STEPS * 2 * HEADS * BATCH * (tokens * tokens - left))
        for one, other in zip(whole["steps"], skips["steps"]):
            self.assertAlmostEqual(one["loss"], other["loss"], delta=1e-3)
        taken = [sum(launch["predicted_cycles"] for launch in value["plan"]["train"] if launch["kernel"] in ("attention_scores", "attention_values", "attention_keys"))
                 for value in (whole, skips)]
        self.assertLess(taken[1], taken[0])

    def test_skipping_goes_on_after_a_stop(self):
        """To the bit."""
        keys = ["--set", "train_input.max_sequence_length=32", "--set", "model.max_position_embeddings=32", "--set", "model.attention_skip_masked=true"]
        whole = self.outcome("whole_run", *keys)
        self.assertEqual(self.train("parts", *keys, "--max_steps", 1).returncode, 0)
        parts = self.outcome("parts", *keys, "--resume")
        self.assertEqual([step["loss"] for step in whole[0]["steps"]][1:], [step["loss"] for step in parts[0]["steps"]])
        self.assertEqual(weights_of(self.folder / "whole_run", STEPS), weights_of(self.folder / "parts", STEPS))
        other = self.train("parts", *keys[:-1], "model.attention_skip_masked=false", "--resume", "--max_steps", 4)
        self.assertEqual(other.returncode, 2)
        self.assertIn("attention_skip_masked", other.stderr)
        # Runs of before the key go on: without it, or with what it is without it.
        self.assertEqual(self.train("before", *keys[:-2], "--max_steps", 1).returncode, 0)
        self.assertNotIn("skip_masked", str(report(self.folder / "before")["configuration"]["model"]))
        same = self.train("before", *keys[:-1], "model.attention_skip_masked=false", "--resume", "--max_steps", 2)
        self.assertEqual(same.returncode, 0, same.stderr)

    def test_a_wafer_that_is_cut(self):
        self.run_as_programs("cut", "--cut", "2x2")

    def test_heads(self):
        """With a head more, four launches make scores of their own: its keys of each token."""
        one = self.run_as_programs("one_head", "--set", "model.num_heads=1")["programs"]
        two = self.run_as_programs("two_heads")["programs"]
        self.assertEqual(two["launches"] - one["launches"], STEPS * 8 * BATCH)
        self.assertEqual(two["sums_compared"] - one["sums_compared"], STEPS * 4 * BATCH * LENGTH * LENGTH)

    def test_traced_pes_of_two_heads(self):
        """With a position for each row all launches reach every PE; those of the last head and sequence do not begin at the
        corner of the wafer."""
        for name, pes in (("last", ("7,7",)), ("both", ("0,0", "7,7"))):
            traced = [word for pe in pes for word in ("--vcd_pe", pe)]
            value, _ = self.outcome(name, "--vcd", f"{name}.vcd", "--vcd_scope", "pes", *traced, "--set", "model.max_position_embeddings=8")
            columns = value["launches"]["columns"]
            start, end = columns.index("start"), columns.index("end")
            totals = subprocess.run([os.environ["WEFT_VCD_TOTALS"], f"{name}.vcd"], cwd=self.folder, capture_output=True, text=True, check=True)
            busy = dict(re.findall(r"^(\S+) (\d+)", totals.stdout, re.M))
            self.assertEqual(round(int(busy["cluster.system0.cycle"]) / PERIOD), sum(row[end] - row[start] for row in value["launches"]["rows"]))

    def test_a_kernel_of_both_passes_is_told_apart(self):
        """What comes behind the loss is of the backward pass, whatever its kernel. A small loss scale loses deltas alone."""
        value, _ = self.outcome("passes", "--set", "optimizer.loss_scaling_factor=1e-6")
        columns = value["launches"]["columns"]
        of_step = collections.defaultdict(list)
        for row in value["launches"]["rows"]:
            row = dict(zip(columns, row))
            of_step[row["step"]].append((row["kernel"], row["pass"]))
        for launches in of_step.values():
            passes = [of for _, of in launches]
            loss = passes.index("loss")
            self.assertEqual(set(passes[:loss]), {"samples", "forward"})
            self.assertEqual(set(passes[loss + 1:]), {"delta", "gradient"})
            for kernel in ("attention_scores", "attention_values", "addition"):
                self.assertEqual({of for name, of in launches if name == kernel}, {"forward", "delta"}, kernel)
        roofs = [(row["layer"], row["kernel"], row["pass"]) for row in value["roofline"]]
        self.assertEqual(len(set(roofs)), len(roofs))
        self.assertEqual({of for _, kernel, of in roofs if kernel == "attention_values"}, {"forward", "delta"})
        lossy = {(row["kernel"], row["pass"]) for row in value["rounding"]["lossy"]}
        self.assertIn(("attention_values", "delta"), lossy)
        self.assertLessEqual({of for _, of in lossy}, {"loss", "delta"})
        summary = " ".join((self.folder / "passes/summary.txt").read_text().split())
        self.assertIn("attention_values_b~", summary)
        self.assertIn("deltas became 0: --set optimizer.loss_scaling_factor=dynamic", summary)
        dynamic, _ = self.outcome("dynamic", "--set", "optimizer.loss_scaling_factor=dynamic")
        self.assertNotIn("deltas became 0", (self.folder / "dynamic/summary.txt").read_text())
        shown = run("show", "passes", cwd=self.folder).stdout
        attention = next(row["layer"] for row in value["roofline"] if row["kernel"] == "attention_values")
        self.assertRegex(shown, rf"(?m)^{attention[:7]}\S* +delta ")

    def test_explained(self):
        """Of attention the head and sequence that is told; its PEs by their place on the wafer."""
        result = self.train("explained", "--explain")
        self.assertEqual(result.returncode, 0, result.stderr)
        text = (self.folder / "explained/explain.txt").read_text()
        for kernel in ("scores", "values", "keys", "softmax", "softmax_backward"):
            self.assertRegex(" ".join(text.split()), rf"attention_{kernel}, head \d, sequence \d: \d+ cycles")
        self.assertLessEqual(max(map(len, text.splitlines())), 80)


if __name__ == "__main__":
    unittest.main()
