#!/usr/bin/env python3
"""Question: does `weft compare` name the cause of a slow-down, add up exactly, and gate by its rules and no others?"""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, report, run

# What is changed, and the limiters that are its cause.
SEEDS = {
    "slower hop": (["--machine_set", "router.hop_cycles=2"], {"fabric_link", "launch_sweep"}),
    "half the Ethernet": (["--machine_set", "io.ethernet_gbps=50"], {"ethernet_down", "ethernet_up"}),
    "a thirtieth of the Ethernet": (["--machine_set", "io.ethernet_gbps=3"], {"ethernet_down", "ethernet_up"}),
    "slow updates": (["--machine_set", "memoryx.update_params_per_s=2e7"], {"memoryx_update"}),
    "slow readers": (["--machine_set", "memoryx.dram.gigabytes_per_s=1"], {"memoryx_reader", "memoryx_update"}),
    "one weight server does a layer's work": (["--set", "runconfig.placement=whole_tensor", "--machine_set", "memoryx.update_params_per_s=2e8"],
                                              {"memoryx_update", "memoryx_reader", "ethernet_down", "ethernet_up"}),
    "smaller queues": (["--machine_set", "router.link_queue=2", "--machine_set", "router.input_queue=4"], {"queues"}),
    "narrow edge": (["--machine_set", "io.channel_bits_per_cycle=16", "--machine_set", "io.rows_per_channel=8"], {"edge_in", "edge_out"}),
    "fewer channels": (["--machine_set", "io.rows_per_channel=16"], {"edge_in", "edge_out"}),
    "slow samples": (["--machine_set", "input.samples_per_s=500000"], {"input_servers"}),
    "slow link of samples": (["--machine_set", "input.link_gbps=2"], {"sample_link"}),
    "small prefetch": (["--machine", "wse2", "--machine_set", "input.prefetch_batches=1"], {"input_servers", "sample_link"}),
    "more systems": (["--num_csx", "16", "--set", "train_input.batch_size=4096"], {"swarmx", "ethernet_down", "ethernet_up"}),
    "slow nodes": (["--machine_set", "swarmx.node_latency_ns=50000"], {"swarmx"}),
    "another plan": (["--set", "runconfig.micro_batch_size=32"], {"pe_issue", "pe_sum", "pe_arithmetic"}),
    "one cycle more in the column sum": (["--machine_set", "pe.scalar_cycles=2"], {"pe_sum"}),
    "narrow datapath": (["--machine_set", "pe.lanes.fmac_mixed=1"], {"pe_arithmetic"}),
}


