#!/usr/bin/env python3
"""Does check_tree.py find each kind of fault, and only where there is one? One small bad tree per rule."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKER = pathlib.Path(__file__).with_name("check_tree.py")
SYSTEMC = "#include <systemc>\n"


def include(path):
    return f'#include "{path}"\n'


def run(files):
    """Exit code and output of the checker over a tree of {path: text}; headers get their `#pragma once`."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, CHECKER, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


GOOD = {
    "tlm/base/units.h": "#pragma once\n#include <cstdint>\n",
    "tlm/block/block.h": "#pragma once\n" + SYSTEMC + include("tlm/base/units.h"),
    "hw/spec/machine.h": "#pragma once\n" + include("tlm/base/units.h"),
    "hw/pe/cost.h": "#pragma once\n" + include("hw/spec/machine.h"),
    "hw/csx/csx.cpp": include("tlm/block/block.h") + include("hw/spec/machine.h"),
    "hw/cluster/cluster.h": "#pragma once\n" + include("tlm/block/block.h"),
    "hw/host/user_node.h": "#pragma once\n",
    "sw/graph/graph.h": "#pragma once\n" + include("hw/spec/machine.h"),
    "sw/cli/main.cpp": include("hw/cluster/cluster.h") + include("sw/graph/graph.h"),
    "rtl/cosim/tile.cpp": '#include "Vtile.h"\n' + include("hw/spec/machine.h"),
}


class CheckTree(unittest.TestCase):
    def assert_refused(self, path, text, expected):
        code, output = run({**GOOD, path: text})
        self.assertEqual(code, 1, output)
        self.assertIn(expected, output)
        self.assertIn("1 errors", output)

    def test_a_good_tree_passes(self):
        code, output = run(GOOD)
        self.assertEqual(code, 0, output)

    def test_an_empty_tree_is_no_pass(self):
        self.assertEqual(run({})[0], 1)

    def test_the_base_includes_only_itself(self):
        self.assert_refused("tlm/base/bad.cpp", include("hw/spec/machine.h"), "tlm/base must not include hw/spec")

    def test_two_types_of_one_name(self):
        first = "#pragma once\nnamespace weft::hw {\nstruct Arrival : Base {\n  int at;\n};\n}\n"
        second = "namespace weft::hw {\n/* class { */\nclass Arrival final {\n};\n}\n"
        code, output = run({**GOOD, "hw/pe/first.h": first, "hw/csx/second.cpp": second})
        self.assertEqual(code, 1, output)
        self.assertIn("hw/pe/first.h:3: weft::hw::Arrival is defined in hw/csx/second.cpp, too", output)
        for other in ("namespace {\nstruct Arrival {};\n}\n", "namespace weft::sw {\nstruct Arrival {};\n}\n",
                      "namespace weft::hw {\nstruct Arrival;\n}\n", "namespace weft::hw {\nstruct Port {\n  struct Arrival {};\n};\n}\n",
                      "namespace weft::hw {\nstruct Port::Arrival {\n};\n}\n"):
            code, output = run({**GOOD, "hw/pe/first.h": first, "hw/csx/second.cpp": other})
            self.assertEqual(code, 0, output)

    def test_hw_never_includes_sw(self):
        self.assert_refused("hw/cluster/bad.cpp", include("sw/graph/graph.h"), "hw/cluster must not include sw/graph")

    def test_blocks_do_not_include_each_other(self):
        self.assert_refused("hw/memoryx/bad.cpp", include("hw/host/user_node.h"),
                            "hw/memoryx must not include hw/host")

    def test_an_earlier_folder_of_sw_does_not_include_a_later_one(self):
        code, output = run({**GOOD, "sw/compiler/plan.h": "#pragma once\n",
                            "sw/kernels/bad.cpp": include("sw/compiler/plan.h")})
        self.assertEqual(code, 1)
        self.assertIn("sw/kernels must not include sw/compiler", output)

    def test_systemc_is_kept_out(self):
        self.assert_refused("hw/pe/bad.cpp", SYSTEMC, "hw/pe is free of SystemC")

    def test_systemc_through_another_header_is_found(self):
        self.assert_refused("sw/report/bad.cpp", include("tlm/block/block.h"),
                            "sw/report is free of SystemC, but: tlm/block/block.h -> <systemc>")

    def test_verilated_headers_stay_inside(self):
        self.assert_refused("tests/cosim/bad.cpp", '#include "Vtile.h"\n', "verilated headers")
        self.assert_refused("rtl/cosim/bad.h", '#pragma once\n#include "Vtile.h"\n', "verilated headers")

    def test_paths_start_at_the_root(self):
        self.assert_refused("hw/pe/bad.cpp", '#include "cost.h"\n', "write paths from the root")

    def test_header_rules(self):
        self.assert_refused("hw/pe/bad.h", "int x;\n", "without #pragma once")
        self.assert_refused("hw/pe/bad.h", "#pragma once\nusing namespace std;\n", "using namespace")

    def test_machine_paths(self):
        self.assert_refused("sw/models/bad.yaml", "data_dir: /" + "home/somebody/data\n", "absolute path")

    def test_a_long_file_is_a_warning(self):
        code, output = run({**GOOD, "hw/pe/long.cpp": "// line\n" * 401})
        self.assertEqual(code, 0, output)
        self.assertIn("warning: hw/pe/long.cpp:1: 401 lines", output)
        self.assertIn("0 warnings", run({**GOOD, "hw/pe/long.cpp": "// line\n" * 400})[1])


if __name__ == "__main__":
    unittest.main()
