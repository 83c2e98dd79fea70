#!/usr/bin/env python3
"""Is what a run names as its limiter the limiter? Intervention: each step of the study is run again with the named resource
10 % faster, and once more with the runner-up 10 % faster.

    tests/bench/limiter_study.py --weft build/release/sw/cli/weft [--only N] [--json FILE]

Held to: the named limiter shortens a step by at most 1/11 of its cycles on the critical path, and by at least half of that
in most of the steps; the runner-up by at most 1/11 of its own cycles on the path. A path is that of the machine as it is, so
it bounds what one change gains; what it gains less is where another path is nearly as long. It is the path of one plan, so
the faster machine runs the plan of the machine as it is: a plan of its own may gain more. Exit code 1: a bound is broken.
"""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FASTER = 1.1
SETTLED = 2  # steps before: what the first one gains less than its path allows, the second may gain more

# What makes a resource faster: keys of the machine file, and whether larger is faster.
LEVERS = {
    "wafer": [("clock.profiles_mhz.measured", True)],
    "ethernet_down": [("io.ethernet_gbps", True), ("swarmx.link_latency_ns", False), ("io.latency_ns", False)],
    "ethernet_up": [("io.ethernet_gbps", True), ("swarmx.link_latency_ns", False), ("io.latency_ns", False)],
    "swarmx": [("swarmx.node_latency_ns", False)],
    "memoryx_reader": [("memoryx.dram.gigabytes_per_s", True), ("memoryx.transpose_gigabytes_per_s", True),
                       ("memoryx.dram.latency_ns", False)],
    "memoryx_update": [("memoryx.update_params_per_s", True), ("memoryx.dram.gigabytes_per_s", True), ("memoryx.dram.latency_ns", False)],
    "input_servers": [("input.samples_per_s", True)],
    "sample_link": [("input.link_gbps", True), ("input.link_latency_ns", False)],
}
# A lever moves these on the path together.
TOGETHER = {"ethernet_down": ("ethernet_down", "ethernet_up"), "ethernet_up": ("ethernet_down", "ethernet_up"),
            "memoryx_reader": ("memoryx_reader", "memoryx_transpose", "memoryx_update", "memoryx_sum"),
            "memoryx_update": ("memoryx_update", "memoryx_sum", "memoryx_reader")}
WAFER = {"wafer", "pe_arithmetic", "pe_issue", "pe_sum", "fabric_link", "queues", "edge_in", "edge_out", "lane_copies", "launch_sweep"}


def steps():
    """(name, model, arguments): machines and bottlenecks of every kind."""
    def machine(*settings):
        return [word for setting in settings for word in ("--machine_set", setting)]

    yield "plain", "fc_mnist", []
    for gbps in (50, 20, 10, 5, 3, 1):
        yield f"Ethernet {gbps} Gb/s", "fc_mnist", machine(f"io.ethernet_gbps={gbps}")
    for rate in ("1e6", "5e5", "2e5"):
        yield f"samples {rate}/s", "fc_mnist", machine(f"input.samples_per_s={rate}")
    for gbps in (10, 5, 2, 1):
        yield f"samples on {gbps} Gb/s", "fc_mnist", machine(f"input.link_gbps={gbps}")
    for rate in ("2e8", "5e7", "2e7", "5e6"):
        yield f"updates {rate}/s", "fc_mnist", machine(f"memoryx.update_params_per_s={rate}")
    for rate in (1, 0.2):
        yield f"DRAM {rate} GB/s", "fc_mnist", machine(f"memoryx.dram.gigabytes_per_s={rate}")
    for latency in (20000, 100000):
        yield f"nodes {latency} ns", "fc_mnist", machine(f"swarmx.node_latency_ns={latency}")
    yield "prefetch 1", "fc_mnist", machine("input.prefetch_batches=1", "input.samples_per_s=1000000")
    yield "micro-batches", "fc_mnist", ["--set", "runconfig.micro_batch_size=64"]
    yield "micro-batches, Ethernet 5", "fc_mnist", ["--set", "runconfig.micro_batch_size=64"] + machine("io.ethernet_gbps=5")
    yield "16 systems", "fc_mnist", ["--num_csx", "16", "--set", "train_input.batch_size=4096"]
    yield "16 systems, few rows", "fc_mnist", ["--num_csx", "16"]
    yield "sparse", "fc_mnist", ["--set", "model.sparsity=0.5"]
    yield "sparse, Ethernet 5", "fc_mnist", ["--set", "model.sparsity=0.5"] + machine("io.ethernet_gbps=5")
    yield "whole tensors", "fc_mnist", ["--set", "runconfig.placement=whole_tensor"] + machine("io.ethernet_gbps=20")
    yield "small buffers", "fc_mnist", machine("io.edge_buffer_bytes=65536", "io.ethernet_gbps=20")
    for name, extra in (("wse2", []), ("wse2, fast samples", machine("input.samples_per_s=4e7")),
                        ("wse2, fast samples, Ethernet 10", machine("input.samples_per_s=4e7", "io.ethernet_gbps=10"))):
        yield name, "fc_mnist", ["--machine", "wse2"] + extra
    yield "deep", "fc_mnist_deep", []
    yield "deep, Ethernet 10", "fc_mnist_deep", machine("io.ethernet_gbps=10")
    yield "tiny", "fc_mnist_tiny", []


