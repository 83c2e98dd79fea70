"""The numbers of a machine as the program knows them: from a report's echo, and the allowed range of each from the
message that refuses a wrong one."""
import re

from weft_cli import report, run

RANGE = re.compile(r"allowed: [^;\n]*?(-?[\d.e+]+) to (-?[\d.e+]+)")
# A range that other keys set, too small to say what the key can do.
NOT_VARIED = ("max_systems", "clock.profile")


class MachineNumber:
    def __init__(self, path, value, source, low, high):
        self.path, self.value, self.source, self.low, self.high = path, value, source, low, high

    def at(self, share):
        """The value so far from low to high, in proportion, by the logarithm."""
        low, high = max(self.low, 1e-3), self.high
        value = low * (high / low) ** share
        if isinstance(self.value, float):
            return value
        if self.path in ("pe.banks", "swarmx.fan_out"):  # powers of two
            return 2 ** round(share * (int(self.high).bit_length() - 1)) if self.path == "pe.banks" else (2, 4)[share > 0.5]
        value = min(max(round(value), int(self.low)), int(self.high))
        if share == 0:
            value = int(self.low)
        step = {"io.channel_bits_per_cycle": 16, "pe.sram_bytes": 2048}.get(self.path, 1)
        return max(value // step * step, step if step > 1 else value)


def machine_numbers(folder, machine):
    """Of a machine file: {path: MachineNumber}."""
    model = ["train", "fc_mnist_tiny", "--timing_only", "--max_steps", "1", "--machine", machine]
    result = run(*model, "-o", f"numbers_{machine}", cwd=folder)
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    numbers = {}
    for path, entry in report(folder / f"numbers_{machine}")["configuration"]["machine"].items():
        if path in NOT_VARIED or isinstance(entry["value"], str):
            continue
        refused = run(*model, "--machine_set", f"{path}=none", "-o", "refused", cwd=folder)
        found = RANGE.search(refused.stderr)
        if refused.returncode != 2 or not found:
            raise RuntimeError(f"{path}=none: exit {refused.returncode}: {refused.stderr}")
        low, high = (float(end) for end in found.groups())
        numbers[path] = MachineNumber(path, entry["value"], entry.get("source", ""), low, high)
    return numbers
