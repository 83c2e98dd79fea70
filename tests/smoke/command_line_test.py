#!/usr/bin/env python3
"""Is a wrong command line told what is wrong, all of it, with the nearest right word? Does the program find its files?"""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import weft_cli  # noqa: E402

QEMU = shutil.which("qemu-x86_64")


class CommandLine(weft_cli.ScratchTrainings):
    def refused(self, *arguments, env=None):
        done = weft_cli.run(*arguments, cwd=self.folder, env={**os.environ, **(env or {})})
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(list(self.folder.glob("runs*")), [])
        return done.stderr

    def test_a_misspelt_flag_is_told_the_nearest_one(self):
        for command, wrong, right in (
                (["train", "fc_mnist"], ["--machine-set", "io.ethernet_gbps=3"], "--machine_set"),
                (["train", "fc_mnist"], ["--machine-set=io.ethernet_gbps=3"], "--machine_set"),
                (["train", "fc_mnist"], ["--maxsteps", "3"], "--max_steps"),
                (["eval", "fc_mnist"], ["--checkpoint", "a.mdl"], "--checkpoint_"),
                (["budget"], ["--machin", "wse2"], "--machine"),
                (["crosscheck"], ["--thread", "2"], "--threads"),
                (["fabric", "summa"], ["--jsn", "x"], "--json"),
                (["show", "report.json"], ["--stp", "1"], "--step"),
                (["compare", "a", "b"], ["--tolerence", "1"], "--tolerance")):
            with self.subTest(wrong=wrong):
                error = self.refused(*command, *wrong)
                self.assertIn(f"no flag {wrong[0].split('=')[0]}; nearest: {right}", error)

    def test_keys_are_the_page_of_the_docs(self):
        done = weft_cli.run("keys", cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, (weft_cli.SOURCE / "docs/model_files.md").read_text())

    def test_a_missing_argument_is_told_by_its_name(self):
        error = self.refused("train", "--max_steps", "3")
        self.assertIn("no model given", error)
        self.assertIn("fc_mnist", error)
        self.assertNotIn("--params is required", error)
        self.assertIn("no program given", self.refused("fabric"))
        self.assertIn("no report given", self.refused("show"))
        error = self.refused("compare")
        self.assertIn(" given: report", error)

    def test_all_errors_come_at_once(self):
        error = self.refused("train", "--machine-set=a=b", "--maxsteps=3")
        for part in ("no flag --machine-set", "no flag --maxsteps", "no model given"):
            self.assertIn(part, error)

    def test_mistakes_of_model_and_machine_are_told_together(self):
        for how in ([], ["--validate_only"], ["--compile_only"]):
            error = self.refused("train", "fc_mnist", "--set", "model.depht=3", "--machine_set", "pe.banks=x", *how)
            self.assertIn("unknown key model.depht; nearest: depth", error)
            self.assertIn("pe.banks is 'x'", error)
        error = self.refused("train", "fc_minst", "--machine", "wse4")
        self.assertIn("nearest: fc_mnist", error)
        self.assertIn("nearest: wse2", error)

    def test_notes_of_a_config_json_are_shown_whatever_is_made_of_it(self):
        (self.folder / "published").mkdir()
        (self.folder / "published/config.json").write_text(
            '{"model_type": "gpt2", "n_embd": 16, "n_head": 2, "n_layer": 1, "n_positions": 16, "vocab_size": 64, "embd_pdrop": 0,\n'
            ' "resid_pdrop": 0, "attn_pdrop": 0, "dtype": "bfloat16", "architectures": ["GPT2LMHeadModel"]}')
        for how in ("--validate_only", "--compile_only"):
            done = weft_cli.run("train", "published/config.json", "--set", "model.fp16_type=bfloat16", how, "-o", "of_notes", cwd=self.folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            notes = done.stdout[done.stdout.index("published/config.json:2:"):]
            self.assertEqual([line for line in notes.splitlines() if len(line) > 80], [])
            text = " ".join(notes.split())
            for note in ("architectures has no effect here: model_type says what the model is", "says nothing of the training; taken are",
                         "dtype has no effect here: masters are fp32, what is streamed is of model.fp16_type"):
                self.assertIn(note, text, how)

    def test_a_value_that_is_empty_is_not_a_flag_that_is_missing(self):
        for flag in ("-o", "--vcd", "--checkpoint_path", "--initial_weights", "--plan", "--data"):
            with self.subTest(flag=flag):
                self.assertIn("its value is empty", self.refused("train", "fc_mnist_tiny", "--max_steps", "1", flag, ""))

    def test_of_a_flag_given_twice_the_later_one_counts(self):
        done = weft_cli.run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", "1", "-o", "first", "--max_steps", "2",
                            "-o", "second", "--machine", "nothing", "--machine", "mini", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse((self.folder / "first").exists())
        self.assertEqual(len(weft_cli.report(self.folder / "second")["steps"]), 2)

    def test_a_number_out_of_range_is_told_its_range(self):
        for arguments in (["compare", "a", "b", "--tolerance"], ["compare", "a", "b", "--loss_tolerance"], ["train", "fc_mnist", "--checkpoint_minutes"]):
            for text in ("nan", "-1", "inf", "many"):
                with self.subTest(arguments=arguments, text=text):
                    error = self.refused(*arguments, text)
                    self.assertRegex(error, f"{arguments[-1]}: '{text}'; allowed: a number, 0 to 1e")
                    self.assertLessEqual(max(map(len, error.splitlines())), 80)

    def test_an_argument_too_many_is_named(self):
        self.assertIn("'wse2': an argument too many", self.refused("train", "fc_mnist", "wse2"))

    def test_a_flag_that_is_nothing_like_any_has_no_nearest(self):
        error = self.refused("train", "fc_mnist", "--zzzzzzzzzz")
        self.assertIn("no flag --zzzzzzzzzz\n", error)

    def test_the_root_can_be_named_and_a_wrong_one_is_refused(self):
        root = self.folder / "root"
        (root / "hw").mkdir(parents=True)
        error = self.refused("budget", env={"WEFT_ROOT": str(root)})
        self.assertIn(f"WEFT_ROOT={root}", error)
        for part in ("hw/machines", "sw/budget", "sw/models"):
            shutil.copytree(weft_cli.SOURCE / part, root / part)
        (root / "hw/machines/mini.yaml").rename(root / "hw/machines/mine.yaml")
        done = weft_cli.run("train", "fc_mnist_tiny", "--machine", "mine", "--validate_only", cwd=self.folder,
                            env={**os.environ, "WEFT_ROOT": str(root)})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_another_processor_is_refused_before_anything_else(self):
        """Only a build for this machine's processor can be refused, and only if that is newer than the emulated one."""
        self.assertIsNotNone(QEMU, "qemu-x86_64 is not installed (Debian's qemu-user)")
        if not any("avx2" in line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()):
            return  # this processor is itself as old
        done = subprocess.run([QEMU, "-cpu", "Nehalem", weft_cli.program(), "budget", "--list"], cwd=self.folder,
                              capture_output=True, text=True, timeout=300, check=False)
        if done.returncode == 0:
            self.assertIn("gpt", done.stdout)  # a portable build
            return
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertIn("another processor", done.stderr)
        self.assertIn(" avx2", done.stderr)


if __name__ == "__main__":
    unittest.main()
