#!/usr/bin/env python3
"""Question: does a network learn from a text, go on where it stopped, keep its vocabulary, and is what cannot be used told?"""
import json
import math
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import report, run

# After each letter comes the next one of the alphabet: 26 letters and a blank. A network without attention can learn it.
TEXT = "abcdefghijklmnopqrstuvwxyz " * 60
LENGTH = 9
MODEL = """train_input: {{data_processor: {processor}, data_dir: {data}, max_sequence_length: 9, batch_size: {batch}, shuffle_seed: 3{keys}}}
eval_input: {{{eval_keys}}}
model: {{name: n, input_features: {features}, hidden_sizes: [24], num_classes: 27}}
optimizer: {{optimizer_type: adam, learning_rate: 0.03}}
runconfig: {{max_steps: 30{run}}}
"""


class Text(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name).resolve()
        cls.store = cls.folder / "store"
        (cls.store / "letters").mkdir(parents=True)
        (cls.store / "letters/b.txt").write_text(TEXT[810:])
        (cls.store / "letters/a.txt").write_text(TEXT[:810])
        (cls.store / "letters/notes.md").write_text("# \u00e9")

    @classmethod
    def weft(cls, *arguments, command="train", data="data/letters", keys="", eval_keys="", features=27 + LENGTH, batch=8, runconfig="", processor="text"):
        file = cls.folder / "model.yaml"
        file.write_text(MODEL.format(data=data, keys=keys, eval_keys=eval_keys, features=features, batch=batch, processor=processor, run=runconfig))
        return run(command, file, *arguments, cwd=cls.folder, env={**os.environ, "WEFT_DATA": str(cls.store)})

    def trained(self, name, *arguments, **options):
        result = self.weft("-o", self.folder / name, *arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def refused(self, *words, **options):
        result = self.weft(**options)
        self.assertEqual(result.returncode, 2, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_a_network_learns_what_comes_next(self):
        # 1620 characters: 179 sequences of 9 and 8 characters; a tenth of them, 18, are held out.
        said = self.trained("learns", "--mode", "train_and_eval")
        self.assertIn("train_input: 161 sequences of 9 tokens, of 179 in a text of 1620 tokens; its last 8 are left out", said)
        self.assertIn("eval_input: 18 sequences of 9 tokens", said)
        steps = report(self.folder / "learns")["steps"]
        losses = [step["loss"] for step in steps if step["train"]]
        self.assertAlmostEqual(losses[0], math.log(27), delta=0.3)  # all characters as likely
        self.assertLess(losses[-1], 0.5)
        evaluated = [step for step in steps if not step["train"]]
        self.assertEqual([step["samples"] for step in evaluated], [8, 8, 2])  # sequences
        self.assertLess(evaluated[-1]["loss"], 0.5)
        self.assertGreater(sum(step["correct"] for step in evaluated), 0.9 * 162)
        mean = sum(step["loss"] * step["samples"] for step in evaluated) / 18
        self.assertIn(f"perplexity           {math.exp(mean):.4f}\n", (self.folder / "learns/summary.txt").read_text())
        kept = json.loads((self.folder / "learns/vocabulary.json").read_text())
        self.assertEqual(kept, {"tokenizer": "characters", "characters": list(" abcdefghijklmnopqrstuvwxyz")})

    def test_systems_micro_batches_and_a_resume_see_the_same_text(self):
        self.trained("straight", "--max_steps", 12)
        straight = [step["loss"] for step in report(self.folder / "straight")["steps"]]
        self.trained("parts", "--max_steps", 5)
        self.trained("parts", "--max_steps", 12, "--resume")
        self.assertEqual([step["loss"] for step in report(self.folder / "parts")["steps"]], straight[5:])
        self.trained("shared", "--max_steps", 12, "--num_csx", 2, runconfig=", micro_batch_size: 2")
        for loss, other in zip(straight, (step["loss"] for step in report(self.folder / "shared")["steps"])):
            self.assertAlmostEqual(loss, other, delta=2e-3 * loss)

    def test_an_evaluation_takes_the_vocabulary_of_its_checkpoint(self):
        self.trained("first", "--max_steps", 3)
        (self.folder / "few.txt").write_text("zyx" * 20)
        arguments = ("--checkpoint_path", self.folder / "first")
        options = {"command": "eval", "eval_keys": f"data_dir: {self.folder}/few.txt, held_out: 1"}
        result = self.weft(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("27 tokens in the vocabulary", result.stdout)
        (self.folder / "few.txt").write_text("zyx" * 20 + "\u00e9")
        result = self.weft(*arguments, **options)
        self.assertEqual(result.returncode, 2)
        self.assertIn("few.txt: U+00E9 at offset 60 is none of the vocabulary's 27 characters", result.stderr)
        alone = self.folder / "alone"
        alone.mkdir()
        shutil.copy(self.folder / "first/checkpoint_3.mdl", alone)
        result = self.weft("--checkpoint_path", alone, **options)
        self.assertEqual(result.returncode, 2)
        self.assertIn("no vocabulary.json beside it", result.stderr)

    def sequences(self, name, samples, masked=()):
        """Sequences of TEXT as the published preprocessing keeps them, in two files; `masked`: (sample, place)."""
        ids = [sorted(set(TEXT)).index(letter) for letter in TEXT]
        data = np.array([[ids[i * LENGTH:(i + 1) * LENGTH], [1] * LENGTH, ids[i * LENGTH + 1:(i + 1) * LENGTH + 1]] for i in samples])
        for number, (sample, place) in enumerate(masked):  # by its mask, its label, or both
            if number % 3 != 1:
                data[sample, 1, place] = 0
            if number % 3 != 0:
                data[sample, 2, place] = -100
        folder = self.folder / name
        folder.mkdir()
        for number, part in enumerate((data[:50], data[50:])):
            with h5py.File(folder / f"data-{number}.h5", "w") as file:
                file.attrs["n_examples"] = len(part)
                file.create_dataset("data", data=part.astype(np.int32), compression="gzip")
        return folder

    def hdf5(self, folder, name, **options):
        return self.weft("-o", self.folder / name, "--max_steps", 4, data=folder, processor="GptHDF5DataProcessor", **options)

    def test_published_sequence_files_are_the_text_that_they_were_made_of(self):
        self.trained("of_text", "--max_steps", 4)
        expected = [step["loss"] for step in report(self.folder / "of_text")["steps"]]
        result = self.hdf5(self.sequences("all", range(161)), "of_files")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([step["loss"] for step in report(self.folder / "of_files")["steps"]], expected)

    def test_a_masked_token_counts_nowhere(self):
        folder = self.sequences("masked", range(8), [(sample, place) for sample in range(8) for place in range(LENGTH) if place != 2])
        result = self.hdf5(folder, "masked_run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("64 of 72 tokens have no label", result.stdout)
        # One token of nine counts, and the mean is over these.
        first = report(self.folder / "masked_run")["steps"][0]
        self.assertAlmostEqual(first["loss"], math.log(27), delta=0.3)
        self.assertEqual(first["unlabelled"], 8 * first["samples"])

    def test_sequence_files_that_do_not_fit_are_told(self):
        folder = self.sequences("odd", range(60))
        for change, words in (
                (lambda file: file["data"].__setitem__((3, 0, 4), 27), ("token 27 at place 4 of sequence 53", "0 to 26")),
                (lambda file: file["data"].__setitem__((3, 1, 4), 2), ("data-1.h5: mask 2 of sample 3 at place 4",)),
                (lambda file: file["data"].__setitem__((3, 2, 0), -1), ("data-1.h5: label -1 of sample 3 at place 0",)),
                (lambda file: file.move("data", "dato"), ("data-1.h5: has no data; nearest: dato",)),
                (lambda file: file.create_dataset("data", data=np.zeros((4, 3, 5), np.int32)), ("shape [4, 3, 5], expected [samples, 3, 9]",))):
            with h5py.File(folder / "data-1.h5", "a") as file:
                before = file["data"][()] if "data" in file else None
                change(file)
            result = self.hdf5(folder, "odd_run")
            self.assertEqual(result.returncode, 2, result.stderr)
            for word in words:
                self.assertIn(word, result.stderr)
            with h5py.File(folder / "data-1.h5", "a") as file:
                if before is not None and "data" in file:
                    file["data"][...] = before
        result = self.hdf5("letters", "odd_run")
        self.assertIn("holds no *.h5; found: a.txt, b.txt, notes.md", result.stderr)

    def test_what_it_needs_names_the_text_and_what_can_be_fetched(self):
        needs = self.weft("--what_it_needs").stdout
        letters = self.store / "letters"
        self.assertEqual(needs, f"train_input: text, train: {letters}/a.txt, {letters}/b.txt\n")
        needs = self.weft("--what_it_needs", data="data/text").stdout.splitlines()
        self.assertEqual(needs[-1], f"fetch text {self.store}/text")
        self.assertIn(f"looked for {self.folder}/data/text, {self.store}/text", needs[0])
        needs = self.weft("--what_it_needs", keys=", tokenizer: gpt2").stdout.splitlines()
        self.assertEqual(needs[-1], f"fetch gpt2 {self.store}/gpt2")
        self.assertNotIn("fetch", self.weft("--what_it_needs", data="mine").stdout)
        self.assertEqual(self.weft("--what_it_needs", "--timing_only", data="data/text").stdout, "reads no data\n")

    def test_what_cannot_be_used_is_told(self):
        for name, content in (("empty", b""), ("short", b"abc"), ("bad", b"abc\xff" * 30), ("wide", ("a\u00e9" + TEXT).encode())):
            (self.folder / f"{name}.txt").write_bytes(content)
        self.refused("no such file", "nearest: ", "short.txt", data=f"{self.folder}/shirt.txt")
        self.refused("empty.txt: the text is empty", data="empty.txt")
        self.refused("max_sequence_length: 9 tokens", "the text has 3", data="short.txt")
        self.refused("bad.txt: byte 0xff at offset 3 is not UTF-8", data="bad.txt")
        self.refused("28 different tokens, the model tells 27 apart", "27 to 27 have no place there (U+00E9)", data="wide.txt")
        self.refused("9 tokens, the model has 8 positions", features=27 + 8)
        self.refused("held_out", "179 of the text's 179", keys=", held_out: 1")
        self.refused("batch_size: 200 samples, the training set has 161", batch=200)

    def test_a_run_that_only_times_reads_no_text(self):
        self.trained("times", "--timing_only", "--max_steps", 2, data="nowhere")
        result = self.weft("--timing_only", data="nowhere", runconfig=", num_epochs: 1")
        self.assertEqual(result.returncode, 2)
        self.assertIn("num_epochs", result.stderr)


if __name__ == "__main__":
    unittest.main()
