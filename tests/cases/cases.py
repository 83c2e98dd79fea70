#!/usr/bin/env python3
"""Is every test case that the sources declare one that ctest runs, and is none lost? Exit code 1 if not.

    tests/cases/cases.py BUILD            sources, binaries and ctest's list against each other, and against least.txt
    tests/cases/cases.py BUILD --renew    writes least.txt: how many cases each file must have at the least
    tests/cases/cases.py BUILD --ran JUNIT [--all]
                                          ctest's results (ctest --output-junit): none skipped, none not run, none empty;
                                          --all: and none of ctest's list is missing
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEAST = pathlib.Path(__file__).resolve().parent / "least.txt"
RUNNER = ROOT / "tests" / "support" / "run_cases.py"
DECLARED = {".cpp": re.compile(r"^\s*TEST_CASE\(", re.M), ".py": re.compile(r"^    def test_\w+\(", re.M)}


def declared():
    """Cases by test file, as the sources have them: {"unit/fp16_test.cpp": 7, ...}."""
    files = sorted(path for path in (ROOT / "tests").glob("*/*_test.*") if path.suffix in DECLARED)
    return {path.relative_to(ROOT / "tests").as_posix(): len(DECLARED[path.suffix].findall(path.read_text(encoding="utf-8")))
            for path in files}


def compiled(build, file):
    """Whether this build has the tier: without the RTL there is no cosim."""
    return (build / "tests" / pathlib.PurePath(file).parent / "CTestTestfile.cmake").exists()


def tests_of(build):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True, check=True)
    return json.loads(listing.stdout)["tests"]


def lines(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line]


def problems_of_binary(binary, asked):
    """`asked`: the names that ctest gives this binary."""
    listed = [line.strip() for line in lines(binary, "--list-test-names-only")]
    names = [re.sub(r"\\([][,])", r"\1", name) for name in asked]
    found = [f"{binary.name}: ctest runs '{name}', which is no case of it" for name in names if name not in listed]
    found += [f"{binary.name}: no test of ctest runs '{name}'" for name in listed if name not in names]
    if subprocess.run([binary, "no case has this name"], capture_output=True, check=False).returncode == 0:
        found.append(f"{binary.name}: ends well where no case ran (tests/support/test_main.cpp)")
    return listed, found


def check(build):
    """Everything that is wrong, a line each; and the number of cases."""
    by_program, scripts, problems = {}, {}, []
    for test in tests_of(build):
        command = test.get("command")
        if not command:
            problems.append(f"{test['name']}: has no command (not built?)")
            continue
        program = pathlib.Path(command[0])
        if program.stem.endswith("_test"):
            by_program.setdefault(program, []).append(command[1])
        for at, word in enumerate(command):
            if word.endswith("_test.py"):
                scripts[pathlib.Path(word).resolve()] = pathlib.Path(command[at - 1]).name
    least = dict(line.rsplit(" ", 1) for line in LEAST.read_text().splitlines()) if LEAST.exists() else {}
    number = 0
    for file, count in declared().items():
        if not compiled(build, file):
            continue
        path = build / "tests" / pathlib.PurePath(file).with_suffix("") if file.endswith(".cpp") else ROOT / "tests" / file
        if file.endswith(".cpp"):
            if path not in by_program:
                problems.append(f"{file}: ctest runs nothing of it")
                continue
            listed, found = problems_of_binary(path, by_program[path])
            problems += found
        else:
            if scripts.get(path) != RUNNER.name:
                problems.append(f"{file}: ctest runs nothing of it, or not by tests/support/{RUNNER.name}")
                continue
            listed = lines(sys.executable, "-B", RUNNER, "--list", path)
        if len(listed) != count:
            problems.append(f"{file}: declares {count} cases, has {len(listed)}")
        number += len(listed)
    now = declared()
    problems += [f"{file}: {now.get(file, 0)} cases, once {wanted} (if that is meant: tests/cases/cases.py BUILD --renew)"
                 for file, wanted in least.items() if now.get(file, 0) < int(wanted)]
    return problems, number


def ran(build, junit, everything):
    results = {case.get("name"): case for case in xml.etree.ElementTree.parse(junit).getroot().iter("testcase")}
    problems = [f"{name}: {case.get('status')}" for name, case in results.items() if case.get("status") != "run"]
    problems += [f"{name}: no tests ran" for name, case in results.items()
                 if any("No tests ran" in (out.text or "") for out in case.iter("system-out"))]
    if everything:
        def bench(test):
            return any("bench" in one["value"] for one in test.get("properties", []) if one["name"] == "LABELS")
        problems += [f"{test['name']}: was not run" for test in tests_of(build) if test["name"] not in results and not bench(test)]
    return problems, len(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--renew", action="store_true")
    parser.add_argument("--ran", type=pathlib.Path, metavar="JUNIT")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    if options.renew:
        LEAST.write_text("".join(f"{file} {count}\n" for file, count in declared().items()))
        return
    build = options.build.resolve()
    problems, number = ran(build, options.ran, options.all) if options.ran else check(build)
    for line in problems:
        print(line)
    print(f"{number} {'tests' if options.ran else 'cases'}, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