def settings_of(report, resource):
    """The machine with the resource 10 % faster."""
    machine = report["configuration"]["machine"]
    words = []
    for key, larger in LEVERS[resource]:
        value = float(machine[key]["value"])
        value = value * FASTER if larger else value / FASTER
        if key.startswith("clock.") or key.endswith("_ns"):
            value = round(value)
        words += ["--machine_set", f"{key}={value:.10g}"]
    return words


def merged(arguments, settings):
    """The settings in the place of those of the same keys."""
    keys = {word.split("=")[0] for word in settings if "=" in word}
    kept, index = [], 0
    while index < len(arguments):
        if arguments[index] == "--machine_set" and arguments[index + 1].split("=")[0] in keys:
            index += 2
            continue
        kept.append(arguments[index])
        index += 1
    return kept + settings


def on_path(report, resource):
    """Cycles of a settled step on its critical path that belong to a resource's lever; the last step is seen from its own end."""
    names = WAFER if resource == "wafer" else set(TOGETHER.get(resource, (resource,)))
    column = {name: index for index, name in enumerate(report["path"]["columns"])}
    steps_of = {step["step"] for step in report["steps"][SETTLED:-1]}
    total = sum(row[column["cycles"]] for row in report["path"]["rows"]
                if row[column["step"]] in steps_of and row[column["limiter"]] in names)
    return total / len(steps_of)


def settled(report):
    """A settled step in seconds and in cycles."""
    periods = [step["period"] for step in report["steps"][SETTLED:]]
    cycles = sum(periods) / len(periods)
    return cycles * report["steady"]["step_seconds"] / report["steady"]["step_cycles"], cycles


class Study:
    def __init__(self, weft, folder):
        self.weft, self.folder, self.count = weft, folder, 0

    def train(self, name, file, model, arguments):
        """The file that a run leaves."""
        out = self.folder / name
        subprocess.run([self.weft, "train", model, "-o", out, *arguments], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        return json.loads((out / file).read_text())

    def run(self, name, model, arguments):
        return self.train(name, "report.json", model, ["--timing_only", "--max_steps", "6", *arguments])

    def plan(self, name, model, arguments):
        return self.train(name, "plan.json", model, ["--compile_only", *arguments])

    def pinned(self, name, model, arguments, plan):
        """The plan as a file for another machine: what a stream takes on its links is that machine's, all else is the plan's."""
        own = self.plan(f"{name}-plan", model, arguments)
        plan = json.loads(json.dumps(plan)) | {"made_for": own["made_for"]}
        for launches in ("train", "eval"):
            links = {(launch["kernel"], launch["layer"]): launch["stream_cycles"] for launch in own[launches]}
            for launch in plan[launches]:
                launch["stream_cycles"] = links.get((launch["kernel"], launch["layer"]), launch["stream_cycles"])
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(plan))
        return ["--plan", file]

    def one(self, index, name, model, arguments):
        base = self.run(f"{index}", model, arguments)
        plan = self.plan(f"{index}-plan", model, arguments)
        seconds, cycles = settled(base)
        result = {"name": name, "verdict": base["verdict"]["text"], "step": cycles}
        for role, part in (("limiter", base["verdict"]), ("runner-up", base["verdict"]["next"])):
            resource = part["limiter"]
            if resource not in LEVERS:
                result[role] = {"resource": resource}
                continue
            faster = merged(arguments, settings_of(base, resource))
            changed = self.run(f"{index}-{role}", model, faster + self.pinned(f"{index}-{role}", model, faster, plan))
            gained = (seconds - settled(changed)[0]) / seconds * result["step"]
            on = on_path(base, resource)
            result[role] = {"resource": resource, "on_path": on, "most": on / 11, "gained": gained}
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", type=pathlib.Path, default=ROOT / "build/release/sw/cli/weft")
    parser.add_argument("--only", type=int, help="the first so many steps")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    weft = options.weft.resolve()
    chosen = list(steps())[:options.only]
    with tempfile.TemporaryDirectory() as temporary, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        study = Study(weft, pathlib.Path(temporary))
        results = list(pool.map(lambda pair: study.one(pair[0], *pair[1]), enumerate(chosen)))
    print(f"{'step of':<32} {'limiter':<15} {'gained':>9} {'at most':>9} {'runner-up':<15} {'gained':>8} {'at most':>8}")
    halves = broken = counted = 0
    for result in results:
        limiter, after = result["limiter"], result["runner-up"]
        line = f"{result['name'][:32]:<32}"
        for role, part in (("limiter", limiter), ("runner-up", after)):
            if "gained" not in part:
                line += f" {part['resource']:<15} {'no lever':>9} {'':>9}"
                continue
            # Rounding: each time is a whole picosecond or cycle, some dozens of them in a row.
            slack = 2e-4 * result["step"]
            bad = part["gained"] > part["most"] + slack
            broken += bad
            line += f" {part['resource']:<15} {part['gained']:>9.0f} {part['most']:>9.0f}{'!' if bad else ''}"
        if "gained" in limiter:
            counted += 1
            halves += limiter["gained"] >= 0.5 * limiter["most"]
        print(line)
    print(f"{counted} limiters made faster; at least half of what was possible gained in {halves}; {broken} bounds broken")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
