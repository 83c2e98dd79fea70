#!/usr/bin/env python3
"""Question: is a BERT's training one run, its masked tokens the same, however it is stopped, split and simulated?"""
import math
import pathlib
import sys
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "judge"))
from masked_tokens import Masking
from stopped_runs import StoppedRuns
from tiny_gpt import MACHINE
from weft_cli import ScratchTrainings, run, without_host

STEPS, LENGTH, BATCH, WORDS = 6, 12, 8, 40
MODEL = f"""
train_input: {{{{{{data}}, max_sequence_length: {LENGTH}, batch_size: {BATCH}, shuffle: true, shuffle_seed: 4}}}}
eval_input: {{{{shuffle: false}}}}
model:
  model_name: bert
  name: bert_run
  vocab_size: {WORDS}
  max_position_embeddings: 14
  hidden_size: 16
  num_hidden_layers: 2
  num_heads: 2
  filter_size: 40
  share_embedding_weights: false
  disable_nsp: true
optimizer: {{{{optimizer_type: adam, learning_rate: 0.01}}}}
runconfig: {{{{max_steps: {STEPS}, seed: 3, {{plan}}}}}}
"""
TEXT = "data_processor: text, data_dir: text, tokenizer: characters, masked_lm_prob: 0.3"
FILES = "data_processor: hdf5, data_dir: sequences"


def sequences():
    """Ids, where a sequence ends, labels: of masked tokens, of every third; a length and a count of each sequence's own."""
    draw = numpy.random.default_rng(5)
    ids = draw.integers(0, WORDS - 1, (40, LENGTH))
    lengths = draw.integers(1, LENGTH + 1, 40)
    lengths[:BATCH] = numpy.arange(BATCH) + 5
    real = numpy.arange(LENGTH) < lengths[:, None]
    masked = real & (numpy.arange(LENGTH) % 3 == 0)
    shown = numpy.where(masked, WORDS - 1, ids)
    return numpy.stack([numpy.where(real, shown, 0), real, numpy.where(masked, ids, -100)], axis=1).astype(numpy.int32)


