#!/usr/bin/env python3
"""Question: does `weft show` draw what the report says: every phase of a step, each bar as long as its cycles?"""
import json
import pathlib
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import SOURCE, make_data, report, run

SVG = "{http://www.w3.org/2000/svg}"
PHASES = {"load_input": "samples", "matmul_forward": "forward", "retain_forward": "forward", "activation": "forward", "softmax_loss": "loss",
          "matmul_delta": "delta", "retained_delta": "delta", "activation_backward": "delta", "matmul_gradient": "gradient"}
CYCLE = 0.002  # of the three decimals of an attribute, and of picoseconds in cycles


def rows(table):
    return [dict(zip(table["columns"], row)) for row in table["rows"]]


class Show(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        data = make_data(cls.folder / "data")
        result = run("train", "fc_mnist_tiny", "--data", data, "--mode", "train_and_eval", "--max_steps", 3, "--eval_steps", 2, "-o", "run",
                     "--set", "runconfig.micro_batch_size=16", cwd=cls.folder)
        assert result.returncode == 0, result.stderr
        cls.report = report(cls.folder / "run")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def show(self, *arguments, file="run/report.json"):
        result = run("show", file, *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def picture(self, *arguments, **options):
        self.show(*arguments, "--svg", "step.svg", **options)
        return xml.parse(self.folder / "step.svg").getroot()

    def with_class(self, root, name):
        return [rect for rect in root.iter(f"{SVG}rect") if name in rect.get("class", "").split()]

    def test_bars_are_the_reports_cycles(self):
        self.assertEqual(len(self.report["steps"]), 5)
        for number, step in enumerate(self.report["steps"][:3], 1):
            root = self.picture("--step", number)
            frame = next(rect for rect in root.iter(f"{SVG}rect") if rect.get("id") == "frame")
            begin, end = float(frame.get("data-from")), float(frame.get("data-to"))
            self.assertEqual(begin, self.report["steps"][number - 2]["end"] if number > 1 else 0)
            left, scale = float(frame.get("x")), float(frame.get("width")) / (end - begin)
            bars = self.with_class(root, "bar")
            for bar in bars + self.with_class(root, "idle"):
                if not bar.get("data-start"):
                    continue  # of the legend
                first, last = max(begin, float(bar.get("data-start"))), float(bar.get("data-end"))
                self.assertLessEqual(last, end + CYCLE)
                self.assertAlmostEqual(float(bar.get("x")), left + (first - begin) * scale, delta=0.002)
                self.assertAlmostEqual(float(bar.get("width")), (last - first) * scale, delta=0.003)
            launches = [row for row in rows(self.report["launches"]) if (row["stage"], row["step"]) == (step["stage"], step["step"])]
            drawn = {(bar.get("data-kernel"), float(bar.get("data-start")), float(bar.get("data-end")), bar.get("class").split()[1])
                     for bar in bars if bar.get("data-kernel")}
            self.assertEqual(drawn, {(row["kernel"], row["start"], row["end"], row["limiter"]) for row in launches})
            self.assertEqual(len(self.with_class(root, "wait")), sum(row["stream_wait"] > 0 for row in launches))
            idle = sum(float(rect.get("data-end")) - float(rect.get("data-start")) for rect in self.with_class(root, "idle") if rect.get("data-start"))
            self.assertEqual(idle, step["bubble"])
            # Updates go on behind the last launch, whose end is marked.
            self.assertGreater(end, step["end"])
            marks = [re.fullmatch(r"M([\d.]+) \d+V\d+", path.get("d", "")) for path in root.iter(f"{SVG}path") if path.get("class") == "mark"]
            marks = [float(mark[1]) for mark in marks if mark]
            self.assertEqual(len(marks), 1)
            self.assertAlmostEqual(marks[0], left + (step["end"] - begin) * scale, delta=0.06)
            self.assert_updates(step, [bar for bar in bars if not bar.get("data-kernel") and "earlier" not in bar.get("class").split()], end)

    def assert_updates(self, step, bars, end):
        updates = [row for row in rows(self.report["updates"]) if (row["stage"], row["step"]) == (step["stage"], step["step"])]
        self.assertEqual(len(updates), len(self.report["run"]["layers"]))
        cycles = self.report["run"]["clock_mhz"] / 1e6
        drawn = sorted((float(bar.get("data-start")), float(bar.get("data-end"))) for bar in bars)
        for (start, stop), row in zip(drawn, sorted(updates, key=lambda row: row["start_ps"])):
            self.assertAlmostEqual(start, row["start_ps"] * cycles, delta=CYCLE)
            self.assertAlmostEqual(stop, row["end_ps"] * cycles, delta=CYCLE)
        self.assertEqual(len(drawn), len(updates))
        self.assertAlmostEqual(end, max(stop for _, stop in drawn), delta=CYCLE)

    def phases(self, step):
        layers = self.report["run"]["layers"]
        of_step = [row for row in rows(self.report["launches"]) if (row["stage"], row["step"]) == (step["stage"], step["step"])]
        return {(layers[row["layer"]], PHASES[row["kernel"]]) for row in of_step} | {(layer, "update") for layer in layers}

    def test_every_phase_has_a_lane(self):
        root = self.picture()  # the last training step, not the evaluation behind it
        texts = [text.text for text in root.iter(f"{SVG}text")]
        lanes = self.phases(self.report["steps"][2])
        self.assertEqual({phase for _, phase in lanes}, {"samples", "forward", "loss", "delta", "gradient", "update"})
        for layer, phase in lanes:
            self.assertEqual(texts.count(f"{layer} {phase}"), 1)
        step = self.report["steps"][2]
        self.assertIn(f"fc_mnist_tiny on mini, 1 system, step 3: {step['period']:,} cycles", texts[0])
        for link in self.report["links"]:
            self.assertIn(link["class"], texts)

    def test_it_stands_alone(self):
        self.picture()
        text = (self.folder / "step.svg").read_text(encoding="utf-8")
        self.assertEqual(text.count("http"), 1, "the name space only")
        for word in ("<script", "href", "@import", "<image", "onload"):
            self.assertNotIn(word, text)
        self.assertIn("prefers-color-scheme: dark", text)

    def test_text(self):
        text = self.show("--step", 2)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        step = self.report["steps"][1]
        self.assertIn(f"{step['period']:,} cycles", text)
        self.assertIn(f"bubble: {step['bubble']:,} cycles", text)
        lanes = [line for line in text.splitlines() if line.count("|") == 2]
        self.assertEqual({tuple(line.split("|")[0].split()) for line in lanes[1:]}, self.phases(step))
        for line in lanes:
            self.assertEqual(len(line.split("|")[1]), 40)
            self.assertRegex(line.split("|")[1], "[#=~.-]")

    def changed(self, change):
        value = json.loads(json.dumps(self.report))
        change(value)
        (self.folder / "changed.json").write_text(json.dumps(value))
        return "changed.json"

    def test_names_are_escaped_and_shortened(self):
        def rename(value):
            value["run"]["model"] = "<a href=\"x\">&\u0001" + "long" * 30
            value["run"]["layers"] = ["ä<&layer" * 4, "two"]

        file = self.changed(rename)
        titles = [text.text for text in self.picture(file=file).iter(f"{SVG}text")]
        self.assertTrue(titles[0].startswith("<a href=\"x\">& long"), titles[0])
        self.assertIn("ä<&layerä<… forward", titles)
        self.assertLessEqual(max(map(len, self.show(file=file).splitlines())), 80)

    def test_a_report_without_updates_is_drawn_without(self):
        self.assertNotIn("MemoryX", [text.text for text in self.picture(file=self.changed(lambda value: value.pop("updates"))).iter(f"{SVG}text")])

    def test_a_run_that_only_evaluates(self):
        def evaluation(value):
            value["steps"] = value["steps"][3:]

        file = self.changed(evaluation)
        self.assertIn("evaluation batch 2", self.show(file=file))
        self.assertIn("evaluation batch 1", self.show("--step", 1, file=file))

    def test_the_readme_shows_the_kept_picture(self):
        self.assertIn("(traces/fc_mnist_step.svg)", (SOURCE / "README.md").read_text())


if __name__ == "__main__":
    unittest.main()
