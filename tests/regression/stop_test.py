#!/usr/bin/env python3
"""Question: does a run that is asked to end, killed, or that goes wrong leave everything that was done, and say so?"""
import json
import os
import pathlib
import pty
import re
import resource
import select
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, program, report, run

#: A step of minutes in many short launches: as many micro-batches as samples, none of them added.
LONG_STEP = ["--set", "train_input.batch_size=480", "--set", "runconfig.micro_batch_size=1", "--set", "model.hidden_sizes=[700,700,700]", "--no_fast_forward"]


class Stops(ScratchTrainings):
    def start(self, *arguments, **options):
        return subprocess.Popen([program(), "train", "fc_mnist_tiny", "--data", str(self.data), *arguments],
                                cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def wait_for(self, process, text):
        for line in process.stdout:
            if text in line:
                return
        self.fail(process.stderr.read())

    def state(self, folder):
        return json.loads((self.folder / folder / "run.json").read_text())

    def test_every_signal_of_a_shell_or_a_scheduler_ends_the_run_whole(self):
        for name in ("HUP", "INT", "TERM", "USR1", "USR2", "XCPU"):
            folder = "by_" + name
            process = self.start("--max_steps", "1000000", "-o", folder, "--vcd", folder + ".vcd")
            self.wait_for(process, "Step=5,")
            process.send_signal(getattr(signal, "SIG" + name))
            began = time.monotonic()
            output, error = process.communicate(timeout=60)
            self.assertLess(time.monotonic() - began, 10)
            self.assertEqual(process.returncode, 0, error)
            self.assertIn("Stopped as asked", output)
            state = self.state(folder)
            self.assertEqual((state["state"], state["why"]), ("stopped", f"signal {name}, after a whole step"))
            done = report(self.folder / folder)["steps"][-1]["global_step"]
            self.assertEqual(state["global_step"], done)
            self.assertTrue((self.folder / folder / f"checkpoint_{done}.mdl").exists())
            self.assertIn("last training loss", (self.folder / folder / "summary.txt").read_text())
            tracks = subprocess.run([os.environ["WEFT_VCD_TOTALS"], folder + ".vcd"], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(tracks.returncode, 0, tracks.stderr)

    def test_a_signal_before_the_run_begins_leaves_nothing(self):
        """While a large model is planned, which the progress on a terminal says."""
        for name in ("HUP", "INT", "TERM", "USR1", "USR2", "XCPU"):
            leader, follower = pty.openpty()
            process = subprocess.Popen([program(), "train", "mlp_12288x96", "--set", "model.depth=384", "--machine", "wse2", "--num_csx", "64", "--timing_only",
                                        "-o", "early"],
                                       cwd=self.folder, stdout=subprocess.PIPE, stderr=follower, text=True)
            os.close(follower)
            seen = ""
            while "planning" not in seen:
                self.assertNotIn("step 1", seen)  # longer than the progress waits, this model is planned
                seen += os.read(leader, 4096).decode()
            process.send_signal(getattr(signal, "SIG" + name))
            output, _ = process.communicate(timeout=60)
            os.close(leader)
            self.assertEqual(process.returncode, 0, output)
            self.assertEqual(output, f"Stopped as asked: signal {name}, before the first step; there are no results\n")
            self.assertFalse((self.folder / "early").exists())

    def test_a_limit_of_processor_time_ends_the_run_whole(self):
        limits = lambda: resource.setrlimit(resource.RLIMIT_CPU, (2, 30))
        process = self.start("--max_steps", "1000000", "-o", "limited", preexec_fn=limits)
        _, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, error)
        self.assertEqual(self.state("limited")["why"], "signal XCPU, after a whole step")
        self.assertTrue((self.folder / "limited/report.json").exists())

    def test_a_limit_of_file_sizes_is_a_full_disk(self):
        limits = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))
        process = self.start("--max_steps", "2", "-o", "small", preexec_fn=limits)
        _, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 2, error)
        self.assertIn("checkpoint_2.mdl: cannot be written", error)
        self.assertEqual(self.state("small")["state"], "failed")
        self.assertEqual(list((self.folder / "small").glob("*.part")), [])
        self.assertTrue((self.folder / "small/report.json").exists())

    def test_a_log_that_nobody_reads_any_more_ends_the_run_whole(self):
        process = self.start("--max_steps", "1000000", "-o", "unread")
        self.wait_for(process, "Step=5,")
        process.stdout.close()
        self.assertNotEqual(process.wait(timeout=60), 0, "what was to be written is lost")
        process.stderr.close()
        state = self.state("unread")
        self.assertEqual((state["state"], state["why"]), ("stopped", "signal PIPE, after a whole step"))
        done = report(self.folder / "unread")["steps"][-1]["global_step"]
        self.assertEqual(state["global_step"], done)
        self.assertLess(done, 1000000)
        self.assertTrue((self.folder / f"unread/checkpoint_{done}.mdl").exists())

    def test_nohup_is_heard(self):
        process = self.start("--max_steps", "1000000", "-o", "nohup", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for(process, "Step=5,")
        process.send_signal(signal.SIGHUP)
        self.wait_for(process, "Step=50,")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(self.state("nohup")["why"], "signal TERM, after a whole step")

    def test_a_step_that_cannot_be_waited_for_is_left(self):
        process = self.start(*LONG_STEP, "--max_steps", "3", "-o", "inside", "--vcd", "inside.vcd")
        self.wait_for(process, "tokens on a wafer")
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        output, error = process.communicate(timeout=120)
        self.assertLess(time.monotonic() - began, 10 if os.environ.get("WEFT_TEST_ALONE") else 40)
        self.assertEqual(process.returncode, 0, error)
        self.assertIn("inside step 1 of 3", output)
        value = report(self.folder / "inside")
        self.assertEqual(value["steps"], [])
        self.assertGreater(len(value["launches"]["rows"]), 0, "what was done is there")
        self.assertEqual(list((self.folder / "inside").glob("checkpoint_*")), [])
        self.assertEqual(self.state("inside")["why"], "signal TERM, inside step 1 of 3")
        self.assertTrue((self.folder / "inside/summary.txt").exists())

    def test_a_report_of_many_steps_costs_no_more_than_its_steps(self):
        """Else a stopped run of some thousand steps ends minutes later, and a scheduler kills it first."""
        def seconds(steps):
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            result = run("train", "fc_mnist_tiny", "--timing_only", "--max_steps", steps, "--set", "runconfig.log_steps=10000",
                         "-o", f"many_{steps}", cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

        few, many = seconds(2000), seconds(8000)
        self.assertLess(many, 9 * few, "four times the steps; sixteen times if each looks through all")

    def test_the_second_signal_does_not_wait(self):
        process = self.start(*LONG_STEP, "--max_steps", "3", "-o", "twice")
        self.wait_for(process, "tokens on a wafer")
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertIn("inside step 1 of 3", self.state("twice")["why"])

    def test_checkpoints_by_the_clock_change_nothing(self):
        """Of state between two steps, with no simulated time: the same cycles, and the bits of a checkpoint by steps."""
        arguments = ["--data", self.data, "--max_steps", 40, "--checkpoint_steps", 0]
        self.assertEqual(run("train", "fc_mnist_tiny", *arguments, "-o", "without", cwd=self.folder).returncode, 0)
        result = run("train", "fc_mnist_tiny", *arguments, "-o", "clock", "--checkpoint_minutes", 1e-9, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        values = [report(self.folder / name) for name in ("without", "clock")]
        for value in values:
            del value["host"]
        self.assertEqual(*values)
        written = sorted(int(path.stem.split("_")[1]) for path in (self.folder / "clock").glob("checkpoint_*.mdl"))
        self.assertEqual(written, list(range(1, 41)), "each step's begin finds the state whole")
        run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 7, "-o", "seven", cwd=self.folder)
        self.assertEqual((self.folder / "clock/checkpoint_7.mdl").read_bytes(), (self.folder / "seven/checkpoint_7.mdl").read_bytes())

    def test_a_loss_that_is_no_number_fails_the_run(self):
        train = lambda *arguments: run("train", "fc_mnist_tiny", "--data", self.data, "--set", "optimizer.learning_rate=1000", *arguments, cwd=self.folder)
        result = train("--max_steps", 30, "--checkpoint_steps", 1, "-o", "diverged")
        self.assertEqual(result.returncode, 1, result.stderr)
        found = re.search(r"step (\d+): the loss is -?(nan|inf).*first: (.*)", result.stderr)
        self.assertTrue(found, result.stderr)
        self.assertRegex(found[3], r"model\.fc\d\.(weight|bias)|outputs of fc\d")
        self.assertEqual(self.state("diverged")["state"], "failed")
        self.assertIn("the loss is", self.state("diverged")["why"])
        value = report(self.folder / "diverged")
        self.assertTrue(all(step["loss"] is not None for step in value["steps"]))
        written = sorted(int(path.stem.split("_")[1]) for path in (self.folder / "diverged").glob("checkpoint_*.mdl"))
        self.assertEqual(written, list(range(1, int(found[1]))))
        self.assertIn(f"checkpoint_{written[-1]}.mdl", result.stderr)
        shown = run("show", "diverged", cwd=self.folder)
        self.assertRegex(shown.stdout, r"the run failed: step \d+: the loss is")
        compared = run("compare", "diverged", "diverged", cwd=self.folder)
        self.assertEqual(compared.returncode, 1)
        self.assertRegex(compared.stdout, "^FAIL: .*the new run failed")
        allowed = train("--max_steps", 30, "--set", "runconfig.check_loss_values=false", "-o", "unchecked")
        self.assertEqual(allowed.returncode, 0, allowed.stderr)
        self.assertIn("its loss is no number from step", allowed.stdout)

    def test_the_first_that_is_no_number_is_named(self):
        """Samples of 9,000 and more are halves, their products with 784 weights are not; samples of 900,000 are no halves."""
        for std, first in (("1e-4", "the outputs of fc1 (larger than fp16 can hold, or nan)"), ("1e-6", "the samples")):
            result = run("train", "fc_mnist_tiny", "--data", self.data, "--set", f"train_input.normalise.std={std}", "--max_steps", 2,
                         "-o", "first_" + std, cwd=self.folder)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn("first: " + first, result.stderr)

    def test_weights_that_become_no_number_at_the_end_are_no_checkpoint(self):
        result = run("train", "fc_mnist_tiny", "--data", self.data, "--set", "optimizer.learning_rate=1000", "--set",
                     "optimizer.loss_scaling_factor=2e9", "--max_steps", 1, "-o", "last", cwd=self.folder)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"step 1: model\.fc\d\.(weight|bias)\[.*\] is -?(nan|inf)")
        self.assertEqual(list((self.folder / "last").glob("checkpoint_*")), [])

    def test_initial_weights_that_are_no_number_are_refused(self):
        try:
            import h5py
        except ImportError:
            self.skipTest("python3-h5py is not here")
        run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 1, "-o", "good", cwd=self.folder)
        with h5py.File(self.folder / "good/checkpoint_1.mdl") as good, h5py.File(self.folder / "nan.h5", "w") as bad:
            for name in good:
                if name.startswith("model."):
                    bad[name] = good[name][()]
            bad["model.fc1.weight"][3, 17] = float("nan")
        result = run("train", "fc_mnist_tiny", "--data", self.data, "--initial_weights", "nan.h5", "--max_steps", 1, "-o", "refused", cwd=self.folder)
        self.assertEqual(result.returncode, 2)
        self.assertIn("nan.h5: model.fc1.weight[3][17] is nan", result.stderr)
        with h5py.File(self.folder / "nan.h5", "a") as bad:
            bad["model.fc1.weight"][3, 17] = 7e4
        result = run("train", "fc_mnist_tiny", "--data", self.data, "--initial_weights", "nan.h5", "--max_steps", 1, "-o", "refused", cwd=self.folder)
        self.assertEqual(result.returncode, 2)
        self.assertIn("model.fc1.weight[3][17] is 70000, which fp16 cannot hold", result.stderr)
        self.assertFalse((self.folder / "refused").exists())

    def test_dynamic_loss_scaling_still_skips(self):
        result = run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 12, "--set", "optimizer.loss_scaling_factor=dynamic", "--set",
                     "optimizer.max_loss_scale=1e9", "--set", "optimizer.initial_loss_scale=1e6", "-o", "dynamic", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        updates = report(self.folder / "dynamic")["updates"]
        applied = [row[updates["columns"].index("applied")] for row in updates["rows"]]
        self.assertIn(False, applied)
        self.assertIn(True, applied)

    def test_progress_inside_a_step_on_a_terminal(self):
        """From launches and rounds: a percentage that grows within step 1, and time left; never 10 s of silence."""
        leader, follower = pty.openpty()
        process = subprocess.Popen([program(), "train", "fc_mnist_tiny", "--data", str(self.data), *LONG_STEP, "--max_steps", "3", "-o", "progress"],
                                   cwd=self.folder, stdout=subprocess.DEVNULL, stderr=follower)
        os.close(follower)
        seen, last, silence, end = "", time.monotonic(), 0.0, time.monotonic() + 60
        while time.monotonic() < end and len(re.findall(r"step 1 of 3, .* left", seen)) < 4:
            if select.select([leader], [], [], 1)[0]:
                silence = max(silence, time.monotonic() - last)
                last = time.monotonic()
                seen += os.read(leader, 4096).decode()
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        os.close(leader)
        shares = [float(share) for share in re.findall(r"step 1 of 3, micro-batch \d+ of 480, fc\d \w+: ([0-9.]+) %, about [0-9.]+ (?:s|min|h) left", seen)]
        self.assertGreaterEqual(len(shares), 3, seen)
        self.assertEqual(shares, sorted(shares))
        self.assertLess(shares[0], shares[-1])
        self.assertLess(silence, 10)


if __name__ == "__main__":
    unittest.main()
