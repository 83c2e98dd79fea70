#!/usr/bin/env python3
"""Question: are an evaluation's loss, perplexity and accuracy those of the model's formulas, and is what `weft sample` writes what the model says?"""
import math
import os
import pathlib
import random
import re
import sys
import tempfile
import unittest

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import weft_cli
from weft_cli import report, run

LENGTH, HEADS, LAYERS = 8, 2, 2
WORDS = ["a rose ", "is red ", "the sea ", "was blue ", "no bee "]
LETTERS = sorted(set("".join(WORDS)))
MODEL = """train_input: {data_processor: text, data_dir: text.txt, max_sequence_length: 8, batch_size: 4, held_out: 0.2}
model: {model_name: gpt2, name: gpt, vocab_size: 20, max_position_embeddings: 8, hidden_size: 16, num_hidden_layers: 2, num_heads: 2, filter_size: 32,
  share_embedding_weights: false}
optimizer: {optimizer_type: adamw, learning_rate: 0.01}
runconfig: {max_steps: 60, log_steps: 20}
"""


def erf(values):
    return np.vectorize(math.erf)(values)


class Gpt:
    """GPT-2's forward pass in double precision, of a checkpoint's weights as they travel: rounded to halves."""

    def __init__(self, file):
        with h5py.File(file, "r") as checkpoint:
            self.weights = {name: np.array(value, dtype=np.float16).astype(np.float64) for name, value in checkpoint.items() if name.startswith("model.")}

    def linear(self, name, x):
        y = x @ self.weights[f"model.{name}.weight"].T
        return y + self.weights.get(f"model.{name}.bias", 0)

    def norm(self, name, x):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return x * self.weights[f"model.{name}.weight"] + self.weights[f"model.{name}.bias"]

    def attention(self, q, k, v):
        width = q.shape[1] // HEADS
        parts = []
        for head in range(HEADS):
            own = slice(head * width, (head + 1) * width)
            scores = q[:, own] @ k[:, own].T / math.sqrt(width)
            scores[np.triu_indices(len(q), 1)] = -np.inf
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            parts.append(scores / scores.sum(-1, keepdims=True) @ v[:, own])
        return np.hstack(parts)

    def logits(self, ids):
        x = self.weights["model.embedding.weight"][ids] + self.weights["model.positions.weight"][:len(ids)]
        for layer in range(LAYERS):
            h = self.norm(f"h{layer}.ln_1", x)
            x = x + self.linear(f"h{layer}.proj", self.attention(*(self.linear(f"h{layer}.{part}", h) for part in "qkv")))
            h = self.linear(f"h{layer}.fc1", self.norm(f"h{layer}.ln_2", x))
            x = x + self.linear(f"h{layer}.fc2", 0.5 * h * (1 + erf(h / math.sqrt(2))))
        return self.linear("lm_head", self.norm("ln_f", x))


