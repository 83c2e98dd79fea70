#!/usr/bin/env python3
"""Question: do whole runs keep their promises? Same bits and cycles on every host and cut, resume, stop, scaling, VCD."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, program, report, run, without_host


class Runs(ScratchTrainings):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train("plain")

    @classmethod
    def train(cls, name, *arguments, steps=12):
        result = run("train", "fc_mnist_tiny", "--data", cls.data, "--max_steps", steps, "-o", name, *arguments, cwd=cls.folder)
        assert result.returncode == 0, result.stderr
        return result

    def same(self, a, b, checkpoint="checkpoint_12.mdl"):
        self.assertEqual(without_host(self.folder / a), without_host(self.folder / b))
        self.assertEqual((self.folder / a / checkpoint).read_bytes(), (self.folder / b / checkpoint).read_bytes())

    def same_weights(self, *checkpoints, model="fc_mnist_tiny"):
        """Of runs whose settings differ, which their checkpoints say: one step from each, with equal settings, is equal."""
        after = []
        for checkpoint in checkpoints:
            folder = "from_{}_{}_{}".format(*checkpoint.split("/"), len(list(self.folder.iterdir())))
            data = ["--data", self.data] if model == "fc_mnist_tiny" else []
            result = run("train", model, *data, "--initial_weights", checkpoint, "--max_steps", 1, "-o", folder, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            after.append((self.folder / folder / "checkpoint_1.mdl").read_bytes())
        self.assertTrue(all(one == after[0] for one in after))

    def test_same_run_twice(self):
        self.train("again")
        self.same("plain", "again")

    def test_the_folder_of_the_data_is_named(self):
        value = report(self.folder / "plain")["configuration"]["model"]["train_input.data_dir"]
        self.assertEqual((value["value"], value["origin"]), (str(self.data), "flag --data"))

    def test_threads(self):
        self.train("threads", "--threads", "2")
        self.same("plain", "threads")
        self.assertEqual([report(self.folder / name)["host"]["threads"] for name in ("plain", "threads")], [1, 2])

    def test_no_fast_forward(self):
        self.train("simulated", "--no_fast_forward")
        self.same("plain", "simulated")
        self.assertGreater(report(self.folder / "plain")["host"]["rounds_added"], 0)
        self.assertEqual(report(self.folder / "simulated")["host"]["rounds_added"], 0)

    def test_no_fast_forward_where_ethernet_binds(self):
        # Words come a cycle earlier or later in each launch: chunks are added one by one.
        reports = {}
        for name, options in {"added": [], "all": ["--no_fast_forward"]}.items():
            result = run("train", "fc_mnist", "--timing_only", "--max_steps", "6", "--machine_set", "io.ethernet_gbps=3",
                         "-o", f"ethernet_{name}", *options, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            reports[name] = report(self.folder / f"ethernet_{name}")
        shares = reports["added"]["host"]["simulated"]
        self.assertTrue(any(share["simulated"].startswith("some rounds") for share in shares), shares)
        self.assertLess(reports["added"]["host"]["rounds_simulated"], 0.25 * reports["all"]["host"]["rounds_simulated"])
        for one in reports.values():
            del one["host"]
        self.assertEqual(reports["added"], reports["all"])

    def test_timing_only_times_the_same(self):
        self.train("timing", "--timing_only", "--checkpoint_steps", "5")
        self.train("valued", "--checkpoint_steps", "5")
        timed, valued = without_host(self.folder / "timing"), without_host(self.folder / "valued")
        for step in valued["steps"]:
            step["loss"] = None
            step["correct"] = 0
        del valued["rounding"]
        self.assertEqual(timed, valued)
        self.assertEqual(list((self.folder / "timing").glob("*.mdl")), [])

    def test_activations_computed_again_change_no_bit(self):
        model = self.folder / "deep.yaml"
        model.write_text("train_input: {data_processor: synthetic, batch_size: 16}\n"
                         "model: {name: deep, input_features: 20, hidden_sizes: [24, 9, 30, 12, 17, 8], num_classes: 6, dropout: 0.1}\n"
                         "optimizer: {optimizer_type: adam, learning_rate: 0.01}\n"
                         "runconfig: {max_steps: 4, placement: whole_tensor, lanes: 2, features_over: rows}\n")
        kept = "kept"
        for segment in ("none", 1, 2, 3, 5):
            folder = kept if segment == "none" else f"again_{segment}"
            result = run("train", model, "--set", f"runconfig.recompute={segment}", "-o", folder, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            forward = [row for row in report(self.folder / folder)["launches"]["rows"] if row[4] in ("matmul_forward", "retain_forward")]
            again = {"none": 0, 1: 0, 2: 3, 3: 4, 5: 4}[segment]
            self.assertEqual(len(forward), 4 * (7 + again))
            self.same_weights(f"{kept}/checkpoint_4.mdl", f"{folder}/checkpoint_4.mdl", model=model)

    def test_one_system_stands_for_all(self):
        for systems in (2, 8, 16):
            self.train(f"one_of_{systems}", "--timing_only", "--num_csx", systems)
            self.train(f"all_{systems}", "--timing_only", "--no_fast_forward", "--num_csx", systems)
            one, every = report(self.folder / f"one_of_{systems}"), report(self.folder / f"all_{systems}")
            self.assertEqual((one["host"]["systems_simulated"], every["host"]["systems_simulated"]), (1, systems))
            del one["host"], every["host"]
            self.assertEqual(one, every)

    def test_timing_only_has_no_numbers_to_start_from(self):
        result = run("train", "fc_mnist_tiny", "--timing_only", "--resume", "-o", "plain", cwd=self.folder)
        self.assertEqual(result.returncode, 2)
        self.assertIn("--timing_only excludes checkpoints", result.stderr)

    def test_synthetic_samples(self):
        model = self.folder / "wide.yaml"
        model.write_text("train_input: {data_processor: synthetic, batch_size: 32, samples: 320}\n"
                         "model: {name: wide, input_features: 40, hidden_sizes: [24], num_classes: 6}\n"
                         "optimizer: {optimizer_type: sgd, learning_rate: 0.1}\n"
                         "runconfig: {mode: train_and_eval, max_steps: 30}\n")
        result = run("train", model, "-o", "synthetic", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        losses = [float(loss) for loss in re.findall(r"Loss=([0-9.]+)", result.stdout)]
        self.assertLess(losses[-1], losses[0])
        run("train", model, "-o", "synthetic_again", "--threads", 2, cwd=self.folder)
        self.same("synthetic", "synthetic_again", "checkpoint_30.mdl")

    def test_cuts(self):
        for cut, regions in (("1x2", 2), ("2x2", 4), ("4x4", 16)):
            self.train("cut" + cut, "--cut", cut, "--no_fast_forward")
            self.same("plain", "cut" + cut)
            host = report(self.folder / ("cut" + cut))["host"]
            self.assertEqual(host["regions"], regions)
            self.assertGreater(host["cut_crossings"], 0)

    def test_lanes(self):
        """Five lanes of 7, 7, 6, 6, 6 tokens: lanes with equal tokens stand for each other; their sums are in one order."""
        lanes = ["--machine_set", "io.rows_per_channel=4", "--set", "runconfig.lanes=5"]
        self.train("lanes", *lanes)
        for name, arguments in (("all", ["--no_fast_forward"]), ("threads", ["--threads", 2]),
                                ("cut", ["--cut", "2x2", "--threads", 2, "--no_fast_forward"]),
                                ("programs", ["--pe_programs"])):
            self.train("lanes_" + name, *lanes, *arguments)
            self.assertEqual((self.folder / "lanes/checkpoint_12.mdl").read_bytes(),
                             (self.folder / f"lanes_{name}/checkpoint_12.mdl").read_bytes(), name)
            if name != "programs":
                self.assertEqual(without_host(self.folder / "lanes"), without_host(self.folder / f"lanes_{name}"))
        value = report(self.folder / "lanes")
        self.assertEqual(value["plan"]["lanes"], 5)
        programs = report(self.folder / "lanes_programs")["programs"]
        self.assertEqual(programs["launches"], 5 * len(value["launches"]["rows"]))
        # 32 tokens' outputs of both layers and one delta, both gradients of each lane; and more, of the loss.
        self.assertGreaterEqual(programs["sums_compared"], 12 * (32 * (24 + 10 + 24) + 5 * (24 * 785 + 10 * 25)))
        whole = [step["loss"] for step in report(self.folder / "plain")["steps"]]
        losses = [step["loss"] for step in value["steps"]]
        self.assertLessEqual(abs(losses[0] - whole[0]), 1e-6)
        self.assertLessEqual(max(abs(a - b) for a, b in zip(losses, whole)), 0.01)

    def test_the_axis_changes_times_and_no_bit(self):
        """The same lane, turned."""
        self.train("columns", "--set", "runconfig.features_over=columns")
        self.train("columns_all", "--set", "runconfig.features_over=columns", "--no_fast_forward", "--cut", "2x2")
        self.same("columns", "columns_all")
        turned = report(self.folder / "columns")
        self.assertEqual(turned["plan"]["axis"], "features over columns, tokens over rows")
        size = {"width": turned["plan"]["width"], "height": turned["plan"]["height"]}
        grid = [word for key, lines in size.items() for word in ("--machine_set", f"fabric.{key}={lines}", "--machine_set", f"fabric.user_{key}={lines}")]
        self.train("rows", "--set", "runconfig.features_over=rows", "--set", "runconfig.lanes=1", *grid)
        upright = report(self.folder / "rows")
        self.assertEqual({key: upright["plan"][key] for key in size}, size)
        self.assertNotEqual(upright["steps"], turned["steps"])
        self.same_weights("rows/checkpoint_12.mdl", "columns/checkpoint_12.mdl")

    def test_resume_is_bit_exact(self):
        for kind in ("sgd", "adam"):
            key = "optimizer.optimizer_type=" + kind
            self.train("half" + kind, "--set", key, steps=6)
            self.train("half" + kind, "--set", key, "--resume")
            self.train("whole" + kind, "--set", key)
            self.assertEqual((self.folder / ("half" + kind) / "checkpoint_12.mdl").read_bytes(),
                             (self.folder / ("whole" + kind) / "checkpoint_12.mdl").read_bytes())
            losses = [step["loss"] for step in report(self.folder / ("whole" + kind))["steps"]]
            half = self.folder / ("half" + kind)
            first = [step["loss"] for step in json.loads((half / "report_to_6.json").read_text())["steps"]]
            self.assertEqual(losses, first + [step["loss"] for step in report(half)["steps"]])
            self.assertEqual(re.findall(r"Step=(\d+)", (half / "run.log").read_text())[0], "1")

    def test_systems(self):
        whole = [step["loss"] for step in report(self.folder / "plain")["steps"]]
        for systems in (2, 4, 16):
            self.train(f"systems{systems}", "--num_csx", systems)
            losses = [step["loss"] for step in report(self.folder / f"systems{systems}")["steps"]]
            self.assertLessEqual(abs(losses[0] - whole[0]), 1e-6)
            self.assertLessEqual(sum(abs(a - b) for a, b in zip(losses, whole)) / len(whole), 0.004)

    def test_micro_batches_and_loss_scale_change_little(self):
        whole = [step["loss"] for step in report(self.folder / "plain")["steps"]]
        for name, key in (("micro", "runconfig.micro_batch_size=8"), ("scaled", "optimizer.loss_scaling_factor=128"),
                          ("dynamic", "optimizer.loss_scaling_factor=dynamic"), ("tensors", "runconfig.placement=whole_tensor")):
            self.train(name, "--set", key)
            losses = [step["loss"] for step in report(self.folder / name)["steps"]]
            self.assertLessEqual(max(abs(a - b) for a, b in zip(losses, whole)), 0.01, name)
        self.assertEqual(report(self.folder / "micro")["run"]["micro_batches"], 4)

    def test_it_learns_and_evaluates_the_last_partial_batch(self):
        self.train("learns", "--mode", "train_and_eval", steps=60)
        steps = report(self.folder / "learns")["steps"]
        evaluated = [step for step in steps if not step["train"]]
        self.assertEqual(sum(step["samples"] for step in evaluated), 100)
        self.assertEqual([step["samples"] for step in evaluated], [32, 32, 32, 4])
        self.assertGreater(sum(step["correct"] for step in evaluated), 90)
        result = run("eval", "fc_mnist_tiny", "--data", self.data, "--checkpoint_path", "learns/checkpoint_60.mdl", "-o", "evaluates", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        alone = report(self.folder / "evaluates")["steps"]
        self.assertEqual([(s["loss"], s["correct"]) for s in alone], [(s["loss"], s["correct"]) for s in evaluated])

    def test_stop_finishes_the_step_and_loses_nothing(self):
        process = subprocess.Popen([program(), "train", "fc_mnist_tiny", "--data", str(self.data), "--max_steps", "1000000", "-o", "stopped"],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stdout:
            if "Step=20" in line:
                process.send_signal(signal.SIGINT)
                break
        output, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, error)
        self.assertIn("stopping after this step", error)
        self.assertIn("Stopped as asked", output)
        summary = (self.folder / "stopped" / "summary.txt").read_text()
        self.assertEqual([line for line in summary.splitlines() if len(line) > 80], [])
        self.assertIn("SRAM, fullest PE", summary)
        done = report(self.folder / "stopped")["steps"][-1]["global_step"]
        self.assertTrue((self.folder / "stopped" / f"checkpoint_{done}.mdl").exists())

    def test_stop_of_a_pipeline_loses_nothing(self):
        """Ctrl-C reaches the whole pipeline: whoever reads the log is gone before the step has ended."""
        process = subprocess.Popen([program(), "train", "fc_mnist_tiny", "--data", str(self.data), "--max_steps", "1000000", "-o", "piped"],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in process.stdout:
            if "Step=20" in line:
                break
        process.stdout.close()
        self.assertEqual(process.wait(timeout=120), 1, "not all of its output could be written")
        done = report(self.folder / "piped")["steps"][-1]["global_step"]
        self.assertTrue((self.folder / "piped" / f"checkpoint_{done}.mdl").exists())
        self.assertIn("Stopped as asked", (self.folder / "piped" / "run.log").read_text())

    def test_the_summary_is_80_columns_wide_and_leaves_the_start_out_of_the_step(self):
        text = (self.folder / "plain" / "summary.txt").read_text()
        self.assertEqual([line for line in text.splitlines() if len(line) > 80], [])
        steps = report(self.folder / "plain")["steps"][1:]
        mean = sum(step["period"] for step in steps) / len(steps)
        self.assertAlmostEqual(int(re.search(r"^steady step +(\d+) cycles", text, re.M)[1]), mean, delta=1)
        self.assertIn("SRAM, fullest PE", text)

    def test_vcd_totals_equal_the_report(self):
        self.train("traced", "--vcd", "traced.vcd")
        value = report(self.folder / "traced")
        result = subprocess.run([os.environ["WEFT_VCD_TOTALS"], "traced.vcd"], cwd=self.folder, capture_output=True, text=True, check=True)
        busy = dict(re.findall(r"^(\S+) (\d+)", result.stdout, re.M))
        for link in value["links"]:
            self.assertEqual(int(busy[link["name"]]), link["busy_ps"], link["name"])
        mhz = value["run"]["clock_mhz"]
        column = value["launches"]["columns"].index
        ps = lambda cycles: -(-cycles * 1000000 // mhz)
        phases = sum(ps(row[column("end")]) - ps(row[column("start")]) for row in value["launches"]["rows"])
        self.assertEqual(int(busy["cluster.system0.phase"]), phases)

    def test_h5py_reads_checkpoints(self):
        with h5py.File(self.folder / "plain" / "checkpoint_12.mdl") as file:
            self.assertEqual(file["model.fc1.weight"].shape, (24, 784))
            self.assertEqual(int(file["global_step"][()]), 12)

    def test_weights_of_another_program_start_a_run(self):
        ours = self.folder / "plain" / "checkpoint_12.mdl"
        with h5py.File(ours) as checkpoint, h5py.File(self.folder / "outside.h5", "w") as outside:
            for name in checkpoint:
                if name.startswith("model."):
                    outside[name] = checkpoint[name][()]
        self.train("from_ours", "--initial_weights", ours, steps=2)
        self.train("from_outside", "--initial_weights", "outside.h5", steps=2)
        self.assertEqual(*((self.folder / run / "checkpoint_2.mdl").read_bytes() for run in ("from_ours", "from_outside")))

    def test_the_first_logged_step_has_a_rate(self):
        self.train("logged", "--log_steps", "1", steps=2)
        rates = re.findall(r", Rate=([\d.e+]+) samples/sec, GlobalRate=([\d.e+]+)", (self.folder / "logged" / "run.log").read_text())
        self.assertEqual(len(rates), 2)
        self.assertEqual(rates[0][0], rates[0][1])
        self.assertGreater(float(rates[0][0]), 0)

    def test_compare(self):
        self.assertEqual(run("compare", "plain/report.json", "plain/report.json", cwd=self.folder).returncode, 0)
        self.train("slower", "--machine_set", "pe.vector_fill_cycles=9")
        result = run("compare", "plain/report.json", "slower/report.json", cwd=self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"^FAIL: step \+")
        self.assertIn("pe.vector_fill_cycles: 2", result.stdout)
        self.assertEqual(run("compare", "plain/report.json", "slower/report.json", "--tolerance", "100", cwd=self.folder).returncode, 0)
        self.train("shorter", steps=6)
        result = run("compare", "plain/report.json", "shorter/report.json", cwd=self.folder)
        self.assertIn("runconfig.max_steps: 12", result.stdout)


if __name__ == "__main__":
    unittest.main()
