"""A line with several mutants in it, each behind a switch: `(weft_mutant(71) ? (after) : (before))`, or a whole statement
`if (weft_mutant(71)) { after } else { before }`. What a switch may choose is found in the text alone, the smallest first;
the compiler says which of these fit (`switched_sources.py`)."""
import os
import re
from typing import NamedTuple

from operators import closing, is_assignment


class Unit(NamedTuple):
    """Columns of a line that a switch chooses as one."""

    begin: int
    end: int
    statement: bool

    def holds(self, other):
        return self.begin <= other.begin and other.end <= self.end


class Language(NamedTuple):
    asked: object  # number, late -> the condition
    chosen: str  # of a statement


RTL_BASE = 0x57e00000  # what a switch compares with is found again in what Verilator made of it
CPP = Language(lambda number, late: f"weft_mutant{'_late' if late else ''}({number})", "if ({0}) {{ {1} }} else {{ {2} }}")
RTL = Language(lambda number, late: f"weft_mutant::number == 32'h{RTL_BASE + number:x}", "if ({0}) begin {1} end else begin {2} end")

# Where an expression ends whatever stands in it: these bind less than anything between them.
ALWAYS = r",|;|(?<= )(?:[-+*/|&^%]|<<|>>)?=(?= |$)|\b(?:return|case|else|do|throw)\b"
ALWAYS_RTL = ALWAYS + r"|\b(?:begin|end|assign|default)\b"
CHOICE = r"|\?|(?<!:):(?!:)"
LOGIC = r"|&&|\|\|"
NO_EXPRESSION = re.compile(r"^\s*$|^\{|^\.\w|^(?:if|for|while|switch|case|return|else|do|using|typedef|template|enum|struct|class|always_\w+)\b")
OPERAND = re.compile(r"^(?:[\w.:']+(?:->[\w.]+)*(?:\(.*\))?|\(.*\))$")
CUT = re.compile(r"^(?:&&|\|\||[-+*/%&|^<>=!]=|[/%|^<>=?:]|[-+*&] )|(?:[-+*/%&|^<>=!?:]|\.|->)$")  # begins or ends within an operation
HEADER = re.compile(r"(?:if|while|for) (?:constexpr )?\(")


def language_of(path):
    return RTL if path.endswith(".sv") else CPP


def masked(text):
    """The text with comments blanked and every string a word; every character keeps its place."""
    def word(found):
        return re.sub(r"[^\n]", " " if found.group().startswith("/") else "_", found.group())
    return re.sub(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'\\?[^\'\n]\'', word, text, flags=re.S)


def changed(before, after):
    """Begin, end in `before`, end in `after` of what differs."""
    begin = len(os.path.commonprefix([before, after]))
    tail = len(os.path.commonprefix([before[begin:][::-1], after[begin:][::-1]]))
    return begin, len(before) - tail, len(after) - tail


def of_after(unit, before, after):
    """What stands in `after` where the unit stands in `before`."""
    return after[unit.begin:len(after) - (len(before) - unit.end)]


def balanced(text):
    depth = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if depth < 0:
            return False
    return depth == 0


def outside_brackets(text):
    """What of it stands in no bracket."""
    depth, kept = 0, ""
    for char in text:
        depth -= char in ")]}"
        kept += char if depth == 0 else ""
        depth += char in "([{"
    return kept


def is_expression(text):
    """As far as its text tells: one value, no list of them, no declaration or body of a function."""
    outer = re.sub("::", "", outside_brackets(text))
    return (not NO_EXPRESSION.search(text) and not CUT.search(text.strip()) and balanced(text) and not re.search("[,;]", outer) and outer.count("?") == outer.count(":")
            and (";" not in text or bool(re.search(r"\]\s*[({]", text))))  # a lambda's


