#!/usr/bin/env python3
"""Question: have golden reports changed? Does a report fit its schema, and the viewer's set-up the waveform?"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import SOURCE, make_data, program, report, run

TYPES = {"null": type(None), "object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}


def misfits(value, schema, path="report"):
    """What is wrong with `value`, by the part of JSON Schema that report.schema.json uses."""
    if "const" in schema:
        return [] if value == schema["const"] else [f"{path}: {value!r} is not {schema['const']!r}"]
    if isinstance(schema["type"], list):
        fits = [misfits(value, {**schema, "type": one}, path) for one in schema["type"]]
        return min(fits, key=len)
    expected = TYPES[schema["type"]]
    if not isinstance(value, expected) or (expected is not bool and isinstance(value, bool)):
        return [f"{path}: {value!r} is no {schema['type']}"]
    found = []
    if expected is dict and "properties" in schema:
        found += [f"{path}: {key} is missing" for key in schema["required"] if key not in value]
        for key, item in value.items():
            if key in schema["properties"]:
                found += misfits(item, schema["properties"][key], f"{path}.{key}")
            elif not schema["additionalProperties"]:
                found.append(f"{path}: {key} is not in the schema")
    if expected is list and "items" in schema:
        for index, item in enumerate(value):
            found += misfits(item, schema["items"], f"{path}[{index}]")
    return found


class Traces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        data = make_data(cls.folder / "data")
        result = run("train", "fc_mnist_tiny", "--data", data, "--max_steps", 2, "-o", "run", "--vcd", "run.vcd", "--vcd_pe", "0,0", cwd=cls.folder)
        assert result.returncode == 0, result.stderr

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_golden_reports(self):
        result = subprocess.run([sys.executable, "-B", SOURCE / "traces" / "regenerate", "--weft", program(), "--check"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_report_fits_the_schema(self):
        schema = json.loads((SOURCE / "traces" / "report.schema.json").read_text())
        value = report(self.folder / "run")
        self.assertEqual(misfits(value, schema), [])
        self.assertEqual(set(schema["properties"]) - {"evaluation"}, set(value))
        value["surprise"] = 1
        del value["links"][0]["bytes"]
        value["run"]["cycles"] = "many"
        self.assertEqual(len(misfits(value, schema)), 3)

    def test_a_text_s_report_fits_the_schema(self):
        (self.folder / "text.txt").write_text("abcde " * 200)
        result = run("train", "gpt_char_tiny", "--data", "text.txt", "--max_steps", 2, "--mode", "train_and_eval", "--eval_steps", 1, "-o", "text", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        value = report(self.folder / "text")
        self.assertEqual(misfits(value, json.loads((SOURCE / "traces" / "report.schema.json").read_text())), [])
        self.assertEqual((value["run"]["sample_tokens"], value["evaluation"]["tokens"]), (16, 7 * 16))  # a tenth of 74 sequences

    def test_the_save_file_names_signals_that_exist(self):
        names = re.findall(r"^\+\{[^}]+\} (cluster\.[^\s\[]+)$", (SOURCE / "traces" / "weft.gtkw").read_text(), re.M)
        self.assertGreater(len(names), 20)
        result = subprocess.run([os.environ["WEFT_VCD_TOTALS"], self.folder / "run.vcd"], capture_output=True, text=True, check=True)
        tracks = {line.split()[0] for line in result.stdout.splitlines()}
        self.assertEqual([name for name in names if name not in tracks], [])


if __name__ == "__main__":
    unittest.main()
