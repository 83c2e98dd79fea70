#!/usr/bin/env python3
"""Does a chunk of weights hold its room at the edge until its last word has left it, and does its credit take its way?"""
import sys
import unittest

from printed_numbers import rows
from weft_cli import ScratchTrainings, report, run


class EdgeBuffer(ScratchTrainings):
    def forward_cycles(self, buffer_bytes):
        """Of fc1 in the last step: 25 chunks of 20 rounds of 785 weights, 31,400 bytes."""
        out = self.folder / f"buffer_{buffer_bytes}"
        settings = (f"io.edge_buffer_bytes={buffer_bytes}", "memoryx.chunk_bytes=32768", "memoryx.dram.gigabytes_per_s=1000",
                    "memoryx.dram.latency_ns=100", "io.ethernet_gbps=100", "io.latency_ns=1000", "swarmx.link_latency_ns=500",
                    "swarmx.node_latency_ns=1000", "input.samples_per_s=1e8", "input.link_gbps=1000")
        done = run("train", "fc_mnist", "--timing_only", "--max_steps", 3, "--data", self.data, "-o", out,
                   *(word for setting in settings for word in ("--machine_set", setting)), cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        [cycles] = [row["end"] - row["start"] for row in rows(report(out)["launches"])
                    if (row["step"], row["layer"], row["kernel"]) == (2, 0, "matmul_forward")]
        return cycles

    def test_with_room_for_one_chunk_each_waits_for_the_way_of_the_credit_before(self):
        # Up: network interface, cable, node, cable. Down: DRAM, two links of 100 Gb/s, two cables and a node, interface.
        way_ns = (1000 + 500 + 1000 + 500) + (100 + 31.4) + 2 * 31400 * 8 / 100 + (500 + 1000 + 500) + 1000
        longer = self.forward_cycles(32768) - self.forward_cycles(1 << 20)
        # A chunk that comes late finds empty queues: its last word leaves the edge up to their depth earlier.
        self.assertAlmostEqual(longer, 24 * way_ns * 0.85, delta=0.02 * longer)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
