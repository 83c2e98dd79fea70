"""Mutants: a source with one fault. All of them, and a sample spread evenly over files and operators."""
import random
import re
from typing import NamedTuple

from operators import OPERATORS


class Mutant(NamedTuple):
    path: str
    line: int  # from 1
    operator: str
    before: str
    after: str

    def apply(self, text):
        lines = text.split("\n")
        if lines[self.line - 1] != self.before:
            raise ValueError(f"{self.path}:{self.line}: not the line that the mutant was made from")
        lines[self.line - 1] = self.after
        return "\n".join(lines)


# What no test of behaviour can see, or another rule holds: includes, assertions, interfaces and the widths of signals
# (lint), defaults of parameters that every instance sets, the echo of the parameters at the host port, and the words of
# messages.
SKIPPED = re.compile(
    r"^\s*(#|import\b|module\b|assert|static_assert|typedef\b|input\b|output\b|logic\b|localparam\b.* \? |"
    r"parameter (?:int unsigned|bit) \w+ = [^;]*$|"
    r"16'hf0|throw\b|refuse\(|namespace\b|using\b|template\b|enum\b|struct\b|class\b|//)|fmt::format|assign unused|"
    r"operator==")


def code_of(text):
    """The text with comments and strings blanked; every character keeps its place."""
    def blank(found):
        return re.sub(r"[^\n]", " ", found.group())
    return re.sub(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


# Of books and records only messages of errors are words alone: a formatted text is what a user reads.
SKIPPED_IN_BOOKS = re.compile(r"^\s*(#|static_assert|throw\b|refuse\(|namespace\b|using\b|template\b|enum\b|struct\b|class\b|//)|Error\(|operator==")


def mutants_of(path, text, operators=tuple(OPERATORS), skipped=SKIPPED):
    """Every mutant of one source, in the order of lines; none twice. `operators`: which faults."""
    found, seen, previous = [], set(), ""
    for number, (line, code) in enumerate(zip(text.split("\n"), code_of(text).split("\n")), 1):
        stripped = code.rstrip()
        continues = previous and not re.search(r"[;{}:]$|\bbegin$|\bend$|\belse$|\)$", previous)
        for operator in operators if stripped and not skipped.search(line) else ():
            if operator.name == "statement" and continues:
                continue
            for begin, end, new in operator.faults(stripped):
                after = line[:begin] + (new(line[begin:end]) if callable(new) else new) + line[end:]
                if after != line and (number, after) not in seen:
                    seen.add((number, after))
                    found.append(Mutant(path, number, operator.name, line, after))
        previous = stripped or previous
    return found


def sample(mutants, count, seed):
    """`count` of them (or all), the same for the same seed: files in turn, in an order by chance (the last turn does not get
    to all), and in each file its operators in turn."""
    shuffled = list(mutants)
    by_chance = random.Random(seed)
    by_chance.shuffle(shuffled)
    files = {}
    for mutant in shuffled:
        files.setdefault(mutant.path, {}).setdefault(mutant.operator, []).append(mutant)
    order = sorted(files)
    by_chance.shuffle(order)
    chosen = []
    while files and len(chosen) < count:
        for path in [path for path in order if path in files]:
            operators = files[path]
            operator = next(iter(operators))
            waiting = operators.pop(operator)
            chosen.append(waiting.pop())
            if waiting:
                operators[operator] = waiting  # behind the others
            if not operators:
                del files[path]
    return chosen[:count]
