"""Where mutants are built and run: a copy of the sources with a build of its own, which compiles only what a mutant
changes. The detectors are tests of this repository, the cheapest that can see a file first."""
import pathlib
import resource
import subprocess
from typing import NamedTuple

from scratch_copy import copy_sources

SOURCES = ("CMakeLists.txt", "cmake", "tlm", "hw", "rtl", "sw", "tests")
MEMORY_BYTES = 4 << 30  # a mutant that would take more has failed


class Detector(NamedTuple):
    name: str
    target: str
    program: str  # below the build folder
    arguments: tuple = ()


def test(tier, name):
    return Detector(name, name, f"tests/{tier}/{name}")


FP_UNITS = test("cosim", "fp_units_test")
TILES = [test("cosim", "instruction_set_test"), test("cosim", "fabric_tiles_test"), test("cosim", "tile_array_test"), test("cosim", "switch_test")]
SV_ARRAY = test("cosim", "sv_array_test")
PROGRAMS = [test("unit", name) for name in ("pe_program_test", "program_limits_test", "edge_player_test", "waiting_test",
                                            "task_test", "window_test", "assembler_test", "special_functions_test", "sram_test",
                                            "bank_test", "thread_races_test")]
KERNELS = [test("unit", name) for name in ("line_values_test", "norm_test", "gelu_test", "attention_softmax_test", "windowed_softmax_test",
                                           "one_hot_test", "addition_test", "swiglu_test", "rotary_test", "dropout_mask_test")]
RECURRENCES = [test("timing", "stream_reduce_test"), test("timing", "stream_state_test"), test("timing", "cut_test"), test("timing", "receivers_test"),
               test("timing", "fold_test"), test("timing", "ramp_runs_test"), test("timing", "ramp_test"),
               test("timing", "softmax_times_test"), test("unit", "launch_windows_test"), test("timing", "attention_test"),
               test("timing", "norm_totals_test"), test("timing", "attention_grid_test")]
CROSSCHECK = [Detector(name, "weft", "sw/cli/weft", ("crosscheck", "--cases", "360", "--seed", "3", *options))
              for name, *options in (("weft crosscheck",), ("weft crosscheck, sparse", "--zeros", "50"),
                                     ("weft crosscheck, causal", "--causal"))]


def detectors_of(path):
    if path.startswith(("hw/fabric/", "hw/fast_forward/", "hw/kernels/")):
        return [*(KERNELS if path.startswith("hw/kernels/") else []), *RECURRENCES, *CROSSCHECK]
    if path.startswith("hw/pe/"):
        return [*PROGRAMS, *TILES, *CROSSCHECK]
    if path.startswith("rtl/array/"):
        return [SV_ARRAY]
    arithmetic = pathlib.PurePath(path).name.startswith(("fp", "half_multiply", "round_to_half"))  # what fp_units.sv is made of
    return [*([FP_UNITS] if arithmetic else []), *TILES, *CROSSCHECK]


class Workshop:
    """One copy and one build; not for two mutants at a time."""

    def __init__(self, root, folder, threads, seconds):
        self.root, self.folder, self.threads, self.seconds = root, folder, threads, seconds
        self.source, self.build = folder / "source", folder / "build"

    def prepare(self):
        """Copies, builds all detectors and runs them once; the sources as they are must pass."""
        copy_sources(self.root, self.source, SOURCES)
        wrapper = self.source / "tests/mutation/keep_unchanged.py"
        self.check(["cmake", "-G", "Ninja", "-S", self.source, "-B", self.build, "-DCMAKE_BUILD_TYPE=Release",
                    "-DCMAKE_CXX_FLAGS_RELEASE=-O1", f"-DVERILATOR_BIN={wrapper}"])
        detectors = [FP_UNITS, *TILES, SV_ARRAY, *PROGRAMS, *KERNELS, *RECURRENCES, *CROSSCHECK]
        self.check(["ninja", "-C", self.build, "-j", str(self.threads), *(detector.target for detector in detectors)])
        for detector in detectors:
            if self.failure(detector):
                raise SystemExit(f"{detector.name} fails without a mutant")

    @staticmethod
    def check(command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")

    def compiles(self, target):
        command = ["ninja", "-C", self.build, "-j", str(self.threads), target]
        try:
            return subprocess.run(command, capture_output=True, check=False, timeout=600).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def failure(self, detector):
        """How the detector fails: "fails", "crashes" or "hangs"; or None."""
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            done = subprocess.run([self.build / detector.program, *detector.arguments], cwd=self.folder,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=limit,
                                  timeout=self.seconds, check=False)
        except subprocess.TimeoutExpired:
            return "hangs"
        if done.returncode == 0:
            return None
        return "crashes" if done.returncode < 0 else "fails"

    def judge(self, mutant):
        """("no build", ""), ("killed", who and how) or ("survived", "")."""
        file = self.source / mutant.path
        original = file.read_text(encoding="utf-8")
        file.write_text(mutant.apply(original), encoding="utf-8")
        try:
            for detector in detectors_of(mutant.path):
                if not self.compiles(detector.target):
                    return "no build", ""
                how = self.failure(detector)
                if how:
                    return "killed", f"{detector.name} {how}"
            return "survived", ""
        finally:
            file.write_text(original, encoding="utf-8")
