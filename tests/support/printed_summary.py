"""Every number of summary.txt, worked out again from report.json: the lines with digits, as they must be, one space
between words. Shares nothing with sw/report."""
import collections
import re

from printed_numbers import rows

CLASSES = ("compute", "overhead", "receive", "wait_stream", "wait_partial_sum", "blocked", "drained", "between", "not_mapped")


# Kernels of the forward pass that serve the backward pass as well.
BOTH_PASSES = ("attention_scores", "attention_values", "addition")


def launch_words(row):
    return row["kernel"] + "_backward" * (row["pass"] == "delta" and row["kernel"] in BOTH_PASSES)


def one_space(line):
    return re.sub(r"\s+", " ", line).strip()


class Steady:
    """Mean of the steps but the first, of the kind that the run is about."""

    def __init__(self, report):
        run, machine = report["run"], {key: entry["value"] for key, entry in report["configuration"]["machine"].items()}
        self.train = any(step["train"] for step in report["steps"])
        steps = [step for step in report["steps"] if step["train"] == self.train]
        ends = {}
        before = 0
        for step in report["steps"]:
            ends[id(step)] = step["end"] - before  # a step's length: from the end of the one before
            before = step["end"]
        self.first_step = steps[0]
        self.counted = steps[1:] or steps
        self.number = self.counted[0]["global_step"] if self.train else self.counted[0]["step"] + 1
        self.cycles = sum(ends[id(step)] for step in self.counted) / len(self.counted)
        self.first_period = ends[id(steps[0])]
        self.seconds = self.cycles / (run["clock_mhz"] * 1e6)
        places = {(step["stage"], step["step"]) for step in self.counted}
        self.launches = [row for row in rows(report["launches"]) if (row["stage"], row["step"]) in places]
        seen, self.macs, self.useful = set(), 0, 0
        for row in self.launches:
            place = (row["stage"], row["step"], row["micro_batch"], row["layer"])
            again = row["kernel"] in ("matmul_forward", "retain_forward") and place in seen
            if row["kernel"] in ("matmul_forward", "retain_forward"):
                seen.add(place)
            self.macs += row["macs"] / len(self.counted)
            self.useful += 0 if again else row["macs"] / len(self.counted)
        self.peak = run["pes"] * machine["pe.lanes.fmac_mixed"]
        self.compute = sum(row["compute"] for row in self.launches) / len(self.counted) / (run["pes"] * self.cycles)
        self.link_bits = machine["io.ethernet_links"] * machine["io.ethernet_gbps"] * 1000 / run["clock_mhz"]


def head(report):
    run = report["run"]
    yield (f"{run['model']} on {run['machine']}, {run['systems']} system{'s' * (run['systems'] != 1)}, batch {run['batch']}, "
           f"{run['micro_batches']} micro-batch{'es' * (run['micro_batches'] != 1)}")
    trained = [step for step in report["steps"] if step["train"]]
    tested = [step for step in report["steps"] if not step["train"]]
    if trained and trained[-1]["loss"] is not None:
        yield f"last training loss {trained[-1]['loss']:.5f} (step {trained[-1]['global_step']})"
    if tested and tested[-1]["loss"] is not None:
        samples = sum(step["samples"] for step in tested)
        correct = sum(step["correct"] for step in tested)
        loss = sum(step["loss"] * step["samples"] for step in tested) / samples
        yield f"evaluation loss {loss:.5f}, {correct} of {samples} correct ({100 * correct / samples:.2f} %)"
    yield f"simulated {run['cycles']} cycles = {run['cycles'] / (run['clock_mhz'] * 1e6):.6f} s at {run['clock_mhz']} MHz, start-up and all"


