#!/usr/bin/env python3
"""Weak and strong scaling of a model over the number of systems, timed only: step, efficiency, what binds.

    tests/bench/system_scaling.py --machine_set input.samples_per_s=4000000

Weak: so many samples a system. Strong: so many in all; numbers of systems that do not divide them are left out. 0: none.
The second step counts, from the end of the first: samples and weights are on their way. The input servers of the
machine files decode pictures; rows of features come faster, hence the option above.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import tempfile

SYSTEMS = (1, 2, 4, 8, 16, 64, 192)


def step_of(arguments, systems, batch, folder):
    """Cycles of the step, what most launch cycles were bound by, and the busiest link class with its share."""
    changes = [word for change in arguments.machine_set for word in ("--machine_set", change)]
    subprocess.run([arguments.weft, "train", arguments.model, "--machine", arguments.machine, "--timing_only", "--max_steps", "2",
                    "--num_csx", str(systems), "--set", f"train_input.batch_size={batch}", "-o", folder, *changes],
                   check=True, stdout=subprocess.DEVNULL)
    report = json.loads((pathlib.Path(folder) / "report.json").read_text())
    columns = {name: index for index, name in enumerate(report["launches"]["columns"])}
    bound = collections.Counter()
    first, second = report["steps"]
    for row in report["launches"]["rows"]:
        if row[columns["step"]] != 1:
            continue
        if row[columns["kernel"]] == "load_input":
            name = "samples"
        else:
            # A launch that took much longer than its words need on the wafer waited for the words.
            late = row[columns["end"]] - row[columns["start"]] > 1.05 * row[columns["predicted"]]
            name = "weights" if late and row[columns["stream_in_bytes"]] else row[columns["bound_by"]]
        bound[name] += row[columns["end"]] - row[columns["start"]]
    bound["turn of the step"] = second["bubble"]
    seconds = report["run"]["end_ps"] * 1e-12
    link = max(report["links"], key=lambda link: link["busy_ps"])
    return second["end"] - first["end"], bound.most_common(1)[0][0], link["class"], link["busy_ps"] * 1e-10 / seconds


def table(arguments, kind, batch_of, folder):
    print(f"\n{kind}: {'systems':>3} {'batch':>10} {'step, cycles':>14} {'efficiency':>10}  bound by; busiest link")
    first = None
    for systems in SYSTEMS:
        batch = batch_of(systems)
        if batch % systems:
            continue
        cycles, bound, link, busy = step_of(arguments, systems, batch, folder)
        first = first or cycles
        efficiency = first / cycles if kind == "weak" else first / cycles / systems
        print(f"{'':{len(kind)}}  {systems:>7} {batch:>10} {cycles:>14} {100 * efficiency:>8.1f} %  "
              f"{bound}; {link} {busy:.0f} %", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--weft", default=str(root / "build/release/sw/cli/weft"))
    parser.add_argument("--model", default="mlp_5120x8")
    parser.add_argument("--machine", default="wse2")
    parser.add_argument("--machine_set", action="append", default=[])
    parser.add_argument("--weak", type=int, default=65536)
    parser.add_argument("--strong", type=int, default=589824)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.weak:
            table(arguments, "weak", lambda systems: systems * arguments.weak, folder)
        if arguments.strong:
            table(arguments, "strong", lambda systems: arguments.strong, folder)


if __name__ == "__main__":
    main()
