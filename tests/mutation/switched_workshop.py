"""One build with all mutants of a sample, each behind a switch, and the tests with one switch on. Every test first runs once
with none on: so it is known that it passes, what it costs and which switches it asks. A mutant is then judged by the tests
that ask its switch, the cheapest first, the golden reports last."""
import collections
import copy
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import workshop
from cluster_workshop import GOLDEN
from scratch_copy import copy_sources
from switch_text import RTL_BASE
from switched_sources import PACKAGE, RTL_PACKAGE, SwitchedSources
from switched_tests import Gate, SwitchedTest, most_seconds, passes

NOT_COPIED = re.compile(r"^(build.*|\.git|data|runs|node_modules|__pycache__)$")
SEES_SOURCES = re.compile(r"^(lint|mutation|coverage|cases|bench|fuzz|stress): ")  # or takes long
RTL_LINT = [("pe_array", ["-GW=1", "-GH=1", "-Irtl/array", "rtl/array/pe_array.sv"]), ("fp_units", ["rtl/pe/fp_units.sv"])]


def object_counts(build):
    """{source: how many objects of a build hold it}."""
    root = re.search(r"^CMAKE_HOME_DIRECTORY:\w+=(.*)$", (build / "CMakeCache.txt").read_text(encoding="utf-8"), re.M).group(1)
    deps = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    paths = collections.Counter(os.path.normpath(build / line.strip()) for line in deps.splitlines() if line.startswith(" "))
    return {os.path.relpath(path, root): number for path, number in paths.items() if path.startswith(f"{root}/")}