class Sample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name).resolve()
        chosen = random.Random(3)
        cls.text = "".join(chosen.choice(WORDS) for _ in range(300))
        (cls.folder / "text.txt").write_text(cls.text)
        (cls.folder / "gpt.yaml").write_text(MODEL)
        cls.trained = cls.weft("train", "gpt.yaml", "--mode", "train_and_eval", "-o", "run")
        if cls.trained.returncode:
            raise AssertionError(cls.trained.stderr)
        cls.gpt = Gpt(cls.folder / "run/checkpoint_60.mdl")

    @classmethod
    def weft(cls, *arguments):
        return run(*arguments, cwd=cls.folder, env={**os.environ, "WEFT_DATA": str(cls.folder)})

    def sampled(self, prompt, tokens, *arguments):
        result = self.weft("sample", "run", "--prompt", prompt, "--tokens", tokens, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(result.stdout.startswith(prompt) and result.stdout.endswith("\n"), result.stdout)
        self.assertEqual(len(result.stdout), len(prompt) + tokens + 1)
        return result.stdout[:-1]

    def refused(self, *words, arguments):
        result = self.weft(*arguments)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertEqual(result.stdout, "")
        for word in words:
            self.assertIn(word, result.stderr)

    def ids(self, text):
        return np.array([LETTERS.index(letter) for letter in text])

    def test_loss_perplexity_and_accuracy_are_the_formulas(self):
        self.assertEqual(len(LETTERS), 15)
        ids = self.ids(self.text)
        sequences = (len(ids) - 1) // LENGTH
        losses, correct = [], 0
        for first in range((sequences - round(0.2 * sequences)) * LENGTH, sequences * LENGTH, LENGTH):
            logits = self.gpt.logits(ids[first:first + LENGTH])
            labels = ids[first + 1:first + LENGTH + 1]
            shifted = logits - logits.max(-1, keepdims=True)
            losses += list(np.log(np.exp(shifted).sum(-1)) - shifted[np.arange(LENGTH), labels])
            correct += int((logits.argmax(-1) == labels).sum())
        loss = np.mean(losses)
        self.assertLess(loss, 1.5)  # it learned: all 15 characters as likely would be 2.71
        self.assertEqual(self.weft("eval", "gpt.yaml", "--checkpoint_path", "run", "-o", "evaluated").returncode, 0)
        for name in ("run", "evaluated"):
            found = report(self.folder / name)["evaluation"]
            self.assertEqual(found["tokens"], len(losses))
            self.assertAlmostEqual(found["loss"], loss, delta=2e-3)
            self.assertAlmostEqual(found["perplexity"], math.exp(found["loss"]), delta=1e-12)
            self.assertAlmostEqual(found["correct"], correct, delta=2)
            self.assertEqual(found["accuracy"], found["correct"] / len(losses))
            line = f"loss {found['loss']:.5f}, {found['correct']} of {len(losses)} correct ({100 * found['accuracy']:.2f} %)"
            self.assertIn(f"evaluation           {line}\nperplexity           {found['perplexity']:.4f}\n", (self.folder / name / "summary.txt").read_text())
            self.assertIn(f"Evaluation after step 60: {line}, perplexity {found['perplexity']:.4f}\n", (self.folder / name / "run.log").read_text())

    def test_rates_count_sequences_and_tokens_beside_them(self):
        found = report(self.folder / "run")
        self.assertEqual((found["run"]["batch"], found["run"]["sample_tokens"]), (4, LENGTH))
        steady = found["steady"]
        self.assertAlmostEqual(steady["samples_per_second"], 4 / steady["step_seconds"], delta=1e-3)
        self.assertAlmostEqual(steady["tokens_per_second"], 32 / steady["step_seconds"], delta=1e-3)
        summary = (self.folder / "run/summary.txt").read_text()
        self.assertIn(f"rate                 {4 / steady['step_seconds']:.0f} samples/s; a sample is 8 tokens: {32 / steady['step_seconds']:.0f} tokens/s\n", summary)
        self.assertIn("batch 4 x 8 tokens", summary)
        self.assertLessEqual(max(map(len, summary.splitlines())), 80)

    def test_the_coldest_text_is_the_likeliest_of_the_formulas(self):
        # Also past the context, whose places are then those of the last eight characters.
        text = self.sampled("a ", 24, "--temperature", 0)
        for place in range(2, len(text)):
            logits = self.gpt.logits(self.ids(text[max(0, place - LENGTH):place]))[-1][:len(LETTERS)]
            self.assertGreater(logits[LETTERS.index(text[place])], logits.max() - 0.02, text[:place + 1])

    def test_an_evaluation_of_the_coldest_text_finds_all_of_it_correct(self):
        text = self.sampled("t", LENGTH, "--temperature", 0)
        (self.folder / "cold.txt").write_text(text)
        result = self.weft("eval", "gpt.yaml", "--checkpoint_path", "run", "--data", "cold.txt", "--set", "train_input.held_out=1", "--set",
                           "eval_input.batch_size=1", "-o", "cold")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("8 of 8 correct", result.stdout)

    def test_a_long_prompt_keeps_its_last_part(self):
        long = self.text[:LENGTH + 13]
        self.assertEqual(self.sampled(long, 10)[len(long):], self.sampled(long[-LENGTH:], 10)[LENGTH:])

    def test_a_text_of_a_model_that_skips_what_its_mask_leaves_out(self):
        """On two columns: a sequence's tokens are dealt to them."""
        machine = re.sub(r"(width: {value: )32", r"\g<1>2", (weft_cli.SOURCE / "hw/machines/mini.yaml").read_text())
        (self.folder / "narrow.yaml").write_text(machine)
        result = self.weft("train", "gpt.yaml", "--machine", "narrow.yaml", "--set", "model.attention_skip_masked=true", "--set",
                           "runconfig.micro_batch_size=1", "--set", "runconfig.lanes=1", "-o", "skips")
        self.assertEqual(result.returncode, 0, result.stderr)
        result = self.weft("sample", "skips", "--machine", "narrow.yaml", "--prompt", "a ro", "--tokens", 9, "--temperature", 0)
        self.assertEqual(result.returncode, 0, result.stderr)
        text, gpt = result.stdout[:-1], Gpt(self.folder / "skips/checkpoint_60.mdl")
        for place in range(4, len(text)):
            logits = gpt.logits(self.ids(text[max(0, place - LENGTH):place]))[-1][:len(LETTERS)]
            self.assertGreater(logits[LETTERS.index(text[place])], logits.max() - 0.02, text[:place + 1])

    def test_a_seed_is_a_text_whatever_the_threads(self):
        texts = [self.sampled("the ", 40, *more) for more in ((), ("--seed", 1), ("--threads", 2), ("--seed", 2))]
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(texts[0], texts[2])
        self.assertNotEqual(texts[0], texts[3])
        checkpoint = self.weft("sample", "run/checkpoint_60.mdl", "--prompt", "the ", "--tokens", 40)
        self.assertEqual(checkpoint.stdout[:-1], texts[0])
        self.assertRegex(checkpoint.stderr, r"^weft: 40 tokens in 0\.\d{6} s simulated on mini, \d+ tokens/s after the first\n$")
        self.assertIn("simulated on wse2", self.weft("sample", "run", "--prompt", "the ", "--tokens", 1, "--machine", "wse2").stderr)

    def test_steps_that_the_loss_scale_leaves_out_are_counted(self):
        result = self.weft("train", "gpt.yaml", "--max_steps", 12, "--set", "optimizer.loss_scaling_factor=dynamic", "--set", "optimizer.max_gradient_norm=1", "-o", "scaled")
        self.assertEqual(result.returncode, 0, result.stderr)
        found = report(self.folder / "scaled")
        columns, rows = found["updates"]["columns"], found["updates"]["rows"]
        refused = {row[columns.index("step")] for row in rows if not row[columns.index("applied")]}
        self.assertTrue(0 < len(refused) < 12)  # from a scale of 32768 down
        self.assertIn(f"updates refused      in {len(refused)} of 12 steps: gradients not finite, loss scale halved\n", result.stdout)
        clips = found["clipping"]
        norms, factors = ([row[clips["columns"].index(name)] for row in clips["rows"]] for name in ("norm", "factor"))
        self.assertEqual(clips["clipped_steps"], sum(norm is not None and norm > 1 for norm in norms))
        self.assertEqual([step for step, norm in enumerate(norms) if norm is None], sorted(refused))
        self.assertNotIn("updates refused", self.trained.stdout)

    def test_what_cannot_be_sampled_is_told(self):
        self.refused("U+00E9 at offset 2 is none of the vocabulary's 15 characters; nor are 'X', U+2603", arguments=("sample", "run", "--prompt", "a \u00e9X\u00e9\u2603"))
        self.refused("--prompt: its value is empty", arguments=("sample", "run", "--prompt", ""))
        self.refused("say with --prompt what the text begins with", arguments=("sample", "run"))
        self.refused("no checkpoint given", arguments=("sample", "--prompt", "a"))
        self.refused("nowhere: cannot be read", arguments=("sample", "nowhere", "--prompt", "a"))
        self.refused("--temperature: '-1'; allowed: a number, 0 to 1000", arguments=("sample", "run", "--prompt", "a", "--temperature", -1))
        self.refused("--tokens", arguments=("sample", "run", "--prompt", "a", "--tokens", 0))
        (self.folder / "pictures.yaml").write_text("train_input: {data_processor: synthetic, batch_size: 8}\nmodel: {input_features: 6, hidden_sizes: [4], num_classes: 3}\n"
                                                   "optimizer: {optimizer_type: sgd, learning_rate: 0.1}\nrunconfig: {max_steps: 1}\n")
        self.assertEqual(self.weft("train", "pictures.yaml", "-o", "pictures").returncode, 0)
        self.refused("pictures/checkpoint_1.mdl: was trained with data_processor synthetic", arguments=("sample", "pictures", "--prompt", "a"))

    def test_texts_and_checkpoints_that_do_not_fit_are_told(self):
        (self.folder / "empty.txt").write_text("")
        (self.folder / "short.txt").write_text("a red")
        train, check = ("train", "gpt.yaml", "-o", "refused"), ("eval", "gpt.yaml", "--checkpoint_path", "run", "-o", "refused")
        self.refused("max_position_embeddings is '8'; train_input.max_sequence_length is 16", arguments=(*train, "--set", "train_input.max_sequence_length=16"))
        self.refused("15 different tokens, the model tells 9 apart", arguments=(*train, "--set", "model.vocab_size=9"))
        self.refused("empty.txt: the text is empty", arguments=(*train, "--data", "empty.txt"))
        self.refused("8 tokens and the one behind them; the text has 5", arguments=(*train, "--data", "short.txt"))
        self.refused("has no model.h2.ln_1.weight", arguments=(*check, "--set", "model.num_hidden_layers=3"))
        self.refused("model.embedding.weight has shape [20, 16], the model needs [20, 32]", arguments=(*check, "--set", "model.hidden_size=32"))
        self.assertFalse((self.folder / "refused").exists())


if __name__ == "__main__":
    unittest.main()
