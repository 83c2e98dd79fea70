#!/usr/bin/env python3
"""Runs the fuzz targets under libFuzzer: fuzz.py --build build/fuzz --work FOLDER --seconds N [TARGET ...]

    cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_targets
    tests/fuzz/fuzz.py --seconds 600

Each target begins with its seeds (corpus/<target> and the tree's own files) and what FOLDER/<target> holds from runs
before. What breaks it stays in FOLDER/faults. The time spent is added up in FOLDER/seconds.json. --keep makes corpus/ the
smallest set of small files that reaches what FOLDER reached. Exit code 1: a fault was found.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
SEEDS = {
    "machine_file": ["hw/machines/*.yaml"],
    "model_file": ["sw/models/*.yaml"],
    "fabric_file": ["sw/fabric_programs/*.yaml"],
}
LONGEST = {"machine_file": 24576, "model_file": 4096, "fabric_file": 8192, "plan_file": 16384, "idx_file": 512, "checkpoint_file": 16384}
PATIENCE = {"checkpoint_file": 600}  # seconds for one input: HDF5 may take 2 s of a busy machine
LONGEST_KEPT = 4096  # bytes of a file in corpus/
MOST_KEPT = 60       # files of a target in corpus/


def words_of(files):
    """A libFuzzer dictionary of the names in these files: single bytes seldom make a key."""
    names = set()
    for file in files:
        names.update(re.findall(rb"[A-Za-z_][A-Za-z_0-9.]{2,30}", file.read_bytes()))
    return "".join(f'"{name.decode()}"\n' for name in sorted(names)[:2000])


def seeds_of(target):
    files = [file for pattern in SEEDS.get(target, []) for file in sorted(ROOT.glob(pattern))]
    return files + sorted((CORPUS / target).glob("*"))


def fuzz(target, options, seconds):
    work = options.work / target
    work.mkdir(parents=True, exist_ok=True)
    faults = options.work / "faults"
    faults.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        first = pathlib.Path(scratch) / "seeds"
        first.mkdir()
        for index, file in enumerate(seeds_of(target)):
            shutil.copy(file, first / f"{index}_{file.name}")
        words = pathlib.Path(scratch) / "words"
        words.write_text(words_of(seeds_of(target)))
        command = [options.build / "tests" / "fuzz" / f"fuzz_{target}", work, first, f"-max_total_time={seconds}",
                   f"-max_len={LONGEST[target]}", f"-timeout={PATIENCE.get(target, 20)}", "-rss_limit_mb=2048", "-malloc_limit_mb=1024",
                   "-print_final_stats=1", f"-artifact_prefix={faults}/{target}_"]
        if target not in ("idx_file", "checkpoint_file") and words.stat().st_size > 0:
            command.append(f"-dict={words}")
        began = time.monotonic()
        with open(options.work / f"{target}.log", "ab") as log:
            code = subprocess.run(command, stdout=log, stderr=log, check=False).returncode
    return code, time.monotonic() - began


def keep(target, options):
    """The kept corpus: libFuzzer's merge of the small files, the smallest first."""
    with tempfile.TemporaryDirectory() as scratch:
        small, merged = pathlib.Path(scratch) / "small", pathlib.Path(scratch) / "merged"
        small.mkdir()
        merged.mkdir()
        for folder in (CORPUS / target, options.work / target):
            for file in folder.glob("*"):
                if file.stat().st_size <= LONGEST_KEPT:
                    shutil.copy(file, small)
        subprocess.run([options.build / "tests" / "fuzz" / f"fuzz_{target}", "-merge=1", merged, small],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        named = {file.name for file in (CORPUS / target).glob("*") if not re.fullmatch(r"[0-9a-f]{40}", file.name)}
        for file in (CORPUS / target).glob("*"):
            if file.name not in named:
                file.unlink()
        files = sorted(merged.iterdir(), key=lambda file: (file.stat().st_size, file.name))
        stride = max(1, len(files) // MOST_KEPT)
        for file in files[::stride]:
            if file.name not in named:
                shutil.copy(file, CORPUS / target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "fuzz" / "work")
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--keep", action="store_true", help="renew corpus/ instead of fuzzing")
    parser.add_argument("targets", nargs="*", help="(all)")
    options = parser.parse_args()
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    book = options.work / "seconds.json"
    failed = False
    for target in options.targets or sorted(LONGEST):
        if options.keep:
            keep(target, options)
            continue
        code, seconds = fuzz(target, options, options.seconds)
        spent = json.loads(book.read_text()) if book.exists() else {}
        spent[target] = spent.get(target, 0) + seconds
        book.write_text(json.dumps(spent))
        failed |= code != 0
        print(f"{target}: {seconds:.0f} s, {spent[target]:.0f} s in all: {'FAULT, see ' + target + '.log' if code else 'good'}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
