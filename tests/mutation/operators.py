"""The operators: each makes small faults of one kind out of a line of SystemVerilog or C++. The sources are formatted, so
that a binary operator has a space on either side and a statement ends its line."""
import re
from typing import NamedTuple


class Operator(NamedTuple):
    name: str
    what: str
    faults: object  # line, without comments and strings -> [(begin, end, new text, or what makes it of the old with its strings)]


def swaps(table):
    """Faults that put another word in the place of a binary operator."""
    words = "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))
    pattern = re.compile(rf"(?<= )(?:{words})(?= |$)")

    def faults(line):
        return [(found.start(), found.end(), other) for found in pattern.finditer(line)
                if not (found.group() == "<=" and is_assignment(line, found.start())) for other in table[found.group()]]
    return faults


def is_assignment(line, at):
    """Whether the `<=` at this place of SystemVerilog assigns: in no bracket, and no other assignment before it."""
    before = line[:at]
    depth = sum(before.count(open_) - before.count(close) for open_, close in ("()", "[]", "{}"))
    return depth == 0 and not re.search(r"(^| )=( |$)|return|\?", before)


def pattern(expression, replace):
    compiled = re.compile(expression)

    def faults(line):
        return [(found.start(), found.end(), new) for found in compiled.finditer(line) for new in replace(found)]
    return faults


NUMBER = r"(?<![\w.'])(\d+'s?d)?(\d+)(?![\w.'])"
MASK = r"(?<![\w'])(\d+'h|0x)([0-9a-f_]+)"


def off_by_one(found):
    base, value = found.group(1) or "", int(found.group(2))
    return [f"{base}{other}" for other in (value + 1, value - 1) if other >= 0]


def other_bit(found):
    digits = found.group(2).replace("_", "")
    return [f"{found.group(1)}{int(digits, 16) ^ 1:0{len(digits)}x}", f"{found.group(1)}{int(digits, 16) >> 1:0{len(digits)}x}"]


def closing(text, begin):
    """The place of the bracket that closes the one at `begin`, or None."""
    depth = 0
    for at in range(begin, len(text)):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth == 0:
            return at
    return None


def conditions(line):
    """Begin and end of what stands in the brackets of if and while."""
    for found in re.finditer(r"\b(?:if|while) \(", line):
        end = closing(line, found.end() - 1)
        if end is not None:
            yield found.end(), end


def negated_condition(line):
    return [(begin, end, "!({})".format) for begin, end in conditions(line)]


def dropped_condition(line):
    always = "1'b1" if re.search(r"\bbegin$|\d'[bdh]|(?<!\w)'[01]\b(?!')", line) else "1"
    return [(begin, end, always) for begin, end in conditions(line) if "while" not in line[:begin]]


def dropped_operand(line):
    """a && b without b, where b reaches up to the next operator or bracket."""
    return [(found.start(), found.end(), "") for found in re.finditer(r" (?:&&|\|\|) [!&~|]?[\w.:\->]+(?:\[\w+\])?(?= &&| \|\||[);])", line)]


def dropped_statement(line):
    assigned = re.match(r"\s*(?:[\w.:\->*&]|\[[^\]]*\])+ (?:[-+|&]?=|<=) .*;$", line)
    called = re.match(r"\s*(?:(?:--|\+\+)[\w.\[\]>-]+|[\w.:]+(?:->\w+)?\(.*\)|[\w.]+(?:--|\+\+));$", line)
    if not (assigned or called) or re.match(r"\s*(return|assign|localparam|using|typedef|else|for)\b", line):
        return []
    indent = len(line) - len(line.lstrip())
    return [(indent, len(line), ";")]


def swapped_branches(line):
    return [(found.start(), found.end(), f"? {found.group(2)} : {found.group(1)}")
            for found in re.finditer(r"\? ([^?:;]+) : ([^?:;,]+?)(?=[;)]$|;|\)| \}|$)", line)
            if all(part.count("(") == part.count(")") and part.count("{") == part.count("}") for part in found.groups())]


# Words of which one stands for the other in a name: a begin for an end, a width for a height, the wrong base of a percentage.
PAIRS = [("begin", "end"), ("start", "end"), ("first", "last"), ("before", "after"), ("from", "to"), ("width", "height"), ("rows", "columns"),
         ("row", "column"), ("inputs", "outputs"), ("old_value", "new_value"), ("down", "up"), ("minimum", "maximum"), ("bytes", "busy"),
         ("sent", "consumed"), ("predicted", "cycles"), ("step", "global_step"), ("left", "drained"), ("train", "eval")]


def exchanged_names(line):
    """A member or variable of which there is a counterpart: what has none does not compile. A name that is declared is
    none: of a parameter nothing but its name would change, of the rest nothing compiles."""
    faults = []
    for pair in PAIRS:
        for word, other in (pair, pair[::-1]):
            faults += [(found.start(1), found.end(1), other)
                       for found in re.finditer(rf"(?<=[.>(, ])({word})(?=_?(?:[.,;) \]]|\(\)))", line)
                       if not is_declared(line[:found.start(1)])]
    return faults


def is_declared(before):
    """Whether a name behind this is declared there: a type stands before it, or another name of the same type."""
    last = re.search(r"([\w:]+|[\w:]+[>&*]+|[>&*]+) $", before)
    return bool(last) and last.group(1) not in ("return", "case", "else", "and", "or", "not", ":", "&&")


