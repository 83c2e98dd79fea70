#!/usr/bin/env python3
"""Question: is a BERT's training one run, its masked tokens the same, however it is stopped, split and simulated?"""
import json
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
from weft_cli import ScratchTrainings, report, run, without_host

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
  disable_nsp: {{sentences}}
optimizer: {{{{optimizer_type: adam, learning_rate: 0.01}}}}
runconfig: {{{{max_steps: {STEPS}, seed: 3, {{plan}}}}}}
"""
TEXT = "data_processor: text, data_dir: text, tokenizer: characters, masked_lm_prob: 0.3"
FILES = "data_processor: hdf5, data_dir: sequences"
SEGMENTS = "data_processor: hdf5, data_dir: segments"
PAIRS = TEXT + " "  # the same, with a loss of next sentences
PAIR_FILES = "data_processor: hdf5, data_dir: pairs"
ALL = ((TEXT, "text"), (FILES, "files"), (SEGMENTS, "segments"), (PAIRS, "pairs"), (PAIR_FILES, "pair_files"))


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


def with_segments():
    """A fourth row: a sequence's first tokens are in segment 0, the others in 1, from a place of its own on."""
    begins = numpy.random.default_rng(6).integers(1, LENGTH, 40)
    segments = (numpy.arange(LENGTH) >= begins[:, None]).astype(numpy.int32)
    return numpy.concatenate([sequences(), segments[:, None]], axis=1)


