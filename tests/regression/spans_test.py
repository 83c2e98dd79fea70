#!/usr/bin/env python3
"""Question: does each span of a waveform begin and end when the records, and the recurrences off the wafer, say so?

The recurrences are written anew here, in a few lines each: what a link sends waits until the link is free, takes its
bits at the link's rate, and is whole at the other end a latency later.
"""
import math
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from waveform import read_spans
from weft_cli import ScratchTrainings, report, run

STREAMS = {"matmul_forward": "weights", "retain_forward": "weights", "matmul_delta": "delta", "matmul_gradient": "gradient"}


class Link:
    """The spans of one link, taken one after the other. Those with a value of `passed` are no one's business here, but
    they take their time."""

    def __init__(self, spans, gbps, passed=()):
        self.spans, self.gbps, self.passed, self.free = iter(spans), gbps, passed, 0

    def send(self, ready, size, value):
        """The next span is that of `size` bytes, ready at `ready` (None: not known); returns its end."""
        begin, end, found = next(self.spans)
        while found in self.passed:
            self.free = end
            begin, end, found = next(self.spans)
        assert found == value, f"at {begin}: value {found}, expected {value}"
        assert ready is None or begin == max(ready, self.free), f"begins at {begin}, expected {max(ready, self.free)}"
        assert begin >= self.free
        assert end == begin + math.ceil(size * 8000 / self.gbps), f"of {size} bytes from {begin} to {end}"
        self.free = end
        return end

    def done(self):
        return all(value in self.passed for _, _, value in self.spans)


