#!/usr/bin/env python3
"""Do the sources keep the rules of the architecture? Usage: check_tree.py ROOT

Checked: who may include whom (the folders are the architecture), which folders are free of SystemC, where verilated
headers may be seen, `#pragma once`, `using namespace` in headers, absolute paths of somebody's machine, tabs; and that no two
files define a type of one name, of which the linker would take one and be silent.
A file of more than 400 lines is a warning. Exit code 1 when a rule is broken.
"""
import pathlib
import re
import sys

from type_names import types_of

SOURCE_FOLDERS = ("tlm", "hw", "sw", "rtl", "tests")
TEXT_SUFFIXES = {".h", ".cpp", ".sv", ".svh", ".vlt", ".py", ".sh", ".yaml", ".json", ".cmake", ".md", ".txt", ".gtkw"}
LONG_FILE = 400

# Folder -> folders that its files may include ("hw/*": every folder below hw). Its own folder always.
HW_BLOCK = ["tlm/*", "hw/spec"]
MAY_INCLUDE = {
    "tlm/base": [],
    "tlm/*": ["tlm/*"],
    "hw/spec": ["tlm/base"],
    "hw/pe": HW_BLOCK,
    "hw/fabric": HW_BLOCK + ["hw/pe"],
    "hw/fast_forward": HW_BLOCK + ["hw/fabric"],
    "hw/kernels": HW_BLOCK + ["hw/fabric", "hw/pe"],
    "hw/wafer": HW_BLOCK + ["hw/fast_forward", "hw/kernels", "hw/fabric", "hw/pe"],
    "hw/csx": HW_BLOCK + ["hw/wafer", "hw/fast_forward", "hw/kernels", "hw/fabric"],
    "hw/cluster": ["tlm/*", "hw/*"],
    "hw/*": HW_BLOCK,
    "sw/identity": [],
    "sw/frontend": ["tlm/base"],
    "sw/text": ["tlm/base", "hw/input"],
    "sw/graph": ["tlm/base", "hw/spec", "hw/pe", "sw/frontend"],
    "sw/kernels": ["tlm/base", "tlm/stats", "tlm/trace", "hw/spec", "hw/pe", "hw/fabric", "hw/kernels", "sw/graph"],
    "sw/check": ["tlm/base", "hw/spec", "hw/fabric", "hw/kernels", "hw/wafer", "hw/csx"],
    "sw/crosscheck": ["tlm/*", "hw/spec", "hw/pe", "hw/fabric", "hw/fast_forward", "hw/kernels", "sw/kernels", "rtl/cosim"],
    "sw/fabric": ["tlm/base", "hw/spec", "hw/pe", "sw/kernels"],
    "sw/compiler": ["tlm/base", "tlm/stats", "tlm/block", "hw/spec", "hw/memoryx", "hw/swarmx", "hw/pe", "hw/fabric", "hw/kernels", "sw/graph", "sw/kernels"],
    "sw/budget": ["tlm/base", "hw/spec", "hw/pe", "hw/fabric", "sw/compiler"],
    "sw/checkpoint": ["tlm/base", "hw/spec"],
    "sw/exchange": ["tlm/base", "hw/spec", "sw/graph"],
    "sw/report": ["tlm/*", "hw/spec"],
    "sw/compare": ["tlm/base", "tlm/stats", "sw/report"],
    "sw/sweep": ["tlm/base", "sw/report"],
    "sw/driver": ["tlm/*", "hw/*", "sw/*", "rtl/cosim"],
    "sw/cli": ["tlm/*", "hw/*", "sw/*", "rtl/cosim"],
    "rtl/cosim": ["tlm/*", "hw/*"],
    "rtl/absent": ["tlm/*", "hw/*", "rtl/cosim"],
}
# Nothing that these files include, directly or through other headers of the tree, may be SystemC.
WITHOUT_SYSTEMC = ("tlm/base", "hw/spec", "hw/pe", "hw/fabric", "hw/fast_forward", "hw/kernels", "sw/graph", "sw/kernels", "sw/fabric", "sw/compiler",
                   "sw/budget", "sw/checkpoint", "sw/exchange", "sw/report", "sw/compare", "sw/sweep", "sw/identity", "sw/frontend", "sw/text")
SYSTEMC_HEADER = re.compile(r"^(systemc|tlm)(\.h)?$|^(tlm_|sysc/)")
VERILATED_HEADER = re.compile(r"(^|/)V[A-Za-z0-9_]*\.h$|^verilated")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
MACHINE_PATH = re.compile(r"(?<![\w.$}/])/(?:home|root|Users|tmp|work|mnt)/[\w.]")


def folder_of(path):
    """The folder of the architecture that a path relative to the root belongs to: its first two parts."""
    return "/".join(path.split("/")[:2]) if path.count("/") >= 2 else path.split("/")[0]


