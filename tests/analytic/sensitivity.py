#!/usr/bin/env python3
"""Which measured row constrains which number of the machine: each number 20 % up and down, each row predicted again.

    tests/analytic/sensitivity.py build/release/sw/cli/weft > table.md

The measured rows are those of measured_rows.h. SUMMA stands for P = 4, stencils for 8 x 8 cells or 4 x 4 tiles: their
cycles a panel or a pass do not depend on the size of the grid.
"""
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NUMBERS = ["pe.vector_fill_cycles", "pe.vector_issue_cycles", "pe.scalar_cycles", "pe.call_cycles",
           "pe.task_dispatch_cycles", "pe.control_cycles", "pe.lanes.add_fp32", "pe.lanes.fmac_fp32", "router.hop_cycles",
           "router.ramp_cycles", "router.input_queue", "router.output_queue", "router.link_queue"]


def measured():
    """Rows of each table of measured_rows.h."""
    text = (HERE / "measured_rows.h").read_text()
    tables = {}
    for name, body in re.findall(r"(\w+)\[\] = \{(.*?)\};", text, re.S):
        tables[name] = [[cell.strip().strip('"') for cell in row.split(",")] for row in re.findall(r"\{([^{}]*)\}", body)]
    return tables


class Model:
    def __init__(self, weft):
        self.weft = weft
        self.known = {}

    def cycles(self, machine, program, given, sets):
        key = (machine, program, tuple(given.items()), tuple(sets))
        if key not in self.known:
            self.known[key] = self.run(machine, program, given, sets)
        return self.known[key]

    def run(self, machine, program, given, sets):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "out.json"
            command = [self.weft, "fabric", program, "--machine", machine, "--json", str(out)]
            for name, value in given.items():
                command += ["--set", f"{name}={value}"]
            for change in sets:
                command += ["--machine_set", change]
            run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
            if run.returncode != 0:
                return None  # not a machine that may be
            outcome = json.loads(out.read_text())
            return outcome["cycles"]


def rows(model):
    """(label, machine, measured, prediction(sets))"""
    tables = measured()

    def total(machine, program, given):
        def predict(sets):
            return model.cycles(machine, program, given, sets)
        return predict

    def step(machine, program, given, key, first, second):
        def predict(sets):
            runs = [model.cycles(machine, program, {**given, key: value}, sets) for value in (first, second)]
            return None if None in runs else (runs[1] - runs[0]) / (second - first)
        return predict

    def panel(size, tile):
        def predict(sets):
            run = model.cycles("wse2", "summa", {"P": size, "t": tile}, sets)
            return run and run / size
        return predict

    for pes, words, group, cycles in tables["reduce_line"]:
        yield (f"reduce S = {group}", "wse2", float(cycles),
               total("wse2", "reduce_two_phase", {"P": pes, "B": words, "S": group, "calls": 3}))
    for n, times, cycles in tables["pe_matvec"]:
        yield f"matvec n = {n}", "wse2", float(cycles), total("wse2", "matvec", {"n": n, "T": times, "calls": 3})
    for tile in ("16", "46"):
        mean = [float(us) * 850 / int(p) for p, t, us in tables["summa"] if t == tile]
        yield f"SUMMA t = {tile}", "wse2", sum(mean) / len(mean), panel(4, int(tile))
    seen = set()
    for machine, _, tile, cycles in tables["stencil"]:
        if (machine, tile) in seen:
            continue
        seen.add((machine, tile))
        given = {"W": 8, "H": 8} if tile == "1" else {"W": 4, "H": 4, "t": int(tile), "calls": 2}
        yield (f"stencil {machine} {tile} x {tile}", machine, float(cycles),
               step(machine, "stencil_cell" if tile == "1" else "stencil_tile", given, "T", 2, 6))


def value_of(machine, key):
    """As the machine file has it."""
    text, indent = (ROOT / "hw" / "machines" / f"{machine}.yaml").read_text(), ""
    for part in key.split("."):
        text = text[re.search(rf"^{indent}{part}:", text, re.M).end():]
        indent += "  "
    return float(re.match(r"\s*\{value: ([\d.]+)", text).group(1))


def changed(machine, key):
    value = value_of(machine, key)  # at least one up and down: they are small
    up, down = max(value + 1, math.floor(value * 1.2)), max(1, min(value - 1, math.ceil(value * 0.8)))
    return [int(number) for number in (down, up) if number != value]


def main():
    model = Model(pathlib.Path(sys.argv[1]).resolve())
    table = list(rows(model))
    print("| Row | Measured | Model | Off |\n|---|---|---|---|")
    for label, _, wanted, predict in table:
        now = predict([])
        print(f"| {label} | {wanted:.0f} | {now:.0f} | {now - wanted:+.0f} ({100 * (now / wanted - 1):+.1f} %) |")
    print("\n| Number | Tried | Rows that move by more than 0.5 %, by how much |\n|---|---|---|")
    for key in NUMBERS:
        tried, moved = set(), []
        for label, machine, _, predict in table:
            now, farthest = predict([]), 0
            for number in changed(machine, key):
                other = predict([f"{key}={number}"])
                if other is None:
                    continue
                tried.add(number)
                change = 100 * (other / now - 1)
                if abs(change) > abs(farthest):
                    farthest = change
            if abs(farthest) > 0.5:
                moved.append(f"{label} {farthest:+.1f} %")
        print(f"| `{key}` | {', '.join(str(number) for number in sorted(tried)) or 'refused'} | {'; '.join(moved) or 'none'} |")


if __name__ == "__main__":
    main()
