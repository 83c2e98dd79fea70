"""What the tests of the command line share: running the program, and small data sets that no network has to give."""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def program():
    """The binary under test: WEFT_BINARY, set by CTest."""
    return os.environ["WEFT_BINARY"]


def run(*arguments, cwd, **options):
    return subprocess.run([program(), *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300, **options)


def write_idx(path, dimensions, data):
    path.write_bytes(bytes([0, 0, 8, len(dimensions)]) + b"".join(struct.pack(">I", size) for size in dimensions) + bytes(data))


def make_data(folder, train=512, test=100):
    """Ten classes of 28 x 28 pictures that a small network can learn: a bright bar per class, and noise."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = 12345
    for prefix, count in (("train", train), ("t10k", test)):
        images, labels = bytearray(), bytearray()
        for index in range(count):
            label = index * 7 % 10
            labels.append(label)
            for pixel in range(784):
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                noise = state >> 24
                images.append(min(255, noise // 2 + (190 if pixel // 28 // 2 == label else 0)))
        write_idx(folder / f"{prefix}-images-idx3-ubyte", [count, 28, 28], images)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", [count], labels)
    return folder


class ScratchTrainings(unittest.TestCase):
    """Tests that share a scratch folder, `folder`, with a small data set in it, `data`."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.data = make_data(cls.folder / "data")


def report(folder):
    return json.loads((pathlib.Path(folder) / "report.json").read_text())


def without_host(folder):
    """A report without what may depend on the host and on how the simulation was cut."""
    value = report(folder)
    del value["host"]
    return value


if sys.version_info < (3, 8):
    sys.exit("Python 3.8 or later")
