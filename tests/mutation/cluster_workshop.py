"""Where mutants of all that is around the wafer's kernels (hw without pe and fabric, tlm, sw) are judged: a build that is
there lends its objects and libraries (a unity build, too). Of a mutant only the changed source is compiled, without costly
optimizations, on which no bit depends, and only as tests ask for it (`changed_source.py`); each test that holds it is linked
again with the new object in the place of the old one, and run, until one fails. The build itself is not touched, so that
several mutants can be judged side by side.

Order: the cheapest first, as they cost when the build's tests last ran; the golden reports last and alone, so that what they
alone notice is seen.
"""
import collections
import contextlib
import copy
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
from typing import NamedTuple

from changed_source import ChangedSource, DoesNotBuild
from test_costs import RESULTS, TestCosts

GOLDEN = "regression: golden reports"
DEAR_CASE_SECONDS = 2  # what costs more waits until the cheap cases of all binaries have run
ALONE_SECONDS = 5  # what costs more is not asked of an object that may hold the old text inlined
LINK_SECONDS = 0.3
OBJECT_SECONDS = 0.005  # of two binaries of the same cost the one that holds less is about the changed source
WALL_SECONDS = 60  # without using the processor
MOST_OBJECTS = 12  # that a header may change


class Detector(NamedTuple):
    """Cases of one binary, or one script (no cases)."""

    cost: float  # seconds
    name: str  # of the binary's target, or of the script's test
    cases: tuple


