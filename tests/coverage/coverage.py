#!/usr/bin/env python3
"""Which lines and branches of hw and sw do the tests run? Builds with WEFT_COVERAGE, runs the tests, asks gcov.

    tests/coverage/coverage.py BUILD [-L fast] [--json FILE]     configures, builds and runs, then counts
    tests/coverage/coverage.py BUILD --count [--json FILE]       only counts what earlier runs left in BUILD
    tests/coverage/coverage.py BUILD --by_test FOLDER            the same as the first; what each test ran stays in FOLDER/<test>
                                                                 (of a binary, all its cases), for mutate.py --reached FOLDER

A branch is an outcome of a condition; the ways that exceptions take are none. gcov marks only the first step of these: the
clean-up behind it has conditions of its own (which temporaries are there yet?), of which no outcome ever comes. So of the
conditions of a line that ran, those that were never asked count only as far as the line says more conditions than were
asked. The row "as gcov says" counts all. Exit code 1 below 95 % of the lines or 85 % of the branches.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

from count_file import CountFile, Damaged

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPS = ("hw/", "sw/")
LINES, BRANCHES = 95, 85
LEFT_OUT = "^(lint|mutation|coverage|cases)"  # they run nothing of it


def conditions(branches):
    """Counts of a line's branches without those of exceptions: gcov gives a call that may throw a way on and a way out."""
    counts, at = [], 0
    while at < len(branches):
        pair = branches[at:at + 2]
        if len(pair) == 2 and (pair[0]["throw"] or pair[1]["throw"]):
            at += 2
            continue
        if not pair[0]["throw"]:
            counts.append(pair[0]["count"])
        at += 1
    return counts


def code_of(text):
    """Without comments and strings; as many lines."""
    def blank(found):
        return re.sub(r"[^\n]", " ", found.group())
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def asked(counts, code):
    """Of the outcomes of a line that ran those that are its own: `counts` come in pairs, `code` is what the line says."""
    pairs = [counts[at:at + 2] for at in range(0, len(counts), 2)]
    known = [pair for pair in pairs if any(pair)]
    said = len(re.findall(r"&&|\|\||\?|\b(?:if|while|for|switch|case)\b", code))
    never = [pair for pair in pairs if not any(pair)][:max(0, said - len(known))]
    return [count for pair in known + never for count in pair]