class BertRuns(StoppedRuns, ScratchTrainings):
    steps = STEPS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.folder / "text").mkdir()
        words = ["weft", "warp", "loom", "shuttle", "thread", "the", "of", "and"]
        (cls.folder / "text/a.txt").write_text(" ".join(words[index * index % 7 + index % 2] for index in range(90)))
        (cls.folder / "sequences").mkdir()
        with h5py.File(cls.folder / "sequences/a.h5", "w") as file:
            file["data"] = sequences()

    def model(self, name, data=TEXT, plan="num_csx: 1"):
        (self.folder / f"{name}.yaml").write_text(MODEL.format(data=data, plan=plan))
        return f"{name}.yaml"

    def test_stopped_and_resumed(self):
        """Through the end of an epoch, which has four steps of 8."""
        whole = self.check_cuts("text", self.model("text"), [[4], [1, 5]])
        self.assertLess(whole[-1][1], whole[0][1])

    def test_stopped_and_resumed_padded_on_two_systems(self):
        self.check_cuts("files", self.model("files", FILES, "num_csx: 2, micro_batch_size: 2"), [[2]])

    def test_splits_of_a_batch(self):
        """They differ by the order of fp32 additions alone; each part has another number of labels and another padding."""
        losses = {}
        for data, name in ((TEXT, "text"), (FILES, "files")):
            model = self.model(f"split_{name}", data)
            for keys in ("num_csx=1", "num_csx=2", "num_csx=4", "micro_batch_size=2", "lanes=4"):
                value = self.train(f"split_{name}_{keys}", model, "--max_steps", 2, "--set", f"runconfig.{keys}")
                losses[name, keys] = [step["loss"] for step in value["steps"]]
                for ours, whole in zip(losses[name, keys], losses[name, "num_csx=1"]):
                    self.assertLess(abs(ours - whole), 2e-4 if ours != losses[name, keys][0] else 1e-6, keys)

    def test_ways_of_simulating(self):
        for data, name in ((TEXT, "text"), (FILES, "files")):
            model = self.model(f"ways_{name}", data, "num_csx: 2, lanes: 2")
            ways = {"usual": [], "threads": ["--threads", 3], "cut": ["--cut", "2x2"], "all": ["--no_fast_forward"]}
            for way, arguments in ways.items():
                self.train(f"{name}_{way}", model, "--max_steps", 3, *arguments)
                if way != "usual":
                    self.assertEqual(self.losses(f"{name}_{way}"), self.losses(f"{name}_usual"), way)
            self.assertEqual(without_host(self.folder / f"{name}_threads"), without_host(self.folder / f"{name}_usual"))

    def test_pe_programs(self):
        """Also of sequences that are padded, each to its own length."""
        for data, name in ((TEXT, "text"), (FILES, "files")):
            model = self.model(f"programs_{name}", data, "lanes: 1")
            plain, programs = (self.train(f"{name}_{way}", model, "--max_steps", 2, "--machine", "mini", *MACHINE, *arguments)
                               for way, arguments in (("plain", ()), ("programs", ("--pe_programs",))))
            self.assertEqual([step["loss"] for step in plain["steps"]], [step["loss"] for step in programs["steps"]])
            self.assertEqual(plain["launches"], programs["launches"])
            self.assertEqual(programs["programs"]["worst_deviation_cycles"], 0)

    def test_mean_is_over_labels(self):
        """A step's labels are counted; with zero weights in the output layer each costs ln of the vocabulary, and what is padded
        changes nothing, whatever its ids."""
        data = sequences()
        model = self.model("mean", FILES)
        first = self.train("mean", model, "--max_steps", 1, "--set", "train_input.shuffle=false")["steps"][0]
        self.assertEqual(first["unlabelled"], int((data[:BATCH, 2] == -100).sum()))
        self.assertLess(abs(first["loss"] - math.log(WORDS)), 0.7)
        data[:, 0] = numpy.where(data[:, 1] == 0, WORDS - 2, data[:, 0])
        (self.folder / "others").mkdir()
        with h5py.File(self.folder / "others/a.h5", "w") as file:
            file["data"] = data
        other = self.train("others_run", model, "--set", "train_input.data_dir=others", "--set", "train_input.shuffle=false")
        self.train("mean_whole", model, "--set", "train_input.shuffle=false")
        self.assertEqual(self.losses("others_run"), self.losses("mean_whole"))
        self.assertEqual(len(other["steps"]), STEPS)

    def test_evaluation(self):
        """Behind a training and of its checkpoint by itself: means over the masked tokens, how many a sequence has is fixed."""
        model = self.model("evaluated")
        value = self.train("evaluated", model, "--mode", "train_and_eval")
        masked = round(0.3 * LENGTH)
        sequences_there = sum(step["samples"] for step in value["steps"] if not step["train"])
        self.assertEqual(value["evaluation"]["tokens"], masked * sequences_there)
        self.assertAlmostEqual(value["evaluation"]["perplexity"], math.exp(value["evaluation"]["loss"]), places=4)
        alone = self.train("alone", model, "--mode", "eval", "--checkpoint_path", f"evaluated/checkpoint_{STEPS}.mdl", "--num_csx", 2)
        self.assertAlmostEqual(alone["evaluation"]["loss"], value["evaluation"]["loss"], places=6)

    def test_masks_of_attention_that_cannot_be(self):
        model = self.model("refused", FILES)
        for place, words in ((slice(None), "a.h5: the mask of sample 7 is 0 everywhere: no token is left to attend to"),
                             (slice(2, 3), "a.h5: the mask of sample 7 at place 3 is 1, and 0 at place 2")):
            data = sequences()
            data[7, 1, place] = 0
            (self.folder / "bad").mkdir(exist_ok=True)
            with h5py.File(self.folder / "bad/a.h5", "w") as file:
                file["data"] = data
            result = run("train", model, "--set", "train_input.data_dir=bad", "-o", "refused", cwd=self.folder)
            self.assertEqual(result.returncode, 2)
            self.assertIn(words, result.stderr)

    def test_no_sampling(self):
        self.train("sampled", self.model("sampled"))
        result = run("sample", "sampled", "--prompt", "the", cwd=self.folder)
        self.assertEqual(result.returncode, 2)
        self.assertIn("bert", result.stderr)


class MaskedTokens(unittest.TestCase):
    def test_shares(self):
        """Of 4,000 sequences: the share that is chosen, and 8, 1 and 1 of ten of these."""
        masking, length = Masking(0.15, 0, 40, 7), 32
        kinds = {"mask": 0, "word": 0, "same": 0}
        places = [0] * length
        for sample in range(4000):
            tokens = [(sample + place) % 40 for place in range(length)]
            shown, labels = masking.apply(True, sample, tokens)
            chosen = [place for place in range(length) if labels[place] >= 0]
            self.assertEqual(len(chosen), 5)
            for place in range(length):
                if labels[place] < 0:
                    self.assertEqual(shown[place], tokens[place])
                    continue
                places[place] += 1
                kinds["mask" if shown[place] == 40 else "same" if shown[place] == tokens[place] else "word"] += 1
        total = sum(kinds.values())
        self.assertAlmostEqual(kinds["mask"] / total, 0.8, delta=0.01)
        self.assertAlmostEqual(kinds["word"] / total, 0.1 * 39 / 40, delta=0.01)
        self.assertLess(max(places) / min(places), 1.3)


if __name__ == "__main__":
    unittest.main()