def whole_tokens(code, after, begin, end, after_end):
    """The change, widened until it cuts no word and no operator, and opens no bracket that it does not close."""
    def glued(one, other):
        return any(re.match(kind, one) and re.match(kind, other) for kind in (r"[\w.']", r"[-+*/<>=!&|^%:?]"))
    while begin > 0 and any(glued(code[begin - 1], text[begin]) for text in (code, after) if begin < len(text)):
        begin -= 1
    while end < len(code) and ((end > begin and glued(code[end - 1], code[end])) or (after_end > begin and glued(after[after_end - 1], code[end]))):
        end, after_end = end + 1, after_end + 1
    while end < len(code) and not (balanced(code[begin:end]) and balanced(after[begin:after_end])):
        end, after_end = end + 1, after_end + 1
    return begin, end


def level(code, begin, end, stops):
    """[begin, end) widened to the next stop on either side, in the brackets that it stands in."""
    stopped = set()
    for found in re.finditer(stops, code):
        stopped.update(range(found.start(), found.end()))
    for found in re.finditer(r"(?<= )<=(?= )", code):
        if code.endswith(";") and is_assignment(code, found.start()):
            stopped.update(range(found.start(), found.end()))
    depth, first = 0, begin
    while first > 0:
        char = code[first - 1]
        if depth == 0 and (first - 1 in stopped or char in "([{"):
            break
        depth += (char in ")]}") - (char in "([{")
        first -= 1
    depth, last = 0, end
    while last < len(code):
        char = code[last]
        if depth == 0 and (last in stopped or char in ")]}"):
            break
        depth += (char in "([{") - (char in ")]}")
        last += 1
    while first < last and code[first] == " ":
        first += 1
    while last > first and code[last - 1] == " ":
        last -= 1
    return first, last


def enclosing(code, begin, end):
    """The bracket around, itself included; None if it is of another line."""
    depth = 0
    for at in range(begin - 1, -1, -1):
        depth += (code[at] in ")]}") - (code[at] in "([{")
        if depth < 0:
            closes = closing(code, at)
            return (at, closes + 1) if closes is not None and closes >= end else None
    return None


def is_range(code, begin, end):
    """Whether it stands in the brackets of SystemVerilog's bits from one to another, whose bounds are constants."""
    around = enclosing(code, begin, end)
    return bool(around) and code[around[0]] == "[" and bool(re.search(r"(?<!:)[-+]?:(?!:)", code[around[0]:around[1]]))


def expressions(code, after, previous, path):
    """Units of expressions, the smallest first. `previous`: the code before, whose last operation may take in what the line
    begins with."""
    begin, end, after_end = changed(code, after)
    begin, end = whole_tokens(code, after, begin, end, after_end)
    found, always = [], ALWAYS_RTL if path.endswith(".sv") else ALWAYS

    taken_in = re.search(r"(&&|\|\|)$|(?<=[\w)\]} ])(?:[-+*/%&|^<>]|[<>=!]=)$", previous)

    def add(first, last):
        if taken_in and not code[:first].strip() and not (OPERAND.match(code[first:last]) or taken_in.group(1) and not re.search(
                r"&&|\|\||\?", outside_brackets(code[first:last]))):
            return
        new = of_after(Unit(first, last, False), code, after)
        old = code[first:last]
        if is_expression(old) and is_expression(new) and not (path.endswith(".sv") and is_range(code, first, last)) \
                and Unit(first, last, False) not in found:
            found.append(Unit(first, last, False))

    texts = (code[begin:end], after[begin:len(after) - (len(code) - end)])
    if all(OPERAND.match(text) for text in texts) and not re.search(r"(?:[\w.:)'\]]|->)$", code[:begin]) \
            and not re.match(r"[\w(\[.'{]|::|->", code[end:]):
        add(begin, end)
    binds_less = LOGIC if not any(re.search(r"&&|\|\|", text) for text in texts) else ""
    choice = CHOICE if not any("?" in text for text in texts) else ""
    while begin is not None:
        for stops in (always + choice + (binds_less if choice else ""), always):
            add(*level(code, begin, end, stops))
        begin, end = enclosing(code, *level(code, begin, end, always)) or (None, None)
        binds_less, choice = LOGIC, CHOICE
    return found


