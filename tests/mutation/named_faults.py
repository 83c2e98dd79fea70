"""Faults that once survived every test, each with the tests that must notice it now: faults.json."""
import json
import pathlib
from typing import NamedTuple

LIST = pathlib.Path(__file__).resolve().parent / "faults.json"


class NamedFault(NamedTuple):
    path: str
    line: int  # from 1, of the text that is changed
    operator: str  # its name
    before: str
    after: str
    killers: tuple

    def apply(self, text):
        if text.count(self.before) != 1:
            raise ValueError(f"{self.path}: '{self.operator}': its text is there {text.count(self.before)} times")
        return text.replace(self.before, self.after)


def named_faults(root):
    """All of the list, as they are to be applied to the sources under `root`."""
    faults = []
    for one in json.loads(LIST.read_text(encoding="utf-8")):
        text = (root / one["file"]).read_text(encoding="utf-8")
        line = text[:max(0, text.find(one["before"]))].count("\n") + 1
        faults.append(NamedFault(one["file"], line, one["name"], one["before"], one["after"], tuple(one["killers"])))
    return faults