class BertRuns(StoppedRuns, ScratchTrainings):
    steps = STEPS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.folder / "text").mkdir()
        words = ["weft", "warp", "loom", "shuttle", "thread", "the", "of", "and"]
        (cls.folder / "text/a.txt").write_text(" ".join(words[index * index % 7 + index % 2] for index in range(90)))
        cls.put("sequences", sequences())
        cls.put("segments", with_segments())

        cls.put("pairs", with_segments(), numpy.arange(40, dtype=numpy.int32) % 3 % 2)

    @classmethod
    def put(cls, folder, data, next_sentences=None):
        (cls.folder / folder).mkdir(exist_ok=True)
        with h5py.File(cls.folder / folder / "a.h5", "w") as file:
            file["data"] = data
            if next_sentences is not None:
                file["next_sentence_label"] = next_sentences

    def model(self, name, data=TEXT, plan="num_csx: 1"):
        sentences = {SEGMENTS: "true\n  num_segments: 2", PAIRS: "false\n  pooler_nonlinearity: tanh", PAIR_FILES: "false"}
        (self.folder / f"{name}.yaml").write_text(MODEL.format(data=data.strip(), plan=plan, sentences=sentences.get(data, "true")))
        return f"{name}.yaml"

    def test_stopped_and_resumed(self):
        """Through the end of an epoch, which has four steps of 8."""
        whole = self.check_cuts("text", self.model("text"), [[4], [1, 5]])
        self.assertLess(whole[-1][1], whole[0][1])

    def test_stopped_and_resumed_padded_on_two_systems(self):
        self.check_cuts("files", self.model("files", FILES, "num_csx: 2, micro_batch_size: 2"), [[2]])

    def test_stopped_and_resumed_of_segments(self):
        self.check_cuts("segments", self.model("segments_stopped", SEGMENTS, "num_csx: 2"), [[3]])

    def test_splits_of_a_batch(self):
        """They differ by the order of fp32 additions alone; each part has another number of labels and another padding."""
        losses = {}
        for data, name in ((TEXT, "text"), (FILES, "files"), (PAIRS, "pairs")):
            model = self.model(f"split_{name}", data)
            for keys in ("num_csx=1", "num_csx=2", "num_csx=4", "micro_batch_size=2", "lanes=4"):
                value = self.train(f"split_{name}_{keys}", model, "--max_steps", 2, "--set", f"runconfig.{keys}")
                losses[name, keys] = [step["loss"] + step.get("next_sentence", {"loss": 0})["loss"] for step in value["steps"]]
                for ours, whole in zip(losses[name, keys], losses[name, "num_csx=1"]):
                    self.assertLess(abs(ours - whole), 2e-4 if ours != losses[name, keys][0] else 1e-6, keys)

    def test_ways_of_simulating(self):
        for data, name in ALL:
            model = self.model(f"ways_{name}", data, "num_csx: 2, lanes: 2")
            ways = {"usual": [], "threads": ["--threads", 3], "cut": ["--cut", "2x2"], "all": ["--no_fast_forward"]}
            for way, arguments in ways.items():
                self.train(f"{name}_{way}", model, "--max_steps", 3, *arguments)
                if way != "usual":
                    self.assertEqual(self.losses(f"{name}_{way}"), self.losses(f"{name}_usual"), way)
            self.assertEqual(without_host(self.folder / f"{name}_threads"), without_host(self.folder / f"{name}_usual"))

    def test_pe_programs(self):
        """Also of sequences that are padded, each to its own length."""
        for data, name in ALL:
            model = self.model(f"programs_{name}", data, "lanes: 1")
            plain, programs = (self.train(f"{name}_{way}", model, "--max_steps", 2, "--machine", "mini", *MACHINE, *arguments)
                               for way, arguments in (("plain", ()), ("programs", ("--pe_programs",))))
            self.assertEqual([step["loss"] for step in plain["steps"]], [step["loss"] for step in programs["steps"]])
            self.assertEqual(plain["launches"], programs["launches"])
            self.assertEqual(programs["programs"]["worst_deviation_cycles"], 0)

    def test_stopped_and_resumed_of_sentences(self):
        for data, name, plan in ((PAIRS, "pairs", "num_csx: 2, micro_batch_size: 2"), (PAIR_FILES, "pair_files", "num_csx: 1")):
            self.check_cuts(name, self.model(f"stopped_{name}", data, plan), [[2]])

    def test_data_are_told_apart(self):
        """By their content: a run that goes on may not be given others. Segments and pairs' labels count, and ids where neither is."""
        words = {}
        for data, name in ALL:
            self.train(f"told_{name}", self.model(f"told_{name}", data), "--max_steps", 1)
            with h5py.File(self.folder / f"told_{name}" / "checkpoint_1.mdl") as file:
                words[name] = json.loads(file["settings"][()].tobytes())["training data"].split()[-1]
        print(words)
        self.assertEqual(len(set(words.values())), len(ALL))
        self.assertNotIn("(00000000)", words.values())

    def test_two_losses(self):
        """Each by its name, in report, log and evaluation; the second of as many samples as there are."""
        model = self.model("two_losses", PAIRS)
        result = run("train", model, "-o", "two_losses", "--mode", "train_and_eval", "--max_steps", 2, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        value = report(self.folder / "two_losses")
        for step in value["steps"]:
            self.assertLess(abs(step["next_sentence"]["loss"] - math.log(2)), 0.3)
            self.assertLessEqual(step["next_sentence"]["correct"], step["samples"])
            self.assertEqual(step["unlabelled"], step["samples"] * (LENGTH - round(0.3 * (LENGTH - 3))))
        steps = [step for step in value["steps"] if not step["train"]]
        evaluation, samples = value["evaluation"]["next_sentence"], sum(step["samples"] for step in steps)
        correct = sum(step["next_sentence"]["correct"] for step in steps)
        self.assertEqual((evaluation["samples"], evaluation["correct"]), (samples, correct))
        self.assertAlmostEqual(evaluation["accuracy"], correct / samples)
        self.assertIn(f"; next sentences: loss {evaluation['loss']:.5f}, {correct} of {samples} correct", result.stdout)
        self.assertIn(f"NextSentenceLoss={value['steps'][0]['next_sentence']['loss']:.5f}", result.stdout)
        at = value["launches"]["columns"].index
        losses = [row for row in value["launches"]["rows"] if row[at("kernel")] == "softmax_loss" and row[at("step")] == row[at("stage")] == 0]
        self.assertEqual([value["run"]["layers"][row[at("layer")]] for row in losses], ["nsp", "lm_head"])

    def test_next_sentences_are_learned(self):
        """Of files whose second sentence begins with another word where it does not follow."""
        data = with_segments()
        label = numpy.arange(40, dtype=numpy.int32) % 2
        data[:, 0, 1] = label + 3
        self.put("told", data, label)
        model = self.model("learned", PAIR_FILES)
        value = self.train("learned", model, "--set", "train_input.data_dir=told", "--max_steps", 150)
        first, last = (value["steps"][place]["next_sentence"] for place in (0, -1))
        self.assertGreater(first["loss"], 0.5)
        self.assertLess(last["loss"], 0.2)
        self.assertEqual(last["correct"], BATCH)

    def test_sentences_that_cannot_be(self):
        def refused(words, data, *settings):
            arguments = [word for setting in settings for word in ("--set", setting)]
            result = run("train", self.model("no_sentences", data), *arguments, "-o", "refused_sentences", cwd=self.folder)
            self.assertEqual(result.returncode, 2, result.stderr)
            for text in words:
                self.assertIn(text, result.stderr)

        refused(["disable_nsp is 'false'; false asks for sequences of 5 tokens or more", "max_sequence_length is 4",
                 "num_segments is '1'; two sentences of a text are two segments"], PAIRS, "train_input.max_sequence_length=4",
                "model.num_segments=1")
        tokens = len(set((self.folder / "text/a.txt").read_text()))
        refused([f"{tokens} different tokens, the model tells {tokens + 2} apart", "of masked tokens, [CLS] and [SEP]; allowed: from "
                 f"{tokens + 3}"], PAIRS, f"model.vocab_size={tokens + 2}")
        refused(["next_sentence_label"], PAIR_FILES, "train_input.data_dir=segments")
        labels = numpy.zeros(40, dtype=numpy.int32)
        labels[5] = 2
        self.put("bad_pairs", with_segments(), labels)
        refused(["a.h5: next_sentence_label 2 of sample 5; allowed are 0"], PAIR_FILES, "train_input.data_dir=bad_pairs")
        self.put("few_pairs", with_segments(), labels[:4])
        refused(["a.h5: next_sentence_label has shape [4], expected [40]"], PAIR_FILES, "train_input.data_dir=few_pairs")

    def test_segments(self):
        """They matter, and each alone: those of a file without them are 0, and a table of one row is a vector for all."""
        model = self.model("segments_matter", SEGMENTS)
        plain = ["--set", "train_input.shuffle=false", "--max_steps", 1]
        losses = {}
        data = with_segments()
        for name, row in {"as_they_are": data[:, 3], "all_0": 0 * data[:, 3], "turned": 1 - data[:, 3]}.items():
            self.put(name, numpy.concatenate([data[:, :3], row[:, None]], axis=1))
            self.train(f"run_{name}", model, "--set", f"train_input.data_dir={name}", *plain)
            losses[name] = self.losses(f"run_{name}")
        self.assertEqual(len({tuple(loss) for loss in losses.values()}), 3)
        self.train("run_without", model, "--set", "train_input.data_dir=sequences", *plain)
        self.assertEqual(self.losses("run_without"), losses["all_0"])

    def test_segments_that_cannot_be(self):
        def refused(words, data, *arguments):
            self.put("bad_segments", data)
            result = run("train", self.model("no_segments", SEGMENTS), "--set", "train_input.data_dir=bad_segments", *arguments,
                         "-o", "refused_segments", cwd=self.folder)
            self.assertEqual(result.returncode, 2, result.stderr)
            for text in words:
                self.assertIn(text, result.stderr)

        data = with_segments()
        data[7, 3, 5] = 2
        refused(["training set: segment 2 at place 5 of sequence 7; the model's segments are 0 to 1"], data)
        data[7, 3, 5] = -1
        refused(["a.h5: segment -1 of sample 7 at place 5 is no segment's number"], data)
        refused(["expected [samples, 3, 12]", "a fourth row is of segments, which only a model with num_segments has"],
                with_segments(), "--set", "model.num_segments=null")
        refused(["expected [samples, 3 or 4, 12]"], numpy.repeat(data, 2, axis=1))
        refused(["num_segments is '0'; allowed: a whole number, 1 to 65535"], data, "--set", "model.num_segments=0")

    def test_mean_is_over_labels(self):
        """A step's labels are counted; with zero weights in the output layer each costs ln of the vocabulary, and what is padded
        changes nothing, whatever its ids."""
        data = sequences()
        model = self.model("mean", FILES)
        first = self.train("mean", model, "--max_steps", 1, "--set", "train_input.shuffle=false")["steps"][0]
        self.assertEqual(first["unlabelled"], int((data[:BATCH, 2] == -100).sum()))
        self.assertLess(abs(first["loss"] - math.log(WORDS)), 0.7)
        data[:, 0] = numpy.where(data[:, 1] == 0, WORDS - 2, data[:, 0])
        self.put("others", data)
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
            self.put("bad", data)
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
