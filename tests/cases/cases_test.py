#!/usr/bin/env python3
"""Question: is a case that is skipped, empty, cut in two or lost found?"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import cases


class Cases(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def script(self, body):
        path = self.folder / "some_test.py"
        path.write_text("import unittest\nclass Some(unittest.TestCase):\n    def test_good(self):\n        pass\n" + body)
        return subprocess.run([sys.executable, "-B", cases.RUNNER, path], capture_output=True, text=True, check=False)

    def test_a_skipped_case_fails(self):
        self.assertEqual(self.script("").returncode, 0)
        skipped = self.script("    def test_other(self):\n        self.skipTest('no such library')\n")
        self.assertEqual(skipped.returncode, 1)
        self.assertIn("test_other was skipped: no such library", skipped.stderr)
        self.assertEqual(self.script("    @unittest.expectedFailure\n    def test_other(self):\n        self.fail()\n").returncode, 1)

    def test_a_script_without_cases_fails(self):
        path = self.folder / "none_test.py"
        path.write_text("")
        self.assertEqual(subprocess.run([sys.executable, "-B", cases.RUNNER, path], capture_output=True, check=False).returncode, 1)

    def binary(self, *names):
        path = self.folder / "some_test"
        path.write_text("#!/bin/sh\ncat <<'X'\n" + "\n".join(names) + f"\nX\nexit {len(names)}\n")
        path.chmod(0o755)
        return path

    def test_names_that_catch_does_not_know(self):
        binary = self.binary("one; two", "three [4]")
        good = ["one; two", "three \\[4\\]"]
        self.assertEqual(cases.problems_of_binary(binary, good)[1], [])
        cut = cases.problems_of_binary(binary, ["one", "two", good[1]])[1]
        self.assertEqual(len(cut), 3)
        self.assertIn("some_test: no test of ctest runs 'one; two'", cut)
        self.assertEqual(len(cases.problems_of_binary(self.binary(), [])[1]), 1)  # ends well whatever it is asked for

    def test_results(self):
        junit = self.folder / "ran.xml"

        def ran(*results):
            junit.write_text("<testsuite>" + "".join(f'<testcase name="{name}" status="{status}"><system-out>{out}</system-out></testcase>'
                                                     for name, status, out in results) + "</testsuite>")
            return cases.ran(self.folder, junit, False)
        self.assertEqual(ran(("a", "run", "All tests passed"), ("b", "run", "")), ([], 2))
        self.assertEqual(ran(("a", "run", ""), ("b", "notrun", ""), ("c", "disabled", ""))[0], ["b: notrun", "c: disabled"])
        self.assertEqual(ran(("a", "run", "No tests ran"))[0], ["a: no tests ran"])

    def test_no_name_is_cut_in_two(self):
        """catch_discover_tests makes a list of the names, in which a semicolon is an end."""
        cut = [name for path in (cases.ROOT / "tests").glob("*/*_test.cpp")
               for name in re.findall(r'^TEST_CASE\(\s*"([^"]*)"', path.read_text(), re.M) if ";" in name]
        self.assertEqual(cut, [])

    def test_no_case_is_hidden_from_the_list(self):
        hidden = [path for path in (cases.ROOT / "tests").glob("*/*_test.cpp") if '"[.' in path.read_text()]
        self.assertEqual(hidden, [])
        self.assertGreater(sum(cases.declared().values()), 400)


if __name__ == "__main__":
    unittest.main()