def steady_lines(report, steady):
    run, what = report["run"], "step" if steady.train else "batch"
    predicted = report["plan"]["predicted_step"] if steady.train else "-"
    yield f"steady {what} {steady.cycles:.0f} cycles (predicted {predicted}), the mean of {len(steady.counted)} from {steady.number} on"
    yield f"the first, not in it {steady.first_period} cycles, {steady.first_step['start']} before its first launch"
    yield f"rate {run['batch'] / steady.seconds:.0f} samples/s; a sample is one token"
    yield (f"arithmetic {2e-12 * steady.useful * run['systems'] / steady.seconds:.3g} Tflop/s; MFU {100 * steady.useful / (steady.peak * steady.cycles):.1f} %, "
           f"HFU {100 * steady.macs / (steady.peak * steady.cycles):.1f} %; PEs compute {100 * steady.compute:.1f} %")
    idle = {key: 100 * sum(step["idle"][key] for step in steady.counted) / len(steady.counted) / steady.cycles
            for key in ("samples", "weights", "update", "between")}
    yield (f"idle waits for samples {idle['samples']:.1f} %, weights {idle['weights']:.1f} %, updates {idle['update']:.1f} %; "
           f"between launches {idle['between']:.1f} %")


def rounding_lines(report):
    if "rounding" not in report:
        return
    rounding = report["rounding"]
    text = f"to 16 bits {rounding['values']} values rounded: {rounding['became_zero']} became 0, {rounding['became_infinite']} infinite"
    if rounding["lossy"]:
        most = rounding["lossy"][0]
        text += f"; largest share: {most['layer']} {launch_words(most)}, {most['became_zero'] + most['became_infinite']} of {most['values']}"
    deltas = sum(row["became_zero"] for row in rounding["lossy"] if row["pass"] in ("loss", "delta"))
    if deltas and report["configuration"]["model"]["optimizer.loss_scaling_factor"]["value"] != "dynamic":
        text += (f"; {deltas} deltas became 0: --set optimizer.loss_scaling_factor=dynamic, or in the model file loss_scaling_factor: dynamic of its "
                 "optimizer, makes them larger")
    yield text


def plan_lines(report):
    plan = report["plan"]
    yield f"SRAM, fullest PE {plan['sram_bytes']} of {report['configuration']['machine']['pe.sram_bytes']['value']} bytes, by the plan"
    for layer in plan["layers"]:
        if "density" in layer:
            yield f"sparse {layer['name']} {100 * layer['density']:.2f} % of the weights kept"


def stage_lines(report, steady):
    stages = {step["stage"]: step["train"] for step in report["steps"]}
    counted = {(step["stage"], step["step"]) for step in steady.counted}
    for stage, train in sorted(stages.items()):
        launches = [row for row in rows(report["launches"]) if row["stage"] == stage
                    and (train != steady.train or (stage, row["step"]) in counted)]
        without = ", without the first step" if train == steady.train and train and len(counted) < sum(s["train"] for s in report["steps"]) else ""
        yield f"stage {stage} ({'train' if train else 'eval'}), mean per launch, system 0{without}"
        groups = collections.defaultdict(list)
        for row in launches:
            groups[row["launch"]].append(row)
        for _, group in sorted(groups.items()):
            cycles, predicted = sum(row["end"] - row["start"] for row in group), sum(row["predicted"] for row in group)
            waits = any(row["wait"] for row in group)
            compares = not waits and predicted > 0 and group[0]["kernel"] not in ("load_input", "load_tokens")
            deviation = f"{100 * (cycles - predicted) / predicted:.2f}" if compares else "waits" if waits else "-"
            limiters = collections.Counter()
            for row in group:
                limiters[row["limiter"]] += row["end"] - row["start"]
            busy = 100 * sum(row["compute"] for row in group) / (report["run"]["pes"] * cycles)
            yield (f"{launch_words(group[0])[:19]} {report['run']['layers'][group[0]['layer']]} {cycles / len(group):.0f} {predicted // len(group)} "
                   f"{deviation} {busy:.1f} {limiters.most_common(1)[0][0][:14]}")


def roof_lines(report, steady):
    groups = collections.defaultdict(list)
    for row in steady.launches:
        if row["macs"]:
            groups[row["layer"], launch_words(row)].append(row)
    most = 0
    for (layer, kernel), group in groups.items():
        cycles = sum(row["end"] - row["start"] for row in group) / len(group)
        arithmetic = sum(row["macs"] for row in group) / len(group) / steady.peak
        ethernet = sum(max(row["stream_in_bytes"], row["stream_out_bytes"]) for row in group) / len(group) * 8 / steady.link_bits
        roof, name = (arithmetic, "arithmetic") if arithmetic >= ethernet else (ethernet, "ethernet")
        share = f"{100 * roof / cycles:.1f}"
        yield f"{kernel[:19]} {report['run']['layers'][layer]} {cycles:.0f} {name} {roof:.0f} {share if float(share) < 999.5 else '>999'} %"
        most = max(most, roof / cycles)
    if most > 1:
        yield "above 100 %: words of a launch go on after its end, beside later ones"


