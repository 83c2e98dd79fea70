"""The numbers that Weft prints, worked out again from report.json. Shares nothing with sw/report.

A text is checked line by line: each line with a digit must fit a rule, and each number in it must be what the rule says.
"""
import collections
import re


def rows(table):
    return [dict(zip(table["columns"], row)) for row in table["rows"]]


def rate_text(rate):
    return f"{rate:.3g}" if rate < 1 else f"{rate:.2f}"


def log_lines(report):
    """The lines of the log about steps, without date and time: rates of the newest interval, mixed 0.6 to 0.4 with the
    last one, and since the stage began."""
    every = report["configuration"]["model"]["runconfig.log_steps"]["value"]
    lines, ended, stages = [], 0, collections.defaultdict(list)
    for step in report["steps"]:
        stages[step["stage"]].append(step)
    for _, steps in sorted(stages.items()):
        began = before = ended
        mixed, waiting, whole = 0.0, 0, 0
        for step in steps:
            waiting += step["samples"]
            whole += step["samples"]
            number = step["global_step"] if step["train"] else step["step"] + 1
            if number % every and step is not steps[-1]:
                continue
            newest = waiting / ((step["loss_at_ps"] - before) * 1e-12)
            mixed = 0.6 * newest + 0.4 * mixed if mixed else newest
            overall = whole / ((step["loss_at_ps"] - began) * 1e-12)
            loss = "none" if step["loss"] is None else f"{step['loss']:.5f}"
            rates = f"Loss={loss}, Rate={rate_text(mixed)} samples/sec, GlobalRate={rate_text(overall)} samples/sec"
            lines.append(f"| Train Device=CSX, Step={number}, {rates}" if step["train"]
                         else f"| Eval Device=CSX, GlobalStep={step['global_step']}, Batch={number}, {rates}")
            before, waiting = step["loss_at_ps"], 0
        ended = steps[-1]["loss_at_ps"]
    return lines


def metrics(report):
    """What `weft compare` sets side by side: {name: (mean, counts towards the tolerance)}."""
    found = collections.defaultdict(list)
    for row in rows(report["launches"]):
        found[f"{row['kernel']} {report['run']['layers'][row['layer']]} (stage {row['stage']})", True].append(row["end"] - row["start"])
    links = collections.Counter()
    for link in report["links"]:
        links[link["class"]] += link["bytes"]
    for name, size in links.items():
        found[f"bytes {name}", False].append(size)
    for name, cycles in report["time_classes"].items():
        found[f"PE-cycles {name}", False].append(cycles)
    for step in report["steps"]:
        if step["train"]:
            found["step", True].append(step["end"] - step["start"])
            found["bubble", False].append(step["bubble"])
    found["total cycles", True].append(report["run"]["cycles"])
    if report["steps"] and report["steps"][-1]["loss"] is not None:
        found["last loss", False].append(report["steps"][-1]["loss"])
    return {name: (sum(values) / len(values), timed) for (name, timed), values in found.items()}


def comparison(old, new):
    """Rows of `weft compare` as it prints them, {name: [old, new, delta, percent]}, how many are equal, and the worst percentage
    of what counts: percent of the old value."""
    before, after = metrics(old), metrics(new)
    printed, equal, worst = {}, 0, 0.0
    for name in before.keys() & after.keys():
        a, b, timed = before[name][0], after[name][0], before[name][1]
        percent = 0.0 if a == b else 100.0 * (b - a) / a if a else 100.0
        if timed:
            worst = max(worst, percent)
        if a == b:
            equal += 1
        else:
            printed[name] = [f"{a:.6g}", f"{b:.6g}", f"{b - a:.4g}", f"{percent:.2f}"]
    return printed, equal, worst


def table_of_comparison(text):
    """{name: [old, new, delta, percent]} in the order of the text."""
    found = re.findall(r"^(\S.*?) +(\S+) +(\S+) +(\S+) +(-?[\d.]+)$", text, re.M)
    return {name: list(numbers) for name, *numbers in found if name != "mean" and not name.startswith("note:")}
