#!/usr/bin/env python3
"""Question: are the numbers that people read about a step true? Oracles are numbers by hand, and sums that must be exact."""
import json
import pathlib
import re
import sys
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import SOURCE, ScratchTrainings, report, run

CLOCK = 850e6
BATCH = 256
SAMPLE_BYTES = 2 * 784 + 4
LAYERS = ((784, 500), (500, 300), (300, 10))  # fc_mnist


def rows(table):
    return [dict(zip(table["columns"], row)) for row in table["rows"]]


class Verdicts(ScratchTrainings):
    runs = {}

    @classmethod
    def timed(cls, *arguments, model="fc_mnist", steps=4):
        """The report and the folder of a run that only times; the same arguments run once."""
        key = (model, steps, *map(str, arguments))
        if key not in cls.runs:
            folder = f"run{len(cls.runs)}"
            result = run("train", model, "--timing_only", "--max_steps", steps, "-o", folder, *arguments, cwd=cls.folder)
            assert result.returncode == 0, result.stderr + result.stdout
            cls.runs[key] = folder
        folder = cls.folder / cls.runs[key]
        return report(folder), folder

    def check_sums(self, value):
        """Path and books of every step, to the cycle."""
        of_path, of_work = {}, {}
        for row in rows(value["path"]):
            self.assertGreaterEqual(row["cycles"], 0)
            key = (row["stage"], row["step"])
            of_path[key] = of_path.get(key, 0) + row["cycles"]
        for row in rows(value["launches"]):
            key = (row["stage"], row["step"])
            of_work[key] = of_work.get(key, 0) + row["end"] - row["start"]
            self.assertEqual(row["wait_stream"], sum(row[f"wait_{cause}"] for cause in ("samples", "weights", "update", "deltas")))
            self.assertLessEqual(row["wait"], row["end"] - row["start"])
        end = 0
        for step in value["steps"]:
            key = (step["stage"], step["step"])
            self.assertEqual(step["period"], step["end"] - end)
            self.assertEqual(of_path[key], step["period"])
            self.assertEqual(of_work[key] + step["idle"]["between"], step["period"])
            end = step["end"]

    def path_of(self, value):
        """Cycles by limiter of the last step."""
        sums = {}
        last = max(row["step"] for row in rows(value["path"]))
        for row in rows(value["path"]):
            if row["step"] == last:
                sums[row["limiter"]] = sums.get(row["limiter"], 0) + row["cycles"]
        return sums

    def test_paths_add_up_whatever_binds(self):
        for options in ([], ["--machine_set", "io.ethernet_gbps=3"], ["--num_csx", 4], ["--set", "runconfig.micro_batch_size=64"],
                        ["--set", "model.sparsity=0.5"], ["--set", "runconfig.lanes=2"], ["--set", "optimizer.loss_scaling_factor=dynamic"],
                        ["--set", "runconfig.placement=whole_tensor"], ["--mode", "train_and_eval", "--set", "runconfig.eval_steps=2"]):
            self.check_sums(self.timed(*options)[0])

    # 1: the product says what binds.
    def test_samples_on_their_link_bind(self):
        value, _ = self.timed("--machine_set", "input.link_gbps=1")
        by_hand = BATCH * SAMPLE_BYTES * 8 / 1e9 * CLOCK  # 2,736,538
        self.assertAlmostEqual(value["steady"]["step_cycles"], by_hand, delta=2)
        verdict = value["verdict"]
        self.assertEqual(verdict["limiter"], "sample_link")
        self.assertGreater(verdict["share"], 0.999)
        self.assertEqual(verdict["next"]["limiter"], "wafer")
        self.assertRegex(verdict["text"], r"^step 2,736,5\d\d cycles: bound by samples on their link \(100 %\); next: the wafer, 2\d\d,\d{3} \(\d+ %\)$")

    # 2: idle time includes waiting for samples.
    def test_idle_includes_waiting_for_samples(self):
        fast, _ = self.timed("--machine", "wse2")
        slow, folder = self.timed("--machine", "wse2", "--machine_set", "input.samples_per_s=500000")
        self.assertAlmostEqual(slow["steady"]["step_cycles"], BATCH / 500e3 * CLOCK, delta=2)  # 435,200
        for value in (fast, slow):
            step = value["steps"][-1]
            first = [row for row in rows(value["launches"]) if row["step"] == step["step"]][:2]
            self.assertEqual([row["kernel"] for row in first], ["load_input", "matmul_forward"])
            self.assertEqual(step["bubble"], first[0]["start"] - value["steps"][-2]["end"] + sum(row["stream_wait"] for row in first))
            self.assertEqual(step["idle"]["samples"], first[0]["wait"])
        self.assertGreater(slow["steps"][-1]["bubble"] / slow["steps"][-1]["period"], fast["steps"][-1]["bubble"] / fast["steps"][-1]["period"])
        self.assertGreater(slow["steps"][-1]["idle"]["samples"], 0.5 * slow["steps"][-1]["period"])
        self.assertEqual(slow["verdict"]["limiter"], "input_servers")
        self.assertRegex((folder / "summary.txt").read_text(), r"idle +waits for samples (5|6|7|8)\d\.\d %")

    # 3: a launch is bound by what its last wait was for.
    def test_a_launch_that_waits_for_ethernet_says_so(self):
        one_lane = ("--set", "runconfig.lanes=1")  # all of the wafer computes, so that it has to wait
        value, _ = self.timed("--machine_set", "io.ethernet_gbps=1", "--set", "model.sparsity=0.5", *one_lane)
        last = [row for row in rows(value["launches"]) if row["step"] == 3 and row["layer"] == 0]
        of = {row["kernel"]: row for row in last}
        for kernel in ("matmul_forward", "matmul_gradient"):
            self.assertEqual(of[kernel]["limiter"], "ethernet_down", kernel)
            self.assertGreater(of[kernel]["wait"], 0.5 * (of[kernel]["end"] - of[kernel]["start"]))
        unhindered, _ = self.timed("--set", "model.sparsity=0.5")
        for row in rows(unhindered["launches"]):
            if row["step"] == 3 and row["layer"] == 0 and row["kernel"] == "matmul_gradient":
                self.assertIn(row["limiter"], ("pe_arithmetic", "pe_issue", "pe_sum", "fabric_link", "queues", "edge_out", "edge_in"))

    # 4: links are busy with the steady step, not with a checkpoint.
    def test_links_are_busy_with_a_step(self):
        value, folder = self.timed()
        user = [link for link in value["links"] if link["class"] == "memoryx_to_user"]
        self.assertEqual([link["step_busy_ps"] for link in user], [8 * 80])  # a loss: 8 bytes at 100 Gb/s
        self.assertGreater(user[0]["busy_ps"], 1000 * user[0]["step_busy_ps"])
        samples = next(link for link in value["links"] if link["class"] == "input_to_csx")
        self.assertEqual(samples["step_busy_ps"], BATCH * SAMPLE_BYTES * 80)
        share = 100 * samples["step_busy_ps"] / (value["steady"]["step_seconds"] * 1e12)
        self.assertRegex((folder / "summary.txt").read_text(), rf"input_to_csx +1 +\d+ +{share:.2f} %")

    # 5: rates count whole steps.
    def test_logged_rates_count_whole_steps(self):
        value, folder = self.timed("--mode", "train_and_eval", "--set", "runconfig.eval_steps=2", "--log_steps", 1)
        rates = [tuple(map(float, pair)) for pair in
                 re.findall(r"Rate=([\d.e+]+) samples/sec, GlobalRate=([\d.e+]+)", (folder / "run.log").read_text())]
        self.assertEqual(len(rates), 6)
        begin = end_before = mixed = 0
        samples = 0
        for (rate, everything), step in zip(rates, value["steps"]):
            if step["step"] == 0:
                begin = end_before
                samples = mixed = 0
            samples += step["samples"]
            newest = step["samples"] / (step["period"] / CLOCK)
            mixed = 0.6 * newest + 0.4 * mixed if mixed else newest
            self.assertAlmostEqual(rate, mixed, delta=1e-5 * mixed)
            self.assertAlmostEqual(everything, samples / ((step["end"] - begin) / CLOCK), delta=1e-5 * everything)
            end_before = step["end"]

    # 6: computing PE-cycles are not MFU.
    def test_utilisation_is_named_and_mfu_stands_beside(self):
        value, folder = self.timed()
        forward = sum((inputs + 1) * outputs for inputs, outputs in LAYERS)
        delta = sum(inputs * outputs for inputs, outputs in LAYERS[1:])
        useful = BATCH * (2 * forward + delta)
        steady = value["steady"]
        self.assertAlmostEqual(steady["mfu"], useful / (2 * 1024 * steady["step_cycles"]), places=9)
        self.assertEqual(steady["mfu"], steady["hfu"])
        self.assertAlmostEqual(steady["flop_per_second"], 2 * useful / steady["step_seconds"], delta=1)
        self.assertAlmostEqual(steady["samples_per_second"], BATCH / steady["step_seconds"], delta=1e-3)
        self.assertGreater(steady["pe_compute_share"], steady["mfu"])
        self.assertNotIn("pe_utilisation", value["run"])
        self.assertIn(f"MFU {100 * steady['mfu']:.1f} %, HFU {100 * steady['hfu']:.1f} %; PEs compute {100 * steady['pe_compute_share']:.1f} %",
                      (folder / "summary.txt").read_text())
        again, _ = self.timed("--set", "runconfig.recompute=2")
        self.assertAlmostEqual(again["steady"]["mfu"] * again["steady"]["step_cycles"], steady["mfu"] * steady["step_cycles"], delta=1e-3)
        self.assertGreater(again["steady"]["hfu"], again["steady"]["mfu"])

    # 7: a step is as long as its period.
    def test_a_step_is_as_long_as_its_period(self):
        value, folder = self.timed()
        periods = [step["period"] for step in value["steps"]]
        self.assertAlmostEqual(value["steady"]["step_cycles"], sum(periods[1:]) / 3, places=6)
        self.assertIn(f"steady step          {sum(periods[1:]) / 3:.0f} cycles", (folder / "summary.txt").read_text())
        shown = run("show", folder / "report.json", cwd=self.folder).stdout
        self.assertIn(f"{periods[-1]:,} cycles", shown)
        faster, _ = self.timed("--machine", "wse2")  # the input servers make 256 samples in 108,800 cycles
        self.assertGreaterEqual(faster["steady"]["step_cycles"], BATCH / 2e6 * CLOCK - 1)

    # 8: one step is not the steady state.
    def test_one_step_is_extrapolated(self):
        one, folder = self.timed(steps=1)
        several, long_folder = self.timed()
        self.assertEqual((one["steady"]["how"], several["steady"]["how"]), ("extrapolated", "measured"))
        self.assertLess(one["steady"]["step_cycles"], one["steps"][0]["period"])
        self.assertAlmostEqual(one["steady"]["step_cycles"], several["steady"]["step_cycles"], delta=0.03 * several["steady"]["step_cycles"])
        summary = (folder / "summary.txt").read_text()
        self.assertIn("(extrapolated)", summary)
        self.assertRegex(summary, rf"the only step +{one['steps'][0]['period']} cycles")
        table = (long_folder / "summary.txt").read_text()
        self.assertIn("without the first step", table)
        steady = [row for row in rows(several["launches"]) if row["step"] > 0 and row["kernel"] == "load_input"]
        mean = sum(row["end"] - row["start"] for row in steady) / 3
        self.assertRegex(table, rf"load_input +fc1 +{mean:.0f} ")

    # 9: of the steady step the sweeps between launches are a small part.
    def test_launch_sweeps_of_the_steady_step(self):
        value, _ = self.timed()
        launches = len([row for row in rows(value["launches"]) if row["step"] == 3])
        sweep = 2 * (32 + 32) + 4  # there and back over mini's rectangle, and the ramps
        self.assertEqual(value["steps"][3]["idle"]["between"], launches * sweep)
        self.assertLess(value["steps"][3]["idle"]["between"], 0.01 * value["steps"][3]["period"])

    # 10: the prediction knows the way of an update.
    def test_the_predicted_step_knows_the_round_trip_of_updates(self):
        for gbps in (100, 10, 3, 1):
            value, _ = self.timed("--machine_set", f"io.ethernet_gbps={gbps}")
            predicted, measured = value["plan"]["predicted_step"], value["steady"]["step_cycles"]
            self.assertLess(abs(predicted / measured - 1), 0.03, (gbps, predicted, measured))

    # 11: what is predicted is what is compared.
    def test_the_first_row_does_not_alarm(self):
        for options in ([], ["--machine", "wse2"], ["--machine_set", "input.samples_per_s=500000"]):
            _, folder = self.timed(*options)
            row = next(line for line in (folder / "summary.txt").read_text().splitlines() if line.startswith("load_input"))
            self.assertIn(row.split()[4], ("-", "waits"))

    # 12: the pictures.
    def test_axis_numbers_stand_apart(self):
        value, _ = self.timed()
        text = json.dumps(value)

        def longer(match):
            return f'"{match.group(1)}": {int(match.group(2)) * 100_000}'

        value = json.loads(re.sub(r'"(start|end|period)": (\d+)', longer, text))
        for row in value["launches"]["rows"]:
            for column in ("start", "end"):
                row[value["launches"]["columns"].index(column)] *= 100_000
        for row in value["updates"]["rows"]:
            for column in ("start_ps", "end_ps"):
                row[value["updates"]["columns"].index(column)] *= 100_000
        (self.folder / "long.json").write_text(json.dumps(value))
        lines = run("show", "long.json", cwd=self.folder).stdout.splitlines()
        axis = lines[next(index for index, line in enumerate(lines) if "cycles bound by" in line) + 1]
        self.assertGreaterEqual(len(axis.split()), 2)
        for number in axis.split():
            self.assertRegex(number, r"^(0|\d{1,3}(,\d{3})+)$")
        self.assertLessEqual(max(map(len, lines)), 80)
        run("show", "long.json", "--svg", "long.svg", cwd=self.folder)
        texts = list(xml.parse(self.folder / "long.svg").getroot().iter("{http://www.w3.org/2000/svg}text"))
        middle = [text for text in texts if text.get("text-anchor") == "middle"]
        self.assertEqual(len({text.get("y") for text in middle}), 2)  # cycles, and milliseconds
        for y in {text.get("y") for text in middle}:
            numbers = sorted((float(text.get("x")), len(text.text)) for text in middle if text.get("y") == y)
            for (x, length), (right, other) in zip(numbers, numbers[1:]):
                self.assertGreater(right - x, 7.0 * (length + other) / 2 - 8)
        for text in texts:  # nothing is clipped at the picture's sides
            self.assertGreaterEqual(float(text.get("x")), 0)
            self.assertLessEqual(float(text.get("x")), 900)

    def test_pes_of_all_systems(self):
        _, folder = self.timed("--num_csx", 4)
        self.assertIn("4 x 1,024 PEs", run("show", folder / "report.json", cwd=self.folder).stdout)

    def test_many_equal_layers_are_shown_once(self):
        model = self.folder / "deep.yaml"
        model.write_text("train_input: {data_processor: synthetic, batch_size: 64}\n"
                         "model: {name: deep, input_features: 32, depth: 95, hidden_size: 32, num_classes: 32}\n"
                         "optimizer: {optimizer_type: sgd, learning_rate: 0.01}\n")
        value, folder = self.timed(model=model, steps=3)
        self.check_sums(value)
        self.assertLess(len((folder / "summary.txt").read_text().splitlines()), 130)
        self.assertLess(len(run("show", folder / "report.json", cwd=self.folder).stdout.splitlines()), 110)
        run("show", folder / "report.json", "--svg", "deep.svg", cwd=self.folder)
        self.assertLess(float(xml.parse(self.folder / "deep.svg").getroot().get("height")), 2000)

    # 13: no script votes on what binds.
    def test_the_product_says_what_binds(self):
        self.assertFalse((SOURCE / "tests/bench/system_scaling.py").exists())
        value, folder = self.timed("--num_csx", 4)
        summary = (folder / "summary.txt").read_text()
        self.assertIn(value["verdict"]["text"], " ".join(summary.split()))
        self.assertIn(value["verdict"]["text"], " ".join(run("show", folder / "report.json", cwd=self.folder).stdout.split()))

    def test_works_stand_beside_their_predictions(self):
        value, folder = self.timed()
        works = {work["limiter"]: work for work in value["works"]}
        self.assertEqual(set(works), {"wafer", "input_servers", "sample_link", "memoryx_reader", "memoryx_update", "ethernet_down", "ethernet_up"})
        self.assertEqual(works["input_servers"]["measured_cycles"], 108800)
        self.assertEqual(works["sample_link"]["predicted_cycles"], 27366)
        for limiter, work in works.items():
            # A plan takes servers to have even shares; the busiest one is measured.
            most = 0.3 if limiter.startswith("memoryx") else 0.06
            self.assertAlmostEqual(work["predicted_cycles"], work["measured_cycles"], delta=most * work["measured_cycles"] + 2)
            self.assertLessEqual(work["measured_cycles"], value["steady"]["step_cycles"])
        for text in ((folder / "summary.txt").read_text(), run("show", folder / "report.json", cwd=self.folder).stdout):
            self.assertRegex(text, r"works all through a step, cycles +predicted +measured")
            for work in works.values():
                self.assertIn(work["what"][:40], text)

    def test_texts_fit_a_terminal(self):
        for folder in set(self.runs.values()):
            for line in (self.folder / folder / "summary.txt").read_text().splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_the_version_before_is_read_and_older_ones_are_refused(self):
        value, _ = self.timed()
        value["schema"] = "weft-report-1"
        for key in ("time_rules", "steady", "verdict", "works", "path", "roofline"):
            del value[key]
        columns = value["launches"]["columns"]
        at = columns.index("limiter")
        columns[at] = "bound_by"
        for row in value["launches"]["rows"]:
            row[at] = "compute"
        for step in value["steps"]:
            del step["period"], step["idle"]
        (self.folder / "before.json").write_text(json.dumps(value))
        shown = run("show", "before.json", cwd=self.folder)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        value["schema"] = "weft-report-0"
        (self.folder / "older.json").write_text(json.dumps(value))
        refused = run("show", "older.json", cwd=self.folder)
        self.assertEqual(refused.returncode, 2)
        for word in ("weft-report-0", "weft-report-1", "weft-report-2"):
            self.assertIn(word, refused.stderr)


if __name__ == "__main__":
    unittest.main()
