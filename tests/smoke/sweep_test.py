#!/usr/bin/env python3
"""Does `weft sweep` run every point once, whatever kills it, alone or as an array, and collect what the points gave?"""
import csv
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import weft_cli  # noqa: E402

GBPS = (100, 25, 5)
SYSTEMS = (1, 2, 4)
FILE = """
title: Systems and Ethernet
run: {model: fc_mnist_tiny, timing_only: true, max_steps: 3, set: {train_input.shuffle: false}}
axes:
  - grid: {num_csx: [1, 2, 4]}
  - grid: {machine_set: {io.ethernet_gbps: [100, 25, 5]}}
"""


def environment(**more):
    return {**{key: value for key, value in os.environ.items() if key not in ("SLURM_ARRAY_TASK_ID", "LSB_JOBINDEX")}, **more}


class Sweep(weft_cli.ScratchTrainings):
    def setUp(self):
        self.file = self.folder / f"{self.id().rsplit('.', 1)[1]}.yaml"
        self.out = self.file.with_suffix("")
        self.file.write_text(FILE)

    def sweep(self, *flags, **more):
        return weft_cli.run("sweep", self.file, "-o", self.out, *flags, cwd=self.folder, env=environment(**more))

    def records(self):
        """When the report of each point was written that came to its end, with a sweep to see it or without."""
        ended = [path.parent for path in self.out.glob("[0-9]/run.json") if json.loads(path.read_text())["state"] == "completed"]
        return {folder.name: (folder / "report.json").stat().st_mtime_ns for folder in ended}

    def collected(self, code=0):
        done = self.sweep("--collect")
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout, json.loads((self.out / "sweep.json").read_text())["points"]

    def test_points_are_run_once_and_give_what_trainings_give(self):
        done = self.sweep("--jobs", "2")
        self.assertEqual((done.returncode, done.stdout[:14]), (0, "9 of 9 points "), done.stderr)
        before = self.records()
        self.assertEqual(len(before), 9)
        self.assertEqual(self.sweep().returncode, 0)
        self.assertEqual(self.records(), before, "a point that was done was run again")

        text, points = self.collected()
        with open(self.out / "sweep.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertTrue((self.out / "sweep.svg").read_text().startswith("<svg"))
        self.assertEqual((self.out / "sweep.txt").read_text(), text)
        for index, (point, row) in enumerate(zip(points, rows, strict=True)):
            systems, gbps = SYSTEMS[index // 3], GBPS[index % 3]
            self.assertEqual(point["values"], {"num_csx": str(systems), "machine_set.io.ethernet_gbps": str(gbps)})
            self.assertEqual((int(row["point"]), float(row["step_cycles"])), (index + 1, point["step_cycles"]))
            self.assertAlmostEqual(point["speed_up"], point["samples_per_second"] / points[0]["samples_per_second"])
        # The same by hand.
        alone = self.folder / "alone"
        done = weft_cli.run("train", "fc_mnist_tiny", "--timing_only", "--max_steps", "3", "--set",
                            "train_input.shuffle=false", "--num_csx", "2", "--machine_set", "io.ethernet_gbps=5", "-o",
                            alone, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(weft_cli.report(alone)["steps"], weft_cli.report(self.out / "6")["steps"])
        # Slower Ethernet and more systems change the step: the points differ.
        self.assertGreater(points[2]["step_cycles"], points[0]["step_cycles"])

    def test_a_picture_shows_what_each_change_does_and_the_largest_first(self):
        """Bars from the middle: to the right what gives more samples a second, as long as the change is large."""
        self.file.write_text("run: {model: fc_mnist_tiny, timing_only: true, max_steps: 3, set: {train_input.shuffle: false}}\n"
                             "axes:\n  - list: [{}, {machine_set.router.hop_cycles: 2}, {machine_set.io.ethernet_gbps: 5},\n"
                             "           {machine_set.pe.scalar_cycles: 2}]\n")
        self.assertEqual(self.sweep("--jobs", "2").returncode, 0)
        _, points = self.collected()
        changes = sorted((point["speed_up"] - 1 for point in points[1:]), key=abs, reverse=True)
        picture = (self.out / "sweep.svg").read_text()
        middle = float(re.search(r'class="grid" d="M([\d.]+) 70V', picture).group(1))
        found = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="14"', picture)
        bars = [(float(x), float(width)) for x, _, width in found]
        # A bar and its two texts stand on one line of their own.
        texts = re.findall(r'<text class="soft" x="[\d.]+" y="([\d.]+)"', picture)[1:]
        self.assertEqual(list(map(float, texts)), [float(top) + 12 for _, top, _ in found for _ in range(2)])
        self.assertEqual(len({top for _, top, _ in found}), len(found))
        self.assertEqual(re.findall(r"([+-][\d.]+ %)<", picture), [f"{100 * change:+.1f} %" for change in changes])
        most = max(0.01, *map(abs, changes))
        for change, (x, width) in zip(changes, bars, strict=True):
            self.assertAlmostEqual(width, 200 * abs(change) / most, delta=0.06)
            self.assertAlmostEqual(x, middle if change >= 0 else middle - width, delta=0.11)

    def test_a_picture_of_scaling_has_a_line_for_each_of_the_other_settings(self):
        self.file.write_text("run: {model: fc_mnist_tiny, timing_only: true, max_steps: 2}\n"
                             "axes:\n  - grid: {num_csx: [1, 2]}\n  - grid: {machine_set.io.ethernet_gbps: [5, 100]}\n"
                             "picture: scaling\n")
        self.assertEqual(self.sweep("--jobs", "2").returncode, 0)
        self.collected()
        picture = (self.out / "sweep.svg").read_text()
        self.assertEqual(re.findall(r">(\S+=\S+)<", picture), [f"machine_set.io.ethernet_gbps={gbps}" for gbps in (100, 5)])
        self.assertEqual(picture.count("<circle"), 4)

    def test_a_killed_sweep_goes_on_where_it_was(self):
        for stop in (signal.SIGTERM, signal.SIGKILL):
            with subprocess.Popen([weft_cli.program(), "sweep", self.file, "-o", self.out, "--jobs", "1"], cwd=self.folder,
                                  env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                wanted, deadline = len(self.records()) + 2, time.monotonic() + 120
                while len(self.records()) < wanted and time.monotonic() < deadline:
                    time.sleep(0.01)
                process.send_signal(stop)
                code = process.wait(timeout=60)
            self.assertIn(code, (128 + signal.SIGTERM, -signal.SIGKILL))
            self.assertLess(len(self.records()), 9, "the sweep was over before it was killed")
        before = self.records()
        _, points = self.collected(code=1)
        # The point that was under way may have ended without a sweep to record it.
        self.assertIn(sum(point["state"] == "done" for point in points) - len(before), (0, 1))
        deadline = time.monotonic() + 120
        while self.sweep().stdout[:14] != "9 of 9 points " and time.monotonic() < deadline:
            time.sleep(0.1)
        after = self.records()
        self.assertEqual(len(after), 9)
        self.assertEqual({name: after[name] for name in before}, before, "a point that was done was run again")

    def test_arrays_of_slurm_and_lsf_run_one_point_each(self):
        for number in range(1, 10):
            variable = "SLURM_ARRAY_TASK_ID" if number % 2 else "LSB_JOBINDEX"
            done = self.sweep(**{variable: str(number)})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(self.records()), number)
        array, _ = self.collected()
        whole = self.out.with_name("whole")
        self.assertEqual(weft_cli.run("sweep", self.file, "-o", whole, cwd=self.folder, env=environment()).returncode, 0)
        done = weft_cli.run("sweep", self.file, "-o", whole, "--collect", cwd=self.folder, env=environment())
        self.assertEqual(done.stdout, array)
        for flags, more in ((["--index", "10"], {}), (["--index", "0"], {}), ([], {"SLURM_ARRAY_TASK_ID": "10"})):
            done = self.sweep(*flags, **more)
            self.assertEqual(done.returncode, 2)
            self.assertIn("allowed: 1 to 9", done.stderr)

    def test_a_point_that_fails_is_told_and_run_again(self):
        # Weights from a file that is no checkpoint: found out in the run, not before.
        self.file.write_text("run: {model: fc_mnist_tiny, max_steps: 1, data: " + str(self.data) + "}\n"
                             "axes: [{list: [{}, {initial_weights: weights.mdl}]}]\n")
        (self.folder / "weights.mdl").write_text("none")
        done = self.sweep()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("1 of 2 points done, 1 failed", done.stdout)
        text, points = self.collected(code=1)
        self.assertIn("point 2 (initial_weights=weights.mdl): failed", text)
        self.assertIn("weights.mdl", points[1]["error"])
        before, failure = self.records(), (self.out / "2.json").stat().st_mtime_ns
        self.sweep()
        self.assertEqual(list(before), ["1"])
        self.assertEqual(self.records(), before)
        self.assertGreater((self.out / "2.json").stat().st_mtime_ns, failure)

    def test_nothing_is_started_if_a_point_is_refused(self):
        self.file.write_text("run: {model: fc_mnist_tiny, timing_only: true, max_steps: 1}\n"
                             "axes: [{list: [{}, {set.optimizer.learning_rat: 1}, {machine-set.io.ethernet_gbps: 1}]}]\n")
        done = self.sweep()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        for part in ("point 2 (set.optimizer.learning_rat=1)", "learning_rate", "point 3", "nearest: --machine_set"):
            self.assertIn(part, done.stderr)
        self.assertEqual([path for path in self.out.iterdir() if path.is_dir()], [])

    def test_a_refused_point_of_an_array_has_failed(self):
        self.file.write_text("run: {model: fc_mnist_tiny, timing_only: true, max_steps: 1}\n"
                             "axes: [{list: [{}, {set.optimizer.learning_rat: 1}]}]\n")
        self.assertEqual(self.sweep(SLURM_ARRAY_TASK_ID="1").returncode, 0)
        self.assertEqual(self.sweep(SLURM_ARRAY_TASK_ID="2").returncode, 2)
        _, points = self.collected(code=1)
        self.assertEqual([point["state"] for point in points], ["done", "failed"])
        self.assertIn("learning_rate", points[1]["error"])

    def test_a_sweep_file_is_told_all_its_errors(self):
        self.file.write_text("run: {timing_only: true, o: there}\naxis: 3\n"
                             "axes:\n  - zip: {num_csx: [1, 2], max_steps: [1]}\n  - cube: {}\n  - grid: {num_csx: 1}\n"
                             "picture: pie\n")
        done = self.sweep("--list")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        for part in (":2:1: axis: no section of a sweep; nearest: axes", "o: the sweep says", "max_steps has 1 values",
                     "'cube'", "num_csx: expected a list", "no model"):
            self.assertIn(part, done.stderr)
        self.assertFalse(self.out.exists())
        values = ", ".join(map(str, range(400)))
        self.file.write_text(f"run: {{model: fc_mnist_tiny}}\naxes:\n  - grid: {{runconfig.seed: [{values}]}}\n"
                             f"  - grid: {{max_steps: [{values}]}}\n  - list: [3]\n")
        done = self.sweep("--list")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        for part in ("160000 points and more; allowed: 100000", "expected keys and values"):
            self.assertIn(part, done.stderr)
        values = ", ".join(map(str, range(10001)))
        self.file.write_text(f"run: {{model: fc_mnist_tiny}}\naxes:\n  - grid: {{runconfig.seed: [{values}]}}\n"
                             "  - grid: {max_steps: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\n")
        done = self.sweep("--list")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("100010 points and more", done.stderr)
        for picture, part in (("pie", "allowed: scaling, tornado"), ("scaling", "scaling needs num_csx among the axes")):
            self.file.write_text(f"run: {{model: fc_mnist_tiny}}\naxes: [{{grid: {{max_steps: [1, 2]}}}}]\npicture: {picture}\n")
            done = self.sweep("--list")
            self.assertEqual((done.returncode, done.stdout), (2, ""), picture)
            self.assertIn(part, done.stderr)

    def test_a_value_may_be_a_list(self):
        self.file.write_text("run: {model: fc_mnist_tiny, timing_only: true, max_steps: 1}\n"
                             "axes: [{grid: {set.model.hidden_sizes: [[5], [6, 7]]}}]\n")
        self.assertEqual(self.sweep("--jobs", "2").returncode, 0)
        _, points = self.collected()
        self.assertEqual([point["values"] for point in points], [{"set.model.hidden_sizes": text} for text in ("[5]", "[6,7]")])
        self.assertEqual([len(weft_cli.report(self.out / name)["plan"]["layers"]) for name in ("1", "2")], [2, 3])

    def test_a_changed_file_is_refused_in_the_old_folder(self):
        self.assertEqual(self.sweep("--index", "1").returncode, 0)
        self.file.write_text(FILE.replace("max_steps: 3", "max_steps: 2"))
        done = self.sweep()
        self.assertEqual(done.returncode, 2)
        self.assertIn("the sweep file has changed", done.stderr)

    def test_the_shipped_sweeps_are_right(self):
        for file in sorted((weft_cli.SOURCE / "sw/sweeps").glob("*.yaml")):
            with self.subTest(file=file.stem):
                done = weft_cli.run("sweep", file.stem, "--list", cwd=self.folder, env=environment())
                self.assertEqual(done.returncode, 0, done.stderr)
                counted = weft_cli.run("sweep", file.stem, "--count", cwd=self.folder, env=environment())
                self.assertEqual(len(done.stdout.splitlines()), int(counted.stdout))


if __name__ == "__main__":
    unittest.main()
