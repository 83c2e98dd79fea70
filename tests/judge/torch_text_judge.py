#!/usr/bin/env python3
"""Trains the same GPT, Llama or BERT in PyTorch (fp32) from the same weights on the same sequences of a text, and compares.

usage: torch_text_judge.py RUN_FOLDER TEXT [--time]

RUN_FOLDER is a run on characters made with --set train_input.shuffle=false --set runconfig.save_initial_checkpoint=true: it
holds checkpoint_0.mdl, vocabulary.json and report.json. TEXT is the file that it read. Needs Debian's python3-torch and
python3-h5py. Prints the mean absolute difference of the losses per step and both losses on held-out text (--mode
train_and_eval); exit code 1 if they exceed the bars (0.01 and 0.02).
--time also prints PyTorch's time per step on one thread.
"""
import json
import math
import pathlib
import sys
import time

import h5py
import numpy
import torch

import masked_tokens
import torch_bert
import torch_gpt


def value(report, key):
    return report["configuration"]["model"][key]["value"]


class Judge:
    def __init__(self, run, text):
        self.report = json.load(open(run / "report.json"))
        ids = {character: place for place, character in enumerate(json.load(open(run / "vocabulary.json"))["characters"])}
        self.tokens = torch.tensor([ids[character] for character in open(text, encoding="utf-8", newline="").read()])
        with h5py.File(run / "checkpoint_0.mdl") as start:
            self.parameters = {name[len("model."):]: torch.from_numpy(start[name][()]).requires_grad_()
                               for name in start if name.startswith("model.")}
        for key in torch_gpt.SIZES:
            torch_gpt.SIZES[key] = int(self.setting("model." + key))
        torch_gpt.LENGTH = self.length = int(self.setting("train_input.max_sequence_length"))
        self.batch = int(self.setting("train_input.batch_size"))
        self.rms = "h0.ln_1.bias" not in self.parameters
        self.is_bert = self.setting("model.model_name") == "bert"
        function = self.setting("model.encoder_nonlinearity" if self.is_bert else "model.nonlinearity")
        forms = {"gelu": "none", "gelu_tanh": "tanh", "gelu_new": "tanh", "swiglu": None}
        if function not in forms:
            sys.exit(f"no judge of {function}: of {', '.join(forms)} there is")
        self.form = forms[function]
        self.base = float(self.setting("model.rope_theta")) if self.setting("model.position_embedding_type") == "rotary" else None
        self.alibi = self.setting("model.position_embedding_type") == "alibi"
        self.parallel = None
        if self.is_bert:
            self.masking = masked_tokens.Masking(float(self.setting("train_input.masked_lm_prob")), 0, len(ids),
                                              int(self.setting("train_input.shuffle_seed")))
            self.pairs = None
            if self.setting("model.disable_nsp") is False:
                if self.setting("model.pooler_nonlinearity") != "tanh":
                    sys.exit("no judge of a pooler without tanh")
                self.pairs = masked_tokens.Pairs(len(ids) + 1, len(ids) + 2, int(self.setting("train_input.shuffle_seed")))
                self.length -= 3
        else:
            self.kv_heads = int(self.setting("model.num_kv_heads"))
            self.turned = int(self.setting("model.rotary_dim")) if self.base else None
            if not self.base and self.kv_heads < torch_gpt.SIZES["num_heads"]:
                sys.exit("no judge of grouped queries without rotary positions")
            if self.alibi and torch_gpt.SIZES["num_heads"] & torch_gpt.SIZES["num_heads"] - 1:
                sys.exit("no judge of ALiBi for other than a power of two of heads")
            if self.setting("model.use_parallel_residual"):
                self.parallel = "neox" if self.setting("model.use_untied_layer_norm") else "gptj"

    @property
    def train_end(self):
        sequences = (len(self.tokens) - 1) // self.length
        return sequences - max(1, round(sequences * float(self.setting("eval_input.held_out"))))

    def setting(self, key):
        return value(self.report, key)

    def masked_losses(self, first, sequences, train_end):
        """Of sequences that stand in the held-out part from `train_end` on, or before it."""
        train = first < train_end
        end = train_end if train else (len(self.tokens) - 1) // self.length
        of_set = self.tokens[(0 if train else train_end) * self.length:end * self.length].reshape(-1, self.length)
        places = range(first if train else first - train_end, (first if train else first - train_end) + sequences)
        rows = [self.pairs.apply(self.masking, train, place, of_set) if self.pairs else self.masking.apply(train, place, of_set[place].tolist())
                for place in places]
        shown, labels, *sentences = (torch.tensor(part) for part in zip(*rows))
        return torch_bert.losses_of(self.parameters, shown, labels, torch_gpt.SIZES["num_heads"], torch_gpt.SIZES["num_hidden_layers"],
                                    torch_gpt.SIZES["vocab_size"], self.form, *sentences)

    def losses(self, first, sequences):
        """What is trained is their sum."""
        if self.is_bert:
            return self.masked_losses(first, sequences, self.train_end)
        torch_gpt.SEQUENCES = sequences
        at = first * self.length
        part = self.tokens[at:at + sequences * self.length + 1]
        return [torch_gpt.loss_of(self.parameters, part[:-1].reshape(sequences, -1), part[1:].reshape(sequences, -1),
                                  self.rms, self.form, self.base, self.kv_heads, self.turned, self.parallel, self.alibi)]

    @staticmethod
    def ours(step):
        return step["loss"] + step.get("next_sentence", {"loss": 0})["loss"]

    def optimizer(self):
        kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
        kind = str(self.setting("optimizer.optimizer_type")).lower()
        settings = {"lr": self.rate(0), "weight_decay": float(self.setting("optimizer.weight_decay"))}
        if kind == "sgd":
            settings["momentum"] = float(self.setting("optimizer.momentum"))
        else:
            settings["betas"] = tuple(map(float, self.report["configuration"]["model"]["optimizer.betas"]["value"]))
            settings["eps"] = float(self.setting("optimizer.eps"))
        return kinds[kind](self.parameters.values(), **settings)

    def rate(self, step):
        """The learning rate of a step: the schedules follow each other."""
        if "optimizer.learning_rate" in self.report["configuration"]["model"]:
            return float(self.setting("optimizer.learning_rate"))
        for number in range(100):
            key = f"optimizer.learning_rate[{number}]."
            if key + "scheduler" not in self.report["configuration"]["model"]:
                return last
            kind, steps = self.setting(key + "scheduler"), int(self.setting(key + "total_iters"))
            first, last = float(self.setting(key + "initial_learning_rate")), float(self.setting(key + "end_learning_rate"))
            if step < steps:
                part = step / steps
                shapes = {"Linear": part, "CosineDecay": (1 - math.cos(math.pi * part)) / 2}
                if kind not in shapes:
                    sys.exit(f"no judge of the schedule {kind}: of {', '.join(shapes)} there is")
                return first + (last - first) * shapes[kind]
            step -= steps

    def clip(self):
        norm, value = (float(self.setting("optimizer.max_gradient_" + what)) for what in ("norm", "value"))
        if norm > 0:
            torch.nn.utils.clip_grad_norm_(self.parameters.values(), norm)
        if value > 0:
            torch.nn.utils.clip_grad_value_(self.parameters.values(), value)

    def train(self):
        optimizer, differences, times = self.optimizer(), [], []
        for step in (s for s in self.report["steps"] if s["train"]):
            began = time.perf_counter()
            for group in optimizer.param_groups:
                group["lr"] = self.rate(step["step"])
            optimizer.zero_grad()
            loss = sum(self.losses(step["step"] * self.batch, self.batch))
            loss.backward()
            self.clip()
            optimizer.step()
            times.append(time.perf_counter() - began)
            differences.append(abs(loss.item() - self.ours(step)))
        print(f"steps {len(differences)}: mean |loss difference| {numpy.mean(differences):.6f}, "
              f"largest {max(differences):.6f}; last loss {loss.item():.4f}")
        return numpy.mean(differences) <= 0.01, times

    def held_out(self):
        steps = [s for s in self.report["steps"] if not s["train"]]
        if not steps:
            return True
        sequences, first = (len(self.tokens) - 1) // self.length, self.train_end
        with torch.no_grad():
            losses = [sum(self.losses(first + s["step"] * self.batch, self.batch)).item()
                      for s in steps if first + (s["step"] + 1) * self.batch <= sequences]
        # Each batch of masked tokens has as many.
        ours = numpy.mean([self.ours(s) for s in steps[:len(losses)]])
        print(f"held-out loss of {len(losses)} batches: PyTorch {numpy.mean(losses):.4f}, simulated {ours:.4f}")
        return abs(ours - numpy.mean(losses)) <= 0.02


def main():
    torch.set_num_threads(1)
    judge = Judge(pathlib.Path(sys.argv[1]), sys.argv[2])
    good, times = judge.train()
    good = judge.held_out() and good
    if "--time" in sys.argv:
        report = judge.report
        ours = report["host"]["wall_seconds"] / max(1, len(report["steps"]))
        print(f"PyTorch median {1e3 * numpy.median(times):.1f} ms a training step; the whole simulated run took "
              f"{1e3 * ours:.1f} ms a step")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
