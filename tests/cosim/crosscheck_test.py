#!/usr/bin/env python3
"""Question: does `weft crosscheck` find that tiles, PE model, plain loops and recurrences agree, and does it say so well?"""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import SOURCE, run


class Crosscheck(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)

    def tearDown(self):
        self.temporary.cleanup()

    def check(self, *arguments):
        return run("crosscheck", *arguments, cwd=self.folder)

    def sweep(self, *arguments):
        result = self.check("--json", "table.json", *arguments)
        return result, json.loads((self.folder / "table.json").read_text())

    @staticmethod
    def least_sums(kernel, usual):
        """A norm's gradient has one or two sums a feature, a sum over a head's features one a token, others one an element."""
        return usual // 4 if kernel.endswith("norm_gradient") or kernel == "attention_output_sums" else usual

    def test_a_sweep(self):
        result, table = self.sweep("--cases", 3500, "--seed", 11)
        print(result.stdout)
        self.assertEqual(table["failures"], [])
        for kernel, row in table["kernels"].items():
            self.assertIn(row["cases"] - 3500 // len(table["kernels"]), (0, 1))
            self.assertGreater(row["sums"], self.least_sums(kernel, 1000), kernel)
            self.assertEqual(row["wrong_sums"], 0, kernel)
            self.assertEqual(row["model_unequal"], 0, kernel)
            single, arrays = row["single_pe"], row["arrays"]
            self.assertGreater(single["cases"], 5, kernel)
            self.assertEqual(single["equal"], single["cases"], kernel)
            # Edges that send and take each wavelet late are known to the recurrences of the matrix kernels alone.
            self.assertGreater(arrays["cases"], row["cases"] // 2, kernel)
            self.assertEqual(arrays["equal"], arrays["cases"], kernel)

    def test_every_format_in_the_same_cycles(self):
        tables = {name: self.sweep("--cases", 800, "--seed", 14, "--format", name)[1] for name in ("fp16", "bf16", "cb16")}
        for name, table in tables.items():
            self.assertEqual(table["failures"], [], name)
            self.assertEqual(table["tile_cycles"], tables["fp16"]["tile_cycles"], name)
            for kernel, row in table["kernels"].items():
                self.assertGreater(row["sums"], self.least_sums(kernel, 200), kernel)
                self.assertEqual((row["wrong_sums"], row["model_unequal"]), (0, 0), (name, kernel))
                for errors in (row["single_pe"], row["arrays"]):
                    self.assertEqual(errors["equal"], errors["cases"], (name, kernel))
        result = self.check("--cases", 2, "--format", "fp8")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--format: fp8 not in {fp16,bf16,cb16}", result.stderr)

    def test_sparse_weights(self):
        for zeros, machine in ((40, "mini"), (85, "mini"), (60, "wse3")):
            result, table = self.sweep("--cases", 300, "--seed", 12, "--zeros", zeros, "--machine", machine)
            print(result.stdout)
            self.assertEqual(table["failures"], [])
            self.assertEqual(sorted(table["kernels"]), ["matmul_delta", "matmul_forward", "matmul_gradient"])
            for kernel, row in table["kernels"].items():
                self.assertGreater(row["sums"], 500, kernel)
                self.assertEqual((row["wrong_sums"], row["model_unequal"]), (0, 0), kernel)
                for errors in (row["single_pe"], row["arrays"]):
                    # A list's last wavelets meet the first deltas of their round (hw/fabric/list_stage.cpp).
                    least = 0.97 if kernel == "matmul_gradient" else 1
                    self.assertGreaterEqual(errors["equal"], least * errors["cases"], kernel)
                    self.assertEqual(errors["above_bar"], 0, kernel)

    def test_sums_in_16_bits(self):
        for name, machine, zeros in (("fp16", "mini", 0), ("bf16", "wse3", 0), ("cb16", "mini", 0), ("fp16", "wse3", 40)):
            result, table = self.sweep("--half_sums", "--cases", 90, "--seed", 15, "--format", name, "--machine", machine, "--zeros", zeros)
            print(result.stdout)
            self.assertEqual(table["failures"], [])
            kernels = ["matmul_delta", "matmul_forward", "matmul_gradient"]
            self.assertEqual(sorted(table["kernels"]), kernels if zeros else ["embedding", *kernels, "retain_forward"])
            for kernel, row in table["kernels"].items():
                self.assertGreater(row["sums"], 300, kernel)
                self.assertEqual((row["wrong_sums"], row["model_unequal"]), (0, 0), kernel)
                for errors in (row["single_pe"], row["arrays"]):
                    self.assertEqual(errors["equal"], errors["cases"], kernel)
        # In fp32 the same launch takes longer and has other sums.
        shape = ("--kernel", "matmul_forward", "--shape", "16x8x64@4x4", "--seed", 2)
        halves, whole = (self.sweep(*shape, *more)[1] for more in (("--half_sums",), ()))
        self.assertLess(halves["tile_cycles"], whole["tile_cycles"])
        result = self.check("--half_sums", "--kernel", "retained_delta")
        self.assertEqual(result.returncode, 2)
        self.assertIn("that may accumulate in halves (--half_sums)", result.stderr)

    def test_a_layer_without_bias(self):
        for kernel in "matmul_forward", "retain_forward", "matmul_gradient":
            for shape in "5x3x4@4x3", "3x7x9@2x5":
                with_bias, without = (self.sweep("--kernel", kernel, "--shape", shape, "--seed", 9, *more)[1]["kernels"][kernel]
                                      for more in ((), ("--no_bias",)))
                self.assertEqual((without["wrong_sums"], without["model_unequal"]), (0, 0), kernel)
                self.assertEqual(without["arrays"]["equal"], 1, kernel)
                # A gradient has one sum less for each output; the others' sums are outputs, and weights without bias.
                outputs = int(shape.split("x")[1])
                self.assertEqual(with_bias["sums"] - without["sums"], outputs if kernel == "matmul_gradient" else 0)

    def test_attention_with_a_mask(self):
        for mask, machine in ((("--causal",), "mini"), (("--causal", "--reach", 9), "mini"), (("--length", 11), "mini"),
                              (("--causal", "--length", 15), "wse3")):
            result, table = self.sweep("--cases", 210, "--seed", 13, *mask, "--machine", machine)
            print(result.stdout)
            self.assertEqual(table["failures"], [])
            kernels = ["attention_keys", "attention_scores", "attention_values", "attention_values_tile"]
            if "--causal" not in mask or "--length" not in mask:  # the softmax knows no length of causal attention
                kernels += ["attention_softmax", "attention_softmax_tile", "attention_probabilities"]
            self.assertEqual(sorted(table["kernels"]), sorted(kernels))
            for kernel, row in table["kernels"].items():
                self.assertGreater(row["sums"], 500, kernel)
                self.assertEqual((row["wrong_sums"], row["model_unequal"]), (0, 0), kernel)
                for errors in (row["single_pe"], row["arrays"]):
                    self.assertEqual(errors["equal"], errors["cases"], kernel)

    def test_lanes_of_another_machine(self):
        result, table = self.sweep("--cases", 1000, "--seed", 11, "--machine", "wse3")
        print(result.stdout)
        self.assertEqual(table["failures"], [])
        for kernel, row in table["kernels"].items():
            self.assertGreater(row["sums"], self.least_sums(kernel, 500), kernel)
            self.assertEqual((row["wrong_sums"], row["model_unequal"]), (0, 0), kernel)
            for errors in (row["single_pe"], row["arrays"]):
                self.assertEqual(errors["equal"], errors["cases"], kernel)

    def test_lanes_that_no_tile_has(self):
        text = (SOURCE / "hw/machines/wse3.yaml").read_text()
        for lanes, words in (("fmac_mixed: {value: 4", "pe.lanes.fmac_mixed is 3; the RTL tile is built with 4"),
                             ("max_fp16: {value: 8", "pe.lanes.max_fp16 is 3; the RTL tile is built with 8")):
            self.assertIn(lanes, text)
            (self.folder / "odd.yaml").write_text(text.replace(lanes, lanes[:-1] + "3"))
            result = self.check("--machine", "odd.yaml")
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(words, result.stderr)
            self.assertIn("tiles are built as those of wse2, wse3", result.stderr)

    def test_numbers_that_no_tile_has_are_compared_between_the_models(self):
        sets = [word for number in ("pe.vector_fill_cycles=7", "pe.vector_issue_cycles=2", "router.input_queue=8", "router.ramp_cycles=3", "router.output_queue=7", "router.link_queue=2")
                for word in ("--machine_set", number)]
        result, table = self.sweep("--cases", 1000, "--seed", 13, *sets)
        self.assertEqual(table["failures"], [])
        self.assertIn("only models are compared", result.stdout)
        self.assertIn("the RTL tile is built with", table["no_tiles"])
        self.assertEqual(table["tile_cycles"], 0)
        self.assertTrue(all(len(line) <= 80 for line in result.stdout.splitlines()), result.stdout)
        for kernel, row in table["kernels"].items():
            self.assertGreater(row["sums"], self.least_sums(kernel, 500), kernel)
            self.assertEqual(row["wrong_sums"], 0, kernel)
            for errors in (row["single_pe"], row["arrays"]):
                self.assertEqual(errors["equal"], errors["cases"], kernel)
        with_tiles, table = self.sweep("--cases", 30, "--machine_set", "memoryx.weight_servers=3")
        self.assertEqual(table["no_tiles"], "")
        self.assertGreater(table["tile_cycles"], 0)

    def test_threads_do_not_matter(self):
        one, two = self.sweep("--cases", 60), self.sweep("--cases", 60, "--threads", 2)
        self.assertEqual(one[1], two[1])
        self.assertEqual(one[0].stdout, two[0].stdout)

    def test_one_case_and_its_waveform(self):
        result = self.check("--kernel", "matmul_gradient", "--shape", "5x3x4@4x3", "--stalls", "wavelets", "--seed", 9, "--vcd", "case.vcd")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertTrue(all(len(line) <= 80 for line in result.stdout.splitlines()), result.stdout)
        text = (self.folder / "case.vcd").read_text()
        for name in ("tiles", "model", "pe_3_2", "thread0"):
            self.assertIn(name, text)

    def test_bad_input(self):
        for arguments, words in ((("--kernel", "matmul_gradint"), "nearest: matmul_gradient"), (("--shape", "5x3"), "INPUTSxOUTPUTSxTOKENS@WIDTHxHEIGHT"),
                                 (("--shape", "5x0x3@1x1"), "each at least 1"), (("--vcd", "x.vcd"), "give its --shape"),
                                 (("--shape", "2000x3x200@1x1"), "bytes for its operands"), (("--cases", "0"), "--cases"),
                                 (("--kernel", "attention_softmax", "--shape", "8x8x8@1x1", "--causal", "--reach", "9"), "the sequence has 8 tokens (--shape); allowed: 1 to 8"),
                                 (("--kernel", "attention_softmax", "--shape", "8x8x8@1x1", "--length", "500"), "the sequence has 8 tokens"),
                                 (("--kernel", "activation", "--zeros", "50"), "weights may be sparse"),
                                 (("--kernel", "activation", "--causal"), "of attention"), (("--kernel", "attention_softmax", "--causal", "--length", "3"), "of attention with this mask"), (("--zeros", "101"), "--zeros")):
            result = self.check(*arguments)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(words, result.stderr)
            self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
