"""Where mutants of all that is around the wafer's kernels (hw without pe and fabric, tlm, sw) are judged: a build that is
there lends its objects and libraries. Of a mutant only the changed source is compiled; each test that holds it is linked
again with the new object in the place of the old one, and run, until one fails. The build itself is not touched, so that
several mutants can be judged side by side.

Order: C++ tests, then runs of the program, the golden reports last and alone, so that what they alone notice is seen.
"""
import collections
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

GOLDEN = "regression: golden reports"
SCRIPTS_BY_COST = ("printed numbers", "predicted", "spans", "splits", "pictures", "resumed", "sparse", "budget", "fabric", "bad input", "whole runs")
MOST_OBJECTS = 12  # that a header may change


class ClusterWorkshop:
    """One folder for changed files, objects and programs; not for two mutants at a time."""

    def __init__(self, root, folder, threads, seconds, build):
        self.root, self.folder, self.threads, self.seconds = root, folder, threads, max(seconds, 300)
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
        tests = json.loads(self.output(["ctest", "--test-dir", self.build, "--show-only=json-v1"]))["tests"]
        self.scripts = {test["name"]: test for test in tests if any(word.endswith("_test.py") for word in test.get("command", ()))
                        and "WEFT_BINARY" in json.dumps(test.get("properties", ()))}

    @staticmethod
    def output(command):
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout

    def ninja(self, tool, *arguments):
        return self.output(["ninja", "-C", self.build, "-t", tool, *arguments])

    @staticmethod
    def output_of(command):
        words = shlex.split(command["command"])
        return words[words.index("-o") + 1]

    def compiled(self, path, text):
        """The objects of a changed source: {old: new}; None if one does not compile."""
        overlay = self.folder / "overlay"
        shutil.rmtree(overlay, ignore_errors=True)
        changed = overlay / path
        changed.parent.mkdir(parents=True)
        changed.write_text(text, encoding="utf-8")
        new = {}
        for number, old in enumerate(sorted(self.objects[path])):
            command = self.compile[old]
            words = shlex.split(command["command"])
            words[words.index("-o") + 1] = str(self.folder / f"{number}.o")
            if words[-1] == str(self.root / path):
                words[-1] = str(changed)
            words.insert(1, f"-I{overlay}")
            launcher = os.environ.get("CMAKE_CXX_COMPILER_LAUNCHER")
            if subprocess.run([*([launcher] if launcher else []), *words], cwd=self.build, capture_output=True, check=False).returncode != 0:
                return None
            new[old] = str(self.folder / f"{number}.o")
        return new

    def linked(self, target, objects):
        """The executable with the new objects, or None."""
        line = self.ninja("commands", target).splitlines()[-1]
        words = shlex.split(next(part for part in line.split(" && ") if f" -o {target} " in part))
        place = words.index("-o")
        words[place + 1] = str(self.folder / pathlib.PurePath(target).name)
        added = []
        for old, new in objects.items():
            if target not in self.holders[old]:
                continue
            if old in words:
                words[words.index(old)] = new
            else:
                added.append(new)
        words[place + 2:place + 2] = added  # before the archives, whose member is then not asked for
        done = subprocess.run(words, cwd=self.build, capture_output=True, check=False)
        return pathlib.Path(words[place + 1]) if done.returncode == 0 else None

    def passes(self, command, environment=None):
        try:
            return subprocess.run(list(map(str, command)), cwd=self.folder, env={**os.environ, **(environment or {})}, check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=self.seconds).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def failing_case(self, target, executable):
        """The first case of a Catch2 executable that fails, and does not without the mutant."""
        names = [line.strip() for line in subprocess.run([executable, "--list-test-names-only"], capture_output=True, text=True,
                                                         check=False).stdout.splitlines() if line.strip()]
        for name in names or ["the list of cases"]:
            asked = re.sub(r"([][,])", r"\\\1", name)
            if not self.passes([executable, asked]) and self.is_sound(name, [self.build / target, asked]):
                return f"{executable.name}: {name}"
        return ""

    def is_sound(self, name, command, environment=None):
        if name not in self.sound:
            self.sound[name] = self.passes(command, environment)
        return self.sound[name]

    def script_fails(self, name, program):
        environment = {}
        for one in self.scripts[name].get("properties", ()):
            if one["name"] == "ENVIRONMENT":
                environment = dict(setting.split("=", 1) for setting in one["value"])
        command = self.scripts[name]["command"]
        return (not self.passes(command, {**environment, "WEFT_BINARY": str(program)})
                and self.is_sound(name, command, environment))

    def script_order(self):
        def cost(name):
            places = [place for place, words in enumerate(SCRIPTS_BY_COST) if words in name]
            return (name.startswith(GOLDEN), places[0] if places else len(SCRIPTS_BY_COST), name)
        return sorted(self.scripts, key=cost)

    def killer(self, objects, only=None):
        """The test that fails, "" if all pass. `only`: beginnings of the names of tests to be asked."""
        executables = set().union(*(self.holders[old] for old in objects))

        def asked(name):
            return only is None or any(name.startswith(word) for word in only)
        tiers = ("unit", "fuzz", "protocol", "timing", "analytic", "cosim", "bench")
        tests = [target for target in executables if target.startswith("tests/") and asked(pathlib.PurePath(target).name)]
        for target in sorted(tests, key=lambda target: (tiers.index(target.split("/")[1]), target)):
            executable = self.linked(target, objects)
            if executable is None:
                return None
            if case := self.failing_case(target, executable):
                return case
        if "sw/cli/weft" not in executables:
            return ""
        program = self.linked("sw/cli/weft", objects)
        if program is None:
            return None
        return next((name for name in self.script_order() if asked(name) and self.script_fails(name, program)), "")

    def judge(self, mutant):
        """("no build", ""), ("killed", who), ("survived", "") or ("left out", why)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        number = len(self.objects[mutant.path])
        only = getattr(mutant, "killers", None)
        if number > MOST_OBJECTS and only is None:
            return "left out", f"{number} objects"
        if only is not None and number > MOST_OBJECTS:  # a header: the tests that include it themselves
            self.objects[mutant.path] = {old for old in self.objects[mutant.path] if any(f"/{word}.dir/" in old for word in only)}
        objects = self.compiled(mutant.path, mutant.apply((self.root / mutant.path).read_text(encoding="utf-8")))
        if objects is None:
            return "no build", ""
        if not objects:
            return "left out", "no object"
        if only is not None:  # every one that is said to notice must
            blind = [word for word in only if not self.killer(objects, [word])]
            return ("survived", "") if blind == list(only) else ("killed", ", ".join(word for word in only if word not in blind)
                                                                + (f"; not by {', '.join(blind)}" if blind else ""))
        found = self.killer(objects)
        return ("no build", "") if found is None else ("killed", found) if found else ("survived", "")
