#!/usr/bin/env python3
"""Which lines of the RTL do the co-simulation's tests run, and which bits toggle?

    tests/cosim/coverage.py BUILD_FOLDER

Builds the tile there with Verilator's counters (WEFT_RTL_COVERAGE), runs random programs of every instruction, the
fabric programs and a sweep of the cross-check's cases, merges what every tile counted, and prints a table and the lines
that were not reached. A line counts as reached when all its branches are taken. Exit code 0 above 95 % of the lines.
"""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ("instruction_set_test", "fabric_tiles_test", "tile_array_test")
BAR_PERCENT = 95


def run(*command, cwd=None):
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def points(text):
    """Of Verilator's file: the fields and the count of each point; files named from the root, without the assertions."""
    for fields, count in re.findall(r"^C '(.*)' (\d+)$", text, flags=re.M):
        point = dict(field.split("\x02", 1) for field in fields.split("\x01")[1:])
        path = pathlib.Path(point["f"]).resolve()
        if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "rtl/bind"):
            point["f"] = path.relative_to(ROOT).as_posix()
            yield point, int(count)


def lines_of(point):
    for part in point.get("S", point["l"]).split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[1]).resolve()
    run("cmake", "-G", "Ninja", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1",
        "-DWEFT_RTL_COVERAGE=ON")
    run("ninja", "-C", build, *TESTS)
    with tempfile.TemporaryDirectory() as folder:
        for test in TESTS:
            run(build / "tests/cosim" / test, cwd=folder)
        run("verilator_coverage", "--write", "merged", *sorted(path.name for path in pathlib.Path(folder).glob("*.coverage")),
            cwd=folder)
        text = pathlib.Path(folder, "merged").read_text(encoding="latin-1")

    # A module's instances share their lines: a branch is taken when one of them takes it, a bit toggles when one does.
    branches, toggles = collections.Counter(), collections.Counter()
    for point, count in points(text):
        if point["page"].startswith("v_toggle"):
            toggles[point["f"], point["l"], point["o"]] += count
        else:
            branches[point["f"], point["n"], point["o"], tuple(lines_of(point))] += count
    reached = {}
    for (path, _, _, lines), count in branches.items():
        for line in lines:
            reached[path, line] = reached.get((path, line), True) and count > 0

    print(f"{'file':<30} {'lines':>6} {'reached':>8} {'%':>7} {'bits toggled %':>15}")
    for path in [*sorted({path for path, _, _ in toggles} | {path for path, _ in reached}), "all"]:
        lines = [is_reached for (of, _), is_reached in reached.items() if path in (of, "all")]
        bits = [count > 0 for (of, _, _), count in toggles.items() if path in (of, "all")]
        share = [f"{100 * sum(all_) / len(all_):.1f}" if all_ else "-" for all_ in (lines, bits)]
        print(f"{path:<30} {len(lines):>6} {sum(lines):>8} {share[0]:>7} {share[1]:>15}")
    for path, line in sorted(key for key, is_reached in reached.items() if not is_reached):
        print(f"not reached: {path}:{line}: {(ROOT / path).read_text(encoding='utf-8').splitlines()[line - 1].strip()}")
    sys.exit(0 if 100 * sum(reached.values()) > BAR_PERCENT * len(reached) else 1)


if __name__ == "__main__":
    main()
