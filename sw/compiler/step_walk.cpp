#include "sw/compiler/step_walk.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "hw/fabric/mapping.h"
#include "hw/spec/training_state.h"
#include "hw/swarmx/tree_shape.h"
#include "sw/compiler/step_bounds.h"

namespace weft::sw {

namespace {

constexpr double word_bytes = 4;   // fp32
constexpr double index_bytes = 2;  // of a kept weight, listed for a sparse gradient

/// Cycles a byte takes of one weight server, when `needed` bytes lie over all of them: what DRAM cannot hold is in
/// flash.
double per_byte(const hw::MachineSpec& machine, double needed) {
  const hw::MemoryxSpec& memoryx = machine.memoryx;
  const double dram = static_cast<double>(memoryx.dram.capacity_bytes) * memoryx.weight_servers;
  const double in_dram = std::min(1.0, dram / needed), in_flash = 1 - in_dram;
  const double seconds =
      1e-9 * (in_dram / memoryx.dram.gigabytes_per_s + (in_flash > 0 ? in_flash / memoryx.flash.gigabytes_per_s : 0));
  return seconds * 1e6 * static_cast<double>(machine.clock.mega_hertz);
}

}  // namespace

StepWork step_work(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                   const Surroundings& around) {
  const double second = 1e6 * static_cast<double>(machine.clock.mega_hertz);
  const auto cycles_of = [&](Picosecond time) { return static_cast<double>(time) * second * 1e-12; };
  const hw::MemoryxSpec& memoryx = machine.memoryx;
  double parameters = 0;
  for (const hw::MatrixLayer& layer : layers) parameters += static_cast<double>(layer.kept_parameters());
  const double tensors = 1 + static_cast<double>(hw::optimizer_state_names(around.optimizer).size());
  const bool sums = plan.micro_batches > 1;
  const double byte = per_byte(machine, parameters * word_bytes * (tensors + (sums ? 1 : 0)));
  const double updating = 2 * tensors + (sums ? 1 : 0);            // state read and written, the sum read
  const double summing = sums ? 2 - 1.0 / plan.micro_batches : 0;  // the first is only written
  const double link_byte = 8e-9 / machine.io.ethernet_gbps * second;
  const double servers = around.whole_tensor_placement ? 1 : memoryx.weight_servers;
  const double links = around.whole_tensor_placement ? 1 : std::min(memoryx.weight_servers, machine.io.ethernet_links);

  StepWork work;
  const double sample_bytes = 2.0 * layers.front().inputs + word_bytes;
  work.samples_made = plan.tokens / (machine.input.workers_per_system * machine.input.samples_per_s) * second;
  work.samples_sent = plan.tokens * sample_bytes * 8e-9 / machine.input.link_gbps * second;
  const auto levels = static_cast<double>(hw::swarmx_levels(around.systems, machine.swarmx.fan_out).size());
  const double way = levels * cycles_of(machine.swarmx.node_latency_ps) +
                     (levels + 1) * cycles_of(machine.swarmx.link_latency_ps) + cycles_of(machine.io.latency_ps);
  work.down = way + cycles_of(memoryx.dram.latency_ps);
  work.up = way;
  work.update_latency = cycles_of(memoryx.dram.latency_ps);
  for (const PlannedLaunch& planned : plan.train) {
    StreamWork& stream = work.streams.emplace_back();
    const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(planned.launch.layer)];
    const hw::KernelKind kind = planned.launch.kind;
    if (!hw::consumes_weights(kind) && !hw::produces_gradient(kind)) continue;
    const hw::StreamShape shape = hw::stream_shape(layer, kind, memoryx.chunk_bytes);
    const double elements = static_cast<double>(shape.elements_before(shape.rounds));
    stream.bytes = elements * shape.element_bytes;
    stream.chunks = shape.chunks();
    const double of_link = std::ceil(stream.chunks / links);
    const double share = std::min(1.0, of_link / stream.chunks);
    stream.link = stream.bytes * share * link_byte;
    stream.chunk = stream.link / of_link;
    if (hw::consumes_stream(layer, kind)) {
      const double each = hw::consumes_weights(kind) ? word_bytes : index_bytes;
      const double bytes = elements / servers * each;
      const bool turned = hw::kernel_of(kind).by_input;
      stream.read = std::max(bytes * byte, turned ? bytes * 1e-9 / memoryx.transpose_gigabytes_per_s * second : 0);
    }
    if (!hw::produces_gradient(kind)) continue;
    const double of = elements / servers;
    stream.sum = of * summing * word_bytes * byte;
    stream.update = std::max(of / memoryx.update_params_per_s * second, of * updating * word_bytes * byte);
  }
  return work;
}

double walk_step(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                 const StepWork& work) {
  constexpr int steps = 6;  // the first starts with everything empty
  const auto gap = static_cast<double>(launch_gap(machine, plan.mapping));
  const auto room = static_cast<double>(machine.io.edge_buffer_bytes);
  std::vector<double> version(layers.size(), 0);
  std::deque<double> consumed(static_cast<std::size_t>(machine.input.prefetch_batches), 0);
  double wafer = 0, out = 0, up = 0, optimizer = 0, made = 0, sent = 0, end_before = 0, period = 0;
  for (int step = 0; step < steps; ++step) {
    for (int micro_batch = 0; micro_batch < plan.micro_batches; ++micro_batch)
      for (std::size_t index = 0; index < plan.train.size(); ++index) {
        const PlannedLaunch& planned = plan.train[index];
        const auto layer = static_cast<std::size_t>(planned.launch.layer);
        const StreamWork& stream = work.streams[index];
        const auto length = static_cast<double>(planned.predicted);
        const double start = wafer + gap, of_chunk = length / stream.chunks;
        const bool gradient = hw::produces_gradient(planned.launch.kind);
        wafer = start + length;
        if (hw::kernel_of(planned.launch.kind).form == hw::KernelForm::load) {
          made = std::max(made, consumed.front()) + work.samples_made;
          sent = std::max(made, sent) + work.samples_sent;
          wafer = std::max(start, sent) + length;
          consumed.pop_front();
          consumed.push_back(wafer);
        } else if (hw::consumes_stream(layers[layer], planned.launch.kind)) {
          const double part = gradient ? 0.5 : 1;  // 16 bits of an index, 32 of a kept gradient
          const double link = stream.link * part, chunk = stream.chunk * part;
          const double begin = std::max(out, version[layer]);
          // A credit's round trip lets no more through than the buffer holds.
          const double throttled = stream.bytes / room * (work.down + work.up + 2 * chunk);
          const double first = begin + 2 * chunk + work.down;
          const double most = std::max({link, stream.read, throttled});
          const double waits_for_room = std::max(0.0, 1 - room / stream.bytes) * length;
          const double begins = std::max(start, first);
          out = std::max(begin + most, begins + waits_for_room);
          wafer = std::max(begins + length, begin + most + chunk + work.down + of_chunk);
        }
        if (!gradient) continue;
        up = std::max(std::max(up, start + of_chunk) + stream.link, wafer + stream.chunk);
        const double arrived = up + stream.chunk + work.up;
        optimizer = std::max(optimizer, start + of_chunk + stream.chunk + work.up) + stream.sum;
        if (micro_batch + 1 < plan.micro_batches) continue;
        optimizer = std::max(optimizer + stream.update, arrived + stream.update / stream.chunks);
        version[layer] = optimizer + work.update_latency;
      }
    period = wafer - end_before;
    end_before = wafer;
  }
  return period;
}

}  // namespace weft::sw
