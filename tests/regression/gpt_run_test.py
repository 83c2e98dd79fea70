#!/usr/bin/env python3
"""Question: is a GPT's training one run, however it is stopped, split and simulated? Checkpoints, losses, times."""
import pathlib
import sys
import tempfile
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from stopped_runs import StoppedRuns
from weft_cli import without_host

STEPS = 8
MODEL = """
train_input: {{data_processor: text, data_dir: text, tokenizer: characters, max_sequence_length: 12, batch_size: 8, shuffle: true, shuffle_seed: 4}}
eval_input: {{data_dir: text, shuffle: false}}
model:
  model_name: gpt2
  name: gpt_run
  vocab_size: 48
  max_position_embeddings: 14
  hidden_size: 16
  num_hidden_layers: 2
  num_heads: 2
  filter_size: 40
  nonlinearity: gelu
  position_embedding_type: learned
  share_embedding_weights: {shared}
  mixed_precision: true
optimizer:
  {optimizer}
  loss_scaling_factor: {scale}
runconfig: {{max_steps: 8, seed: 3, {plan}}}
"""
ADAM = "optimizer_type: adam\n  learning_rate: {scheduler: cosine, initial_learning_rate: 0.01, end_learning_rate: 0.001, total_iters: 7}"
SGD = "optimizer_type: sgd\n  learning_rate: 0.5"
# So large at first that fp16 cannot hold the deltas: steps are skipped and the scale is halved; then it grows again.
GROWING = "dynamic\n  initial_loss_scale: 1.0e+6\n  max_loss_scale: 1.0e+9\n  steps_per_increase: 3"


class GptRuns(StoppedRuns, unittest.TestCase):
    steps = STEPS

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        text = cls.folder / "text"
        text.mkdir()
        words = ["weft", "warp", "loom", "shuttle", "thread", "the", "of", "and"]
        (text / "a.txt").write_text(" ".join(words[index * index % 7 + index % 2] for index in range(400)))

    def model(self, name, optimizer=ADAM, scale="1", plan="num_csx: 1", shared="false"):
        (self.folder / f"{name}.yaml").write_text(MODEL.format(optimizer=optimizer, scale=scale, plan=plan, shared=shared))
        return f"{name}.yaml"

    def check_resumed(self, name, **options):
        return self.check_cuts(name, self.model(name, **options), [[3], [1, 6]])

    def test_stopped_and_resumed(self):
        whole = self.check_resumed("adam")
        self.assertLess(whole[-1][1], whole[0][1])

    def test_stopped_and_resumed_on_two_systems_with_a_loss_scale(self):
        self.check_resumed("scaled", scale=GROWING, plan="num_csx: 2, micro_batch_size: 2")
        with h5py.File(self.folder / "scaled_whole" / f"checkpoint_{STEPS}.mdl") as end:
            self.assertLess(end["loss_scale.scale"][()], 1e6)

    def test_an_output_that_is_the_embedding(self):
        """One tensor with one state; values or not, its times are those of the blocks."""
        plan = "num_csx: 2, micro_batch_size: 2"
        whole = self.check_resumed("tied", scale=GROWING, plan=plan, shared="true")
        self.assertLess(whole[-1][1], whole[0][1])
        with h5py.File(self.folder / "tied_whole" / f"checkpoint_{STEPS}.mdl") as end:
            self.assertEqual(end["model.embedding.weight"].shape, (48, 16))
            self.assertEqual([key for key in end if "lm_head" in key], [])
        for name, clip in {"free": [], "clipped": ["--set", "optimizer.max_gradient_norm=0.5"]}.items():
            model = self.model(f"tied_{name}", plan=plan, shared="true")
            values, times = (self.train(f"tied_{name}_{way}", model, *clip, *arguments)
                             for way, arguments in {"values": [], "times": ["--timing_only"]}.items())
            for step, timed in zip(values["steps"], times["steps"]):
                self.assertEqual([step[key] for key in ("start", "end", "loss_at_ps")], [timed[key] for key in ("start", "end", "loss_at_ps")])

    def test_splits_of_a_batch(self):
        """They differ by the order of fp32 additions alone."""
        def weights(name, step):
            with h5py.File(self.folder / name / f"checkpoint_{step}.mdl") as file:
                return numpy.concatenate([file[key][()].ravel() for key in sorted(file) if key.startswith("model.")])

        model = self.model("split", optimizer=SGD)
        splits = {"whole": [], "two": ["num_csx=2"], "four": ["num_csx=4"], "parts": ["micro_batch_size=2"], "lanes": ["lanes=4"],
                  "all": ["num_csx=2", "micro_batch_size=2", "lanes=2"]}
        moved, losses = {}, {}
        for name, keys in splits.items():
            arguments = [word for key in keys for word in ("--set", f"runconfig.{key}")]
            value = self.train(f"split_{name}", model, "--max_steps", 1, "--set", "runconfig.save_initial_checkpoint=true", *arguments)
            moved[name] = weights(f"split_{name}", 1) - weights(f"split_{name}", 0)
            losses[name] = value["steps"][0]["loss"]
        self.assertGreater(numpy.abs(moved["whole"]).max(), 1e-2)
        for name in splits:
            self.assertLess(abs(losses[name] - losses["whole"]), 1e-6, name)
            self.assertLess(numpy.abs(moved[name] - moved["whole"]).max(), 2e-6, name)

    def test_ways_of_simulating(self):
        model = self.model("ways", plan="num_csx: 2, lanes: 2")
        ways = {"usual": [], "threads": ["--threads", 3], "cut": ["--cut", "2x2"], "all": ["--no_fast_forward"], "times": ["--timing_only"]}
        times = {}
        for name, arguments in ways.items():
            value = self.train(f"ways_{name}", model, *arguments)
            times[name] = [[step[key] for key in ("start", "end", "loss_at_ps")] for step in value["steps"]]
            self.assertEqual(times[name], times["usual"], name)
            if name != "times":
                self.assertEqual(self.losses(f"ways_{name}"), self.losses("ways_usual"), name)
                self.assertEqual(self.end(f"ways_{name}"), self.end("ways_usual"), name)
        self.assertEqual(without_host(self.folder / "ways_threads"), without_host(self.folder / "ways_usual"))

    def test_evaluation(self):
        """Behind a training and of its checkpoint by itself; of another number of systems."""
        model = self.model("evaluated")
        steps = self.train("evaluated", model, "--mode", "train_and_eval")["steps"]
        losses = [(step["loss"], step["correct"]) for step in steps if not step["train"]]
        self.assertGreater(len(losses), 0)
        for name, arguments in {"one": [], "two": ["--num_csx", 2]}.items():
            value = self.train(f"evaluated_{name}", model, "--mode", "eval", "--checkpoint_path", f"evaluated/checkpoint_{STEPS}.mdl", *arguments)
            for (loss, correct), step in zip(losses, value["steps"]):
                self.assertLess(abs(step["loss"] - loss), 1e-6, name)
                self.assertEqual(step["correct"], correct, name)
            self.assertEqual(len(value["steps"]), len(losses))


if __name__ == "__main__":
    unittest.main()
