#!/usr/bin/env python3
"""Question: does each mistake of a user end in exit code 2, a message that names it, and nothing half-written?"""
import json
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import SOURCE, make_data, program, report, run, write_idx


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.data = make_data(cls.folder / "data", train=64, test=20)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def train(self, *arguments, steps=2, **options):
        return run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", steps, *arguments, cwd=self.folder, **options)

    def refused(self, result, *texts):
        self.assertEqual(result.returncode, 2, result.stderr + result.stdout)
        for text in texts:
            self.assertIn(text, result.stderr)
        self.assertEqual([p for p in self.folder.rglob("*.part")], [])

    def test_good_input_runs(self):
        result = self.train("-o", "good")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("| Train Device=CSX, Step=2, Loss=", result.stdout)

    def test_a_refused_run_is_not_the_latest(self):
        latest = self.folder / "runs" / "fc_mnist_tiny" / "latest"
        self.assertEqual(self.train().returncode, 0)
        self.assertTrue((latest / "report.json").exists())
        self.refused(self.train("--pe_programs", "--set", "runconfig.features_over=columns"), "features over rows")
        self.assertEqual(self.train("--compile_only").returncode, 0)
        self.assertTrue((latest / "report.json").exists())

    def test_unknown_model(self):
        self.refused(run("train", "fc_minst", cwd=self.folder), "fc_minst", "fc_mnist")

    def test_unknown_machine(self):
        self.refused(self.train("--machine", "wse4"), "wse4", "wse3")

    def test_misspelt_key(self):
        self.refused(self.train("--set", "optimizer.learning_rat=1"), "learning_rat", "learning_rate")
        model = self.folder / "misspelt.yaml"
        model.write_text((SOURCE / "sw/models/fc_mnist_tiny.yaml").read_text().replace("\noptimizer:", "\noptimiser:"))
        self.refused(run("train", model, cwd=self.folder), "misspelt.yaml:12:1", "missing section optimizer", "'optimiser'")
        model.write_text("eval_input: {shuffle: false}\nmodel: {name: x, hidden_sizes: []}\n")
        result = run("train", model, cwd=self.folder)
        self.refused(result, "missing key train_input.batch_size")
        self.assertNotIn("meant", result.stderr)

    def test_misspelt_command(self):
        self.refused(run("trane", "fc_mnist", cwd=self.folder), "trane", "nearest: train")

    def test_impossible_grid(self):
        self.refused(self.train("--machine_set", "fabric.user_width=64"), "user_width", "64")

    def test_too_few_colors(self):
        self.refused(self.train("--machine_set", "router.colors=6"), "router.colors", "need 7", "has 6")
        self.assertEqual(self.train("--machine_set", "router.colors=7", "-o", "seven").returncode, 0)

    def test_layer_too_wide(self):
        for classes in (10, 2000):
            wide = lambda width, *more: self.train("--set", f"model.hidden_sizes=[{width},{width}]", "--set", f"model.num_classes={classes}", *more)
            result = wide(60000)
            self.refused(result, "does not fit", "largest tensor", "would fit")
            share = float(re.search(r"hidden layers at ([0-9.]+) %", result.stderr)[1])
            compiled = wide(int(60000 * share / 100), "--compile_only", "-o", f"wide_{classes}")
            self.assertEqual(compiled.returncode, 0, "what the message promises: " + compiled.stderr)
            self.refused(wide(int(60000 * (share + 0.1) / 100), "--compile_only", "-o", f"wider_{classes}"), "does not fit")

    def test_output_layer_too_wide_to_retain(self):
        self.refused(self.train("--set", "model.hidden_sizes=[4000]", "--set", "model.num_classes=2000", "--set", "model.retain_output_layer=true"),
                     "does not fit", "largest tensor is the retained weights of fc2")

    def test_queue_deeper_than_the_model_looks_back(self):
        for queue in ("link_queue", "input_queue", "output_queue"):
            self.refused(self.train("--machine_set", f"router.{queue}=65"), queue, "to 64")
            self.assertEqual(self.train("--machine_set", f"router.{queue}=64", "-o", "deep_" + queue).returncode, 0)

    def test_a_mistake_touches_no_earlier_run(self):
        self.assertEqual(self.train("-o", "kept").returncode, 0)
        log = (self.folder / "kept" / "run.log").read_text()
        self.refused(self.train("-o", "kept", "--resume", "--vcd", "a.vcd", "--vcd_pe", "99,99", steps=4), "--vcd_pe 99,99")
        self.assertEqual((self.folder / "kept" / "run.log").read_text(), log)
        self.assertEqual(self.train().returncode, 0)
        latest = (self.folder / "runs" / "fc_mnist_tiny" / "latest").resolve()
        self.refused(self.train("--checkpoint_path", "nowhere.mdl"), "nowhere.mdl")
        self.refused(self.train("--resume"), "--resume", "--model_dir")
        self.refused(self.train("--vcd", "nowhere/a.vcd"), "nowhere/a.vcd")
        self.assertEqual(self.train("--compile_only").returncode, 0)
        self.assertEqual(self.train("--mode", "eval", "--checkpoint_path", "kept").returncode, 0)
        self.assertEqual((self.folder / "runs" / "fc_mnist_tiny" / "latest").resolve(), latest)

    def test_training_that_diverges_says_so(self):
        unchecked = ("--set", "runconfig.check_loss_values=false", "-o", "diverged")
        result = self.train("--set", "optimizer.learning_rate=1000", *unchecked, steps=6)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("Loss=nan", result.stdout)
        step = next(step["global_step"] for step in report(self.folder / "diverged")["steps"] if step["loss"] is None)
        self.assertIn(f"the training diverged: its loss is no number from step {step} on", result.stdout)
        self.assertNotIn("timed only", result.stdout)

    def test_scope_without_a_waveform(self):
        self.refused(self.train("--vcd_scope", "phases"), "--vcd_scope", "--vcd FILE")

    def test_batch_that_does_not_divide(self):
        self.refused(self.train("--num_csx", "3"), "32", "3")

    def test_too_many_systems(self):
        self.refused(self.train("--num_csx", "256", "--set", "train_input.batch_size=256"), "256", "192")

    def test_stream_order_that_deadlocks(self):
        self.refused(self.train("--set", "runconfig.stream_order=by_element"), "deadlocks", "matmul_forward", "row 0 waits")
        self.refused(self.train("--set", "runconfig.stream_block=9"), "blocks of 9", "deadlocks", "channel")

    def test_eval_wants_weights(self):
        self.refused(run("eval", "fc_mnist_tiny", "--data", self.data, cwd=self.folder), "--checkpoint_path", "--resume")
        self.refused(run("eval", "fc_mnist_tiny", "--mode", "train", "--data", self.data, cwd=self.folder), "runconfig.mode=train", "weft train")

    def test_the_plan_that_nearly_fits_is_the_one_shown(self):
        result = self.train("--set", "runconfig.lanes=8", "--set", "model.hidden_sizes=[50000]")
        self.refused(result, "does not fit", "8 lanes of")
        needs, has = (int(word) for word in re.search(r"needs (\d+) of (\d+) bytes", result.stderr).groups())
        self.assertGreater(needs, has)

    def test_lanes_that_do_not_fit(self):
        self.assertEqual(self.train("--set", "runconfig.lanes=8", "-o", "eight").returncode, 0)  # 32 rows, a channel per 4
        self.refused(self.train("--set", "runconfig.lanes=9"), "runconfig.lanes: 9", "allowed: 1 to 8")
        self.refused(self.train("--set", "runconfig.lanes=2", "--set", "runconfig.features_over=columns"), "features over columns", "one band")
        self.refused(self.train("--pe_programs", "--set", "runconfig.features_over=columns"), "runconfig.features_over=rows")
        self.refused(self.train("--set", "runconfig.features_over=colums"), "colums", "columns")

    def test_exclusive_flags(self):
        self.refused(self.train("--validate_only", "--compile_only"), "--validate_only", "--compile_only")
        self.refused(self.train("--plan", "plan.json", "--compile_only"), "--plan", "--compile_only")
        self.refused(self.train("--resume", "--checkpoint_path", "x.mdl"), "--resume", "--checkpoint_path")
        self.refused(self.train("--validate_only", "--machine", "wse4"), "wse4")

    def test_bad_cut(self):
        self.refused(self.train("--cut", "2by2"), "2by2", "ROWSxCOLUMNS")
        self.refused(self.train("--cut", "1000x2"), "--cut 1000x2", "at most 32x16")
        self.assertEqual(self.train("--cut", "32x16", "-o", "cut").returncode, 0)

    def test_unknown_trace_scope(self):
        self.refused(self.train("--vcd", "a.vcd", "--vcd_scope", "phase"), "phase", "phases")

    def test_missing_data(self):
        self.refused(run("train", "fc_mnist_tiny", "--data", "nowhere", cwd=self.folder), "nowhere")

    def damaged(self, name, change):
        folder = make_data(self.folder / name, train=64, test=20)
        path = folder / "train-images-idx3-ubyte"
        path.write_bytes(change(path.read_bytes()))
        return run("train", "fc_mnist_tiny", "--data", folder, "--max_steps", "1", cwd=self.folder)

    def test_truncated_idx(self):
        self.refused(self.damaged("truncated", lambda raw: raw[:-1]), "train-images-idx3-ubyte", "truncated", "50175", "50176")

    def test_header_only_idx(self):
        self.refused(self.damaged("header", lambda raw: raw[:10]), "truncated")

    def test_empty_idx(self):
        self.refused(self.damaged("empty", lambda raw: b""), "not an IDX file")

    def test_wrong_magic(self):
        self.refused(self.damaged("magic", lambda raw: b"\x89PNG" + raw[4:]), "not an IDX file", "89 50")

    def test_other_element_type(self):
        self.refused(self.damaged("type", lambda raw: raw[:2] + b"\x0a" + raw[3:]), "0x0a", "0x08")

    def test_bad_label(self):
        folder = make_data(self.folder / "label", train=64, test=20)
        write_idx(folder / "train-labels-idx1-ubyte", [64], [11] * 64)
        self.refused(run("train", "fc_mnist_tiny", "--data", folder, cwd=self.folder), "label 11", "0 to 9")

    def test_fewer_labels_than_images(self):
        folder = make_data(self.folder / "count", train=64, test=20)
        write_idx(folder / "train-labels-idx1-ubyte", [63], [1] * 63)
        self.refused(run("train", "fc_mnist_tiny", "--data", folder, cwd=self.folder), "63 labels", "64 images")

    def checkpoint(self):
        path = self.folder / "whole" / "checkpoint_2.mdl"
        if not path.exists():
            self.assertEqual(self.train("-o", "whole").returncode, 0)
        return path

    def test_truncated_checkpoint(self):
        raw = self.checkpoint().read_bytes()
        bad = self.folder / "bad.mdl"
        for size in (0, 100, len(raw) // 2, len(raw) - 1):
            bad.write_bytes(raw[:size])
            self.refused(self.train("--checkpoint_path", bad), "bad.mdl")

    def test_checkpoint_of_another_model(self):
        self.refused(self.train("--set", "model.hidden_sizes=[23]", "--checkpoint_path", self.checkpoint(), steps=4), "model.fc1.weight", "24", "23")

    def test_checkpoint_of_another_optimizer(self):
        self.refused(self.train("--set", "optimizer.optimizer_type=adam", "--checkpoint_path", self.checkpoint(), steps=4), "exp_avg")

    def test_resume_with_another_seed(self):
        self.checkpoint()
        resume = ("--resume", "-o", "whole")
        self.refused(self.train(*resume, "--set", "runconfig.seed=2", steps=4), "checkpoint_2.mdl", "runconfig.seed 1", "has 2", "--initial_weights", "--resume_changed")
        self.refused(self.train(*resume, "--set", "train_input.shuffle=true", steps=4), "shuffle_seed none", "has 1")
        evaluation = run("eval", "fc_mnist_tiny", "--data", self.data, "--checkpoint_path", self.checkpoint(), "--set", "runconfig.seed=2",
                         "-o", "evaluated", cwd=self.folder)
        self.assertEqual(evaluation.returncode, 0, "an evaluation draws nothing: " + evaluation.stderr)

    def test_initial_weights(self):
        weights = ("--initial_weights", self.checkpoint())
        self.refused(self.train(*weights, "--resume", "-o", "whole"), "--initial_weights", "--resume")
        self.refused(self.train(*weights, "--set", "model.hidden_sizes=[23]"), "model.fc1.weight")
        result = self.train(*weights, "--set", "runconfig.seed=2", "--set", "optimizer.optimizer_type=adam", "-o", "anew")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.folder / "anew" / "checkpoint_2.mdl").exists(), "it starts at step 0")

    def test_not_a_checkpoint(self):
        (self.folder / "text.mdl").write_text("hello")
        self.refused(self.train("--checkpoint_path", "text.mdl"), "text.mdl")

    def test_nothing_left_to_train(self):
        self.refused(self.train("--checkpoint_path", self.checkpoint()), "max_steps")

    def test_resume_without_checkpoint(self):
        self.refused(self.train("--resume", "-o", "nothing_here"), "--resume")

    def test_plan_of_another_model(self):
        self.assertEqual(self.train("--compile_only", "-o", "planned").returncode, 0)
        plan = self.folder / "planned" / "plan.json"
        self.assertEqual(self.train("--plan", plan, "-o", "with_plan").returncode, 0)
        self.refused(self.train("--plan", plan, "--set", "model.hidden_sizes=[20]"), "another model")
        self.refused(self.train("--plan", plan, "--machine_set", "pe.vector_fill_cycles=9"), "machine pe.vector_fill_cycles = 2", "has 9")
        self.refused(self.train("--plan", plan, "--machine_set", "memoryx.weight_servers=3"), "memoryx.weight_servers = 12", "has 3")
        self.refused(self.train("--plan", plan, "--set", "model.retain_output_layer=false"), "model.retain_output_layer", "has false")
        self.refused(self.train("--plan", plan, "--set", "runconfig.lanes=2"), "runconfig.lanes = auto", "has 2")
        self.assertEqual(self.train("--plan", plan, "--set", "optimizer.learning_rate=0.01", "-o", "other_rate").returncode, 0)
        good = plan.read_text()
        plan.write_text(good.replace('\n "stream_order": "by_round"', '\n "stream_order": "by_element"'))
        self.refused(self.train("--plan", plan), "by element", "deadlocks", "waits for", "color 3")
        plan.write_text(good.replace('\n "stream_order": "by_round"', '\n "stream_order": "by_rows"'))
        self.refused(self.train("--plan", plan), "plan.json", "by_rows", "by_element")
        plan.write_text(good.replace("weft-plan-1", "weft-plan-0"))
        self.refused(self.train("--plan", plan), "plan.json", "weft-plan-0", "weft-plan-1", "wrote the file", "compile again")
        plan.write_text(good[:100])
        self.refused(self.train("--plan", plan), "not a plan")

    def test_full_disk(self):
        def small_files_only():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))

        result = self.train("-o", "full", preexec_fn=small_files_only)
        self.refused(result, "checkpoint_2.mdl", "cannot be written")
        self.assertFalse((self.folder / "full" / "checkpoint_2.mdl").exists())
        self.assertTrue((self.folder / "full" / "report.json").exists(), "the report is not lost")

        def no_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        result = self.train("-o", "fuller", preexec_fn=no_files)
        self.refused(result, "checkpoint_2.mdl", "report.json")
        self.assertIn("last training loss", result.stdout, "the summary is not lost")

    def test_full_standard_output(self):
        self.checkpoint()
        with open("/dev/full", "w") as full:
            result = subprocess.run([program(), "compare", "whole/report.json", "whole/report.json"], cwd=self.folder, stdout=full,
                                    stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard output", result.stderr)

    def test_compare(self):
        self.checkpoint()
        (self.folder / "text.json").write_text("{\"schema\": \"weft-report-0\"}")
        self.refused(run("compare", "whole/report.json", "text.json", cwd=self.folder), "weft-report-0", "weft-report-1")
        self.refused(run("compare", "whole/report.json", "nowhere.json", cwd=self.folder), "nowhere.json")

    def test_show(self):
        self.checkpoint()
        good = (self.folder / "whole" / "report.json").read_text()
        report = self.folder / "show.json"
        picture = ("--svg", "picture.svg")

        def refused(text, *words, arguments=picture):
            report.write_text(text)
            self.refused(run("show", report, *arguments, cwd=self.folder), "show.json", *words)

        self.refused(run("show", "nowhere.json", *picture, cwd=self.folder), "nowhere.json")
        self.refused(run("show", self.data, *picture, cwd=self.folder), "holds no run")
        refused("hello", "not JSON")
        refused(good[:-100], "not JSON")
        refused("[]", "not a report")
        refused("{}", "not a report")
        refused("{\"schema\": \"weft-plan-1\"}", "weft-plan-1", "weft-report-1")
        refused("{\"schema\": \"weft-report-1\"}", "not a whole report", "run")
        for step in (0, 3, -1):
            refused(good, f"--step {step}", "1 to 2", arguments=(*picture, "--step", step))
        self.refused(run("show", report, "--step", "last", cwd=self.folder), "--step")
        value = json.loads(good)
        for change, word in ((lambda new: new.update(steps=[]), "no steps"), (lambda new: new["launches"].update(rows=[]), "no launches"),
                             (lambda new: new["launches"]["columns"].remove("kernel"), "kernel"),
                             (lambda new: new["run"].update(layers=["fc1"]), "whole report"), (lambda new: new["run"].update(clock_mhz=0), "clock"),
                             (lambda new: new["steps"][-1].update(end=1), "ends before"), (lambda new: new["steps"][-1].update(end=-1), "-1"),
                             (lambda new: new["launches"]["rows"][-1].__setitem__(6, 1e300), "1e+300")):
            changed = json.loads(json.dumps(value))
            change(changed)
            refused(json.dumps(changed), word)
        self.assertFalse((self.folder / "picture.svg").exists())
        report.write_text(good)
        self.refused(run("show", report, "--svg", "nowhere/picture.svg", cwd=self.folder), "nowhere/picture.svg", "cannot be written")
        (self.folder / "picture.svg").write_text("the one before")
        no_room = {"preexec_fn": lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))}
        self.refused(run("show", report, *picture, cwd=self.folder, **no_room), "picture.svg", "cannot be written")
        self.assertEqual((self.folder / "picture.svg").read_text(), "the one before")


if __name__ == "__main__":
    unittest.main()
