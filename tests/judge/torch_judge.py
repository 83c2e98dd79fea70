#!/usr/bin/env python3
"""Trains the same network in PyTorch (fp32) from the same weights on the same batches, and compares.

usage: torch_judge.py RUN_FOLDER DATA_FOLDER [--time]

RUN_FOLDER is a run made with --set train_input.shuffle=false --set runconfig.save_initial_checkpoint=true: it holds
checkpoint_0.mdl and report.json. Needs Debian's python3-torch and python3-h5py. Prints the mean absolute difference of
the losses per step and both test accuracies; exit code 1 if they exceed the bars (0.004 and 0.5 points).
--time also prints PyTorch's time per step on one thread.
"""
import json
import pathlib
import sys
import time

import h5py
import numpy
import torch


def read_idx(path):
    raw = numpy.fromfile(path, dtype=numpy.uint8)
    rank = int(raw[3])
    shape = [int.from_bytes(raw[4 + 4 * axis:8 + 4 * axis].tobytes(), "big") for axis in range(rank)]
    return raw[4 + 4 * rank:].reshape(shape)


def value(report, key):
    return report["configuration"]["model"][key]["value"]


def optimizer_of(report, parameters):
    kind = str(value(report, "optimizer.optimizer_type")).lower()
    rate = float(value(report, "optimizer.learning_rate"))
    if kind == "adam":
        return torch.optim.Adam(parameters, lr=rate)
    if kind == "adamw":
        return torch.optim.AdamW(parameters, lr=rate)
    return torch.optim.SGD(parameters, lr=rate)


def main():
    run, data = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    torch.set_num_threads(1)
    report = json.load(open(run / "report.json"))
    layers = []
    with h5py.File(run / "checkpoint_0.mdl") as start:
        for name in report["run"]["layers"]:
            weight, bias = start[f"model.{name}.weight"][()], start[f"model.{name}.bias"][()]
            linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
            linear.weight.data, linear.bias.data = torch.from_numpy(weight), torch.from_numpy(bias)
            layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = optimizer_of(report, model.parameters())
    images = torch.from_numpy(read_idx(data / "train-images-idx3-ubyte").reshape(-1, 784).astype(numpy.float32))
    images = (images / 255 - 0.1307) / 0.3081
    labels = torch.from_numpy(read_idx(data / "train-labels-idx1-ubyte").astype(numpy.int64))
    batch = report["run"]["batch"]
    differences, times = [], []
    for step in (s for s in report["steps"] if s["train"]):
        at = (step["step"] % (len(labels) // batch)) * batch
        began = time.perf_counter()
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images[at:at + batch]), labels[at:at + batch])
        loss.backward()
        optimizer.step()
        times.append(time.perf_counter() - began)
        differences.append(abs(loss.item() - step["loss"]))
    print(f"steps {len(differences)}: mean |loss difference| {numpy.mean(differences):.6f}, largest {max(differences):.6f}")
    good = numpy.mean(differences) <= 0.004
    evaluated = [s for s in report["steps"] if not s["train"]]
    if evaluated:
        tests = torch.from_numpy(read_idx(data / "t10k-images-idx3-ubyte").reshape(-1, 784).astype(numpy.float32))
        answers = torch.from_numpy(read_idx(data / "t10k-labels-idx1-ubyte").astype(numpy.int64))
        with torch.no_grad():
            right = (model((tests / 255 - 0.1307) / 0.3081).argmax(1) == answers).float().mean().item() * 100
        ours = 100 * sum(s["correct"] for s in evaluated) / sum(s["samples"] for s in evaluated)
        print(f"test accuracy: PyTorch {right:.2f} %, simulated {ours:.2f} %")
        good = good and abs(right - ours) <= 0.5
    if "--time" in sys.argv:
        ours = report["host"]["wall_seconds"] / max(1, len(report["steps"]))
        print(f"PyTorch median {1e3 * numpy.median(times):.2f} ms a training step; the whole simulated run took {1e3 * ours:.2f} ms a step")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
