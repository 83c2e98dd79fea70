"""The sources with all mutants of a sample in them, each behind a switch. What the compiler does not take of a mutant is tried
in the next way that `switch_text.py` found, and after the last put aside."""
import hashlib
import json
import re

from switch_text import RTL_BASE, language_of, switched, units

NEAR_LINES = 12  # an error may be told at another line of a statement than that of its switch
PACKAGE = "rtl/common/weft_pkg.sv"  # is read before all other SystemVerilog
CHOSEN = r"std::getenv(\"WEFT_MUTANT\")"
RTL_PACKAGE = f'package weft_mutant; int number = $c32("0x{RTL_BASE:x} + ({CHOSEN} ? std::atoi({CHOSEN}) : 0)"); endpackage '
SWITCH = '#include "tests/mutation/weft_mutant.h"\n#line 1\n'  # so that messages name the lines of the sources as they are
MESSAGE = re.compile(r"([\w./+-]+\.(?:cpp|h|sv)):(\d+)(?::\d+)?:")


class SwitchedSources:
    """`numbers`: {mutant: its switch, from 1 on}. `state`: {number: [which of its units, late]}. `aside`: {number: why}.
    `looked_at`: {path of a header: its text as a compiler took it}."""

    def __init__(self, root, mutants):
        self.root = root
        self.numbers = {mutant: number for number, mutant in enumerate(mutants, 1)}
        self.mutants = {number: mutant for mutant, number in self.numbers.items()}
        paths = {mutant.path for mutant in mutants}
        paths |= {PACKAGE} if any(path.endswith(".sv") for path in paths) else set()
        self.originals = {path: (root / path).read_text(encoding="utf-8") for path in sorted(paths)}
        self.state, self.aside, self.units, self.looked_at = {}, {}, {}, {}
        for mutant, number in self.numbers.items():
            self.units[number] = units(mutant, self.originals[mutant.path].split("\n"))
            self.state[number] = [0, False]
            if not self.units[number]:
                self.aside[number] = "no expression, no statement"

    def leave_out(self, counts, most):
        """What more objects than that hold, so that not all of a build is made anew."""
        self.aside.update({number: f"{counts[mutant.path]} objects" for mutant, number in self.numbers.items() if counts.get(mutant.path, 0) > most})

    def digest(self):
        return hashlib.sha256(json.dumps([list(self.mutants.values()), self.originals, self.units], sort_keys=True).encode()).hexdigest()

    def save(self, path):
        path.write_text(json.dumps({"of": self.digest(), "state": self.state, "aside": self.aside, "looked_at": self.looked_at}), encoding="utf-8")

    def load(self, path):
        """What an earlier run of the same sample found."""
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if known.get("of") == self.digest():
            self.state = {int(number): value for number, value in known["state"].items()}
            self.aside.update({int(number): why for number, why in known["aside"].items()})
            self.looked_at = known["looked_at"]

    def lines(self, path):
        """{line: numbers of the switches in it}."""
        found = {}
        for number, mutant in self.mutants.items():
            if mutant.path == path and number not in self.aside:
                found.setdefault(mutant.line, []).append(number)
        return found

    def text(self, path, alone=None):
        """`alone`: a mutant whose line is its own, without a switch."""
        lines = self.originals[path].split("\n")
        for line, numbers in self.lines(path).items():
            chosen = [(number, self.units[number][self.state[number][0]], self.state[number][1], self.mutants[number].after) for number in numbers]
            lines[line - 1] = switched(lines[line - 1], chosen, language_of(path))
        if alone:
            lines[alone.line - 1] = alone.after
        if path == PACKAGE:
            lines[0] = RTL_PACKAGE + lines[0]
        return (SWITCH if self.lines(path) and not path.endswith(".sv") else "") + "\n".join(lines)

    def texts(self):
        return {path: self.text(path) for path in self.originals}

    def rtl_digest(self):
        return hashlib.sha256("".join(text for path, text in sorted(self.texts().items()) if path.endswith(".sv")).encode()).hexdigest()

    def told(self, line):
        """(path of a source with mutants, line) of each place that a compiler's message names."""
        for found in MESSAGE.finditer(line):
            for path in self.originals:
                if found.group(1) == path or found.group(1).endswith("/" + path):
                    yield path, int(found.group(2))

    def blamed(self, output):
        """{number: message} of the switches that a compiler does not take."""
        lines = output.splitlines()
        errors = [line for line in lines if re.search(r"\berror: |^%Error", line)]
        from_there = [line for line in lines if re.search("required from|In instantiation|note:", line)]
        loops = [line for line in errors if "loop" in line]  # what cannot be unrolled
        for wanted, near in ((loops, NEAR_LINES), (errors, 0), (from_there, 0), (errors, NEAR_LINES)):
            found = {}
            for line in wanted:
                for path, at in self.told(line):
                    at_lines = self.lines(path)
                    if wanted is loops:
                        at_lines = {other: numbers for other, numbers in at_lines.items() if re.search(r"\bfor \(", self.mutants[numbers[0]].before)}
                    for other in sorted(at_lines, key=lambda one: abs(one - at))[:1]:
                        if abs(other - at) <= near:
                            found.update({number: line for number in at_lines[other]})
            if found:
                return found
        return {}

    def refuse(self, number, message):
        """The next way for this mutant: asked where it may be a constant; another unit; none."""
        which, late = self.state[number]
        mutant = self.mutants[number]
        if not late and mutant.path.endswith((".cpp", ".h")) and re.search("constexpr|constant expression|constant-expression", message):
            self.state[number] = [which, True]
        elif which + 1 < len(self.units[number]):
            self.state[number] = [which + 1, False]
        else:
            self.aside[number] = re.sub(r"^.*?(?:error|%Error[\w-]*): ", "", message)[:120]
