#!/usr/bin/env python3
"""Question: is no legal machine timed wrongly? A run on any machine either ends with books that add up, or stops with
exit code 1 and the place of the overflow, or is refused with exit code 2 because the model does not fit it.

machine_values_test.py [--runs N] [--seed S] [--model M]: more of them, by hand; WEFT_BINARY names the program.
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from machine_numbers import machine_numbers
from weft_cli import program, report, run

RUNS, SEED, MODEL = 40, 1, ["fc_mnist_tiny"]
# Legal values that only take long to simulate: left in the suite's smaller half.
SLOW = ("fabric.",)
SECONDS = 60


def wrong_in(result):
    """What a report's books contradict, or an empty string."""
    classes = result["time_classes"]
    pes, cycles = result["run"]["pes"], result["run"]["cycles"]
    if cycles <= 0 or result["run"]["end_ps"] <= 0:
        return f"{cycles} cycles, {result['run']['end_ps']} ps"
    if any(value < 0 for value in classes.values()):
        return f"negative class: {classes}"
    if sum(classes.values()) != pes * cycles:
        return f"classes add up to {sum(classes.values())} of {pes * cycles}"
    launches = result["launches"]
    columns = launches["columns"]
    end = 0
    for row in launches["rows"]:
        launch = dict(zip(columns, row))
        if launch["start"] < end or launch["end"] < launch["start"]:
            return f"a launch from {launch['start']} to {launch['end']} after {end}"
        end = launch["end"]
    if any(link["bytes"] < 0 or link["busy_ps"] < 0 for link in result["links"]):
        return "a negative link"
    return ""


class MachineValues(unittest.TestCase):
    def test_legal_machines(self):
        chosen = random.Random(SEED)
        outcomes = {0: 0, 1: 0, 2: 0, "slow": 0}
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            numbers = machine_numbers(folder, "mini")
            names = sorted(name for name in numbers if not name.startswith(SLOW))
            for number in range(RUNS):
                changed = {name: numbers[name].at(chosen.choice((0, 1, chosen.random())))
                           for name in chosen.sample(names, chosen.choice((1, 1, 2, 4)))}
                flags = [word for name, value in changed.items() for word in ("--machine_set", f"{name}={value}")]
                try:
                    done = subprocess.run([program(), "train", *MODEL, "--timing_only", "--max_steps", "2",
                                           "-o", f"run{number}", *flags],
                                          cwd=folder, capture_output=True, text=True, timeout=SECONDS)
                except subprocess.TimeoutExpired:
                    outcomes["slow"] += 1
                    print("slow:", *flags)
                    continue
                with self.subTest(flags=" ".join(flags)):
                    self.assertIn(done.returncode, (0, 1, 2), done.stderr)
                    outcomes[done.returncode] += 1
                    if done.returncode == 0:
                        self.assertEqual(wrong_in(report(folder / f"run{number}")), "")
                    elif done.returncode == 1:
                        self.assertIn("time overflows: ", done.stderr)
        print(f"seed {SEED}: {outcomes[0]} ran, {outcomes[1]} stopped where time overflows, {outcomes[2]} did not fit, "
              f"{outcomes['slow']} took more than {SECONDS} s")
        self.assertGreater(outcomes[0], RUNS // 3)


class SlowEthernet(unittest.TestCase):
    """A launch of more cycles than 32 bits hold: links of 1 Mb/s each."""

    def test_its_classes_add_up(self):
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            done = run("train", "mlp_5120x8", "--machine", "wse2", "--timing_only", "--set", "model.depth=2", "--set",
                       "model.hidden_size=1664", "--set", "model.input_features=1664", "--max_steps", "1", "--machine_set", "io.ethernet_gbps=0.001", "-o", "run", cwd=folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            result = report(folder / "run")
            self.assertEqual(wrong_in(result), "")
            # Two layers of 1664 x 1664 come twice, but for the first layer's delta, over 12 links of 1 Mb/s, and their gradients go
            # back: at least 2 x 3 + 4 x 2 bytes a weight.
            self.assertGreater(result["run"]["cycles"], 14 * 1664 * 1664 * 8 / 12e6 * 850e6)
            ends = [result["launches"]["columns"].index(key) for key in ("start", "end")]
            self.assertGreater(max(row[ends[1]] - row[ends[0]] for row in result["launches"]["rows"]), 2**32)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--model", nargs="+", default=MODEL, help="model and further flags")
    options, rest = parser.parse_known_args()
    RUNS, SEED, MODEL = options.runs, options.seed, options.model
    unittest.main(argv=[sys.argv[0], *rest])