def book_lines(report, steady):
    run = report["run"]
    yield "PE-cycles of system 0, the whole run"
    for name in CLASSES:
        yield f"{name} {report['time_classes'][name]} {100 * report['time_classes'][name] / (run['pes'] * run['cycles']):.2f} %"
    links = collections.defaultdict(list)
    for link in report["links"]:
        links[link["class"]].append(link)
    for name, group in sorted(links.items()):
        busiest = 100 * max(link["step_busy_ps"] for link in group) / (steady.seconds * 1e12)
        yield f"{name} {len(group)} {sum(link['bytes'] for link in group)} {busiest:.2f} %"


def program_lines(report):
    if "programs" not in report:
        return
    programs = report["programs"]
    yield (f"PE programs: {programs['launches']} launches, {programs['sums_compared']} sums equal bit by bit")
    yield f"{programs['program_cycles']} cycles, recurrences {programs['recurrence_cycles']}"
    yield (f"worst launch {programs['worst_deviation_cycles']} cycles or {programs['worst_deviation_percent']:.3f} % apart; "
           f"{programs['rtl_tile_cycles']} cycles of RTL tiles")


def host_lines(report):
    host = report["host"]
    origin = host["provenance"]
    yield f"weft {origin['version']}, commit {origin['commit']}, {origin['compiler']}"
    yield f"on {origin['host']}, run {origin['run_id']}"
    yield ", ".join(f"{name} {seed}" for name, seed in origin["seeds"].items())
    yield (f"simulated in {host['wall_seconds']:.2f} s, {report['run']['cycles'] / host['wall_seconds']:.3g} cycles/s, on {host['threads']} "
           f"thread{'s' * (host['threads'] != 1)}, {host['peak_memory_mib']:.0f} MiB, fast-forward {'on' if host['fast_forward'] else 'off'}")
    if host["systems_simulated"] < report["run"]["systems"]:
        yield f"{host['systems_simulated']} of {report['run']['systems']} systems simulated; the others are its copies"
    for share in host["simulated"]:
        layers = share["layers"][0] + (f" and {len(share['layers']) - 1}" if len(share["layers"]) > 1 else "")
        yield (f"{share['kernel']} {layers} {share['launches']} {share['pe_rounds']} {100 * share['pe_rounds_simulated'] / share['pe_rounds']:.2f} % "
               f"{share['simulated'].split(':')[0]}")


def work_lines(report, steady):
    if not steady.train:
        return
    for work in report["works"]:
        what = work['what'] if len(work['what']) <= 44 else work['what'][:43] + '~'
        yield f"{what} {work['predicted_cycles']} {work['measured_cycles']}"


def lines_of_summary(report):
    """Those with a digit, in the order of the text. Of a run with at least two steps of its kind."""
    steady = Steady(report)
    parts = (head(report), steady_lines(report, steady), rounding_lines(report), plan_lines(report), stage_lines(report, steady), work_lines(report, steady),
             roof_lines(report, steady), book_lines(report, steady), program_lines(report), host_lines(report))
    return [one_space(line) for part in parts for line in part if re.search(r"\d", line)]


def read_summary(text):
    """The lines with a digit; and the verdict, put together, which stands between the simulated time and the steady step."""
    lines = text.splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith("simulated ")) + 1
    end = next(place for place, line in enumerate(lines) if line.startswith(("steady ", "the only ")))
    rest = lines[:begin]
    for line in lines[end:]:  # what goes on under its value is one line with it
        if line.startswith(21 * " "):
            rest[-1] += line
        else:
            rest.append(line)
    step_of_all = [line for line in rest if "all waiting for each other" in line]
    return ([one_space(line) for line in rest if re.search(r"\d", line) and line not in step_of_all],
            one_space(" ".join(lines[begin:end])), [one_space(line) for line in step_of_all])
