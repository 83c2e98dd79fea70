#!/usr/bin/env python3
"""Question: where gradients travel in 16 bits, are they what one rounding in each system and one in each SwarmX node make
of the fp32 gradients; is what that loses counted, and do bytes, predicted steps, resumed and divided runs follow?"""
import json
import pathlib
import shutil
import sys
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from halves import rounded
from tiny_gpt import BATCH, LENGTH, STEPS, TinyGpt
from weft_cli import ScratchTrainings, report, run, write_idx

HALF = ("--set", "model.gradient_wire=fp16_type")
FAN_OUT, SHARD = 4, 8  # of mini's SwarmX; tokens of a system: a power of two, so that dividing by it rounds nothing
MODEL = """train_input: {data_processor: mnist, batch_size: %d, shuffle: false}
model: {name: n, hidden_sizes: [24]}
optimizer: {optimizer_type: sgd, learning_rate: 0.1, momentum: 0.9}
runconfig: {max_steps: 1, lanes: 1, micro_batch_size: %d}
"""


class Tree:
    """The way of gradients to MemoryX, and what it loses."""

    def __init__(self, name="float16"):
        self.name = name
        self.losses = {"edge": [0, 0, 0], "swarmx": [0, 0, 0]}

    def round(self, where, sums):
        result = rounded(sums, self.name)
        for at, lost in enumerate((numpy.ones(sums.shape, bool), (result == 0) & (sums != 0), numpy.isinf(result) & numpy.isfinite(sums))):
            self.losses[where][at] += int(lost.sum())
        return result

    def sum(self, parts):
        values = [self.round("edge", part) for part in parts]
        while len(values) > 1:
            above = []
            for first in range(0, len(values), FAN_OUT):
                children = values[first:first + FAN_OUT]
                total = children[0]
                with numpy.errstate(over="ignore"):
                    for child in children[1:]:
                        total = total + child
                above.append(self.round("swarmx", total) if len(children) > 1 else total)
            values = above
        return values[0]

    def counts(self, where):
        return dict(zip(("values", "became_zero", "became_infinite"), self.losses[where]))


def momenta(checkpoint):
    """By tensor: what SGD's momentum is after one step, the gradient."""
    with h5py.File(checkpoint) as file:
        return {name: file[name][...] for name in file if name.endswith(".momentum_buffer")}


def rows(table):
    """Of a report."""
    return [dict(zip(table["columns"], row)) for row in table["rows"]]


