#!/usr/bin/env python3
"""Question: is nothing lost or mixed when many runs start at once, die at any moment, share a folder, or fill the disk?

tests/stress/run_folders.py [--starts N] [--kills N] [--shared N] [--seed N]      the long version: 200, 200, 60
CTest runs it with small numbers. WEFT_BINARY names the program. One line a part; exit code 1 when a folder does not say
what it is, a file is half-written, or a run cannot go on.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import make_data, program

PROBLEMS = []


def problem(text):
    PROBLEMS.append(text)
    print("PROBLEM:", text, flush=True)


def state_of(folder):
    try:
        return json.loads((folder / "run.json").read_text())
    except (OSError, ValueError) as error:
        problem(f"{folder}: does not say what it is: {error}")
        return {"state": "unknown", "run_id": None}


def train(*arguments, cwd, **options):
    return subprocess.Popen([program(), "train", *map(str, arguments)], cwd=cwd, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True, **options)


def whole(folder):
    """Every JSON file parses; no temporary file is left by a run that ended by itself."""
    for path in folder.rglob("*.json"):
        try:
            json.loads(path.read_text())
        except ValueError as error:
            problem(f"{path}: {error}")


def at_once(home, count):
    runs = [train("fc_mnist_tiny", "--timing_only", "--max_steps", 2, cwd=home) for _ in range(count)]
    for process in runs:
        error = process.communicate()[1]
        if process.returncode != 0:
            problem(f"a start: exit {process.returncode}: {error}")
    folders = [path for path in (home / "runs/fc_mnist_tiny").iterdir() if not path.is_symlink()]
    states = [state_of(folder) for folder in folders]
    owners = {state.get("pid") for state in states}
    for folder, state in zip(folders, states):
        if state["state"] != "completed" or not (folder / "report.json").exists() or not (folder / "summary.txt").exists():
            problem(f"{folder}: {state['state']}")
        whole(folder)
    if len(folders) != count or owners != {process.pid for process in runs}:
        problem(f"{count} starts, {len(folders)} folders, {len(owners)} owners")
    stamps = collections.Counter(folder.name[:15] for folder in folders)
    print(f"at once: {count} starts, {len(folders)} folders, {len(owners)} owners, up to {max(stamps.values())} in one second", flush=True)


def killed(home, count, data, seed):
    """A run of 60 steps with a checkpoint every third is killed again and again at random moments and goes on."""
    chance = random.Random(seed)
    common = ["fc_mnist_tiny", "--data", data, "--max_steps", 60, "--checkpoint_steps", 3]
    plain = train(*common, "-o", "plain", cwd=home)
    began = time.monotonic()
    if plain.wait() != 0:
        return problem("the run that nobody kills: " + plain.stderr.read())
    length = time.monotonic() - began
    expected = (home / "plain/checkpoint_60.mdl").read_bytes()
    left = collections.Counter()
    number, done, finished, folder = 0, 0, 0, None
    while done < count:
        if folder is None:
            number += 1
            folder = home / f"killed_{number}"
        has = folder.exists() and any(folder.glob("checkpoint_*.mdl"))
        use = [] if not folder.exists() else ["--resume"] if has else ["--overwrite"]
        process = train(*common, "-o", folder.name, "--vcd", f"{folder.name}.vcd", *use, cwd=home)
        try:
            process.wait(timeout=chance.uniform(0, 1.1 * length))
        except subprocess.TimeoutExpired:
            process.kill()
        error = process.communicate()[1]
        if process.returncode == -signal.SIGKILL:
            done += 1
            state = state_of(folder)["state"] if (folder / "run.json").exists() else "before it began" if not folder.exists() or not any(folder.glob("*")) else "nothing"
            left[state] += 1
            if folder.exists():
                whole(folder)
            trace = home / f"{folder.name}.vcd"
            if state == "running" and trace.exists() and os.environ.get("WEFT_VCD_TOTALS"):
                opened = subprocess.run([os.environ["WEFT_VCD_TOTALS"], trace], capture_output=True, text=True)
                left["traces that open" if opened.returncode == 0 else "traces that do not"] += 1
                if opened.returncode != 0:
                    problem(f"{trace}: {opened.stderr}")
            continue
        # Killed behind its last checkpoint, before its report: there is nothing to go on with, and it is told.
        over = process.returncode == 2 and "nothing is left to train" in error
        if process.returncode != 0 and not over:
            problem(f"{folder}: exit {process.returncode}: {error}")
        if (folder / "checkpoint_60.mdl").read_bytes() != expected:
            problem(f"{folder}: other bits than the run that nobody killed")
        finished += 1
        folder = None
    print(f"killed: {done} kills, {finished} runs got to their end all the same, each with the bits of the run that nobody killed; "
          f"a kill left {dict(left)}", flush=True)


def shared(home, count, data):
    """All with one -o: one has it at a time, the others are refused; nothing is mixed."""
    runs = [train("fc_mnist_tiny", "--data", data, "--max_steps", 20, "-o", "shared", cwd=home) for _ in range(count)]
    codes = collections.Counter()
    for process in runs:
        error = process.communicate()[1]
        codes[process.returncode] += 1
        if process.returncode == 2 and "shared" not in error:
            problem(error)
    state = state_of(home / "shared")
    report = json.loads((home / "shared/report.json").read_text())
    if codes[0] != 1 or state["state"] != "completed" or len(report["steps"]) != 20:
        problem(f"-o shared: {dict(codes)}, {state['state']}, {len(report['steps'])} steps")
    log = (home / "shared/run.log").read_text()
    if log.count("Run completed") != 1 or log.count("Step=20,") != 1:
        problem("-o shared: the log is mixed")
    print(f"-o shared: {count} starts, exit codes {dict(codes)}", flush=True)


def full_disk(home, data):
    """Files may be no longer than so many bytes: from too little for a log to enough for all but the checkpoint."""
    told = collections.Counter()
    for size in (0, 200, 1000, 2000, 5000, 20000, 60000):
        def limit(size=size):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        folder = home / f"full_{size}"
        process = train("fc_mnist_tiny", "--data", data, "--max_steps", 4, "-o", folder.name, cwd=home, preexec_fn=limit)
        error = process.communicate()[1]
        if process.returncode == 0 or "cannot be" not in error:
            problem(f"full disk at {size}: exit {process.returncode}: {error}")
        if (folder / "run.json").exists():
            told[state_of(folder)["state"]] += 1
        else:
            told["refused before it began"] += 1
        if list(folder.glob("*.part")) or (folder / "checkpoint_4.mdl").exists():
            problem(f"{folder}: half-written files")
        whole(folder)
        again = train("fc_mnist_tiny", "--data", data, "--max_steps", 4, "-o", folder.name, "--overwrite", cwd=home)
        if again.wait() != 0:
            problem(f"{folder}: cannot be used again: {again.stderr.read()}")
    print(f"full disk: 7 sizes, none exit 0, the folders say {dict(told)}; each was used again", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--shared", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = pathlib.Path(temporary)
        data = make_data(home / "data")
        at_once(home, options.starts)
        shared(home, options.shared, data)
        full_disk(home, data)
        killed(home, options.kills, data, options.seed)
        shutil.rmtree(home / "runs")
    print(f"{len(PROBLEMS)} problems")
    return 1 if PROBLEMS else 0


if __name__ == "__main__":
    sys.exit(main())
