#!/usr/bin/env python3
"""Writes tests/unit/data/torch_tables.json: what PyTorch's schedulers, optimizers and clipping give, for the unit tests.

    /usr/bin/python3 tests/judge/torch_tables.py > tests/unit/data/torch_tables.json

Needs Debian's python3-torch, which is no dependency of Weft: so the numbers are kept. CONTRIBUTING.md says when to run it.
"""
import json

import torch
from torch.optim import lr_scheduler as lrs

STEPS = 24


def rates(base, make, steps=STEPS):
    """The rate of each step; `base` is the optimizer's, `make` wraps it in a scheduler."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def line(optimizer, first, last, total):
    """From rate `first` to `last`; the optimizer's rate is 1."""
    return lrs.LinearLR(optimizer, start_factor=first, end_factor=last, total_iters=total)


SCHEDULES = [
    ("{scheduler: Constant, learning_rate: 0.25}", rates(0.25, lambda o: lrs.LambdaLR(o, lambda t: 1.0))),
    ("{scheduler: Linear, initial_learning_rate: 0.125, end_learning_rate: 0.75, total_iters: 10}",
     rates(1.0, lambda o: line(o, 0.125, 0.75, 10))),
    ("{LinearLR: {initial_learning_rate: 0.75, end_learning_rate: 0.125, total_iters: 7}}",
     rates(1.0, lambda o: line(o, 0.75, 0.125, 7))),
    ("{scheduler: Polynomial, initial_learning_rate: 0.5, end_learning_rate: 0, total_iters: 12, power: 2.5}",
     rates(0.5, lambda o: lrs.PolynomialLR(o, total_iters=12, power=2.5))),
    ("{scheduler: Exponential, initial_learning_rate: 0.5, gamma: 0.9}", rates(0.5, lambda o: lrs.ExponentialLR(o, 0.9))),
    ("{scheduler: Exponential, initial_learning_rate: 0.5, decay_rate: 0.81, total_iters: 2}",
     rates(0.5, lambda o: lrs.ExponentialLR(o, 0.9))),
    ("{scheduler: Exponential, initial_learning_rate: 0.5, decay_rate: 0.5, decay_steps: 6, staircase: true}",
     rates(0.5, lambda o: lrs.StepLR(o, 6, 0.5))),
    ("{scheduler: StepLR, initial_learning_rate: 0.5, step_size: 5, gamma: 0.3}",
     rates(0.5, lambda o: lrs.StepLR(o, 5, 0.3))),
    ("{scheduler: Multiplicative, initial_learning_rate: 0.5, coefficient: 0.95}",
     rates(0.5, lambda o: lrs.MultiplicativeLR(o, lambda t: 0.95))),
    ("{scheduler: MultiStep, initial_learning_rate: 0.5, gamma: 0.2, milestones: [3, 4, 11]}",
     rates(0.5, lambda o: lrs.MultiStepLR(o, [3, 4, 11], 0.2))),
    ("{scheduler: PiecewiseConstant, learning_rates: [0.5, 0.125, 0.25], milestones: [6, 13]}",
     rates(1.0, lambda o: lrs.SequentialLR(o, [lrs.ConstantLR(o, f, 10**6) for f in (0.5, 0.125, 0.25)], [6, 13]))),
    ("{scheduler: CosineAnnealing, initial_learning_rate: 0.5, eta_min: 0.1, T_max: 7}",
     rates(0.5, lambda o: lrs.CosineAnnealingLR(o, 7, 0.1))),
    ("{scheduler: CosineAnnealingWarmRestarts, initial_learning_rate: 0.5, eta_min: 0.1, T_0: 5}",
     rates(0.5, lambda o: lrs.CosineAnnealingWarmRestarts(o, 5, 1, 0.1))),
    ("{scheduler: CosineAnnealingWarmRestarts, initial_learning_rate: 0.5, eta_min: 0.1, T_0: 3, T_mult: 2}",
     rates(0.5, lambda o: lrs.CosineAnnealingWarmRestarts(o, 3, 2, 0.1))),
    ("{scheduler: Cyclic, base_lr: 0.1, max_lr: 0.5, step_size_up: 4, step_size_down: 3}",
     rates(0.1, lambda o: lrs.CyclicLR(o, 0.1, 0.5, 4, 3, cycle_momentum=False))),
    ("{scheduler: CyclicLR, base_lr: 0.1, max_lr: 0.5, step_size_up: 4, mode: triangular2}",
     rates(0.1, lambda o: lrs.CyclicLR(o, 0.1, 0.5, 4, mode="triangular2", cycle_momentum=False))),
    ("{scheduler: Cyclic, base_lr: 0.1, max_lr: 0.5, step_size_up: 4, mode: exp_range, gamma: 0.9}",
     rates(0.1, lambda o: lrs.CyclicLR(o, 0.1, 0.5, 4, mode="exp_range", gamma=0.9, cycle_momentum=False))),
    ("{scheduler: OneCycle, initial_learning_rate: 0.02, max_lr: 0.5, total_steps: 24, final_div_factor: 100}",
     rates(0.02, lambda o: lrs.OneCycleLR(o, 0.5, 25, pct_start=0.3 * 24 / 25, div_factor=25, final_div_factor=100,
                                          cycle_momentum=False), 7)),
    ("{scheduler: OneCycle, initial_learning_rate: 0.02, max_lr: 0.5, total_steps: 25, pct_start: 0.2, "
     "final_div_factor: 100, anneal_strategy: linear}",
     rates(0.02, lambda o: lrs.OneCycleLR(o, 0.5, 25, pct_start=0.2, div_factor=25, final_div_factor=100,
                                          anneal_strategy="linear", cycle_momentum=False))),
    ("{scheduler: OneCycle, initial_learning_rate: 0.02, max_lr: 0.5, total_steps: 25, pct_start: 0.2, "
     "final_div_factor: 100, three_phase: true}",
     rates(0.02, lambda o: lrs.OneCycleLR(o, 0.5, 25, pct_start=0.2, div_factor=25, final_div_factor=100,
                                          three_phase=True, cycle_momentum=False))),
    ("[{scheduler: Linear, initial_learning_rate: 0.125, end_learning_rate: 0.5, total_iters: 5}, "
     "{scheduler: Exponential, initial_learning_rate: 1, gamma: 0.9, total_iters: 6}, "
     "{scheduler: Constant, learning_rate: 0.25}]",
     rates(1.0, lambda o: lrs.SequentialLR(
         o, [line(o, 0.125, 0.5, 5), lrs.ExponentialLR(o, 0.9), lrs.ConstantLR(o, 0.25, 10**6)], [5, 11]))),
    ("{SequentialLR: {schedulers: [{ConstantLR: {learning_rate: 0.5}}, "
     "{StepLR: {initial_learning_rate: 1, step_size: 3, gamma: 0.5}}], milestones: [4]}}",
     rates(1.0, lambda o: lrs.SequentialLR(o, [lrs.ConstantLR(o, 0.5, 10**6), lrs.StepLR(o, 3, 0.5)], [4]))),
    ("[{scheduler: Exponential, initial_learning_rate: 0.5, gamma: 0.9, main_scheduler: Chained}, "
     "{scheduler: StepLR, initial_learning_rate: 2, step_size: 4, gamma: 0.5, main_scheduler: Chained}]",
     rates(0.5, lambda o: lrs.ChainedScheduler([lrs.ExponentialLR(o, 0.9), lrs.StepLR(o, 4, 0.5)]))),
]

