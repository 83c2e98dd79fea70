#!/usr/bin/env python3
"""Question: does `weft budget` print and write the same numbers, and refuse what it cannot use with the nearest name?"""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import run


class Budget(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def budget(self, *arguments):
        return run("budget", *arguments, cwd=self.folder)

    def refused(self, *arguments, texts):
        result = self.budget(*arguments)
        self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)

    def test_page_and_json(self):
        result = self.budget("--json", "budget.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        written = json.loads((self.folder / "budget.json").read_text())
        best = written["ways"][written["best"]]
        self.assertEqual((best["recompute"], best["micro_batches"]), ("layer", 8))
        said = " ".join(result.stdout.split())
        self.assertIn("10.9 s with attention: 101 % of the measured time.", said)
        self.assertIn("There is no room for any loss", said)
        self.assertNotIn("The rest, ", said)
        self.assertIn(written["conclusions"][1][:40], result.stdout)

    def test_options(self):
        result = self.budget("gpt3_6b7", "--machine", "wse3", "--num_csx", "4", "--recompute", "layer", "--micro_batches", "4",
                             "--activation_bytes", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("GPT-3 6.7B on 4 x wse3", result.stdout)
        self.assertNotIn("Measured", result.stdout)
        self.assertIn("gpt3_175b", self.budget("--list").stdout)

    def test_what_is_not_said_is_the_default_that_the_help_names(self):
        page = self.budget().stdout
        self.assertEqual(self.budget("gpt3_13b", "--machine", "wse2", "--num_csx", "1", "--batch", "128", "--micro_batches", "auto",
                                     "--recompute", "auto", "--activation_bytes", "2", "--gradient_bytes", "4").stdout, page)
        shown = self.budget("--help").stdout
        for option, value in (("--num_csx", 1), ("--batch", 128), ("--activation_bytes", 2), ("--gradient_bytes", 4)):
            self.assertRegex(shown, rf"{option} INT.*={value}\s")
        self.assertNotEqual(self.budget("--batch", "64").stdout, page)
        self.assertNotEqual(self.budget("--activation_bytes", "1").stdout, page)

    def test_gradients_of_two_bytes(self):
        passes = []
        for width in "4", "2":
            way = ("--gradient_bytes", width, "--recompute", "layer", "--micro_batches", "8", "--json", f"{width}.json")
            self.assertIn(f"gradients {width} B out", self.budget(*way).stdout)
            passes.append({one["name"]: one for one in json.loads((self.folder / f"{width}.json").read_text())["ways"][0]["passes"]})
        for name, wide in passes[0].items():
            self.assertEqual(passes[1][name]["bytes"], wide["bytes"] / (2 if name == "gradient" else 1), name)

    def test_a_changed_model_is_not_called_the_published_one(self):
        page = self.budget("--set", "hidden=8192", "--set", "heads=64").stdout
        self.assertIn("gpt3_13b with hidden=8192, heads=64 on 1 x wse2", page)
        self.assertNotIn("GPT-3 13B", page)
        self.assertIn("a model of mine on 1 x", self.budget("--set", "title=a model of mine", "--set", "layers=3").stdout)

    def test_refusals(self):
        self.refused("gtp3_13b", texts=["gtp3_13b", "nearest: gpt3_13b"])
        self.refused("--machine", "wse4", texts=["wse4", "wse3"])
        self.refused("--recompute", "layers", texts=["layers", "nearest: layer"])
        self.refused("--micro_batches", "atuo", texts=["atuo", "nearest: auto"])
        self.refused("--micro_batches", "7", texts=["7", "nearest: 8"])
        self.refused("--batch", "100", "--num_csx", "16", texts=["100", "nearest: 96"])
        self.refused("--num_csx", "193", texts=["193", "192"])
        self.refused("--set", "hiden=4", texts=["hiden", "hidden"])
        self.refused("--activation_bytes", "9", texts=["9"])
        self.refused("--gradient_bytes", "3", texts=["3"])


if __name__ == "__main__":
    unittest.main()
