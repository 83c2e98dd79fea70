#!/usr/bin/env python3
"""Question: does a folder belong to one run, whoever else starts, and does it always say what it is?"""
import datetime
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, program, report, run


class RunFolders(ScratchTrainings):
    def train(self, *arguments, steps=2):
        return run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", steps, *arguments, cwd=self.folder)

    def good(self, *arguments, **options):
        result = self.train(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def refused(self, result, *texts):
        self.assertEqual(result.returncode, 2, result.stderr + result.stdout)
        for text in texts:
            self.assertIn(text, result.stderr)

    def start(self, *arguments):
        """A run that goes on for ever, once it has done a step."""
        process = subprocess.Popen([program(), "train", "fc_mnist_tiny", "--data", str(self.data), "--max_steps", "1000000", *arguments],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stdout:
            if "Step=4," in line:
                return process
        raise AssertionError(process.stderr.read())

    def state(self, folder):
        return json.loads((self.folder / folder / "run.json").read_text())

    def outputs(self, folder):
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".claim"}

    def test_starts_of_one_second_have_folders_of_their_own(self):
        home = self.folder / "one_second"
        home.mkdir()
        command = [program(), "train", "fc_mnist_tiny", "--timing_only", "--max_steps", "1"]
        starts = [subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(16)]
        for process in starts:
            _, error = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 0, error)
        folders = [path for path in (home / "runs/fc_mnist_tiny").iterdir() if not path.is_symlink()]
        self.assertEqual(len(folders), len(starts))
        processes = {json.loads((folder / "run.json").read_text())["pid"] for folder in folders}
        self.assertEqual(processes, {process.pid for process in starts})
        for folder in folders:
            state = json.loads((folder / "run.json").read_text())
            self.assertEqual((state["state"], state["host"]), ("completed", socket.gethostname()))
        odd = os.fsdecode(b"odd\xfe")
        for others in ([odd], [odd, odd]):
            result = subprocess.run([program(), "compare", odd, *others, "--json"], cwd=self.folder, capture_output=True, timeout=60)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("odd\ufffd", result.stdout.decode())
        sweep = self.folder / os.fsdecode(b"sweep\xff.yaml")
        sweep.write_text("run: {model: fc_mnist_tiny, timing_only: true, max_steps: 1}\naxes:\n- grid: {num_csx: [1]}\n")
        for how in ([], ["--collect"]):
            result = subprocess.run([program(), "sweep", sweep, "-o", b"points\xfe", *how], cwd=self.folder, capture_output=True, timeout=60)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertTrue((folder / "report.json").exists())
        self.assertTrue((home / "runs/fc_mnist_tiny/latest/report.json").exists())

    def test_a_run_that_is_going_on_keeps_its_folder(self):
        first = self.start("-o", "held")
        try:
            for further in ([], ["--resume"], ["--overwrite"], ["--compile_only"]):
                self.refused(self.train("-o", "held", *further), "held", f"process {first.pid} on {os.uname().nodename} since")
            self.assertEqual(self.state("held")["state"], "running")
        finally:
            first.send_signal(signal.SIGINT)
            first.communicate(timeout=120)
        self.assertEqual(first.returncode, 0)
        self.assertEqual(self.state("held")["state"], "stopped")
        claimed, started = ((self.folder / "held/.claim").read_text().split()[2], self.state("held")["started"])
        seconds = [datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() for text in (claimed, started)]
        self.assertLess(abs(seconds[0] - seconds[1]), 60)

    def test_a_finished_run_is_not_replaced(self):
        self.good("-o", "done")
        before = self.outputs(self.folder / "done")
        self.refused(self.train("-o", "done"), "done", "completed, step 2", "--resume", "--overwrite")
        self.refused(self.train("-o", "done", "--resume", "--overwrite", steps=4), "exclude each other")
        self.assertEqual(self.outputs(self.folder / "done"), before)
        self.good("-o", "done", "--overwrite", "--set", "optimizer.learning_rate=0.01")
        self.assertEqual(self.outputs(self.folder / "done/overwritten_1"), before)
        self.good("-o", "done", "--overwrite")
        self.assertTrue((self.folder / "done/overwritten_2/report.json").exists())
        self.assertEqual(self.outputs(self.folder / "done/overwritten_1"), before)
        self.assertNotEqual(self.state("done")["run_id"], self.state("done/overwritten_2")["run_id"])
        self.assertEqual(self.state("done")["run_id"], self.state("done/overwritten_1")["run_id"])

    def test_a_killed_run_is_told_apart_and_goes_on(self):
        killed = self.start("-o", "killed", "--checkpoint_steps", "3")
        killed.kill()
        killed.communicate()
        self.refused(self.train("-o", "killed"), f"process {killed.pid} on", "died without a word", "checkpoint_", "--resume")
        self.assertEqual((self.state("killed")["state"], self.state("killed")["pid"]), ("running", killed.pid))
        newest = max(int(path.stem.split("_")[1]) for path in (self.folder / "killed").glob("checkpoint_*.mdl"))
        self.good("-o", "killed", "--resume", steps=newest + 2)
        self.assertEqual(self.state("killed")["first_step"], newest)
        self.assertEqual(self.state("killed")["state"], "completed")

    def test_a_refused_start_and_a_failed_one_leave_the_folder_as_it_is(self):
        self.refused(self.train("-o", "new", "--set", "model.hidden_sizes=[60000,60000]"), "does not fit")
        self.assertFalse((self.folder / "new").exists())

    def test_a_claim_may_be_read_and_written_by_whom_the_user_lets(self):
        """Who may write into the folder may claim it; nobody may execute it."""
        for umask, mode in ((0o000, 0o666), (0o027, 0o640)):
            result = subprocess.run([program(), "train", "fc_mnist_tiny", "--timing_only", "--max_steps", "1", "-o", f"mask_{umask}"],
                                    cwd=self.folder, umask=umask, capture_output=True, text=True, timeout=120)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual((self.folder / f"mask_{umask}/.claim").stat().st_mode & 0o777, mode)

    def test_a_run_resumes_its_own(self):
        """30 steps, then 10 with another rate in the same folder, then --resume."""
        self.good("-o", "own", steps=30)
        self.good("-o", "own", "--overwrite", "--set", "optimizer.learning_rate=0.01", steps=10)
        self.good("-o", "own", "--resume", "--set", "optimizer.learning_rate=0.01", steps=12)
        self.assertEqual([step["global_step"] for step in report(self.folder / "own")["steps"]], [11, 12])
        kept = json.loads((self.folder / "own/report_to_10.json").read_text())
        self.assertEqual(kept["steps"][-1]["global_step"], 10)
        self.assertFalse((self.folder / "own/report_to_30.json").exists())
        shutil.copy(self.folder / "own/overwritten_1/checkpoint_30.mdl", self.folder / "own")
        before = self.outputs(self.folder / "own")
        self.refused(self.train("-o", "own", "--resume", "--set", "optimizer.learning_rate=0.01", steps=40),
                     "checkpoint_30.mdl", "of run " + self.state("own/overwritten_1")["run_id"], self.state("own")["run_id"])
        self.assertEqual(self.outputs(self.folder / "own"), before)

    def test_a_damaged_newest_checkpoint_is_told_with_the_one_before_it(self):
        self.good("-o", "torn", "--checkpoint_steps", 2, steps=4)
        newest = self.folder / "torn/checkpoint_4.mdl"
        newest.write_bytes(newest.read_bytes()[:-1000])
        self.refused(self.train("-o", "torn", "--resume", steps=6), "truncated", "goes on from torn/checkpoint_2.mdl")
        newest.unlink()
        self.good("-o", "torn", "--resume", steps=6)

    def test_any_name_of_a_model_names_a_folder(self):
        names = {"a\0b/c\n": "a_b_c_", "x" * 99 + "é" + "y": "x" * 99, "..": "model"}
        for name, folder in names.items():
            self.good("--set", f"model.name={json.dumps(name)}")
            self.assertTrue((self.folder / "runs" / folder / "latest/report.json").exists(), sorted((self.folder / "runs").iterdir()))

    def test_reports_keep_their_names(self):
        self.good("-o", "labels", steps=4)
        for _ in range(2):
            result = run("eval", "fc_mnist_tiny", "--data", self.data, "--resume", "-o", "labels", cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.good("-o", "labels", "--resume", steps=6)
        for step in (3, 6):
            shown = run("show", "labels", "--step", step, cwd=self.folder)
            self.assertIn(f"step {step}\n", shown.stdout, shown.stderr)
        self.refused(run("show", "labels", "--step", 7, cwd=self.folder), "training steps 5 to 6")
        names = {path.name for path in (self.folder / "labels").glob("report*.json")}
        self.assertEqual(names, {"report_to_4.json", "report_eval_4.json", "report_eval_4_2.json", "report.json"})

    def test_a_plan_is_no_run(self):
        for _ in range(2):
            self.good("-o", "planned", "--compile_only")
        planned = self.state("planned")
        self.assertEqual((planned["state"], planned["first_step"], planned["global_step"]), ("planned", 0, 0))
        self.good("-o", "planned", "--plan", "planned")
        self.good("-o", "planned", "--compile_only")
        self.assertEqual(self.state("planned")["state"], "completed", "a run's folder stays a run's")

    def test_what_is_no_file_is_written_into_and_not_replaced(self):
        self.good("-o", "whole", "--timing_only")
        pipe, link, target = (self.folder / name for name in ("pipe", "link.svg", "target.svg"))
        os.mkfifo(pipe)
        link.symlink_to(target)
        reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True)
        for path in (pipe, link):
            result = run("show", "whole", "--svg", path, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
        reader.kill() if not pipe.is_fifo() else None  # replaced: nobody will ever write
        self.assertIn("</svg>", reader.communicate(timeout=60)[0])
        self.assertTrue(pipe.is_fifo() and link.is_symlink())
        self.assertIn("</svg>", target.read_text())

    def test_names_that_are_not_utf_8(self):
        model = self.folder / "bytes.yaml"
        text = (pathlib.Path(__file__).resolve().parents[2] / "sw/models/fc_mnist_tiny.yaml").read_bytes()
        model.write_bytes(text.replace(b"name: fc_mnist_tiny", b"name: fc\xff/tiny"))
        for folder in ([], ["-o", b"odd\xfe"]):
            result = subprocess.run([program(), "train", "bytes.yaml", "--data", str(self.data), "--max_steps", "2", "--vcd", b"wave\xfd.vcd", *folder],
                                    cwd=self.folder, capture_output=True, timeout=120)
            self.assertEqual(result.returncode, 0, result.stderr)
        folders = [path for path in (self.folder / "runs").iterdir() if path.name.startswith("fc")]
        self.assertEqual([os.fsencode(path.name) for path in folders], [b"fc\xff_tiny"])
        for folder in (folders[0] / "latest", self.folder / os.fsdecode(b"odd\xfe")):
            self.assertEqual(report(folder)["run"]["model"], "fc\ufffd/tiny")
            self.assertIn('"fc\ufffd/tiny"', (folder / "report.json").read_text(encoding="utf-8"))
            self.assertTrue((folder / "summary.txt").read_bytes().startswith(b"fc\xff/tiny"))
            self.assertEqual(json.loads((folder / "run.json").read_text())["state"], "completed")
        self.assertGreater((self.folder / os.fsdecode(b"wave\xfd.vcd")).stat().st_size, 1000)


if __name__ == "__main__":
    unittest.main()
