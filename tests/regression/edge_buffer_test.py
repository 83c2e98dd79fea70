#!/usr/bin/env python3
"""Does a chunk of weights hold its room at the edge until its last word has left it, does its credit take its way,
and is each part of that way on the critical path?"""
import sys
import unittest

from printed_numbers import rows
from weft_cli import ScratchTrainings, report, run


class EdgeBuffer(ScratchTrainings):
    def forward(self, buffer_bytes):
        """Of fc1 in the last step, 25 chunks of 20 rounds of 785 weights, 31,400 bytes: cycles, and those on the path
        by limiter."""
        out = self.folder / f"buffer_{buffer_bytes}"
        settings = (f"io.edge_buffer_bytes={buffer_bytes}", "memoryx.chunk_bytes=32768", "memoryx.dram.latency_ns=100",
                    "memoryx.dram.gigabytes_per_s=1000", "io.ethernet_gbps=100", "io.latency_ns=1000",
                    "swarmx.link_latency_ns=500", "swarmx.node_latency_ns=1000", "input.samples_per_s=1e8",
                    "input.link_gbps=1000")
        done = run("train", "fc_mnist", "--timing_only", "--max_steps", 3, "--data", self.data, "-o", out,
                   *(word for setting in settings for word in ("--machine_set", setting)), cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        value = report(out)
        [cycles], path = ([read(row) for row in rows(value[table])
                           if (row["step"], row["layer"], row["kernel"]) == (2, 0, "matmul_forward")]
                          for table, read in (("launches", lambda row: row["end"] - row["start"]),
                                              ("path", lambda row: (row["limiter"], row["cycles"]))))
        return cycles, dict(path)

    def test_with_room_for_one_chunk_each_waits_for_the_way_of_the_credit_before(self):
        # Up: interface, cable, node, cable. Down: DRAM, two links of 100 Gb/s, two cables and a node, interface.
        way_ns = (1000 + 500 + 1000 + 500) + (100 + 31.4) + 2 * 31400 * 8 / 100 + (500 + 1000 + 500) + 1000
        (narrow, path), (wide, _) = self.forward(32768), self.forward(1 << 20)
        longer = narrow - wide
        # A chunk that comes late finds empty queues: its last word leaves the edge up to their depth earlier.
        self.assertAlmostEqual(longer, 24 * way_ns * 0.85, delta=0.02 * longer)
        # The first chunk waited for a credit as well, of the launch before.
        for limiter, ns in (("ethernet_up", 1000 + 500 + 500), ("swarmx", 2 * 1000),
                            ("ethernet_down", 2 * 31400 * 8 / 100 + 500 + 500 + 1000)):
            self.assertAlmostEqual(path[limiter], 25 * ns * 0.85, delta=50, msg=limiter)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
