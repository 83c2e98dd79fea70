"""One changed source: the objects that hold it, each made anew when a test first asks for it. What is changed in a header
of many is so paid for by test, and most faults die by the first of them."""
import os
import pathlib
import shlex
import shutil
import subprocess

SECONDS_PER_BYTE = 12e-6  # of the old object, at -O1: 13 s for sw/driver's 1.1 MB


class DoesNotBuild(Exception):
    """What a mutant made of a source is none."""


class ChangedSource:
    """`objects`: those of the build that hold the source at `path`. `commands`: {object: its entry of compile_commands.json}.
    `alone`: of a unity build's object, whose sources take a while to compile together, the changed one by itself. It goes
    before the old object, of which the linker leaves out what is there twice; but others of that object may hold a small
    function of the old text inlined. A fault that is noticed so is noticed; one that is not is to be asked for whole."""

    def __init__(self, root, build, folder, commands, objects):
        self.root, self.build, self.folder, self.commands, self.objects = root, build, folder, commands, sorted(objects)
        self.overlay = folder / "overlay"
        self.made = {}  # {object: new one}
        self.alone = False

    def put(self, path, text, alone):
        shutil.rmtree(self.overlay, ignore_errors=True)
        changed = self.overlay / path
        changed.parent.mkdir(parents=True)
        changed.write_text(text, encoding="utf-8")
        self.path, self.changed, self.alone, self.made = path, changed, alone, {}
        return self

    def joint(self):
        """Whether some object is made of more than this source."""
        return any(self.source_of(old) != str(self.root / self.path) for old in self.objects)

    def source_of(self, old):
        return shlex.split(self.commands[old]["command"])[-1]

    def cost(self, old):
        """Seconds to make this one, as far as is known before."""
        return 0.0 if old in self.made else (self.build / old).stat().st_size * SECONDS_PER_BYTE

    def new(self, old):
        """The new object, and whether it only goes before the old one."""
        before = self.alone and self.source_of(old) != str(self.root / self.path)
        if old not in self.made:
            made = self.folder / f"{self.objects.index(old)}.o"
            words = shlex.split(self.commands[old]["command"])
            words[words.index("-o") + 1] = str(made)
            words[-1] = str(self.changed) if before else source_with(words[-1], str(self.root / self.path), str(self.changed), made.with_suffix(".cxx"))
            words[1:1] = [f"-I{self.overlay}"]
            words.insert(words.index("-o"), "-O1")  # the last of these options holds
            launcher = os.environ.get("CMAKE_CXX_COMPILER_LAUNCHER")
            if subprocess.run([*([launcher] if launcher else []), *words], cwd=self.build, capture_output=True, check=False).returncode != 0:
                raise DoesNotBuild(self.path)
            self.made[old] = str(made)
        return self.made[old], before


def source_with(source, original, changed, unity):
    """What is to be compiled in the place of `source`; for one that includes others (a unity build), a copy at `unity`."""
    if source == original:
        return changed
    text = pathlib.Path(source).read_text(encoding="utf-8")
    if f'"{original}"' not in text:
        return source  # a header changed, or `source` does not hold it
    unity.write_text(text.replace(f'"{original}"', f'"{changed}"'), encoding="utf-8")
    return str(unity)
