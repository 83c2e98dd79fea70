#!/usr/bin/env python3
"""Question: do all commands write no more than 80 columns to a terminal?"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, run

# Paths and values that the user gave may make a line longer; so the scratch folder's name is left out.
COMMANDS = {
    "validate": ["train", "fc_mnist", "--validate_only"],
    "plan": ["train", "mlp_12288x96", "--machine", "wse2", "--num_csx", "64", "--compile_only"],
    "train": ["train", "fc_mnist_tiny", "--data", "data", "--max_steps", "3", "--log_steps", "1", "--mode", "train_and_eval", "-o", "a"],
    "timing": ["train", "mlp_5120x8", "--machine", "wse2", "--timing_only", "--max_steps", "1", "--set", "model.depth=2",
               "--set", "model.hidden_size=512", "--set", "model.input_features=512", "-o", "b"],
    "programs": ["train", "fc_mnist_tiny", "--data", "data", "--max_steps", "1", "--pe_programs", "--set", "runconfig.features_over=rows", "-o", "p"],
    "slow": ["train", "fc_mnist_tiny", "--timing_only", "--max_steps", "12", "--machine_set", "io.ethernet_gbps=0.001", "-o", "s"],
    "show": ["show", "a/report.json"],
    "show step": ["show", "a/report.json", "--step", "2"],
    "compare": ["compare", "a/report.json", "b/report.json"],
    "compare same": ["compare", "a/report.json", "a/report.json"],
    "budget": ["budget", "gpt3_175b", "--machine", "wse3", "--num_csx", "16", "--batch", "64"],
    "budget best": ["budget"],
    "budget list": ["budget", "--list"],
    "crosscheck": ["crosscheck", "--cases", "7"],
    "fabric": ["fabric", "reduce_tree", "--set", "P=16", "--set", "B=16"],
}


class Width(ScratchTrainings):
    def too_wide(self, text):
        # The log has the form that users of the real machine know, stamps and rates and all: it is wider.
        return [line for line in text.replace(str(self.folder), "").splitlines() if len(line) > 80 and " INFO:   " not in line]

    def test_output(self):
        for name, command in COMMANDS.items():
            with self.subTest(name):
                result = run(*command, cwd=self.folder)
                self.assertIn(result.returncode, (0, 1), result.stderr)
                self.assertGreater(len(result.stdout.splitlines()), 1, result.stderr)
                self.assertEqual(self.too_wide(result.stdout), [])
                if "-o" in command:
                    summary = (self.folder / command[command.index("-o") + 1] / "summary.txt").read_text()
                    self.assertGreater(len(summary.splitlines()), 10)
                    self.assertEqual(self.too_wide(summary), [])

    def test_what_goes_on_stands_under_its_value(self):
        """Names of summary.txt's first lines have 21 columns."""
        run(*COMMANDS["slow"][:-1], "under", cwd=self.folder)
        lines = (self.folder / "under" / "summary.txt").read_text().splitlines()
        steady = next(at for at, line in enumerate(lines) if line.startswith("steady step "))
        self.assertRegex(lines[steady], r"^steady step {10}\d")
        self.assertRegex(lines[steady + 1], r"^ {21}\S")

    def test_help(self):
        overview = run("--help", cwd=self.folder)
        self.assertEqual(overview.returncode, 0)
        commands = [line.split()[0] for line in overview.stdout.split("Subcommands:")[1].splitlines()
                    if line.startswith("  ") and line[2] != " "]
        self.assertGreater(len(commands), 5)
        for command in [[], *([name] for name in commands)]:
            with self.subTest(command):
                result = run(*command, "--help", cwd=self.folder)
                self.assertEqual(result.returncode, 0)
                self.assertEqual(self.too_wide(result.stdout), [])


if __name__ == "__main__":
    unittest.main()
