"""The numbers of run.log, worked out again from report.json. Shares nothing with sw/report."""
import collections


def rows(table):
    return [dict(zip(table["columns"], row)) for row in table["rows"]]


def rate_text(rate):
    return f"{rate:.3g}" if rate < 1 else f"{rate:.2f}"


def log_lines(report):
    """The lines of the log about steps, without date and time: rates of the newest whole steps, mixed 0.6 to 0.4 with the
    last one, and since the stage began. A step ends with its last launch, in picoseconds rounded up."""
    every = report["configuration"]["model"]["runconfig.log_steps"]["value"]
    lines, ended, stages = [], 0, collections.defaultdict(list)

    def end_of(step):
        return -(-step["end"] * 1_000_000 // report["run"]["clock_mhz"])
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
            newest = waiting / ((end_of(step) - before) * 1e-12)
            mixed = 0.6 * newest + 0.4 * mixed if mixed else newest
            overall = whole / ((end_of(step) - began) * 1e-12)
            loss = "none" if step["loss"] is None else f"{step['loss']:.5f}"
            rates = f"Loss={loss}, Rate={rate_text(mixed)} samples/sec, GlobalRate={rate_text(overall)} samples/sec"
            lines.append(f"| Train Device=CSX, Step={number}, {rates}" if step["train"]
                         else f"| Eval Device=CSX, GlobalStep={step['global_step']}, Batch={number}, {rates}")
            before, waiting = end_of(step), 0
        ended = end_of(steps[-1])
    return lines