def exchanged_arguments(line):
    return [(found.start(1), found.end(2), f"{found.group(2)}, {found.group(1)}")
            for found in re.finditer(r"(?<=[a-z_])\(([a-z_][\w.]*), ([a-z_][\w.]*)\)", line) if found.group(1) != found.group(2)]


def dropped_field(line):
    """What is saved under a key, or taken over from one record into another, is lost."""
    saved = [(found.start(1), found.end(1), "0") for found in re.finditer(r"\{ +, ([\w.\->()\[\]]+)\}", line)]  # the key is blanked
    kept = [(found.start(1), found.end(1), "{}") for found in re.finditer(r"^\s*[\w.]+\.\w+ = ([^={}]+);$", line)
            if found.group(1) not in ("0", "0.0", "false", "nullptr")]  # no other value
    return saved + kept


def dropped_reset(line):
    found = re.match(r"\s*(?:[\w.\->\[\]]+ = (?:0|-1|\{\}|false|nullptr)|[\w.\->\[\]]+(?:\.|->)(?:clear|reset)\(\));$", line)
    return [(len(line) - len(line.lstrip()), len(line), ";")] if found else []


def other_rounding(line):
    table = {"std::ceil": "std::floor", "std::floor": "std::ceil", "std::llround": "static_cast<long long>", "std::lround": "static_cast<long>"}
    faults = [(found.start(), found.end(), table[found.group()]) for found in re.finditer(r"std::(?:ceil|floor|llround|lround)(?=\()", line)]
    for found in re.finditer(r"\bceil_div\(", line):
        end = closing(line, found.end() - 1)
        parts = line[found.end():end].rsplit(", ", 1) if end else []
        if len(parts) == 2:
            faults.append((found.start(), end + 1, f"(({parts[0]}) / ({parts[1]}))"))
    return faults


OPERATORS = [
    Operator("boundary", "< and <=, > and >= for each other",
             swaps({"<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"]})),
    Operator("reversed", "< and >, == and != for each other",
             swaps({"<": [">"], ">": ["<"], "==": ["!="], "!=": ["=="], "<=": [">"], ">=": ["<"]})),
    Operator("logic", "&& and || for each other", swaps({"&&": ["||"], "||": ["&&"]})),
    Operator("arithmetic", "+ and - for each other, * becomes +",
             swaps({"+": ["-"], "-": ["+"], "+=": ["-="], "-=": ["+="], "*": ["+"]})),
    Operator("bits", "&, |, ^ for each other, the other direction of a shift",
             swaps({"&": ["|"], "|": ["&", "^"], "^": ["|"], "|=": ["^="], ">>": ["<<"], "<<": [">>"]})),
    Operator("constant", "a number one more or less: a cycle, a bit, a queue's slot, a port",
             pattern(NUMBER, off_by_one)),
    Operator("mask", "a hexadecimal constant with its last bit changed, or shifted by one", pattern(MASK, other_bit)),
    Operator("flag", "1'b0 and 1'b1, true and false, '0 and '1 for each other",
             pattern(r"1'b[01]|'[01]\b|\btrue\b|\bfalse\b",
                     lambda found: [{"1'b0": "1'b1", "1'b1": "1'b0", "'0": "'1", "'1": "'0", "true": "false",
                                     "false": "true"}[found.group()]])),
    Operator("parameter", "a machine's number one more: a queue one deeper, a way one cycle longer",
             pattern(r"(?<=[(\[ ])(?:Depth|\w+Queue|\w+Cycles|SramWords|Lanes|\w+Lanes)\b(?=[) ])(?!\()|\btiming_\.\w+|"
                     r"\b(?:machine\.)?(?:spec_?|pe|router)\.\w+(?:_cycles|_queue)\b", lambda found: [f"({found.group()} + 1)"])),
    Operator("negation", "a condition's contrary; a `!` dropped",
             lambda line: negated_condition(line) + pattern(r"!(?=[\w(])", lambda found: [""])(line)),
    Operator("condition", "a condition always true, or without one of its terms",
             lambda line: dropped_condition(line) + dropped_operand(line)),
    Operator("operands", "a ? b : c with b and c swapped; max for min; the halves of {a, b} swapped",
             lambda line: swapped_branches(line)
             + pattern(r"std::(max|min)(?=[(<])", lambda found: ["std::min" if found.group(1) == "max" else "std::max"])(line)
             + pattern(r"\{([\w.\[\]]+), ([\w.\[\]:']+)\}", lambda found: [f"{{{found.group(2)}, {found.group(1)}}}"])(line)),
    Operator("statement", "an assignment or a call dropped", dropped_statement),
]

# Faults of the code around the wafer: books, records, files, texts.
BOOK_OPERATORS = [
    Operator("field", "a field is lost on the way into a file or a record", dropped_field),
    Operator("reset", "a counter or a list is not set back", dropped_reset),
    Operator("pair", "begin for end, before for after (the base of a percentage), width for height, inputs for outputs", exchanged_names),
    Operator("order", "two arguments exchanged; the first for the last",
             lambda line: exchanged_arguments(line)
             + pattern(r"\.(front|back)\(\)", lambda found: [".back()" if found.group(1) == "front" else ".front()"])(line)),
    Operator("index", "another element or column of a record",
             pattern(r"\[(?:static_cast<std::size_t>\()?([a-z_]\w*)\)?\]", lambda found: ["[0]"])),
    Operator("size", "one less than all", pattern(r"[\w.]+\.size\(\)(?! ==| !=)", lambda found: [f"({found.group()} - 1)"])),
    Operator("rounding", "rounded the other way", other_rounding),
]
