"""Where mutants of all that is around the wafer's kernels (hw without pe and fabric, tlm, sw) are judged: a copy of the
sources, a build without the RTL, and of its tests those that the changed file is part of, until one fails.

Order: C++ tests, then runs of the program, the golden reports last and alone, so that what they alone notice is seen.
A copy stands as deep in the tree as the sources do: with ccache (CMAKE_CXX_COMPILER_LAUNCHER, CCACHE_BASEDIR in the
environment) only what a mutant changes is compiled.
"""
import collections
import os
import pathlib
import re
import shutil
import subprocess

SOURCES = (".ci", ".clang-format", ".clang-tidy", "ARCHITECTURE.md", "CMakeLists.txt", "CMakePresets.json", "LIMITS.md", "README.md", "cmake",
           "hw", "rtl", "sw", "tests", "tlm", "traces", "weft")
GOLDEN = "regression: golden reports"
# Tests that see the tree, not the program; and those that fail with an assertion on time alone would be no judge here.
NO_JUDGE = re.compile(r"^(lint|cases|mutation|bench|smoke: launcher)")
SECONDS = 240


class ClusterWorkshop:
    """One copy and one build; not for two mutants at a time."""

    def __init__(self, root, folder, threads, seconds):
        self.root, self.source, self.threads = root, folder, threads
        self.build = folder / "build" / "release"
        self.seconds = max(seconds, SECONDS)

    def prepare(self):
        self.copy_sources()
        self.check(["cmake", "-G", "Ninja", "-S", self.source, "-B", self.build, "-DCMAKE_BUILD_TYPE=Release", "-DWEFT_RTL=OFF"])
        self.targets = self.test_targets()
        self.check(self.ninja("weft", "vcd_totals", *self.targets))
        self.dependants = self.read_dependants()
        self.scripts = [name for name in self.test_names() if not NO_JUDGE.match(name) and not re.match(r"\w+_test: ", name)]
        _, failed = self.run_tests(".", stop=False)
        self.broken = set(failed)
        if failed:
            print("fail without a mutant, and judge none:\n  " + "\n  ".join(failed), flush=True)

    def ninja(self, *targets):
        return ["ninja", "-C", self.build, "-j", str(self.threads), *targets]

    def copy_sources(self):
        """Writes only files that differ: a time that goes back would hide a mutant's object from the build."""
        for name in SOURCES:
            top = self.root / name
            if not top.exists():
                continue
            for path in [top] if top.is_file() else [one for one in top.rglob("*") if one.is_file() and "__pycache__" not in one.parts]:
                to = self.source / path.relative_to(self.root)
                if not to.exists() or to.read_bytes() != path.read_bytes():
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, to)
                    shutil.copymode(path, to)

    @staticmethod
    def check(command):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def test_targets(self):
        """Executables of Catch2 tests, as ninja names them."""
        listing = self.check(["ninja", "-C", self.build, "-t", "targets", "all"])
        return sorted(set(re.findall(r"^(tests/\w+/\w+_test): CXX_EXECUTABLE", listing, re.M)))

    def test_names(self):
        return re.findall(r"^ +Test +#\d+: (.*)$", self.check(["ctest", "--test-dir", self.build, "-N"]), re.M)

    def read_dependants(self):
        """{source: executables that hold an object made from it}."""
        objects = collections.defaultdict(set)
        for executable in [*self.targets, "sw/cli/weft"]:
            for line in self.check(["ninja", "-C", self.build, "-t", "inputs", executable]).splitlines():
                if line.endswith(".o"):
                    objects[line.strip()].add(executable)
        dependants, current = collections.defaultdict(set), None
        for line in self.check(["ninja", "-C", self.build, "-t", "deps"]).splitlines():
            if line and not line[0].isspace():
                current = line.split(":")[0]
            elif line.strip():
                path = pathlib.Path(os.path.normpath(self.build / line.strip()))
                if self.source in path.parents:
                    dependants[path.relative_to(self.source).as_posix()] |= objects[current]
        return dependants

    def run_tests(self, regex, stop=True):
        """Whether all passed, and the names of those that did not."""
        command = ["ctest", "--test-dir", self.build, "-j", str(self.threads), "--timeout", str(self.seconds), "-R", regex,
                   "-E", NO_JUDGE.pattern, *(["--stop-on-failure"] if stop else [])]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, errors="replace")
        failed = re.findall(r"^\s*\d+ - (.*) \((?:Failed|Timeout|SEGFAULT|SIGABRT|Subprocess aborted|Not Run|[^()]*)\)", done.stdout, re.M)
        return done.returncode == 0, [name for name in failed if name not in getattr(self, "broken", ())]

    def stages(self, mutant):
        """What is to be built and which tests are to be run, the cheap first."""
        if hasattr(mutant, "killers"):
            for killer in mutant.killers:
                yield ["weft" if ":" in killer else killer], f"^{killer}"
            return
        executables = self.dependants.get(mutant.path, set())
        tests = sorted(executable for executable in executables if executable != "sw/cli/weft")
        for tier in ("unit|fuzz", "protocol|timing", "analytic|bench|cosim"):
            some = [test for test in tests if re.match(rf"tests/({tier})/", test)]
            if some:
                yield some, "^(" + "|".join(pathlib.PurePath(test).name for test in some) + "): "
        if "sw/cli/weft" in executables:
            yield ["weft"], "^(" + "|".join(re.escape(name) for name in self.scripts if not name.startswith(GOLDEN)) + ")$"
            yield ["weft"], f"^{GOLDEN}"

    def judge(self, mutant):
        """("no build", ""), ("killed", who) or ("survived", "")."""
        file = self.source / mutant.path
        original = file.read_text(encoding="utf-8")
        file.write_text(mutant.apply(original), encoding="utf-8")
        try:
            for targets, regex in self.stages(mutant):
                if subprocess.run(list(map(str, self.ninja(*targets))), capture_output=True, check=False).returncode != 0:
                    return "no build", ""
                _, failed = self.run_tests(regex)
                if failed:
                    return "killed", " and ".join(sorted(failed))
            return "survived", ""
        finally:
            file.write_text(original, encoding="utf-8")
