#!/usr/bin/env python3
"""Question: is a steady step as long as the bound that the plan says binds it, for each of them?"""
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, report, run

STEPS = 10
# Many chunks, which hold a round or two: so no server waits for the last of another.
EVEN = ("memoryx.chunk_bytes=4000", "memoryx.weight_servers=4", "io.ethernet_links=4")


class Bounds(ScratchTrainings):
    def steady(self, name, words, *arguments, model="fc_mnist_tiny", percent=3):
        """Cycles of the plan and of the simulation, the start left out."""
        result = run("train", model, "--timing_only", "--max_steps", STEPS, "-o", name, *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        value = report(self.folder / name)
        plan = value["plan"]
        compiled = run("train", model, "--max_steps", STEPS, "-o", f"{name}_plan", *arguments, "--compile_only", cwd=self.folder)
        binding = re.findall(r"^ +(\S.*?) +(\d+) +binds$", compiled.stdout, re.M)
        self.assertEqual(len(binding), 1, compiled.stdout)
        # What binds waits for the rest, or the rest for it: then the walk of a step is longer than each of them.
        if "waiting for each other" in binding[0][0]:
            longest = max(re.findall(r"^  (\S.*?) +(\d+)$", compiled.stdout.split("works all through a step")[1].split("predicted step")[0], re.M),
                          key=lambda row: int(row[1]))
            self.assertIn(words, longest[0])
        else:
            self.assertIn(words, binding[0][0])
        self.assertEqual(plan["predicted_step"], int(binding[0][1]))
        steps = value["steps"]
        half = STEPS // 2
        simulated = (steps[-1]["end"] - steps[-1 - half]["end"]) / half
        off = 100 * (simulated / plan["predicted_step"] - 1)
        print(f"{name}: predicted {plan['predicted_step']}, simulated {simulated:.0f}: {off:+.2f} %", file=sys.stderr)
        self.assertLess(abs(off), percent, name)
        return plan["predicted_step"]

    def test_the_page_says_tokens_and_micro_batches_of_the_plan(self):
        for size, number in ((32, 1), (8, 4)):
            name = f"page_{size}"
            page = run("train", "fc_mnist_tiny", "--set", f"runconfig.micro_batch_size={size}", "--set", "runconfig.lanes=1", "--compile_only",
                       "-o", name, cwd=self.folder).stdout
            plan = json.loads((self.folder / name / "plan.json").read_text())
            self.assertEqual((plan["tokens"], plan["micro_batches"]), (size, number))
            most = -(-size // min(plan["width"], size))
            self.assertIn(f"\ntokens on the wafer {size} ({number} micro-batch{'' if number == 1 else 'es'}), at most {most} per column\n", page)

    @staticmethod
    def machine(*settings):
        return [word for setting in settings for word in ("--machine_set", setting)]

    def test_launches_on_the_wafer(self):
        self.steady("wafer", "launches", *self.machine("input.samples_per_s=1e8"), model="fc_mnist", percent=15)

    def test_launches_with_words_from_ethernet(self):
        self.steady("ethernet", "Ethernet", *self.machine("io.ethernet_gbps=0.5", "input.samples_per_s=1e8", *EVEN), model="fc_mnist", percent=5)

    def test_launches_with_sparse_words_from_ethernet(self):
        slow = self.machine("io.ethernet_gbps=0.5", "input.samples_per_s=1e8", *EVEN)
        sparse = self.steady("sparse", "Ethernet", *slow, "--set", "model.sparsity=0.7", model="fc_mnist", percent=5)
        self.assertLess(sparse, 0.8 * self.steady("dense", "Ethernet", *slow, model="fc_mnist", percent=5))

    def round_trip(self, name, *arguments, percent):
        """A step as the report says it, with its updates on their way there and back."""
        result = run("train", "fc_mnist", "--timing_only", "--max_steps", STEPS, "-o", name, *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        value = report(self.folder / name)
        predicted, simulated = value["plan"]["predicted_step"], value["steady"]["step_cycles"]
        off = 100 * (predicted / simulated - 1)
        print(f"{name}: predicted {predicted}, simulated {simulated:.0f}: {off:+.2f} %", file=sys.stderr)
        self.assertLess(abs(off), percent, name)

    def test_updates_on_their_way(self):
        for gbps in (100, 30, 10, 3, 1):
            self.round_trip(f"way_{gbps}", *self.machine(f"io.ethernet_gbps={gbps}"), percent=3)

    def test_updates_on_their_way_through_nodes(self):
        for systems, batch in ((1, 256), (3, 255), (16, 256), (17, 272)):
            self.round_trip(f"nodes_{systems}", "--num_csx", systems, "--set", f"train_input.batch_size={batch}", percent=8)

    def test_updates_on_their_way_of_other_steps(self):
        slow = self.machine("io.ethernet_gbps=5")
        for name, options in {"parts": ["runconfig.micro_batch_size=64"], "norm": ["optimizer.max_gradient_norm=1"],
                              "dynamic": ["optimizer.loss_scaling_factor=dynamic"], "whole": ["runconfig.placement=whole_tensor"],
                              "streamed": ["model.retain_output_layer=false"]}.items():
            self.round_trip(f"trip_{name}", *slow, *(word for option in options for word in ("--set", option)), percent=5)

    def test_the_work_off_the_wafer_is_that_of_the_fullest_server_and_link(self):
        """Small tensors are a chunk, so they lie on one server; long ones leave some with a chunk more."""
        cases = {
            "tiny": ("fc_mnist_tiny",), "chunks": ("fc_mnist", *self.machine("memoryx.chunk_bytes=4000")),
            "whole": ("fc_mnist", "--set", "runconfig.placement=whole_tensor"), "sparse": ("fc_mnist", "--set", "model.sparsity=0.7"),
            "parts": ("fc_mnist_tiny", "--set", "runconfig.micro_batch_size=8", "--set", "optimizer.optimizer_type=adam"),
        }
        for name, (model, *arguments) in cases.items():
            result = run("train", model, "--timing_only", "--max_steps", 3, "-o", f"work_{name}", *arguments, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            works = {row["limiter"]: row for row in report(self.folder / f"work_{name}")["works"]}
            for limiter in ("memoryx_reader", "memoryx_update", "ethernet_down", "ethernet_up"):
                predicted, measured = works[limiter]["predicted_cycles"], works[limiter]["measured_cycles"]
                print(f"{name}: {limiter} predicted {predicted}, measured {measured}", file=sys.stderr)
                self.assertGreater(measured, 0, (name, limiter))
                self.assertLess(abs(predicted / measured - 1), 0.001, (name, limiter))

    def test_samples_made(self):
        self.steady("made", "samples made", *self.machine("input.samples_per_s=20000"), percent=0.01)

    def test_samples_on_their_link(self):
        self.steady("link", "samples on their link", *self.machine("input.link_gbps=0.1", "input.samples_per_s=1e8"), percent=0.01)

    def test_weights_read(self):
        self.steady("read", "weights read", *self.machine("memoryx.transpose_gigabytes_per_s=0.001", "memoryx.weight_servers=1"), "--set",
                    "model.retain_output_layer=false", percent=3)

    def test_gradients_summed(self):
        self.steady("summed", "gradients summed", *self.machine("memoryx.dram.gigabytes_per_s=0.02", *EVEN), "--set",
                    "runconfig.micro_batch_size=8", percent=15)

    def test_weights_updated(self):
        self.steady("updated", "gradients summed", *self.machine("memoryx.update_params_per_s=1e6", *EVEN), "--set",
                    "optimizer.optimizer_type=adam", percent=10)


if __name__ == "__main__":
    unittest.main()