class SwitchedWorkshop:
    """`mutants`: of the sample, of either area; a mutant's switch is its place there. `dearest`: processor seconds; a test
    that costs more is not asked. `leave_aside`: what fits no switch is not judged."""

    def __init__(self, root, folder, mutants, threads, dearest=float("inf"), leave_aside=False):
        self.root, self.folder, self.scratch, self.threads, self.dearest, self.leave_aside = \
            root, folder, folder, threads, dearest, leave_aside
        self.source = folder / "source"
        self.build = self.source / "build" / "release"  # as in the tree: what holds no mutant may come from a compiler's cache
        self.sources = SwitchedSources(root, mutants)
        self.of_rtl = [mutant for mutant in mutants if mutant.path.endswith(".sv")]
        self.gate = Gate()
        self.tests, self.ran, self.ready, self.in_rtl, self.changed = {}, {}, {}, set(), set()  # also of those beside

    def beside(self, folder):
        other = copy.copy(self)
        other.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        return other

    def prepare(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sources.load(self.scratch / "switches.json")
        self.until_taken(self.put, self.lint_rtl, self.configure, self.headers)

    def until_taken(self, *steps):
        for step in steps:
            while not step():
                self.put()

    def make_ready(self, tile):
        """Builds the tests of an area and runs each with no switch on, when the first of its mutants comes; builds again what
        a mutant without a switch changed."""
        with self.gate.alone():
            if tile not in self.ready or self.changed:
                self.until_taken(lambda: self.make(tile))
                self.changed.clear()
            if tile not in self.ready:
                tests = self.tile_tests() if tile else self.cluster_tests()
                self.tests.update(tests)
                self.in_rtl.update(self.numbers_in_rtl())
                self.run_without()
                self.ready[tile] = list(tests)

    def put(self):
        names = [path.name for path in self.root.iterdir() if not NOT_COPIED.match(path.name)]
        copy_sources(self.root, self.source, names, self.sources.texts())
        if (self.root / "data").exists() and not (self.source / "data").exists():
            (self.source / "data").symlink_to((self.root / "data").resolve())
        return True

    def taken(self, command, cwd=None):
        """Whether the command ends well; if not, the switches that it does not take are told so."""
        done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return True
        blamed = self.sources.blamed(done.stdout + done.stderr)
        if not blamed:
            raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        for number, message in sorted(blamed.items()):
            mutant = self.sources.mutants[number]
            self.sources.refuse(number, message)
            print(f"{mutant.path}:{mutant.line}: switch {number}: {message.strip()[:160]}", flush=True)
        self.sources.save(self.scratch / "switches.json")
        return False

    @staticmethod
    def rtl_commands():
        return [["verilator", "--lint-only", "-Wno-fatal", "-Wno-lint", "-Wno-style", "-Irtl/pe", PACKAGE, "rtl/common/delay_line.sv",
                 "--top-module", top, *more] for top, more in RTL_LINT]

    def lint_rtl(self):
        return not self.of_rtl or all(self.taken(command, self.source) for command in self.rtl_commands())

    def configure(self):
        seen = self.scratch / "weft_mutant_seen.o"
        subprocess.run(["c++", "-std=c++17", "-O1", "-c", self.source / "tests/mutation/weft_mutant_seen.cpp", "-o", seen],
                       check=True)
        rtl, known = self.sources.rtl_digest(), self.build / "rtl_digest"
        if known.exists() and known.read_text(encoding="utf-8") == rtl:
            return True
        shutil.rmtree(self.build, ignore_errors=True)  # what Verilator once made of another text is not to be found
        if not self.taken(
                ["cmake", "-G", "Ninja", "-S", self.source, "-B", self.build, "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_UNITY_BUILD=ON",
                 "-DCMAKE_UNITY_BUILD_BATCH_SIZE=0", f"-DCMAKE_CXX_STANDARD_LIBRARIES={seen}"]):
            return False
        known.write_text(rtl, encoding="utf-8")
        return True

    def headers(self):
        """Each alone: many objects hold them."""
        for path, text in self.sources.texts().items():
            if path.endswith(".h") and self.sources.looked_at.get(path) != text:
                if not self.taken(self.syntax(path, self.source / path), self.build):
                    return False  # what another header is told of this one would be of the old text
                self.sources.looked_at[path] = text
        self.sources.save(self.scratch / "switches.json")
        return True

    def make(self, tile):
        return self.taken(self.making(tile))

    def making(self, tile):
        """The command that builds the program and the tests of an area."""
        targets = subprocess.run(["ninja", "-C", self.build, "-t", "targets", "all"], capture_output=True, text=True, check=True).stdout
        tests = {detector.target for mutant in self.sources.numbers for detector in workshop.detectors_of(mutant.path)} if tile else \
            set(re.findall(r"^(tests/\w+/\w+_test): CXX_EXECUTABLE", targets, re.M)) | {"vcd_totals"}
        return ["ninja", "-C", self.build, "-k", "0", "-j", str(self.threads), "weft", *sorted(tests)]

    def syntax(self, path, file, *options):
        """The command that looks at `file` in the place of `path`, as sources of that folder are compiled (or some that
        may include everything)."""
        def rank(one):
            return f"/{os.path.dirname(path)}/" not in one["command"].rsplit(" ", 1)[1], "/sw/cli/" not in one["command"]
        words = shlex.split(min(json.loads((self.build / "compile_commands.json").read_text(encoding="utf-8")), key=rank)["command"])
        at = words.index("-o")
        return [words[0], *options, *words[1:at], "-fsyntax-only", "-x", "c++", file]

    def tile_tests(self):
        """Detectors of `workshop.py`, whole binaries."""
        detectors = {detector for mutant in self.sources.numbers for detector in workshop.detectors_of(mutant.path)}
        return {detector.name: SwitchedTest(detector.name, (str(self.build / detector.program), *detector.arguments,
                                                            *(["--abort"] if detector.program.startswith("tests/") else [])))
                for detector in detectors}

    def cluster_tests(self):
        """Every test of ctest but those that look at the sources themselves."""
        found = {}
        listed = subprocess.run(["ctest", "--test-dir", self.build, "--show-only=json-v1"], capture_output=True, text=True, check=True).stdout
        for test in json.loads(listed)["tests"]:
            properties = {one["name"]: one["value"] for one in test.get("properties", ())}
            command = list(test.get("command", ()))
            if not command or SEES_SOURCES.match(test["name"]) or "bench" in properties.get("LABELS", ()):
                continue
            script = next((at for at, word in enumerate(command) if word.endswith("_test.py")), None)
            if script is not None:
                command.insert(script, "--first")
            found[test["name"]] = SwitchedTest(test["name"], tuple(command), tuple(properties.get("ENVIRONMENT", ())))
        return found

    def numbers_in_rtl(self):
        """Of RTL the switches that are left in what Verilator made: what it proved to change nothing is not there."""
        wanted = {f"{RTL_BASE + number:x}": number for mutant, number in self.sources.numbers.items() if mutant in self.of_rtl}
        found = set()
        for path in (self.build / "rtl").rglob("*.cpp") if wanted else ():
            found.update(wanted[word] for word in re.findall(r"0x([0-9a-f]+)U", path.read_text(encoding="utf-8")) if word in wanted)
        return found

    @staticmethod
    def of_tile(mutant):
        return mutant.path.startswith(("rtl/", "hw/pe/", "hw/fabric/", "hw/kernels/", "hw/fast_forward/round_repeats"))

    def run_without(self):
        """{test: what it costs, whether it passes, which switches it asks}; kept, so that each is run once."""
        kept = self.scratch / "tests.json"
        state = hashlib.sha256(json.dumps(self.sources.texts(), sort_keys=True).encode()).hexdigest()
        known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        if known.get("of") == state:
            self.ran.update({name: one for name, one in known["ran"].items() if name not in self.tests or one["made"] == self.tests[name].made()})
        waiting, told = [name for name in self.tests if name not in self.ran], threading.Lock()

        def once(name):
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                seen = pathlib.Path(folder) / "seen"
                passed, seconds = passes(self.tests[name], -1, int(min(self.dearest, 3600)), folder, seen)
                numbers = sorted(set(map(int, seen.read_text(encoding="utf-8").split()))) if seen.exists() else []
            with told:
                self.ran[name] = {"seconds": round(seconds, 3), "passes": passed, "asks": numbers, "made": self.tests[name].made()}
                print(f"{name}: {seconds:.1f} s, {len(numbers)} switches{'' if passed else ', not asked'}", flush=True)
                if len(self.ran) % 20 == 0 or all(one in self.ran for one in waiting):
                    kept.write_text(json.dumps({"of": state, "ran": self.ran}), encoding="utf-8")
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(once, waiting))

    def asked(self, mutant, number=None):
        """The tests for a mutant, in order; of one behind a switch, those that ask it."""
        names = [detector.name for detector in workshop.detectors_of(mutant.path)] if self.of_tile(mutant) else self.ready[False]
        names = [name for name in names if self.ran[name]["passes"]
                 and (number is None or mutant.path.endswith(".sv") or number in self.ran[name]["asks"])]
        return sorted(names, key=lambda name: (name.startswith(GOLDEN), self.ran[name]["seconds"]))

    def killer(self, mutant, number=None):
        for name in self.asked(mutant, number):
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                if not passes(self.tests[name], number or 0, most_seconds(self.ran[name]["seconds"]), folder)[0]:
                    return name
        return ""

    def judge(self, mutant):
        """("no build", ""), ("killed", who), ("survived", why so) or ("put aside", why)."""
        number = self.sources.numbers[mutant]
        why = self.sources.aside.get(number)
        if why is None:
            outcome, why = self.judge_switched(mutant, number)
            if outcome:
                return outcome, why
        if not self.compiles(mutant):
            return "no build", ""
        return ("put aside", why) if self.leave_aside else self.judge_alone(mutant)

    def judge_switched(self, mutant, number):
        tile = self.of_tile(mutant)
        if tile not in self.ready or self.changed:
            self.make_ready(tile)
        with self.gate.shared():
            found = self.killer(mutant, number)
        if found:
            return "killed", found
        if mutant.path.endswith(".sv"):
            return "survived", "" if number in self.in_rtl else "Verilator leaves it out"
        if self.sources.state[number][1]:
            return "", "may be a constant"
        return "survived", "" if self.asked(mutant, number) else "no test asks it"

    def built_last(self, mutant):
        """Whether it may have to be built by itself."""
        number = self.sources.numbers[mutant]
        return number in self.sources.aside or self.sources.state[number][1]

    def compiles(self, mutant):
        """Whether the mutant alone is a source at all."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            rtl = mutant.path.endswith(".sv")
            if rtl:
                shutil.copytree(self.source / "rtl", os.path.join(folder, "rtl"))
            changed = pathlib.Path(folder) / mutant.path
            changed.parent.mkdir(parents=True, exist_ok=True)
            text = mutant.apply(self.sources.originals[mutant.path])
            changed.write_text((RTL_PACKAGE if mutant.path == PACKAGE else "") + text, encoding="utf-8")
            commands = self.rtl_commands() if rtl else [self.syntax(mutant.path, changed, f"-I{folder}")]
            return all(subprocess.run(list(map(str, command)), cwd=folder if rtl else self.build, capture_output=True, check=False).returncode == 0
                       for command in commands)

    def judge_alone(self, mutant):
        """As without switches: its line changed, what holds it built anew."""
        tile = self.of_tile(mutant)
        if tile not in self.ready:
            self.make_ready(tile)
        with self.gate.alone():
            file = self.source / mutant.path
            file.write_text(self.sources.text(mutant.path, mutant), encoding="utf-8")
            self.changed.add(mutant.path)
            try:
                if subprocess.run(self.making(tile), capture_output=True, check=False).returncode != 0:
                    return "no build", ""
                found = self.killer(mutant)
                return ("killed", found) if found else ("survived", "")
            finally:
                file.write_text(self.sources.text(mutant.path), encoding="utf-8")
