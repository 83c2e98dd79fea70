#!/usr/bin/env python3
"""Question: does every number of a machine file do something? Each is changed alone; then a run, a program by hand or a
budget must give other numbers. What only describes is named here, with the reason."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from machine_numbers import machine_numbers
from weft_cli import ScratchTrainings, report, run



def in_flash(width):
    """State of `width` x `width` layers beyond the least DRAM: a run of seconds, so it comes last."""
    return ["train", "mlp_5120x8", "--timing_only", "--max_steps", "1", "--set", "model.depth=2", "--set", f"model.hidden_size={width}",
            "--set", f"model.input_features={width}", "--set", "model.num_classes=16", "--set", "train_input.batch_size=32",
            "--set", "optimizer.optimizer_type=adam", "--machine", "mini",
            "--machine_set", "memoryx.weight_servers=1", "--machine_set", "memoryx.dram.capacity_gigabytes=1"]


# Changed in a way of its own: how many there may be decides what is refused.
LIMITS = {"max_systems": ["train", "fc_mnist_tiny", "--timing_only", "--max_steps", "1", "--num_csx", "2"],
          "fabric.width": ["train", "fc_mnist_tiny", "--timing_only", "--max_steps", "1", "--machine", "mini"],
          "router.colors": ["train", "fc_mnist_tiny", "--timing_only", "--max_steps", "1"],
          "fabric.height": ["train", "fc_mnist_tiny", "--timing_only", "--max_steps", "1", "--machine", "mini"],
          "memoryx.flash.capacity_gigabytes": in_flash(9600)}
SMALL = ["train", "fc_mnist_tiny", "--timing_only", "--max_steps", "2"]
WIDE = ["train", "mlp_5120x8", "--timing_only", "--max_steps", "2", "--set", "model.depth=2", "--set", "model.hidden_size=256",
        "--set", "model.input_features=512", "--set", "model.num_classes=16", "--set", "train_input.batch_size=512"]
# Each shows what the ones before it may not: dropout's integers, memory, a DRAM that overflows into flash.
RUNS = {
    "training": SMALL,
    "checkpoint": [*SMALL, "--checkpoint_steps", "1"],
    "peak clock": [*SMALL, "--machine_set", "clock.profile=peak"],
    "systems": [*SMALL, "--num_csx", "4"],
    "dropout": [*SMALL, "--set", "model.dropout=0.25"],
    "wide": WIDE,
    "sums in halves": [*WIDE, "--set", "runconfig.precision_opt_level=1"],
    "many samples": [*SMALL, "--set", "train_input.batch_size=2048", "--machine_set", "input.samples_per_s=1e9"],
}
FLASH = {"flash": in_flash(6800)}
BY_HAND = {"matvec": ["fabric", "matvec"], "summa": ["fabric", "summa"]}
BUDGETS = {"budget": ["budget", "gpt3_small"]}


def changed(number):
    """Two legal values beside the one there is, a little off and far off."""
    value, near = number.value, []
    for candidate in (value * 2, value + 1, value // 2 if isinstance(value, int) else value / 2, number.at(1), number.at(0)):
        if number.low <= candidate <= number.high and candidate != value and candidate not in near:
            near.append(candidate)
    return near


class DeadInputs(ScratchTrainings):
    def numbers_of(self, command, flags):
        """What a command says, without what repeats the input or depends on the host; None if it was refused."""
        self.count = getattr(self, "count", 0) + 1
        if command[0] == "train":
            folder = f"run{self.count}"
            done = run(*command, *(() if "--machine" in command else ("--machine", "mini")), *flags, "-o", folder, cwd=self.folder)
            if done.returncode != 0:
                return ("refused", done.stderr if done.returncode != 2 else "")
            value = report(self.folder / folder)
            return {key: value[key] for key in value if key not in ("host", "configuration")}
        if command[0] == "budget":
            done = run(*command, "--machine", "mini", *flags, "--json", f"b{self.count}.json", cwd=self.folder)
            return json.loads((self.folder / f"b{self.count}.json").read_text()) if done.returncode == 0 else ("refused", "")
        done = run(*command, "--machine", "mini", *flags, cwd=self.folder)
        return done.stdout if done.returncode == 0 else ("refused", "")

    def test_every_number_moves_something(self):
        numbers = machine_numbers(self.folder, "mini")
        self.assertGreater(len(numbers), 50)
        plain = {}
        dead = []
        for path, number in sorted(numbers.items()):
            if path in LIMITS:
                continue
            moved = ""
            for name, command in {**RUNS, **BY_HAND, **BUDGETS, **FLASH}.items():
                if name not in plain:
                    plain[name] = self.numbers_of(command, [])
                    self.assertNotEqual(plain[name][0] if isinstance(plain[name], tuple) else "", "refused", name)
                for value in changed(number):
                    with_it = self.numbers_of(command, ["--machine_set", f"{path}={value}"])
                    if not isinstance(with_it, tuple) and with_it != plain[name]:
                        moved = name
                        break
                if moved:
                    break
            if not moved:
                dead.append(path)
        self.assertEqual(dead, [])

    def test_limits(self):
        for path, command in LIMITS.items():
            self.assertEqual(run(*command, "-o", f"within_{path}", cwd=self.folder).returncode, 0)
            refused = run(*command, "--machine_set", f"{path}=1", "-o", "past", cwd=self.folder)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("1", refused.stderr)


if __name__ == "__main__":
    unittest.main()
