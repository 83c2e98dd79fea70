#!/usr/bin/env python3
"""Verilator, but a generated file whose text is the same keeps its time, so that only what a mutant changed is compiled.
VERILATOR names the program."""
import os
import pathlib
import subprocess
import sys

arguments = sys.argv[1:]
folder = pathlib.Path(arguments[arguments.index("--Mdir") + 1])
before = {path: (path.read_bytes(), path.stat()) for path in folder.iterdir()} if folder.exists() else {}
code = subprocess.run([os.environ.get("VERILATOR", "verilator"), *arguments], check=False).returncode
for path, (text, state) in before.items():
    if path.exists() and path.read_bytes() == text:
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
sys.exit(code)
