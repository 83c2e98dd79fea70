"""What a run's last checkpoint holds."""
import h5py
import numpy


def weights_of(folder, steps):
    with h5py.File(folder / f"checkpoint_{steps}.mdl", "r") as file:
        return {name: numpy.array(value).tobytes() for name, value in file.items() if name.startswith("model.")}