START = [0.5, -1.25, 2.0]
GRADIENTS = [[k / 8 - 0.5, 1 - k / 4, (-1) ** k * 0.375] for k in range(6)]


def trained(make):
    w = torch.nn.Parameter(torch.tensor(START))
    optimizer = make([w])
    for gradient in GRADIENTS:
        w.grad = torch.tensor(gradient)
        optimizer.step()
    return w.tolist()


OPTIMIZERS = [
    ("{optimizer_type: SGD, learning_rate: 0.1}", lambda p: torch.optim.SGD(p, 0.1)),
    ("{optimizer_type: SGD, learning_rate: 0.1, weight_decay: 0.2}", lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.2)),
    ("{optimizer_type: SGD, learning_rate: 0.1, momentum: 0.9, weight_decay_rate: 0.05}",
     lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.05)),
    ("{optimizer_type: SGD, learning_rate: 0.1, momentum: 0.9, dampening: 0.25}",
     lambda p: torch.optim.SGD(p, 0.1, 0.9, 0.25)),
    ("{optimizer_type: SGD, learning_rate: 0.1, momentum: 0.8, use_nesterov: true, weight_decay: 0.1}",
     lambda p: torch.optim.SGD(p, 0.1, 0.8, nesterov=True, weight_decay=0.1)),
    ("{optimizer_type: Adam, learning_rate: 0.1}", lambda p: torch.optim.Adam(p, 0.1)),
    ("{optimizer_type: Adam, learning_rate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 0.01, weight_decay: 0.1}",
     lambda p: torch.optim.Adam(p, 0.1, (0.8, 0.95), 0.01, 0.1)),
    ("{optimizer_type: AdamW, learning_rate: 0.1, betas: [0.7, 0.9], weight_decay: 0.1}",
     lambda p: torch.optim.AdamW(p, 0.1, (0.7, 0.9), weight_decay=0.1)),
]

CLIPPED = [[3.0, -4.0], [0.5, 12.0, -0.25]]


def clipped(how, limit):
    tensors = [torch.nn.Parameter(torch.zeros(len(values))) for values in CLIPPED]
    for tensor, values in zip(tensors, CLIPPED):
        tensor.grad = torch.tensor(values)
    norm = how(tensors, limit)
    return [value for tensor in tensors for value in tensor.grad.tolist()], None if norm is None else norm.item()


def rows(table):
    return ",\n".join("  " + json.dumps(row) for row in table)


def main():
    norm = torch.nn.utils.clip_grad_norm_
    value = torch.nn.utils.clip_grad_value_
    clips = []
    for limit in (1.0, 6.5, 100.0):
        values, found = clipped(norm, limit)
        clips.append({"max_norm": limit, "max_value": 0, "norm": found, "gradients": values})
    clips.append({"max_norm": 0, "max_value": 2.0, "norm": 0, "gradients": clipped(value, 2.0)[0]})
    print(f"""{{
 "written_by": "tests/judge/torch_tables.py with PyTorch {torch.__version__}; not by hand",
 "rates": [
{rows({"learning_rate": text, "rates": values} for text, values in SCHEDULES)}
 ],
 "start": {json.dumps(START)},
 "step_gradients": {json.dumps(GRADIENTS)},
 "weights": [
{rows({"optimizer": text, "weights": trained(make)} for text, make in OPTIMIZERS)}
 ],
 "unclipped": {json.dumps([v for t in CLIPPED for v in t])},
 "clipped": [
{rows(clips)}
 ]
}}""")


if __name__ == "__main__":
    main()
