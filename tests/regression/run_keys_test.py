#!/usr/bin/env python3
"""Question: do the keys that say how long, how often and how much is kept do so, and folders stand for what is in them?"""
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, report, run


class RunKeys(ScratchTrainings):
    def train(self, name, *arguments):
        keys = [word for key in arguments if "=" in str(key) for word in ("--set", key)]
        flags = [word for word in arguments if "=" not in str(word)]
        result = run("train", "fc_mnist_tiny", "--data", self.data, "-o", name, *keys, *flags, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def steps(self, name):
        return [(step["train"], step["global_step"]) for step in report(self.folder / name)["steps"]]

    def checkpoints(self, name):
        return sorted(int(path.stem.split("_")[1]) for path in (self.folder / name).glob("checkpoint_*.mdl"))

    def test_eval_frequency(self):
        keys = ["runconfig.mode=train_and_eval", "runconfig.eval_steps=2"]
        self.train("often", *keys, "runconfig.eval_frequency=4", "--max_steps", 10)
        expected = []
        for first, last in ((1, 4), (5, 8), (9, 10)):
            expected += [(True, step) for step in range(first, last + 1)] + [(False, last)] * 2
        self.assertEqual(self.steps("often"), expected)
        self.train("once", *keys, "--max_steps", 10)
        losses = {name: [step["loss"] for step in report(self.folder / name)["steps"]] for name in ("often", "once")}
        trained = [step["loss"] for step in report(self.folder / "often")["steps"] if step["train"]]
        self.assertEqual(trained, losses["once"][:10], "an evaluation changes no weight")
        self.assertEqual(losses["often"][-2:], losses["once"][-2:])
        summary = (self.folder / "often/summary.txt").read_text()
        self.assertRegex(summary, r"evaluation .* of 64 correct", "the last one, of two batches of 32")
        self.assertEqual((self.folder / "often/checkpoint_10.mdl").read_bytes(), (self.folder / "once/checkpoint_10.mdl").read_bytes())
        self.train("parts", *keys, "runconfig.eval_frequency=4", "--max_steps", 6)
        self.train("parts", *keys, "runconfig.eval_frequency=4", "--max_steps", 10, "--resume")
        self.assertEqual(self.steps("parts"), [(True, 7), (True, 8), (False, 8), (False, 8), (True, 9), (True, 10), (False, 10), (False, 10)])

    def test_epochs_are_counted_in_samples(self):
        self.train("epochs", "model.name=e", "runconfig.num_epochs=2", "runconfig.max_steps=1000")
        self.assertEqual(len(self.steps("epochs")), 2 * 512 // 32)
        self.train("less", "runconfig.num_epochs=2", "--max_steps", 5)
        self.assertEqual(len(self.steps("less")), 5)
        self.train("short", "runconfig.num_epochs=2", "runconfig.steps_per_epoch=3", "runconfig.max_steps=1000")
        self.assertEqual(len(self.steps("short")), 6)
        # 10 batches of 32, then batches of 16 to the end of the epoch: (512 - 320) / 16 steps.
        self.train("halves", "--max_steps", 10)
        self.train("halves", "--resume", "--resume_changed", "train_input.batch_size=16", "runconfig.num_epochs=1", "runconfig.max_steps=1000")
        self.assertEqual(len(self.steps("halves")), 12)

    def test_an_evaluation_is_planned_for_its_own_batch(self):
        self.train("batches", "--max_steps", 2)
        for size in (8, 64):
            self.train(f"batch_{size}", "runconfig.mode=eval", f"eval_input.batch_size={size}", "runconfig.eval_steps=1", "--checkpoint_path", "batches")
            self.assertEqual(report(self.folder / f"batch_{size}")["plan"]["tokens"], size)

    def test_keep_checkpoints(self):
        self.train("kept", "runconfig.keep_checkpoints=2", "--checkpoint_steps", 2, "--max_steps", 9)
        self.assertEqual(self.checkpoints("kept"), [8, 9])
        self.train("kept", "runconfig.keep_checkpoints=2", "--checkpoint_steps", 2, "--max_steps", 12, "--resume")
        self.assertEqual(self.checkpoints("kept"), [10, 12])

    def test_a_folder_stands_for_what_is_in_it(self):
        self.train("first", "--max_steps", 3)
        self.train("second", "--max_steps", 3)
        for arguments in (["show", "first"], ["compare", "first", "second", "--tolerance", "0"]):
            result = run(*arguments, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            with_files = [word if word not in ("first", "second") else word + "/report.json" for word in arguments]
            self.assertEqual(result.stdout, run(*with_files, cwd=self.folder).stdout)
        result = run("eval", "fc_mnist_tiny", "--data", self.data, "--checkpoint_path", "first", "-o", "evaluated", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("was trained with", result.stdout)
        result = run("eval", "fc_mnist_tiny", "--data", self.data, "--checkpoint_path", "first", "-o", "otherwise", "--set",
                     "model.activation_fn=gelu", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"checkpoint_3.mdl: was trained with model.activation_fn relu, this run has gelu")
        (self.folder / "first/report.json").rename(self.folder / "aside.json")
        result = run("show", "first", cwd=self.folder)
        self.assertEqual(result.returncode, 2)
        self.assertIn("completed, step 3", result.stderr)
        self.assertIn("holds no run", run("show", self.data, cwd=self.folder).stderr)

    def test_everything_says_where_it_comes_from(self):
        version = run("--version", cwd=self.folder).stdout.strip()
        self.assertRegex(version, r"^weft \d+\.\d+\.\d+, commit ([0-9a-f]{12}(-dirty)?|unknown), \S+ [0-9.]+, \w+$")
        commit = re.search(r"commit (\S+),", version)[1]
        output = self.train("told", "--max_steps", 2, "--vcd", "told.vcd").stdout
        folder = self.folder / "told"
        state = json.loads((folder / "run.json").read_text())
        host = report(folder)["host"]
        self.assertEqual((host["provenance"]["commit"], host["provenance"]["run_id"], host["ended"]), (commit, state["run_id"], "completed"))
        self.assertEqual(host["provenance"]["seeds"]["runconfig.seed"], "1")
        for text in (output, (folder / "run.log").read_text(), (folder / "summary.txt").read_text()):
            self.assertIn(version, text)
            self.assertIn(f"on {host['provenance']['host']}, run {state['run_id']}", text)
            self.assertIn("runconfig.seed 1", text)
        self.assertIn(version, state["program"])
        self.assertIn(commit, (self.folder / "told.vcd").read_text()[:2000])
        raw = (folder / "checkpoint_2.mdl").read_bytes()
        for text in (commit, state["run_id"], host["provenance"]["host"]):
            self.assertIn(text.encode(), raw)


if __name__ == "__main__":
    unittest.main()