class Values(ScratchTrainings):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.images = (cls.data / "train-images-idx3-ubyte").read_bytes()[16:]
        # Two classes, so that some sums are large.
        cls.labels = bytes(index // 4 % 2 for index in range(512))
        write_idx(cls.data / "train-labels-idx1-ubyte", [512], cls.labels)
        cls.known = {}

    def train(self, name, batch, micro_batch, *arguments, data=None):
        (self.folder / "n.yaml").write_text(MODEL % (batch, micro_batch))
        shutil.rmtree(self.folder / name, ignore_errors=True)
        result = run("train", "n.yaml", "--machine", "mini", "--data", data or self.data, "-o", name, *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return momenta(self.folder / name / "checkpoint_1.mdl")

    def shard(self, number, *arguments):
        """The gradients of so many samples alone, times their number: of one system, in fp32."""
        key = (number, arguments)
        if key not in self.known:
            folder = self.folder / f"shard_{number}"
            folder.mkdir(exist_ok=True)
            for prefix in "train", "t10k":
                write_idx(folder / f"{prefix}-images-idx3-ubyte", [SHARD, 28, 28], self.images[784 * SHARD * number:784 * SHARD * (number + 1)])
                write_idx(folder / f"{prefix}-labels-idx1-ubyte", [SHARD], self.labels[SHARD * number:SHARD * (number + 1)])
            scaled = self.train("alone", SHARD, SHARD, *arguments, data=folder)
            self.assertEqual(len(scaled), 4)
            self.known[key] = {tensor: value * numpy.float32(SHARD) for tensor, value in scaled.items()}
        return self.known[key]

    def compare(self, name, systems, micro_batches, kind="float16", scale=1.0, *more):
        """Against the tree by hand, to the bit. What overflowed is kept, to be seen."""
        common = ("--set", f"model.fp16_type={kind}", "--set", f"optimizer.loss_scaling_factor={scale}", "--set",
                  "runconfig.check_loss_values=false", *more)
        trained = self.train(name, SHARD * systems * micro_batches, SHARD, "--num_csx", systems, *HALF, *common)
        tree = Tree(kind)
        divisor = numpy.float32(1.0 / (scale * SHARD * systems * micro_batches))
        for tensor, value in trained.items():
            total = None
            for micro_batch in range(micro_batches):
                # A system has its micro-batches one after another.
                parts = [self.shard(system * micro_batches + micro_batch, *common)[tensor] * numpy.float32(scale) for system in range(systems)]
                part = tree.sum(parts)
                total = part if total is None else total + part
            due = total * divisor
            self.assertTrue(numpy.array_equal(due, value, equal_nan=True), f"{name} {tensor}")
        told = report(self.folder / name)["rounding"]["gradients"]
        for where in "edge", "swarmx":
            counted = {key: told[where][key] for key in ("values", "became_zero", "became_infinite")}
            due = tree.counts(where)
            if "runconfig.sparse_wire=sparse" in more:
                with h5py.File(self.folder / name / "checkpoint_1.mdl") as file:
                    kept = sum(numpy.count_nonzero(file[tensor]) for tensor in file if tensor.startswith("model."))
                due["values"] = kept * (systems if where == "edge" else 1)
            self.assertEqual(counted, due, where)
            for key in "became_zero", "became_infinite":
                self.assertEqual(counted[key], sum(row[key] for row in told[where]["lossy"]))
        return tree

    def test_one_to_five_systems(self):
        for systems in range(1, 6):
            tree = self.compare(f"systems_{systems}", systems, 1)
            self.assertEqual(tree.losses["swarmx"][0] > 0, systems > 1)

    def test_micro_batches_are_summed_in_fp32(self):
        self.compare("micro", 1, 3)
        self.compare("micro_of_two", 2, 2)

    def test_other_formats(self):
        for kind in "bfloat16", "cbfloat16":
            self.compare(kind, 3, 1, kind)

    def test_overflow_and_zeros(self):
        self.assertGreater(self.compare("large", 3, 1, "float16", 32768.0).losses["edge"][2], 0)
        self.assertGreater(self.compare("small", 3, 1, "float16", 2.0 ** -12).losses["edge"][1], 0)
        # Some sums overflow that the systems' own gradients did not.
        self.assertGreater(self.compare("in_nodes", 5, 1, "float16", 16384.0).losses["swarmx"][2], 0)

    def test_a_sparse_layer_s_kept_ones(self):
        for wire in "sparse", "dense":
            self.compare(f"kept_{wire}", 2, 1, "float16", 1.0, "--set", "model.sparsity=0.6", "--set", f"runconfig.sparse_wire={wire}")

    def test_without_the_key_nothing_changes(self):
        plain, said = self.train("plain", 16, 8, "--num_csx", 2), self.train("said", 16, 8, "--num_csx", 2, "--set", "model.gradient_wire=float32")
        self.assertTrue(all(numpy.array_equal(plain[tensor], said[tensor]) for tensor in plain))
        self.assertNotIn("gradients", report(self.folder / "plain")["rounding"])
        self.assertNotIn("model.gradient_wire", report(self.folder / "plain")["configuration"]["model"])

    def test_bytes_of_launches_and_links(self):
        self.train("wide", 16, 16), self.train("half", 16, 16, *HALF)
        wide, half = (report(self.folder / name) for name in ("wide", "half"))

        def sent(value):
            return {(row["kernel"], row["layer"]): row["stream_out_bytes"] for row in rows(value["launches"]) if row["stream_out_bytes"]}

        gradients = {key: size for key, size in sent(wide).items() if key[0] == "matmul_gradient"}
        self.assertEqual(sorted(gradients.values()), [4 * 10 * 25, 4 * 24 * 785])
        for key, size in sent(wide).items():
            self.assertEqual(sent(half)[key], size // 2 if key in gradients else size)
        up = [sum(link["bytes"] for link in value["links"] if link["class"] == "system_to_swarmx") for value in (wide, half)]
        self.assertEqual(up[0] - up[1], 2 * (10 * 25 + 24 * 785))


class EveryTensorOfAGpt(TinyGpt):
    def gradients(self, name, *arguments):
        result = self.train(name, "--set", "optimizer={optimizer_type: sgd, learning_rate: 0.01, momentum: 0.9}", "--max_steps", 1, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return momenta(self.folder / name / "checkpoint_1.mdl")

    def test_norms_tables_and_biases_are_rounded_too(self):
        wide, half = self.gradients("wide"), self.gradients("half", *HALF)
        self.assertGreater(len(wide), 15)
        tokens = numpy.float32(BATCH * LENGTH)
        for tensor, value in wide.items():
            self.assertTrue(numpy.array_equal(half[tensor], rounded(value * tokens, "float16") / tokens), tensor)
        self.assertTrue(any((half[tensor] != wide[tensor]).any() for tensor in wide if "norm" in tensor or "ln" in tensor))

    def test_however_it_is_run(self):
        plain = self.outcome("run", *HALF)
        for name, arguments in {"threads": ("--threads", "2"), "cut": ("--cut", "2x2"), "programs": ("--pe_programs",)}.items():
            other = self.outcome(name, *HALF, *arguments)
            self.assert_same_training(plain, other)
            self.assertEqual(plain[0]["rounding"], other[0]["rounding"], name)
        self.assertEqual(report(self.folder / "programs")["programs"]["worst_deviation_cycles"], 0)
        self.assertNotEqual(plain[1], self.outcome("fp32")[1])

    def test_resumed_and_a_tied_table(self):
        tied = ("--set", "model.share_embedding_weights=true", *HALF)
        whole = self.outcome("whole", *tied)
        self.assertNotEqual(whole[1], self.outcome("tied_fp32", *tied[:2])[1])
        for steps, more in ((2, ()), (STEPS, ("--resume",))):
            result = self.train("parts", *tied, "--max_steps", steps, *more)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.folder / "parts" / f"checkpoint_{STEPS}.mdl").read_bytes(), whole[1])
        result = self.train("parts", *tied[:2], "--max_steps", STEPS + 1, "--resume")
        self.assertEqual(result.returncode, 2)
        self.assertIn("model.gradient_wire", result.stderr)


class Runs(ScratchTrainings):
    def train(self, name, *arguments, steps=6, model="fc_mnist_tiny"):
        return run("train", model, "--data", self.data, "--max_steps", steps, "-o", name, *arguments, cwd=self.folder)

    def trained(self, name, *arguments, **options):
        result = self.train(name, *arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return report(self.folder / name)

    def test_a_dynamic_scale_recovers_from_what_only_16_bits_cannot_hold(self):
        scaled = ("--set", "optimizer.loss_scaling_factor=dynamic", "--num_csx", "2")
        wide, half = self.trained("wide", *scaled), self.trained("half", *scaled, *HALF)
        refused = [{row["step"] for row in rows(value["updates"]) if not row["applied"]} for value in (wide, half)]
        self.assertEqual(refused[0], set())
        self.assertIn(0, refused[1])
        self.assertLess(max(refused[1]), 5)  # then the scale has fallen far enough
        lost = half["rounding"]["gradients"]
        self.assertGreater(lost["edge"]["became_infinite"] + lost["swarmx"]["became_infinite"], 0)
        self.assertEqual(wide["rounding"]["became_infinite"], half["rounding"]["became_infinite"])
        self.assertLess(half["steps"][-1]["loss"], half["steps"][0]["loss"])
        summary = (self.folder / "half" / "summary.txt").read_text()
        self.assertIn("gradients to 16 bits", summary)
        self.assertIn("updates refused", summary)
        self.assertNotIn("gradients to 16 bits", (self.folder / "wide" / "summary.txt").read_text())

    def test_a_static_scale_ends_the_run_with_the_tensor(self):
        scaled = ("--set", "optimizer.loss_scaling_factor=32768")
        self.assertEqual(self.train("fits", *scaled).returncode, 0)
        result = self.train("beyond", *scaled, *HALF)
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"model\.fc\d\.(weight|bias)\[")

    def test_the_norm_is_of_what_came(self):
        clipped = ("--set", "optimizer.max_gradient_norm=0.5")
        wide, half = self.trained("norm_wide", *clipped), self.trained("norm_half", *clipped, *HALF)
        a, b = (rows(value["clipping"])[0]["norm"] for value in (wide, half))
        self.assertNotEqual(a, b)
        self.assertAlmostEqual(a, b, delta=1e-3 * a)

    def test_a_step_bound_by_its_gradients(self):
        slow = [word for setting in ("io.ethernet_gbps=0.5", "input.samples_per_s=1e8", "memoryx.chunk_bytes=4000", "memoryx.weight_servers=4",
                                     "io.ethernet_links=4") for word in ("--machine_set", setting)]
        cycles = {}
        for name, wire in (("wide", ()), ("half", HALF)):
            for form, settings in (("dense", ()), ("sparse", ("--set", "model.sparsity=0.7", "--set", "runconfig.sparse_wire=sparse"))):
                value = self.trained(f"slow_{form}_{name}", "--timing_only", *slow, *settings, *wire, steps=10, model="fc_mnist")
                predicted, simulated = value["plan"]["predicted_step"], value["steady"]["step_cycles"]
                print(f"{form} {name}: predicted {predicted}, simulated {simulated:.0f}: {100 * (predicted / simulated - 1):+.2f} %", file=sys.stderr)
                self.assertLess(abs(predicted / simulated - 1), 0.05)
                up = next(work for work in value["works"] if work["what"] == "gradients on Ethernet")
                cycles[form, name] = simulated, up["predicted_cycles"], up["measured_cycles"]
        for form in "dense", "sparse":
            for at in 1, 2:  # the busiest link has half of the words to send
                self.assertAlmostEqual(cycles[form, "half"][at] / cycles[form, "wide"][at], 0.5, delta=0.02)
            self.assertLess(cycles[form, "half"][0], 0.85 * cycles[form, "wide"][0])

    def test_plans(self):
        for name, wire in (("plan_wide", ()), ("plan_half", HALF)):
            self.assertEqual(self.train(name, *wire, "--compile_only").returncode, 0)
        wide, half = (json.loads((self.folder / name / "plan.json").read_text()) for name in ("plan_wide", "plan_half"))
        self.assertEqual(half["made_for"]["model.gradient_wire"], "fp16_type")
        for before, after in zip(wide["train"], half["train"]):
            self.assertEqual(before["kernel"], after["kernel"])
            cycles = before["stream_cycles"]
            self.assertLessEqual(abs(after["stream_cycles"] - (cycles / 2 if after["kernel"] == "matmul_gradient" else cycles)), 0.5)
        self.assertGreater(max(row["stream_cycles"] for row in wide["train"] if row["kernel"] == "matmul_gradient"), 10)
        result = self.train("other", "--plan", "plan_half")
        self.assertEqual(result.returncode, 2)
        self.assertIn("model.gradient_wire", result.stderr)
        self.assertEqual(self.train("same", "--plan", "plan_half", *HALF).returncode, 0)

    def test_what_is_refused(self):
        for setting, words in {"model.gradient_wire=fp16_typ": ("model.gradient_wire is 'fp16_typ'", "float32, fp16_type", "nearest: fp16_type"),
                               "model.gradient_wire=16": ("known: float32, fp16_type",),
                               "model.gradient_wir=fp16_type": ("unknown key", "nearest: gradient_wire")}.items():
            result = self.train("refused", "--set", setting)
            self.assertEqual(result.returncode, 2, setting)
            for word in words:
                self.assertIn(word, result.stderr)


if __name__ == "__main__":
    unittest.main()