class ClusterWorkshop:
    """One folder for changed files, objects and programs; not for two mutants at a time."""

    def __init__(self, root, folder, build=None, dearest=float("inf"), most_objects=MOST_OBJECTS, reach=None,
                 alone=False):
        """`dearest`: seconds; a test that costs more is not asked. `most_objects`: a header that changes more is left out.
        `reach`: if known, a test that cannot run the changed line is not asked. `alone`: a .cpp is only compiled by itself."""
        self.reach, self.alone = reach, alone
        self.root, self.folder, self.dearest, self.most_objects = root, folder, dearest, most_objects
        self.build = build or root / "build" / "release"
        self.sound = {}  # {test: passes without a mutant}

    def prepare(self):
        if not (self.build / "build.ninja").exists():
            raise SystemExit(f"{self.build}: no build; cmake --preset release, then build all (or name another with --build)")
        commands = json.loads((self.build / "compile_commands.json").read_text())
        self.compile = {self.output_of(one): one for one in commands}
        self.targets = sorted(set(re.findall(r"^(tests/\w+/\w+_test): CXX_EXECUTABLE", self.ninja("targets", "all"), re.M)))
        self.targets = [target for target in self.targets if (self.build / target).exists()] + ["sw/cli/weft"]
        self.holders = collections.defaultdict(set)  # {object: executables}
        for target in self.targets:
            for line in self.ninja("inputs", target).splitlines():
                if line.endswith(".o"):
                    self.holders[line.strip()].add(target)
        self.objects = collections.defaultdict(set)  # {source: objects made from it}
        current = None
        for line in self.ninja("deps").splitlines():
            if line and not line[0].isspace():
                current = line.split(":")[0]
            elif line.strip():
                path = pathlib.Path(os.path.normpath(self.build / line.strip()))
                if self.root in path.parents and current in self.holders:
                    self.objects[path.relative_to(self.root).as_posix()].add(current)
        self.links = {target: self.ninja("commands", target).splitlines()[-1] for target in self.targets}
        self.costs = TestCosts(self.build / RESULTS)
        tests = json.loads(self.output(["ctest", "--test-dir", self.build, "--show-only=json-v1"]))["tests"]
        self.scripts = {test["name"]: test for test in tests if any(word.endswith("_test.py") for word in test.get("command", ()))
                        and "WEFT_BINARY" in json.dumps(test.get("properties", ()))}
        self.cases = collections.defaultdict(list)  # {name of a binary: names of cases}
        for test in tests:
            binary, colon, case = test["name"].partition(":")
            if colon and binary.endswith("_test"):
                self.cases[binary].append(case)

    def beside(self, folder):
        """Another one of the same build, which need not be read again."""
        other = copy.copy(self)
        other.folder = folder
        return other

    @staticmethod
    def output(command):
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout

    def ninja(self, tool, *arguments):
        return self.output(["ninja", "-C", self.build, "-t", tool, *arguments])

    @staticmethod
    def output_of(command):
        words = shlex.split(command["command"])
        return words[words.index("-o") + 1]

    def held(self, target, source):
        """The objects of a changed source that an executable holds."""
        return [old for old in source.objects if target in self.holders[old]]

    def linked(self, target, source):
        """The executable with the new objects."""
        words = shlex.split(next(part for part in self.links[target].split(" && ") if f" -o {target} " in part))
        place = words.index("-o")
        words[place + 1] = str(self.folder / pathlib.PurePath(target).name)
        added = []
        for old in self.held(target, source):
            new, before = source.new(old)
            if old in words and not before:
                words[words.index(old)] = new
            elif old in words:  # the first of two definitions is taken
                words[words.index(old):words.index(old)] = ["-Wl,-z,muldefs", new]
                place += 2
            else:
                added += ["-Wl,-z,muldefs", new] if before else [new]
        words[place + 2:place + 2] = added  # before the archives, whose member is then not asked for
        if subprocess.run(words, cwd=self.build, capture_output=True, check=False).returncode != 0:
            raise DoesNotBuild(target)
        return pathlib.Path(words[place + 1])

    def passes(self, name, command, environment=None):
        """`name`: of ctest's test, which says what it may cost."""
        limited = ["prlimit", f"--cpu={self.costs.limit(name)}", *command]
        process = subprocess.Popen(list(map(str, limited)), cwd=self.folder, env={**os.environ, **(environment or {})},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            return process.wait(WALL_SECONDS + 2 * self.costs.limit(name)) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:  # a test that fails may leave a run behind that nobody ends
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def is_sound(self, name, command, environment=None):
        if name not in self.sound:
            self.sound[name] = self.passes(name, command, environment)
        return self.sound[name]

    def case_fails(self, target, executable, case):
        """And does not without the mutant."""
        name = f"{executable.name}:{case}"
        asked = re.sub(r"([][,])", r"\\\1", case)
        return not self.passes(name, [executable, asked]) and self.is_sound(name, [self.build / target, asked])

    def script_fails(self, name, program):
        environment = {}
        for one in self.scripts[name].get("properties", ()):
            if one["name"] == "ENVIRONMENT":
                environment = dict(setting.split("=", 1) for setting in one["value"])
        command = list(self.scripts[name]["command"])
        command.insert(next(at for at, word in enumerate(command) if word.endswith("_test.py")), "--first")
        return (not self.passes(name, command, {**environment, "WEFT_BINARY": str(program)})
                and self.is_sound(name, command, environment))

    def detectors(self, executables, asked):
        """Those of these executables, in order. `asked`: name of a binary or of a script's test -> whether it is wanted."""
        found = []
        for target in executables:
            binary = pathlib.PurePath(target).name
            if not target.startswith("tests/") or not asked(binary):
                continue
            held = sum(target in targets for targets in self.holders.values())
            costs = {case: self.costs.of(f"{binary}:{case}") for case in self.cases[binary]}
            cheap = [case for case in self.cases[binary] if costs[case] <= min(DEAR_CASE_SECONDS, self.dearest)]
            if cheap:
                found.append(Detector(LINK_SECONDS + OBJECT_SECONDS * held + sum(costs[case] for case in cheap), target, tuple(cheap)))
            found += [Detector(cost, target, (case,)) for case, cost in costs.items() if DEAR_CASE_SECONDS < cost <= self.dearest]
        if "sw/cli/weft" in executables:
            found += [Detector(self.costs.of(name), name, ()) for name in self.scripts
                      if asked(name) and self.costs.of(name) <= self.dearest]
        return sorted(found, key=lambda one: (one.name.startswith(GOLDEN), one.cost, one.name))

    def killer(self, source, line, only=None, most=float("inf")):
        """The test that fails, "" if all pass. `only`: beginnings of the names of tests to be asked; `most`: seconds of a test."""
        def asked(name):
            return name.startswith(tuple(only)) if only else self.reach is None or self.reach.may_notice(name, source.path, line)
        executables = set().union(*(self.holders[old] for old in source.objects))
        waiting = [one for one in self.detectors(executables, asked) if one.cost <= most]
        linked = {}

        def dearness(one):
            made = sum(source.cost(old) for old in self.held(target_of(one), source))
            return one.name.startswith(GOLDEN), one.cost + made
        while waiting:
            detector = min(waiting, key=dearness)
            waiting.remove(detector)
            target = target_of(detector)
            if target not in linked:
                linked[target] = self.linked(target, source)
            if not detector.cases and self.script_fails(detector.name, linked[target]):
                return detector.name
            for case in detector.cases:
                if self.case_fails(target, linked[target], case):
                    return f"{linked[target].name}: {case}"
        return ""

    def judge(self, mutant):
        """("no build", ""), ("killed", who), ("survived", "") or ("left out", why)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        objects = self.objects[mutant.path]
        only = getattr(mutant, "killers", None)
        if len(objects) > self.most_objects and only is None:
            return "left out", f"{len(objects)} objects"
        if not objects:
            return "left out", "no object"
        if only is not None and len(objects) > self.most_objects:  # a header: the tests that include it themselves
            objects = {old for old in objects if any(f"/{word}.dir/" in old for word in only)}
        source = ChangedSource(self.root, self.build, self.folder, self.compile, objects)
        text = mutant.apply((self.root / mutant.path).read_text(encoding="utf-8"))
        try:
            if only is not None:  # every one that is said to notice must
                source.put(mutant.path, text, alone=False)
                blind = [word for word in only if not self.killer(source, mutant.line, [word])]
                return ("survived", "") if blind == list(only) else ("killed", ", ".join(word for word in only if word not in blind)
                                                                    + (f"; not by {', '.join(blind)}" if blind else ""))
            single = source.put(mutant.path, text, alone=True).joint() and mutant.path.endswith(".cpp")
            found = self.killer(source, mutant.line, most=float("inf") if self.alone else ALONE_SECONDS) if single else ""
            if not found and not (self.alone and single):
                found = self.killer(source.put(mutant.path, text, alone=False), mutant.line)
        except DoesNotBuild:
            return "no build", ""
        return ("killed", found) if found else ("survived", "")


def target_of(detector):
    return detector.name if detector.cases else "sw/cli/weft"
