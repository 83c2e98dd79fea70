#!/usr/bin/env python3
"""Question: do sparse trainings keep the promises of dense ones, their zeros through checkpoints, and refuse what cannot be meant?"""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, report, run, without_host

LAST = "checkpoint_8.mdl"


class Sparse(ScratchTrainings):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train("plain")

    @classmethod
    def start(cls, name, *arguments, sparsity="[0.8, 0.5]", steps=8):
        return run("train", "fc_mnist_tiny", "--data", cls.data, "--max_steps", steps, "-o", name, "--set", f"model.sparsity={sparsity}",
                   *arguments, cwd=cls.folder)

    @classmethod
    def train(cls, name, *arguments, **options):
        result = cls.start(name, *arguments, **options)
        assert result.returncode == 0, result.stderr
        return result

    def same_weights(self, a, b):
        self.assertEqual((self.folder / a / LAST).read_bytes(), (self.folder / b / LAST).read_bytes())

    def densities(self, name):
        return [layer.get("density") for layer in report(self.folder / name)["plan"]["layers"]]

    def refused(self, result, *words):
        self.assertEqual(result.returncode, 2, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_host_cut_and_fast_forward_change_nothing(self):
        for name, arguments in {"threads": ["--threads", 2], "all": ["--no_fast_forward"], "rows": ["--cut", "2x1"],
                                "columns": ["--cut", "1x3", "--no_fast_forward"], "cut": ["--cut", "3x2", "--threads", 2]}.items():
            self.train(name, *arguments)
            self.same_weights("plain", name)
            self.assertEqual(without_host(self.folder / "plain"), without_host(self.folder / name), name)

    def compared(self, name, steps):
        """A run as PE programs: every launch of every lane is one, and every sum of a matrix kernel and of the loss is compared."""
        value = report(self.folder / name)
        programs, launches = value["programs"], value["launches"]
        kernel = launches["columns"].index("kernel")
        self.assertEqual(programs["launches"], len(launches["rows"]) * value["plan"]["lanes"])
        self.assertEqual(len([row for row in launches["rows"] if row[kernel] == "matmul_gradient"]), 2 * steps)
        kept = [round(density * inputs * outputs) + outputs for density, (inputs, outputs) in zip(self.densities(name), ((784, 24), (24, 10)))]
        batch = value["run"]["batch"]
        # Sums of both layers' outputs, of one layer's delta, and the kept ones of both gradients.
        self.assertGreaterEqual(programs["sums_compared"], steps * (batch * (24 + 10 + 24) + sum(kept)))
        self.assertGreater(programs["program_cycles"], 0)
        return programs

    def test_pe_programs_agree(self):
        self.train("programs", "--pe_programs", steps=2)
        self.assertEqual(self.compared("programs", 2)["rtl_tile_cycles"], 0)

    def test_the_axis_keeps_the_promises(self):
        turned = ["--set", "runconfig.features_over=columns"]
        self.train("turned", *turned)
        self.train("turned_all", *turned, "--no_fast_forward", "--cut", "2x2")
        self.same_weights("turned", "turned_all")
        self.assertEqual(without_host(self.folder / "turned"), without_host(self.folder / "turned_all"))

    def test_rtl_in_the_loop(self):
        self.train("tiles", "--rtl-region", "2,3,3,2", steps=1)
        self.assertGreater(self.compared("tiles", 1)["rtl_tile_cycles"], 6 * 1000)  # six tiles through nine launches

    def test_the_plan_says_it(self):
        result = self.start("plan", "--compile_only")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"of fc1 [12]\d\.\d\d % of the weights are kept, each sent with its index")

    def test_a_validation_says_it(self):
        result = self.start("valid", "--validate_only")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(re.findall(r"^sparse: (.*)$", result.stdout, re.M),
                         ["80 % of the weights of fc1 are zero", "50 % of the weights of fc2 are zero"])

    def test_it_learns_with_the_weights_that_were_asked_for(self):
        losses = [step["loss"] for step in report(self.folder / "plain")["steps"]]
        self.assertLess(losses[-1], losses[0])
        for density, kept in zip(self.densities("plain"), (0.2, 0.5)):
            self.assertAlmostEqual(density, kept, delta=0.05)
        summary = (self.folder / "plain" / "summary.txt").read_text()
        self.assertIn("sparse fc1", summary)
        self.assertIn("of the weights kept", summary)

    def test_less_is_sent_and_it_takes_less_time(self):
        self.train("dense", sparsity=0)
        sent = {name: sum(link["bytes"] for link in report(self.folder / name)["links"]) for name in ("plain", "dense")}
        self.assertLess(sent["plain"], sent["dense"])
        ends = {name: report(self.folder / name)["steps"][-1]["end"] for name in ("plain", "dense")}
        self.assertLess(ends["plain"], ends["dense"])

    def test_zeros_may_travel(self):
        """The same losses, to the bit; all of the layer travels; by itself where it is predicted to be shorter."""
        self.train("with_zeros", "--set", "runconfig.sparse_wire=dense")
        losses = {name: [step["loss"] for step in report(self.folder / name)["steps"]] for name in ("plain", "with_zeros")}
        self.assertEqual(losses["plain"], losses["with_zeros"])
        self.assertEqual(self.densities("with_zeros"), self.densities("plain"))
        self.assertIn("sent among the zeros", (self.folder / "with_zeros" / "summary.txt").read_text())
        self.train("no_zeros", sparsity=0)
        ends = {name: report(self.folder / name)["steps"][-1]["end"] for name in ("no_zeros", "with_zeros")}
        self.assertEqual(ends["no_zeros"], ends["with_zeros"])
        useful = {name: report(self.folder / name)["steady"]["mfu"] for name in ("no_zeros", "with_zeros")}
        self.assertLess(useful["with_zeros"], 0.4 * useful["no_zeros"])  # 20 % of most weights are kept
        self.train("few", sparsity="[0.05, 0.05]")
        self.assertIn("sent among the zeros", (self.folder / "few" / "summary.txt").read_text())
        self.assertNotIn("sent among the zeros", (self.folder / "plain" / "summary.txt").read_text())

    def test_resume_is_bit_exact(self):
        self.train("half", steps=4)
        self.train("half", "--resume")
        self.same_weights("plain", "half")

    def test_zeros_of_a_checkpoint_are_its_mask(self):
        self.train("first", steps=4)
        self.train("from", "--checkpoint_path", "first/checkpoint_4.mdl", sparsity="from_checkpoint")
        self.assertEqual(self.densities("from"), self.densities("plain"))
        self.same_weights("plain", "from")
        self.train("anew", "--initial_weights", "plain/" + LAST, sparsity="from_checkpoint", steps=2)
        self.assertEqual(self.densities("anew"), self.densities("plain"))

    def test_refused(self):
        self.refused(self.start("none", sparsity="from_checkpoint"), "model.sparsity", "--initial_weights")
        self.train("other", steps=4)
        self.refused(self.start("other", "--resume", "--set", "model.sparsity_seed=2"), "layer fc1: weight", "another mask", "from_checkpoint")
        self.refused(self.start("much", sparsity=1), "model.sparsity", "0.9999")
        self.refused(self.start("few", sparsity="[0.5]"), "model.sparsity", "2")


if __name__ == "__main__":
    unittest.main()