class Spans(ScratchTrainings):
    def record(self, name, *arguments, steps=4):
        result = run("train", "fc_mnist_tiny", "--data", self.data, "--max_steps", steps, "-o", name, "--vcd", f"{name}.vcd", *arguments,
                     cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.value = report(self.folder / name)
        self.spans = read_spans(self.folder / f"{name}.vcd")
        machine = self.value["configuration"]["machine"]
        self.number = lambda key: machine[key]["value"]
        self.ps = lambda key: round(1000 * machine[key]["value"])
        self.mhz = self.value["run"]["clock_mhz"]
        table = self.value["launches"]
        self.launches = [dict(zip(table["columns"], row)) for row in table["rows"]]
        updates = self.value["updates"]
        self.updates = [dict(zip(updates["columns"], row)) for row in updates["rows"]]

    def to_ps(self, cycles):
        return -(-cycles * 1_000_000 // self.mhz)

    def to_cycles(self, ps):
        return -(-ps * self.mhz // 1_000_000)

    def chunks(self, launch):
        """Bytes of each chunk of a launch's stream; layers of fc_mnist_tiny, dense."""
        inputs, outputs = ((784, 24), (24, 10))[launch["layer"]]
        kind = STREAMS[launch["kernel"]]
        rounds, elements = (inputs, outputs) if kind == "delta" else (outputs, inputs + 1)
        size = elements * (4 if kind == "gradient" else 2)
        together = min(max(self.number("memoryx.chunk_bytes") // size, 1), rounds)
        return [size * min(together, rounds - first) for first in range(0, rounds, together)]

    def check_phases(self):
        self.assertEqual(self.spans["cluster.system0.phase"],
                         [(self.to_ps(row["start"]), self.to_ps(row["end"]), f"fc{row['layer'] + 1}.{row['kernel']}")
                          for row in self.launches])

    def check_samples(self):
        """The servers make a batch when the one before is made and there is room; room comes with the end of a load."""
        prefetch, tokens = self.number("input.prefetch_batches"), self.value["plan"]["tokens"]
        rate = self.number("input.workers_per_system") * self.number("input.samples_per_s")
        production = math.ceil(tokens * 1e12 / rate)
        credits = [self.to_ps(row["end"]) + self.ps("io.latency_ns") for row in self.launches if row["kernel"] == "load_input"]
        link, made = Link(self.spans["cluster.input0.link"], self.number("input.link_gbps")), self.ps("host.command_latency_ns")
        for batch in range(len(credits)):
            made = max(made, credits[batch - prefetch] if batch >= prefetch else 0) + production
            link.send(made, tokens * (2 * 784 + 4), "samples")
        self.assertTrue(link.done())

    def check_downwards(self):
        """From MemoryX over one node to system 0: what comes whole at the node leaves a latency later, and so on."""
        cable, node = self.ps("swarmx.link_latency_ns"), self.ps("swarmx.node_latency_ns")
        lanes, gbps = self.number("io.ethernet_links"), self.number("io.ethernet_gbps")
        memoryx = [Link(self.spans[f"cluster.memoryx.lane{lane}"], gbps) for lane in range(lanes)]
        down = [Link(self.spans[f"cluster.swarmx.lane{lane}_level0_node0.down0"], gbps) for lane in range(lanes)]

        def send(lane, size, value):
            return down[lane].send(memoryx[lane].send(None, size, value) + cable + node, size, value) + cable
        step = None
        for row in self.launches:
            if (row["stage"], row["step"]) != step:
                step = (row["stage"], row["step"])
                send(0, 4, "step_begin")
            if STREAMS.get(row["kernel"], "gradient") == "gradient":
                continue
            for chunk, size in enumerate(self.chunks(row)):
                arrived = send(self.lane(chunk), size, f"fc{row['layer'] + 1}.weights")
                if chunk == 0:
                    at_edge = self.to_cycles(arrived + self.ps("io.latency_ns"))
                    self.assertEqual(row["stream_wait"], max(0, at_edge - row["start"]), row)
        self.assertTrue(all(link.done() for link in memoryx + down))

    def lane(self, chunk):
        """Chunks are dealt to the weight servers in turn, servers to the links."""
        return chunk % self.number("memoryx.weight_servers") % self.number("io.ethernet_links")

    def check_upwards(self):
        """Losses and gradients: up the cable, over the node, to MemoryX, whose update begins with the first that comes."""
        cable, node = self.ps("swarmx.link_latency_ns"), self.ps("swarmx.node_latency_ns")
        lanes, gbps = self.number("io.ethernet_links"), self.number("io.ethernet_gbps")
        systems = self.value["run"]["systems"]
        up = [[Link(self.spans[f"cluster.system{system}.lane{lane}.up"], gbps) for lane in range(lanes)] for system in range(systems)]
        root = [Link(self.spans[f"cluster.swarmx.lane{lane}_level0_node0.up"], gbps) for lane in range(lanes)]
        user = Link(self.spans["cluster.memoryx.user"], self.number("host.link_gbps"), passed=("fc1.checkpoint", "fc2.checkpoint", "checkpoint"))

        def send(lane, size, value):
            last = max(up[system][lane].send(None, size, value) for system in range(systems))
            return root[lane].send(last + cable + node, size, value) + cable
        steps = {(step["stage"], step["step"]): step for step in self.value["steps"]}
        for row in self.launches:
            step = (row["stage"], row["step"])
            if row["kernel"] == "softmax_loss":
                at = user.send(send(0, 8, "loss"), 8, "loss") + self.ps("host.link_latency_ns")
                self.assertEqual(steps[step]["loss_at_ps"], at)
            if STREAMS.get(row["kernel"]) == "gradient":
                arrived = [send(self.lane(chunk), size, f"fc{row['layer'] + 1}.gradient")
                           for chunk, size in enumerate(self.chunks(row))]
                update = next(one for one in self.updates if (one["stage"], one["step"], one["layer"]) == (*step, row["layer"]))
                self.assertEqual(update["start_ps"], min(arrived), row)
                self.assertGreater(update["end_ps"], max(arrived))
        self.assertTrue(all(link.done() for links in [*up, root] for link in links))

    def check_all(self):
        self.check_phases()
        self.check_samples()
        self.check_downwards()
        self.check_upwards()

    def test_plain(self):
        self.record("plain")
        self.check_all()

    def test_one_batch_ahead_and_slow_servers(self):
        self.record("behind", "--machine_set", "input.prefetch_batches=1", "--machine_set", "input.samples_per_s=300000")
        self.check_all()

    def test_slow_links_and_small_chunks(self):
        self.record("slow", "--machine_set", "io.ethernet_gbps=3", "--machine_set", "io.ethernet_links=5", "--machine_set",
                    "memoryx.chunk_bytes=4000", "--machine_set", "input.link_gbps=7")
        self.check_all()

    def test_systems_and_evaluation(self):
        self.record("systems", "--num_csx", 4, "--mode", "train_and_eval", "--eval_steps", 2, "--machine_set", "clock.profile=peak")
        self.check_all()

    def test_a_checkpoint_in_the_middle(self):
        self.record("kept", "--checkpoint_steps", 2, "--set", "optimizer.optimizer_type=adam")
        self.check_all()
        kept = [span for span in self.spans["cluster.memoryx.user"] if span[2] in ("fc1.checkpoint", "fc2.checkpoint")]
        sizes = [3 * 4 * 24 * 785, 3 * 4 * 10 * 25]  # weights and two moments, fp32
        self.assertEqual([end - begin for begin, end, _ in kept], [math.ceil(size * 80) for size in sizes * 2])

    def test_lanes_cost_their_sums(self):
        """Each lane more costs the gradients' and the losses' way out the same again; the launches cost nothing."""
        lanes = ["--machine_set", "io.rows_per_channel=4", "--set", "runconfig.lanes=5"]
        for sparsity in ("0", "0.5"):
            found = []
            for cost in (0, 1, 1000):
                self.record(f"lanes_{sparsity}_{cost}", *lanes, "--machine_set", f"io.lane_sum_cycles={cost}", "--set",
                            f"model.sparsity={sparsity}", steps=1)
                first = self.spans["cluster.system0.lane0.up"][0][0]
                found.append((first, {row["layer"]: row["start_ps"] for row in self.updates}, [(row["start"], row["end"]) for row in self.launches]))
            for cost, (first, updates, launches) in zip((0, 1, 1000), found):
                later = self.to_ps(4 * cost)
                self.assertEqual(launches, found[0][2])
                self.assertAlmostEqual(first, found[0][0] + later, delta=2)
                for layer, start in updates.items():
                    self.assertAlmostEqual(start, found[0][1][layer] + later, delta=2)


if __name__ == "__main__":
    unittest.main()
