#!/usr/bin/env python3
"""Question: are a user's data found in every layout and spelling, and is what is missing told to him and the launcher?"""
import gzip
import os
import pathlib
import shutil
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, run, without_host

MODEL = """train_input: {{batch_size: 32, shuffle: false{}}}
model: {{name: n, hidden_sizes: [24]{}}}
optimizer: {{optimizer_type: sgd, learning_rate: 0.1}}
runconfig: {{max_steps: 2{}}}
"""


class Data(ScratchTrainings):
    """`data` is kept in the data folder `store` as `mnist`; commands start in `here`, which has none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store, cls.here = cls.folder / "store", cls.folder / "here"
        cls.here.mkdir()
        cls.store.mkdir()
        shutil.copytree(cls.data, cls.store / "mnist")
        cls.plain = cls.train_results("", "plain")

    @classmethod
    def weft(cls, keys, *arguments, cwd=None, store=None, model="", runconfig="", command="train"):
        file = cls.folder / "model.yaml"
        file.write_text(MODEL.format(keys, model, runconfig))
        return run(command, file, *arguments, cwd=cwd or cls.here, env={**os.environ, "WEFT_DATA": str(store or cls.store)})

    @classmethod
    def train_results(cls, keys, name, **options):
        result = cls.weft(keys, "-o", cls.folder / name, **options)
        assert result.returncode == 0, result.stderr
        value = without_host(cls.folder / name)
        del value["configuration"]
        return value

    def reads_the_same(self, keys, name, **options):
        self.assertEqual(self.train_results(keys, name, **options), self.plain)

    def needs(self, keys, *arguments, **options):
        result = self.weft(keys, *arguments, "--what_it_needs", **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def layout(self, name, rename):
        """A copy of the data in which each file has the place that `rename` gives it."""
        folder = self.folder / name
        for source in self.data.iterdir():
            target = folder / rename(source.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = source.read_bytes()
            target.write_bytes(gzip.compress(content) if target.suffix == ".gz" else content)
        return folder

    def test_any_spelling_of_data_mnist_is_the_data_folders(self):
        for index, text in enumerate(("data/mnist", '"data/mnist"', "'data/mnist'", "./data/mnist", '"./data/mnist/"', "mnist",
                                      "./mnist", "data//mnist", "./data/mnist/train", "./tfds", '"./MNIST"')):
            with self.subTest(text):
                self.reads_the_same(f", data_dir: {text}", f"spelling_{index}")
        self.reads_the_same(", data_dir:", "spelling_none")

    def test_what_stands_in_is_said(self):
        result = self.weft(", data_dir: ./tfds", "-o", self.folder / "stands_in")
        self.assertIn("MNIST stands in", result.stdout)
        self.assertNotIn("MNIST stands in", self.weft(", data_dir: ./data/mnist", "-o", self.folder / "direct").stdout)

    def test_the_working_directory_comes_first(self):
        there = self.folder / "elsewhere"
        shutil.copytree(self.data, there / "data" / "mnist")
        self.assertIn(f" {there}/data/mnist/train-images", self.needs(", data_dir: data/mnist", cwd=there))
        self.reads_the_same(", data_dir: data/mnist", "own", cwd=there, store=self.folder / "none")

    def test_layouts(self):
        layouts = {
            "torchvision": lambda name: f"MNIST/raw/{name}",
            "packed": lambda name: f"{name}.gz",
            "torchvision_packed": lambda name: f"MNIST/raw/{name}.gz",
            "dots": lambda name: name.replace("-idx", ".idx"),
            "folders": lambda name: f"archive/{name}/{name}",
        }
        for name, rename in layouts.items():
            with self.subTest(name):
                folder = self.layout(name, rename)
                self.reads_the_same(f", data_dir: {folder}", f"run_{name}")
                result = self.weft("", "--data", folder, "-o", self.folder / f"flag_{name}")
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_labels_of_four_bytes_and_qmnist(self):
        labels = (self.data / "train-labels-idx1-ubyte").read_bytes()[8:]
        wide = b"".join(struct.pack(">i", label) for label in labels)
        folder = self.layout("wide", lambda name: name)
        (folder / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 0x0C, 1]) + struct.pack(">I", len(labels)) + wide)
        self.reads_the_same(f", data_dir: {folder}", "run_wide")
        folder = self.layout("qmnist", lambda name: f"QMNIST/raw/q{name}".replace("qtrain", "qmnist-train").replace("qt10k", "qmnist-test"))
        table = b"".join(struct.pack(">8i", label, 0, 0, 0, 0, 0, 0, 0) for label in labels)
        (folder / "QMNIST/raw/qmnist-train-labels-idx1-ubyte").unlink()
        (folder / "QMNIST/raw/qmnist-train-labels-idx2-int").write_bytes(bytes([0, 0, 0x0C, 2]) + struct.pack(">II", len(labels), 8) + table)
        self.reads_the_same(f", data_dir: {folder}", "run_qmnist")

    def test_emnist_says_what_it_asks_of_the_model(self):
        folder = self.layout("emnist", lambda name: f"EMNIST/raw/emnist-letters-{name}".replace("t10k", "test"))
        for prefix in ("train", "test"):
            file = folder / f"EMNIST/raw/emnist-letters-{prefix}-labels-idx1-ubyte"
            content = bytearray(file.read_bytes())
            content[8:] = bytes(1 + index % 26 for index in range(len(content) - 8))
            file.write_bytes(content)
        result = self.weft(f", data_dir: {folder}")
        self.assertEqual(result.returncode, 2)
        self.assertIn("model.num_classes to 27", result.stderr)
        for keys in (f", data_dir: {folder}", f", data_dir: {folder}, data_set: letters, transpose: true"):
            result = self.weft(keys, "-o", self.folder / f"run_emnist_{len(keys)}", model=", num_classes: 27")
            self.assertEqual(result.returncode, 0, result.stderr)
        result = self.weft(f", data_dir: {folder}, data_set: digits")
        self.assertEqual(result.returncode, 2)
        self.assertIn("emnist-letters", result.stderr)

    def test_split(self):
        self.assertIn("/t10k-images", self.needs(", split: test"))
        self.assertIn("/t10k-images", self.needs(", split: val"))
        self.assertEqual(self.train_results(", split: train", "split_train"), self.plain)
        self.assertNotEqual(self.train_results(", split: val", "split_val"), self.plain)
        result = self.weft(", split: trane")
        self.assertEqual(result.returncode, 2)
        self.assertIn("nearest: train", result.stderr)

    def test_what_it_needs_names_what_is_read(self):
        mnist = self.store / "mnist"
        self.assertEqual(self.needs(""), f"train_input: mnist, train: {mnist}/train-images-idx3-ubyte, {mnist}/train-labels-idx1-ubyte\n")
        both = self.needs("", runconfig=", mode: train_and_eval").splitlines()
        self.assertEqual([line.split(":")[0] for line in both], ["train_input", "eval_input"])
        self.assertEqual(self.needs("", command="eval"), f"eval_input: mnist, test: {mnist}/t10k-images-idx3-ubyte, {mnist}/t10k-labels-idx1-ubyte\n")
        for flag in ("--timing_only", "--validate_only", "--compile_only"):
            self.assertEqual(self.needs("", flag), "reads no data\n")
        self.assertEqual(list(self.here.rglob("*")), [], "it wrote something")

    def test_what_it_needs_says_what_to_fetch(self):
        empty = self.folder / "empty"
        for keys in ("", ', data_dir: "./data/mnist"', ", data_dir: ./tfds", ", data_dir: ./data/mnist/train"):
            self.assertEqual(self.needs(keys, store=empty).splitlines()[-1], f"fetch mnist {empty}/mnist")
        for keys in (", data_dir: mine", f", data_dir: {self.folder}/absent", ", data_set: letters"):
            self.assertNotIn("fetch", self.needs(keys, store=empty))
        self.assertNotIn("fetch", self.needs("", "--data", "mine", store=empty))
        half = self.folder / "half"
        (half / "mnist").mkdir(parents=True)
        shutil.copy(self.data / "train-images-idx3-ubyte", half / "mnist")
        self.assertIn(f"fetch mnist {half}/mnist\n", self.needs("", store=half))

    def test_what_is_missing_is_told_all_at_once(self):
        result = self.weft(", data_dir: mine", runconfig=", mode: train_and_eval")
        self.assertEqual(result.returncode, 2)
        for section in ("train_input", "eval_input"):
            self.assertIn(f"{section}.data_dir: no folder mine; looked for {self.here}/mine, {self.store}/mine", result.stderr)
        other = self.folder / "other"
        other.mkdir(exist_ok=True)
        (other / "mnist.npz").write_bytes(b"x")
        result = self.weft("", "--data", other)
        self.assertEqual(result.returncode, 2)
        self.assertIn(f"--data: {other}: holds no training set: looked for train-images-idx3-ubyte", result.stderr)
        self.assertIn("found: mnist.npz", result.stderr)
        result = self.weft(', data_dir: ""')
        self.assertEqual(result.returncode, 2)
        self.assertIn("data_dir", result.stderr)


if __name__ == "__main__":
    unittest.main()
