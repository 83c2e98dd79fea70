#!/usr/bin/env python3
"""Does a portable build run on an old processor, with the same report, and how much slower is it here? See README.md.

Exit code 1: something differs, or it is more than 10 % slower; 77: no qemu-x86_64.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BAR = 1.10


def run(*command, cwd):
    return subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)


def report(folder):
    value = json.loads((pathlib.Path(folder) / "report.json").read_text())
    for key in ("host", "provenance"):
        value.pop(key, None)
    return value


def train(program, folder, name, *flags, before=()):
    done = run(*before, program, "train", *flags, "-o", folder / name, cwd=folder)
    if done.returncode != 0:
        sys.exit(f"{name}: exit code {done.returncode}\n{done.stderr}")
    return report(folder / name)


def seconds(program, folder, flags):
    shutil.rmtree(folder / "timed", ignore_errors=True)
    start = time.monotonic()
    train(program, folder, "timed", *flags)
    return time.monotonic() - start


def compare_speed(what, portable, native, folder, flags, pairs):
    ratios = []
    for pair in range(pairs):
        order = (portable, native) if pair % 2 == 0 else (native, portable)
        took = {program: seconds(program, folder, flags) for program in order}
        ratios.append(took[portable] / took[native])
    ratio = statistics.median(ratios)
    print(f"{what}: portable / native {ratio:.3f}, median of {pairs} pairs ({min(ratios):.3f} to {max(ratios):.3f})")
    return ratio <= BAR


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help="a portable build")
    parser.add_argument("--native", type=pathlib.Path, default=ROOT / "build/release/sw/cli/weft")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "data/mnist")
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    qemu = shutil.which("qemu-x86_64")
    if not qemu:
        print("qemu-x86_64 is not installed (Debian's qemu-user)")
        return 77
    nehalem = (qemu, "-cpu", "Nehalem")
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        done = run("cmake", "--install", options.build.resolve(), "--prefix", folder / "installed", cwd=folder)
        if done.returncode != 0:
            sys.exit(done.stderr)
        portable, native = folder / "installed/bin/weft", options.native.resolve()

        refused = run(*nehalem, native, "budget", cwd=folder)
        print(f"native on Nehalem: exit code {refused.returncode}: {refused.stderr.strip()}")
        good &= refused.returncode == 3 and "another processor" in refused.stderr

        data = ("--data", options.data.resolve())
        tiny = ("fc_mnist", *data, "--max_steps", "2", "--set", "model.hidden_sizes=[32]", "--set", "train_input.batch_size=32")
        here = train(native, folder, "native", *tiny)
        for name, before in (("portable", ()), ("nehalem", nehalem)):
            same = train(portable, folder, name, *tiny, before=before) == here
            print(f"{name}: {'the same report' if same else 'ANOTHER REPORT'}")
            good &= same

        good &= compare_speed("fc_mnist", portable, native, folder, ("fc_mnist", *data, "--max_steps", "60"), options.pairs)
        good &= compare_speed("mlp_5120x8, timed only", portable, native, folder,
                              ("mlp_5120x8", "--machine", "wse2", "--timing_only"), options.pairs)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
