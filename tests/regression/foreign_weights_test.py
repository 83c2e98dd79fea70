#!/usr/bin/env python3
"""Question: are the weights of other programs' HDF5 files read, whatever their form, and is what does not fit told true?"""
import gzip
import pathlib
import shutil
import subprocess
import sys
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from weft_cli import ScratchTrainings, run, without_host


class ForeignWeights(ScratchTrainings):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train("ours")
        cls.checkpoint = cls.folder / "ours" / "checkpoint_2.mdl"
        with h5py.File(cls.checkpoint) as file:
            cls.weights = {name[len("model."):]: file[name][...] for name in file if name.startswith("model.")}
        # What fp16 and bf16 keep of them, so that every form below has the same values to say.
        cls.weights = {name: ((value.view("u4") & 0xFFFF0000).view("f4")).astype("f2").astype("f4") for name, value in cls.weights.items()}
        cls.weights = {name: (value.view("u4") & 0xFFFF0000).view("f4") for name, value in cls.weights.items()}
        cls.plain = cls.results("plain", "--initial_weights", cls.write("plain.h5"))

    @classmethod
    def start(cls, name, *arguments):
        return run("train", "fc_mnist_tiny", "--data", cls.data, "--max_steps", 2, "-o", name, *arguments, cwd=cls.folder)

    @classmethod
    def train(cls, name, *arguments):
        result = cls.start(name, *arguments)
        assert result.returncode == 0, result.stderr
        return result

    @classmethod
    def results(cls, name, *arguments):
        cls.train(name, *arguments)
        value = without_host(cls.folder / name)
        return {key: value[key] for key in ("steps", "launches")}

    @classmethod
    def write(cls, name, rename=lambda name: "model." + name, dtype="f4", weights=None, file={}, **dataset):
        path = cls.folder / name
        with h5py.File(path, "w", **file) as out:
            for key, value in (weights or cls.weights).items():
                out.create_dataset(rename(key), data=value.astype(dtype), **dataset)
        return path

    def same(self, name, path, flag="--initial_weights"):
        self.assertEqual(self.results(f"run_{name}", flag, path), self.plain)

    def refused(self, path, *texts, flag="--initial_weights"):
        result = self.start(f"refused_{path.name}", flag, path)
        self.assertEqual(result.returncode, 2, result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)
        self.assertNotIn("truncated", result.stderr if "truncated" not in texts else "")

    def test_floating_point_numbers_of_every_width(self):
        for dtype in ("f2", "f8", ">f4", ">f8"):
            with self.subTest(dtype):
                self.same(f"dtype_{dtype}".replace(">", "big_"), self.write(f"{dtype}.h5".replace(">", "big_"), dtype=dtype))

    def test_bf16(self):
        bf16 = h5py.h5t.IEEE_F32LE.copy()
        bf16.set_fields(15, 7, 8, 0, 7)
        bf16.set_size(2)
        bf16.set_ebias(127)
        path = self.folder / "bf16.h5"
        with h5py.File(path, "w") as file:
            for name, value in self.weights.items():
                data = h5py.h5d.create(file.id, f"model.{name}".encode(), bf16, h5py.h5s.create_simple(value.shape))
                data.write(h5py.h5s.ALL, h5py.h5s.ALL, numpy.ascontiguousarray(value), h5py.h5t.NATIVE_FLOAT)
                self.assertEqual(data.get_type().get_size(), 2)
        self.same("bf16", path)

    def test_groups_bare_names_and_prefixes(self):
        renames = {"groups": lambda name: "model/" + name.replace(".", "/"), "bare": lambda name: name,
                   "half": lambda name: "model/" + name, "module": lambda name: "state_dict/module." + name}
        for name, rename in renames.items():
            with self.subTest(name):
                self.same(name, self.write(f"{name}.h5", rename))

    def test_layers_by_number(self):
        names = {"fc1": "layers.0", "fc2": "layers.3"}
        self.same("numbered", self.write("numbered.h5", lambda name: f"net.{names[name[:3]]}{name[3:]}"))
        names = {"fc1": "hidden_1", "fc2": "out"}
        self.same("last", self.write("last.h5", lambda name: names[name[:3]] + name[3:]))

    def test_every_layout_of_the_container(self):
        layouts = {"gzip": {"compression": "gzip", "shuffle": True}, "chunks": {"chunks": True}, "sums": {"fletcher32": True},
                   "latest": {"file": {"libver": "latest"}}, "block": {"file": {"userblock_size": 1024}}}
        for name, layout in layouts.items():
            with self.subTest(name):
                self.same(name, self.write(f"{name}.h5", **layout))

    def test_copies_of_our_checkpoint(self):
        reference = self.results("reference", "--initial_weights", self.checkpoint)
        copy = self.folder / "copy.h5"
        with h5py.File(self.checkpoint) as file, h5py.File(copy, "w") as out:
            for name in file:
                file.copy(name, out)
        # h5repack takes the user block along: our seal stands before a file that is another's.
        repacked = self.folder / "repacked.mdl"
        with h5py.File(self.folder / "block.part", "w", userblock_size=512) as out, h5py.File(self.checkpoint) as file:
            for name in file:
                file.copy(name, out)
            for name, value in file.attrs.items():
                out.attrs[name] = value
        repacked.write_bytes(self.checkpoint.read_bytes()[:512] + (self.folder / "block.part").read_bytes()[512:])
        files = {"copy": copy, "repacked": repacked}
        if shutil.which("h5repack"):
            for name, options in {"h5repack": [], "h5repack_gzip": ["-f", "GZIP=5"], "h5repack_latest": ["-L"]}.items():
                files[name] = self.folder / f"{name}.mdl"
                subprocess.run(["h5repack", *options, self.checkpoint, files[name]], check=True)
        for name, path in files.items():
            with self.subTest(name):
                self.assertEqual(self.results(f"run_{name}", "--initial_weights", path), reference)
                result = run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", 4, "-o", f"on_{name}",
                             "--checkpoint_path", path, cwd=self.folder)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn("Step=4", result.stdout)
                self.assertNotIn("Step=2,", result.stdout)

    def test_weights_alone_start_at_the_first_step(self):
        path = self.write("alone.h5")
        self.same("alone", path, flag="--checkpoint_path")
        self.assertIn("weights alone", self.train("alone_again", "--checkpoint_path", path).stdout)
        result = run("eval", "fc_mnist_tiny", "--data", self.data, "-o", "alone_eval", "--checkpoint_path", path, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_all_that_does_not_fit_is_told_at_once(self):
        wrong = {"fc1.weight": self.weights["fc1.weight"].T, "fc1.biass": self.weights["fc1.bias"],
                 "fc2.weight": self.weights["fc2.weight"][:, :-1], "fc2.bias": self.weights["fc2.bias"],
                 "fc3.weight": self.weights["fc2.weight"]}
        self.refused(self.write("wrong.h5", weights=wrong), "model.fc1.weight has shape [784, 24], the model needs [24, 784]",
                     "transposed", "has no model.fc1.bias; nearest: model.fc1.biass", "model.fc2.weight has shape [10, 23]",
                     "holds model.fc3.weight")
        self.refused(self.write("integers.h5", dtype="i4"), "model.fc1.weight holds int32")
        wide = dict(self.weights, **{"fc2.bias": self.weights["fc2.bias"].astype("f8") + 1e300})
        self.refused(self.write("wide.h5", weights=wide, dtype="f8"), "model.fc2.bias", "beyond fp32")
        strange = {"fc1": "alpha", "fc2": "beta"}
        self.refused(self.write("strange.h5", lambda name: strange[name[:3]] + name[3:]), "has no model.fc1.weight", "has no model.fc2.bias")
        self.refused(self.write("lzf.h5", compression="lzf"), "lzf", "gzip")

    def test_files_of_other_containers_are_named(self):
        numpy.savez(self.folder / "weights.npz", **self.weights)
        files = {"weights.npz": "a zip archive, such as torch.save", "a.pt": "a Python pickle", "a.h5.gz": "compressed by gzip",
                 "a.safetensors": "of safetensors"}
        (self.folder / "a.pt").write_bytes(b"\x80\x02}q\x00.")
        (self.folder / "a.h5.gz").write_bytes(gzip.compress(b"nothing"))
        (self.folder / "a.safetensors").write_bytes(b"\x40" + bytes(7) + b'{"a": 1}')
        for name, words in files.items():
            with self.subTest(name):
                self.refused(self.folder / name, name, words, "write its tensors to HDF5")

    def test_a_checkpoint_of_another_program_is_told_how_its_weights_are_taken(self):
        path = self.write("with_state.h5")
        with h5py.File(path, "a") as file:
            file["global_step"] = numpy.int64(5)
            file["optimizer.state.0.exp_avg"] = numpy.zeros((24, 784), "f4")
        self.refused(path, "optimizer.state.0.exp_avg", "--initial_weights takes weights alone", flag="--checkpoint_path")
        self.same("with_state", path)

    def test_a_truncated_file_and_a_damaged_one_are_called_so(self):
        whole = self.write("whole.h5").read_bytes()
        cut = self.folder / "cut.h5"
        cut.write_bytes(whole[:-1])
        self.refused(cut, "truncated", f"{len(whole) - 1} bytes")
        damaged = self.folder / "damaged.h5"
        damaged.write_bytes(whole[:96] + b"\xff" * 64 + whole[160:])
        self.refused(damaged, "damaged")


if __name__ == "__main__":
    unittest.main()
