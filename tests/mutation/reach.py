"""Which functions each test runs, as `tests/coverage/coverage.py BUILD --by_test FOLDER` left it: a fault in a function that a
test does not run cannot be noticed by it. What belongs to no function (a constant, a default) is reached by all."""
import collections
import functools
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "coverage"))
from count_file import CountFile, Damaged  # noqa: E402

FUNCTION = re.compile(r"FUNCTION ident=(\d+), .*' (/\S+?):(\d+):\d+-(\d+):\d+")


def notes(path):
    return subprocess.run(["gcov-dump", "-l", path], capture_output=True, text=True, check=True).stdout.splitlines()


class Reach:
    """`folder`: of --by_test. `build`: where the notes are. Paths of sources are told from `root`."""

    def __init__(self, root, build, folder):
        self.root, self.build, self.folder = root, build, folder
        self.ranges = collections.defaultdict(set)  # {source: {(first line, last line)}}
        self.at = {}  # {(note, ident): (source, range)}
        for note in sorted(build.rglob("*.gcno")):
            for line in notes(note):
                found = FUNCTION.search(line)
                if found and pathlib.Path(found.group(2)).is_relative_to(root):
                    source = pathlib.Path(found.group(2)).relative_to(root).as_posix()
                    lines = (int(found.group(3)), int(found.group(4)))
                    self.ranges[source].add(lines)
                    self.at[note.relative_to(build).with_suffix(""), int(found.group(1))] = source, lines

    @functools.lru_cache(maxsize=None)
    def ran(self, test):
        """{(source, range)} of a test (a binary's or a script's name); None if nothing is known of it."""
        own = self.folder / test / self.build.relative_to("/")
        if not own.exists():
            return None
        run = set()
        for data in own.rglob("*.gcda"):
            try:
                functions = CountFile(data.read_bytes()).functions
            except Damaged:  # by a program that was killed
                return None
            for (ident, *_), counts in functions.items():
                known = self.at.get((data.relative_to(own).with_suffix(""), ident))
                if known and any(counts):
                    run.add(known)
        return run

    def may_notice(self, test, path, line):
        """False if the test runs no function that the line belongs to."""
        around = {(path, lines) for lines in self.ranges[path] if lines[0] <= line <= lines[1]}
        ran = self.ran(test) if around else None
        return ran is None or not around.isdisjoint(ran)