class Compare(ScratchTrainings):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.timed("plain")

    @classmethod
    def timed(cls, name, *arguments, model="fc_mnist", steps=4):
        result = run("train", model, "--timing_only", "--max_steps", steps, "-o", name, *arguments, cwd=cls.folder)
        assert result.returncode == 0, result.stderr + result.stdout
        return name

    def compare(self, *arguments):
        return run("compare", *arguments, cwd=self.folder)

    def as_json(self, *arguments):
        result = self.compare(*arguments, "--json")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        value = json.loads(result.stdout)
        self.assertEqual(result.returncode == 1, value["failed"])
        return value

    def check_sums(self, value):
        rows = value["attribution"]
        self.assertEqual(sum(row["change"] for row in rows), value["change"])
        scale = 1 if value["unit"] == "cycles" else None
        for side in ("old", "new"):
            total = sum(row[side] for row in rows)
            exact = value[side]["step_cycles"] if scale else value[side]["step_seconds"] * 1e12
            self.assertAlmostEqual(total, exact, delta=0.51 if scale else 2)

    def test_seeded_slow_downs_are_named_in_the_first_row(self):
        for index, (what, (arguments, causes)) in enumerate(SEEDS.items()):
            with self.subTest(what):
                name = self.timed(f"seed{index}", *arguments)
                before = "wse2_before" if "wse2" in arguments else "plain"
                if before != "plain":
                    self.timed(before, "--machine", "wse2")
                value = self.as_json(f"{before}/report.json", f"{name}/report.json")
                self.assertTrue(value["failed"])
                self.assertGreater(value["change"], 0)
                first = value["attribution"][0]
                self.assertIn(first["limiter"], causes, value["attribution"][:4])
                self.assertGreater(first["change"], 0)
                self.check_sums(value)
                changed = [argument.split("=")[0] for argument in arguments if "=" in argument]
                told = "\n".join(value["differences"])
                for key in changed:
                    self.assertIn(key, told)
                back = self.as_json(f"{name}/report.json", f"{before}/report.json")
                self.assertFalse(back["failed"], "a faster run never fails")
                self.assertEqual(back["change"], -value["change"])
                self.check_sums(back)

    def test_the_page(self):
        self.timed("slow", "--machine_set", "memoryx.update_params_per_s=2e7")
        result = self.compare("plain/report.json", "slow/report.json")
        self.assertEqual(result.returncode, 1)
        lines = result.stdout.splitlines()
        self.assertRegex(lines[0], r"^FAIL: step \+[\d.]+ %, \+[\d,]+ cycles: updates at MemoryX, fc1")
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertRegex(result.stdout, r"machine memoryx.update_params_per_s: 2000000000 \(mini.yaml:\d+\) -> 20000000\b")
        self.assertIn("all, exactly", result.stdout)
        self.assertIn("update of fc1", result.stdout)
        markdown = self.compare("plain/report.json", "slow/report.json", "--markdown")
        self.assertRegex(markdown.stdout, r"^\*\*FAIL: step")
        self.assertIn("| **all** |", markdown.stdout)
        self.assertEqual(self.compare("plain/report.json", "slow/report.json", "--tolerance", "1000").returncode, 0)

    def test_equal_reports_pass(self):
        result = self.compare("plain/report.json", "plain/report.json")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^PASS: step equal, [\d,]+ cycles")

    def test_other_clocks_are_compared_in_time(self):
        self.timed("peak", "--machine_set", "clock.profile=peak")
        value = self.as_json("plain/report.json", "peak/report.json")
        self.assertEqual(value["unit"], "ps")
        self.assertFalse(value["failed"])
        self.assertLess(value["change"], 0)
        self.check_sums(value)

    def test_different_machines_add_up(self):
        self.timed("wse2", "--machine", "wse2")
        for pair in (("plain", "wse2"), ("wse2", "plain")):
            self.check_sums(self.as_json(*(f"{name}/report.json" for name in pair)))

    def test_another_model_fails_unless_it_may(self):
        self.timed("tiny", model="fc_mnist_tiny")
        value = self.as_json("plain/report.json", "tiny/report.json")
        self.assertTrue(value["failed"])
        self.assertIn("different models", value["verdict"])
        self.assertTrue(any("fc3" in row for row in value["missing"]))
        self.assertIn("model: fc_mnist -> fc_mnist_tiny", value["differences"])
        self.assertFalse(any(row.startswith(("version:", "machine:")) for row in value["differences"]))
        self.assertFalse(self.as_json("plain/report.json", "tiny/report.json", "--any_model")["failed"])

    def test_missing_rows_fail(self):
        value = report(self.folder / "plain")
        kernel = value["launches"]["columns"].index("kernel")
        value["launches"]["rows"] = [row for row in value["launches"]["rows"] if row[kernel] != "softmax_loss"]
        (self.folder / "missing.json").write_text(json.dumps(value))
        result = self.as_json("plain/report.json", "missing.json")
        self.assertTrue(result["failed"])
        self.assertEqual(result["change"], 0)
        self.assertEqual(len(result["missing"]), 1)

    def test_losses(self):
        for name, rate in (("learns", "0.1"), ("learns_less", "0.05")):
            result = run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 12, "-o", name, "--set", f"optimizer.learning_rate={rate}",
                         cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
        losses = [report(self.folder / name)["steps"][-1]["loss"] for name in ("learns", "learns_less")]
        value = self.as_json("learns/report.json", "learns_less/report.json")
        self.assertAlmostEqual(value["loss"]["change"], losses[1] - losses[0], places=9)
        self.assertTrue(value["failed"])
        self.assertIn("loss of step 12", value["verdict"])
        self.assertFalse(self.as_json("learns/report.json", "learns_less/report.json", "--loss_tolerance", abs(losses[1] - losses[0]) + 1e-6)["failed"])

    def test_second_loss_and_evaluation(self):
        """A BERT's loss of pairs is held as the first is; an evaluation's numbers are the report's own, whose means are over labels."""
        value = report(self.folder / "plain")
        step = max(step["global_step"] for step in value["steps"])
        names = {}
        for name, pairs, accuracy in (("pairs", 0.7, 0.25), ("pairs_lost", 0.75, 0.125)):
            for at in value["steps"]:
                at.update(loss=2.0, next_sentence={"loss": pairs, "correct": 1})
            value["evaluation"] = {"global_step": step, "loss": 3.5, "accuracy": accuracy, "next_sentence": {"loss": pairs, "accuracy": 0.5}}
            (self.folder / f"{name}.json").write_text(json.dumps(value))
            names[name] = self.as_json("pairs.json", f"{name}.json")
        self.assertFalse(names["pairs"]["failed"])
        self.assertTrue(names["pairs_lost"]["failed"])
        for text in (f"loss of step {step}, pairs is off by 0.05", "evaluation's loss, pairs is off by 0.05"):
            self.assertIn(text, names["pairs_lost"]["verdict"])
        shown = {line["what"]: (line["old"], line["new"]) for line in names["pairs_lost"]["losses"]}
        self.assertEqual(shown, {f"loss of step {step}": (2.0, 2.0), "evaluation's loss": (3.5, 3.5), "accuracy": (0.25, 0.125),
                                 f"loss of step {step}, pairs": (0.7, 0.75), "evaluation's loss, pairs": (0.7, 0.75), "accuracy, pairs": (0.5, 0.5)})

    def test_a_loss_that_becomes_no_number_fails(self):
        for name, settings in (("numbers", ()), ("lost", ("--set", "optimizer.learning_rate=1000", "--set", "runconfig.check_loss_values=false"))):
            result = run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 12, "-o", name, *settings, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
        step = next(step["global_step"] for step in report(self.folder / "lost")["steps"] if step["loss"] is None)
        self.assertIn(f"the loss of step {step} is no number", self.as_json("numbers/report.json", "lost/report.json")["verdict"])
        self.assertNotIn("no number", self.as_json("lost/report.json", "lost/report.json")["verdict"])

    def test_one_step_is_compared_with_a_first_step(self):
        self.timed("one", steps=1)
        value = self.as_json("plain/report.json", "one/report.json")
        self.assertTrue(value["first_step"])
        self.assertEqual(value["change"], 0)
        self.check_sums(value)

    def test_more_than_two_make_a_table(self):
        self.timed("hops", "--machine_set", "router.hop_cycles=2")
        self.timed("three", "--machine_set", "io.ethernet_gbps=3")
        result = self.compare("plain/report.json", "hops/report.json", "three/report.json")
        self.assertEqual(result.returncode, 1)
        self.assertEqual([line.split()[0] for line in result.stdout.splitlines()[1:4]],
                         ["plain/report.json", "hops/report.json", "three/report.json"])
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)
        value = json.loads(self.compare("plain/report.json", "hops/report.json", "three/report.json", "--json").stdout)
        self.assertEqual(len(value["against_first"]), 2)
        markdown = self.compare("plain/report.json", "hops/report.json", "three/report.json", "--markdown").stdout.splitlines()
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown if line.startswith("| ")]
        cycles = [report(self.folder / name)["steady"]["step_cycles"] for name in ("plain", "hops", "three")]
        self.assertEqual([row[0] for row in rows[1:]], ["plain/report.json", "hops/report.json", "three/report.json"])
        self.assertEqual([int(row[1].replace(",", "")) for row in rows[1:]], [round(one) for one in cycles])
        self.assertEqual([row[2] for row in rows[1:]], [""] + [f"{100 * (one / cycles[0] - 1):+.2f} %" for one in cycles[1:]])

    def test_other_rules_of_time_are_said(self):
        value = report(self.folder / "plain")
        value["time_rules"] += 1
        (self.folder / "rules.json").write_text(json.dumps(value))
        self.assertIn("rules of time", self.compare("plain/report.json", "rules.json").stdout)

    def test_a_report_of_the_version_before(self):
        value = report(self.folder / "plain")
        value["schema"] = "weft-report-1"
        for key in ("time_rules", "steady", "verdict", "works", "path", "roofline"):
            del value[key]
        (self.folder / "old.json").write_text(json.dumps(value))
        result = self.as_json("old.json", "plain/report.json")
        self.assertEqual(result["change"], 0)
        self.check_sums(result)
        self.assertIn("rules of time: 1 -> ", self.compare("old.json", "plain/report.json").stdout)


if __name__ == "__main__":
    unittest.main()
