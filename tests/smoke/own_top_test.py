#!/usr/bin/env python3
"""Can a SystemC top of somebody else be built against the installed package, and do Weft's blocks run in it?

The package is built without optimisation, for one level and many files at a time, so that the test is cheap; its targets and
files are those of the real one.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


class OwnTop(unittest.TestCase):
    def test_a_top_with_a_monitor_runs_against_the_package(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            run("cmake", "-S", ROOT, "-B", folder / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DWEFT_NATIVE=OFF",
                "-DWEFT_PORTABLE_LEVELS=x86-64-v2", "-DWEFT_RTL=OFF", "-DBUILD_TESTING=OFF",
                "-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_UNITY_BUILD_BATCH_SIZE=16", *sys.argv[2:])
            run("cmake", "--build", folder / "build", "--target", "weft_machine_x86-64-v2")
            run("cmake", "--install", folder / "build", "--prefix", folder / "installed", "--component", "development")
            run("cmake", "-S", ROOT / "examples/own_top", "-B", folder / "own", "-G", "Ninja",
                f"-DCMAKE_PREFIX_PATH={folder / 'installed'}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
            commands = (folder / "own/compile_commands.json").read_text()
            self.assertNotIn("-march", commands)
            self.assertNotIn("-Wpedantic", commands)
            self.assertNotIn(str(ROOT / "hw"), commands, "the user's code sees the source tree")
            run("cmake", "--build", folder / "own")
            text = run(folder / "own/own_top")

        passed = {f"{way} {kind}": (int(blocks), int(size))
                  for way, kind, blocks, size in re.findall(r"(\w+) (\w+): (\d+) blocks, (\d+) bytes", text)}
        # 64-32-10, three steps: a step streams fc1 and fc2 forward with their biases and fc2's delta in 2 B a weight, and
        # gets both gradients in 4 B. MemoryX sees one copy, however many systems there are.
        self.assertEqual(passed["down weights"][1], 3 * 2 * (32 * 65 + 10 * 33 + 32 * 10))
        self.assertEqual(passed["up gradient"][1], 3 * 4 * (32 * 65 + 10 * 33))
        self.assertEqual(passed["down step_begin"], (3, 3 * 4))
        self.assertEqual(passed["up loss"], (3, 3 * 8))
        losses = [float(loss) for loss in re.findall(r"loss ([\d.]+) a sample", text)]
        self.assertEqual(len(losses), 3)
        self.assertAlmostEqual(losses[0], 2.303, delta=0.05, msg="ten classes, small weights: ln 10")
        self.assertLess(losses[2], losses[0])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
