"""Which types a C++ source defines in its namespaces, by whole name."""
import re

NAMESPACE = r"namespace\s*(?P<namespace>[\w:]*)\s*\{"
TYPE = r"\b(?:class|struct|enum(?:\s+class)?)\s+(?P<type>\w+)(?:\s+final)?\s*(?::(?!:)[^;{(]*)?\{"
TOKEN = re.compile(rf"{NAMESPACE}|{TYPE}|[{{}}]")
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S)


def types_of(text):
    """(name with its namespaces, line) of each, but of those in a type, in a function or without a namespace's name."""
    text = COMMENT_OR_TEXT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    open_names = []  # None: a brace of something else
    for found in TOKEN.finditer(text):
        if found["namespace"] is not None:
            open_names.append(found["namespace"] or None)
        elif found[0] == "}":
            if open_names:
                open_names.pop()
        else:
            if found["type"] and open_names and None not in open_names:
                yield "::".join([*open_names, found["type"]]), text.count("\n", 0, found.start()) + 1
            open_names.append(None)
