"""A copy of the sources, in which mutants are put."""
import os
import pathlib
import shutil


def copy_sources(root, to, names, texts=()):
    """Copies what is named of `root`; of `texts` ({path: text}) instead. Writes only files that differ: a time that goes back
    would hide a mutant's object from the build."""
    wanted = {}
    for name in names:
        top = root / name
        files = [top] if top.is_file() else [path for path in top.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        wanted.update({to / path.relative_to(root): path for path in files})
    for name in names:
        for folder, _, files in os.walk(to / name):  # does not follow a link to a folder
            for stale in {pathlib.Path(folder) / file for file in files} - set(wanted):
                stale.unlink()
    texts = {to / path: text.encode() for path, text in dict(texts).items()}
    for target, path in wanted.items():
        content = texts.get(target) or path.read_bytes()
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            shutil.copymode(path, target)
