#!/usr/bin/env python3
"""Question: does a run's waveform show names, counters and the whole run; is each format what it says; is a wrong request
refused before the run; and does a killed run leave a trace that opens?"""
import gzip
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, program, report, run


class Waveform(ScratchTrainings):
    def train(self, name, *flags, steps=2, **options):
        return run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", steps, "-o", name, *flags, cwd=self.folder,
                   **options)

    def totals(self, trace):
        result = subprocess.run([os.environ["WEFT_VCD_TOTALS"], "--values", trace], cwd=self.folder, capture_output=True,
                                text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        tracks = {}
        for line in result.stdout.splitlines():
            path, busy, *values = line.split(" ")
            tracks[path] = (int(busy), dict(value.rsplit("=", 1) for value in values))
        return tracks

    def test_names_and_counters(self):
        result = self.train("named", "--vcd", "named.vcd", "--vcd_pe", "0,0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("--vcd", result.stderr)  # nothing was told late or dropped
        value, tracks = report(self.folder / "named"), self.totals("named.vcd")
        rows = [dict(zip(value["launches"]["columns"], row)) for row in value["launches"]["rows"]]
        layers = value["run"]["layers"]
        self.assertEqual(set(tracks["cluster.system0.phase"][1]), {f"{layers[row['layer']]}.{row['kernel']}" for row in rows})
        self.assertEqual(set(tracks["cluster.system0.step"][1]), {"1", "2"})
        self.assertEqual({int(cycle) for cycle in tracks["cluster.system0.phase_start_cycle"][1]}, {row["start"] for row in rows})
        # The counter has every cycle of every launch, each a cycle long.
        clock = value["run"]["clock_mhz"]
        counted = tracks["cluster.system0.cycle"][1]
        self.assertEqual({int(cycle) for cycle in counted},
                         {cycle for row in rows for cycle in range(row["start"], row["end"]) if cycle > 0})
        self.assertLessEqual(max(int(busy) for busy in counted.values()), 1_000_000 // clock + 1)
        self.assertIn("AXPY", tracks["cluster.system0.pe_0_0.thread0"][1])
        self.assertIn("weights", tracks["cluster.system0.pe_0_0.east"][1])
        self.assertTrue({"fc1.weights", "step_begin"} <= set(tracks["cluster.memoryx.lane0"][1]))
        self.assertEqual(set(tracks["cluster.input0.link"][1]), {"samples"})
        save_file = (self.folder / "named.gtkw").read_text()
        self.assertIn('[dumpfile] "named.vcd"', save_file)
        self.assertIn("1 cycle = ", save_file)
        # All of the run: about 1000 pixels, 200 a frame of 2^-zoom ps.
        end = int(re.findall(r"^#(\d+)$", (self.folder / "named.vcd").read_text(), re.M)[-1])
        zoom = float(re.search(r"^\*(-?[\d.]+) ", save_file, re.M)[1])
        self.assertAlmostEqual(2 ** -zoom * 5 / end, 1, delta=0.01)
        self.assertGreaterEqual(end, value["run"]["end_ps"] - 1)

    def test_formats(self):
        self.assertEqual(self.train("plain", "--vcd", "plain.vcd").returncode, 0)
        self.assertEqual(self.train("packed", "--vcd", "packed.vcd.gz").returncode, 0)
        plain = (self.folder / "plain.vcd").read_bytes()
        self.assertEqual(gzip.decompress((self.folder / "packed.vcd.gz").read_bytes()), plain)
        if not shutil.which("vcd2fst"):
            refused = self.train("fst", "--vcd", "x.fst")
            self.assertEqual(refused.returncode, 2)
            self.assertIn("vcd2fst", refused.stderr)
            return
        self.assertEqual(self.train("fst", "--vcd", "x.fst").returncode, 0)
        text = subprocess.run(["fst2vcd", "x.fst"], cwd=self.folder, capture_output=True, text=True, check=True).stdout
        self.assertIn("sfc1.matmul_forward ", text)
        changes = re.compile(r"^[sb#]\S*", re.M)
        self.assertEqual(len(re.findall(r"^#\d+$", text, re.M)), len(re.findall(r"^#\d+$", plain.decode(), re.M)))
        self.assertGreater(len(changes.findall(text)), 100)

    def test_a_traced_pe_stays_with_other_scopes(self):
        self.assertEqual(self.train("both", "--vcd", "both.vcd", "--vcd_scope", "phases", "--vcd_pe", "1,0", steps=1).returncode, 0)
        tracks = self.totals("both.vcd")
        self.assertIn("cluster.system0.pe_1_0.thread0", tracks)
        self.assertIn("cluster.system0.phase", tracks)
        self.assertNotIn("cluster.memoryx.lane0", tracks)

    def test_refusals(self):
        os.mkfifo(self.folder / "pipe")
        (self.folder / "old.vcd").write_text("kept")
        for name, flags, words in (("r1", ["--vcd", "a.vcd", "--vcd_scope", "cluster.memoryy.*"], "fits no track"),
                                   ("r2", ["--vcd", "old.vcd", "--vcd_scope", "phases,nothing.*"], "fits no track"),
                                   ("r3", ["--vcd", "pipe"], "nobody reads"),
                                   ("r4", ["--vcd", "a.fsdb"], ".vcd.gz or .fst"),
                                   ("r5", ["--vcd", str(self.folder)], "a folder")):
            with self.subTest(flags):
                result = self.train(name, *flags)
                self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
                self.assertIn(words, result.stderr)
                self.assertFalse((self.folder / name / "report.json").exists())
                self.assertFalse((self.folder / "a.vcd").exists())
        self.assertEqual((self.folder / "old.vcd").read_text(), "kept")

    def test_a_pipe_with_a_reader(self):
        os.mkfifo(self.folder / "read")
        with subprocess.Popen(["cat", self.folder / "read"], stdout=subprocess.PIPE, text=True) as reader:
            time.sleep(0.2)  # cat has opened it
            self.assertEqual(self.train("piped", "--vcd", "read", steps=1).returncode, 0)
            self.assertIn("$enddefinitions $end", reader.communicate()[0])

    def test_a_killed_run_leaves_a_trace(self):
        trace = self.folder / "killed.vcd"
        with subprocess.Popen([program(), "train", "fc_mnist_tiny", "--data", str(self.data), "--max_steps", "100000",
                               "-o", "killed", "--vcd", str(trace)], cwd=self.folder, stdout=subprocess.DEVNULL) as process:
            for _ in range(600):
                if trace.exists() and trace.stat().st_size > 300_000:
                    break
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)
        text = trace.read_text()
        whole = self.folder / "whole.vcd"
        whole.write_text(text[:text.rindex("\n") + 1])
        self.assertGreater(int(self.totals("whole.vcd")["cluster.system0.phase"][0]), 0)
        self.assertTrue((self.folder / "killed.gtkw").exists())


if __name__ == "__main__":
    unittest.main()