def statement_begin(code):
    """The column at which a statement's own words begin, behind labels and `else`."""
    return re.match(r"\s*(?:(?:case [\w:.]+|default):(?!:) )?(?:else (?!if\b))?", code).end()


def statements(code, after, around, path):
    """Units of whole statements of the line, the smallest first. `around`: the code of the lines before and behind, where it
    may have begun; an `else` behind belongs to this line's `if`."""
    last, (previous, following) = len(code), around
    if not code.endswith(";") or not balanced(code) or not re.search(r"^$|[;{}:)]$|\b(?:begin|end|else)\b(?: : \w+)?$", previous):
        return []
    first, found = statement_begin(code), []
    begin = changed(code, after)[0]
    while True:
        rest = code[first:]
        header = HEADER.match(rest)
        simple = re.match(r"(?:return\b|continue;|break;|delete |throw |\+\+|--|\*|[\w.:>*&\-]+(?:\[[^=]*\]|\([^=]*\))*(?:[\w.:>\-]|\[[^=]*\])* (?:[-+*/|&^%]|<<|>>|<)?= "
                          r"|[\w.:>\-]+(?:\[[^\]]*\])*(?:[\w.:>\-])*\(.*\);$|[\w.>\-\[\]]+(?:\+\+|--);$)", rest)
        if begin >= first and (header or simple) and not re.match(r"(?:assign|localparam|parameter|using)\b", rest) \
                and not (header and re.match(r"\s*(?:end )?else\b", following)):
            found.append(Unit(first, last, True))
        behind = header and closing(rest, header.end() - 1)
        if not behind or not rest[behind + 1:].strip() or path.endswith(".sv") and rest.endswith("begin"):
            return found[::-1]
        first += behind + 1 + len(rest[behind + 1:]) - len(rest[behind + 1:].lstrip())


def units(mutant, lines):
    """What a switch for this mutant may choose, in the order in which they are to be tried. `lines`: of its source."""
    code = masked("\n".join(lines)).split("\n")
    here, after = code[mutant.line - 1].rstrip(), masked(mutant.after).rstrip()
    around = [next((line.rstrip() for line in lines if line.strip()), "") for lines in (code[mutant.line - 2::-1] if mutant.line > 1 else [], code[mutant.line:])]
    if here.lstrip().startswith("#"):
        return []
    whole, parts = statements(here, after, around, mutant.path), expressions(here, after, around[0], mutant.path)
    in_header = HEADER.match(here[statement_begin(here):]) and not any(unit.begin > statement_begin(here) for unit in whole)
    if mutant.path.endswith(".sv") and after.strip() != ";" or in_header:
        return parts + whole
    return whole + parts


def groups(chosen):
    """Units of one line put together where one holds another: [(unit, [those in it])]."""
    joined = []
    for one in sorted(chosen, key=lambda one: (one[1].begin, -one[1].end)):
        if joined and one[1].begin < joined[-1][0].end:
            outer, inner = joined[-1]
            joined[-1] = (Unit(outer.begin, max(outer.end, one[1].end), outer.statement or one[1].statement), [*inner, one])
        else:
            joined.append((one[1], [one]))
    return joined


def switched(before, chosen, language):
    """The line with all of its mutants. `chosen`: [(number, unit, late, after)]."""
    line = before
    for unit, inner in reversed(groups(chosen)):
        text = before[unit.begin:unit.end]
        if not unit.statement:
            text = f"({text})"
        for number, _, late, after in sorted(inner, reverse=True):
            new, asked = of_after(unit, before, after), language.asked(number, late)
            text = language.chosen.format(asked, new, text) if unit.statement else f"({asked} ? ({new}) : {text})"
        line = line[:unit.begin] + text + line[unit.end:]
    return line