class Coverage:
    def __init__(self):
        self.lines = collections.defaultdict(collections.Counter)  # {file: {line: runs}}
        self.branches = collections.defaultdict(dict)  # {file: {line: [runs]}}

    def add(self, report):
        for one in report["files"]:
            path = pathlib.Path(os.path.normpath(pathlib.Path(report["current_working_directory"]) / one["file"]))
            if ROOT not in path.parents or not path.relative_to(ROOT).as_posix().startswith(TOPS):
                continue
            name = path.relative_to(ROOT).as_posix()
            for line in one["lines"]:
                number = line["line_number"]
                self.lines[name][number] += line["count"]
                counts = conditions(line["branches"])
                known = self.branches[name].setdefault(number, [])
                known += [0] * (len(counts) - len(known))  # instances of a template may differ
                for at, count in enumerate(counts):
                    known[at] += count

    def rows(self, all_of_gcov=False):
        """(file, lines, of them run, branches, of them taken)"""
        for name in sorted(self.lines):
            lines, branches = self.lines[name], []
            code = code_of((ROOT / name).read_text(encoding="utf-8")).split("\n")
            for number, counts in self.branches[name].items():
                branches += counts if all_of_gcov or lines[number] == 0 else asked(counts, code[number - 1])
            yield name, len(lines), sum(count > 0 for count in lines.values()), len(branches), sum(count > 0 for count in branches)

    def missed(self, name):
        """Lines that no test ran, as ranges."""
        ranges = []
        for number in sorted(number for number, count in self.lines[name].items() if count == 0):
            if ranges and number == ranges[-1][1] + 1:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
        return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def run_by_test(build, folder, label, jobs):
    """Each binary's and script's own counts, and their sum in the build."""
    listed = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1", "-L", label, "-LE", "bench", "-E", LEFT_OUT],
                            capture_output=True, text=True, check=True)

    def run(test):
        properties = {one["name"]: one["value"] for one in test["properties"]}
        environment = dict(setting.split("=", 1) for setting in properties.get("ENVIRONMENT", ()))
        own = folder / test["name"].partition(":")[0] if test["command"][0].endswith("_test") else folder / test["name"]
        try:
            code = subprocess.run(test["command"], cwd=properties["WORKING_DIRECTORY"], check=False, capture_output=True,
                                  timeout=3 * properties.get("TIMEOUT", 600),
                                  env={**os.environ, **environment, "GCOV_PREFIX": str(own)}).returncode
        except subprocess.TimeoutExpired:
            code = "too long"
        print(f"{test['name']}: {code}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(int(jobs)) as pool:
        list(pool.map(run, json.loads(listed.stdout)["tests"]))
    add_up(build, [own / build.relative_to("/") for own in sorted(folder.iterdir())])


def add_up(build, parts):
    """The counts of all parts, put into the build. What a killed program left half written counts nothing."""
    total = {}
    for part in parts:
        for path in sorted(path for top in TOPS for path in (part / top).rglob("*.gcda")):
            try:
                one = CountFile(path.read_bytes())
            except Damaged:
                continue
            name = path.relative_to(part)
            if name in total:
                total[name].add(one)
            else:
                total[name] = one
    for name, one in total.items():
        (build / name).write_bytes(one.data())


def count(build):
    coverage = Coverage()
    data = sorted(path.resolve() for top in TOPS for path in (build / top).rglob("*.gcda"))
    if not data:
        sys.exit(f"{build} holds no .gcda file of {' or '.join(TOPS)}: nothing ran")
    # Sources of which no object ever ran count, too: gcov reads their notes alone.
    notes = sorted(path.resolve() for top in TOPS for path in (build / top).rglob("*.gcno"))
    for note in notes:
        done = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", "--object-file", note, note], cwd=build,
                              capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            coverage.add(json.loads(line))
    return coverage


def show(coverage):
    """The table; True if both bars are met."""
    total, folders, raw = collections.Counter(), collections.defaultdict(collections.Counter), collections.Counter()
    keys = ("lines", "run", "branches", "taken")
    for name, *numbers in coverage.rows():
        for key, number in zip(keys, numbers):
            total[key] += number
            folders[str(pathlib.PurePath(name).parent)][key] += number

    for _, *numbers in coverage.rows(all_of_gcov=True):
        raw.update(dict(zip(keys, numbers)))

    def percent(row, part, whole):
        return 100 * row[part] / row[whole] if row[whole] else 100.0
    print(f"{'':<20} {'lines':>7} {'run %':>7} {'branches':>9} {'taken %':>8}")
    for name, row in [*sorted(folders.items()), ("all", total), ("as gcov says", raw)]:
        print(f"{name:<20} {row['lines']:>7} {percent(row, 'run', 'lines'):>7.1f} {row['branches']:>9} {percent(row, 'taken', 'branches'):>8.1f}")
    print("\nlines that no test runs")
    for name in sorted(coverage.lines):
        if missed := coverage.missed(name):
            print(f"  {name}: {missed}")
    return percent(total, "run", "lines") >= LINES and percent(total, "taken", "branches") >= BRANCHES


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--count", action="store_true", help="count what earlier runs left")
    parser.add_argument("--json", type=pathlib.Path, help="write the counts of each file here")
    parser.add_argument("-L", dest="label", default="fast|slow", help="label of the tests [%(default)s]")
    parser.add_argument("--by_test", type=pathlib.Path, metavar="FOLDER", help="keep what each test ran")
    parser.add_argument("-j", dest="jobs", default="2")
    options = parser.parse_args()
    build = options.build.resolve()
    if not options.count:
        subprocess.run(["cmake", "-G", "Ninja", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1",
                        "-DWEFT_COVERAGE=ON"], check=True)
        subprocess.run(["ninja", "-C", build, "-j", options.jobs], check=True)
        for path in build.rglob("*.gcda"):
            path.unlink()
        if options.by_test:
            run_by_test(build, options.by_test.resolve(), options.label, options.jobs)
        else:
            subprocess.run(["ctest", "--test-dir", build, "-j", options.jobs, "-L", options.label, "-LE", "bench", "-E", LEFT_OUT], check=False)
    coverage = count(build)
    if options.json:
        options.json.write_text(json.dumps({name: dict(zip(("lines", "run", "branches", "taken"), row)) for name, *row in coverage.rows()}, indent=1))
    sys.exit(0 if show(coverage) else 1)


if __name__ == "__main__":
    main()