def matches(folder, pattern):
    return folder == pattern or (pattern.endswith("/*") and folder.startswith(pattern[:-1]))


def allowed_from(folder):
    """Patterns that `folder` may include, or None where no rule binds it (tests)."""
    if folder in MAY_INCLUDE:
        return MAY_INCLUDE[folder]
    for pattern, allowed in MAY_INCLUDE.items():
        if matches(folder, pattern):
            return allowed
    return None


class Tree:
    def __init__(self, root):
        self.root = root
        self.includes = {}  # path -> [(line, quoted, target)]
        self.types = {}  # whole name -> path of the file that defines it
        self.errors = []
        self.warnings = []

    def error(self, path, line, text):
        self.errors.append(f"{path}:{line}: {text}")

    def files(self):
        for folder in SOURCE_FOLDERS:
            yield from (p for p in sorted((self.root / folder).rglob("*")) if p.is_file())
        yield from (p for p in sorted(self.root.glob("*")) if p.is_file() and p.suffix in TEXT_SUFFIXES)

    def check(self):
        count = 0
        for file in self.files():
            if file.suffix not in TEXT_SUFFIXES or "__pycache__" in file.parts:
                continue
            count += 1
            path = file.relative_to(self.root).as_posix()
            lines = file.read_text(encoding="utf-8").splitlines()
            self.check_text(path, lines)
            if file.suffix in (".h", ".cpp"):
                self.check_source(path, lines)
        for path in self.includes:
            self.check_includes(path)
        return count

    def check_text(self, path, lines):
        for number, line in enumerate(lines, 1):
            found = MACHINE_PATH.search(line)
            if found:
                self.error(path, number, f"absolute path of one machine: {line[found.start():].split()[0]}")

    def check_source(self, path, lines):
        header = path.endswith(".h")
        if header and "#pragma once" not in lines:
            self.error(path, 1, "header without #pragma once")
        if len(lines) > LONG_FILE:
            self.warnings.append(f"{path}:1: {len(lines)} lines; files are meant to stay below {LONG_FILE}")
        self.includes[path] = []
        if not path.startswith("tests/"):  # programs of their own
            self.check_types(path, "\n".join(lines))
        for number, line in enumerate(lines, 1):
            if "\t" in line:
                self.error(path, number, "tab")
            if header and re.match(r"\s*using\s+namespace\b", line):
                self.error(path, number, "using namespace in a header")
            found = INCLUDE.match(line)
            if found:
                self.includes[path].append((number, found[1] == '"', found[2]))

    def check_types(self, path, text):
        for name, line in types_of(text):
            other = self.types.setdefault(name, path)
            if other != path:
                self.error(path, line, f"{name} is defined in {other}, too: two types of one name")

    def check_includes(self, path):
        folder = folder_of(path)
        allowed = allowed_from(folder)
        for number, quoted, target in self.includes[path]:
            if VERILATED_HEADER.search(target):
                if not (folder == "rtl/cosim" and path.endswith(".cpp")):
                    self.error(path, number, f"{target}: verilated headers are seen only in rtl/cosim/*.cpp")
                continue
            if not quoted:
                continue
            if not (self.root / target).is_file():
                if folder != "tests" and not folder.startswith("tests/"):
                    self.error(path, number, f"{target}: no such file; write paths from the root of the repository")
                continue
            other = folder_of(target)
            if allowed is not None and other != folder and not any(matches(other, a) for a in allowed):
                self.error(path, number, f"{folder} must not include {other} ({target})")
        if folder in WITHOUT_SYSTEMC:
            chain = self.way_to_systemc(path)
            if chain:
                self.error(path, chain[0], f"{folder} is free of SystemC, but: {' -> '.join(chain[1])}")

    def way_to_systemc(self, path, seen=None):
        """(line in `path`, headers from there to SystemC), or None."""
        seen = seen if seen is not None else {path}
        for number, quoted, target in self.includes.get(path, []):
            if not quoted and SYSTEMC_HEADER.search(target):
                return number, [f"<{target}>"]
            if quoted and target in self.includes and target not in seen:
                seen.add(target)
                rest = self.way_to_systemc(target, seen)
                if rest:
                    return number, [target] + rest[1]
        return None


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tree = Tree(pathlib.Path(sys.argv[1]).resolve())
    count = tree.check()
    for text in tree.warnings:
        print(f"warning: {text}")
    for text in tree.errors:
        print(f"error: {text}")
    print(f"{count} files, {len(tree.errors)} errors, {len(tree.warnings)} warnings")
    if count == 0:
        sys.exit(f"no sources below {sys.argv[1]}")
    sys.exit(1 if tree.errors else 0)


if __name__ == "__main__":
    main()
