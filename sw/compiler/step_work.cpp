#include "sw/compiler/step_work.h"

#include <algorithm>
#include <cmath>

#include "hw/spec/training_state.h"

namespace weft::sw {

namespace {

constexpr double word_bytes = 4;  // fp32

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
  const hw::MemoryxSpec& memoryx = machine.memoryx;
  double parameters = 0;
  for (const hw::MatrixLayer& layer : layers) parameters += static_cast<double>(layer.kept_parameters());
  const double tensors = 1 + static_cast<double>(hw::optimizer_state_names(around.optimizer).size());
  const auto shares = [](const hw::MatrixLayer& layer) { return layer.shares >= 0; };
  const bool sums_anywhere = plan.micro_batches > 1 || std::any_of(layers.begin(), layers.end(), shares);
  const double byte = per_byte(machine, parameters * word_bytes * (tensors + (sums_anywhere ? 1 : 0)));
  const double link_byte = 8e-9 / machine.io.ethernet_gbps * second;
  const double servers = around.whole_tensor_placement ? 1 : memoryx.weight_servers;
  const double links = around.whole_tensor_placement ? 1 : std::min(memoryx.weight_servers, machine.io.ethernet_links);

  StepWork work;
  const double sample_bytes = 2.0 * hw::sample_form(layers).features + word_bytes;
  work.samples_made = plan.samples() / (machine.input.workers_per_system * machine.input.samples_per_s) * second;
  work.samples_sent = plan.tokens * sample_bytes * 8e-9 / machine.input.link_gbps * second;
  for (const PlannedLaunch& planned : plan.train) {
    StreamWork& stream = work.streams.emplace_back();
    const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(planned.launch.layer)];
    const hw::KernelKind kind = planned.launch.kind;
    if (!hw::consumes_weights(kind) && !hw::produces_gradient(kind)) continue;
    const hw::StreamShape shape = hw::stream_shape(layer, kind, memoryx.chunk_bytes, plan.gradient_wire);
    const double elements = static_cast<double>(shape.elements_before(shape.rounds));
    const double chunks = shape.chunks();
    const double on_busiest = elements * std::min(1.0, std::ceil(chunks / links) / chunks) * link_byte;
    const hw::StreamShape indices = hw::index_shape(layer, memoryx.chunk_bytes, plan.gradient_wire);
    stream.link = on_busiest * shape.element_bytes;
    if (hw::consumes_indices(layer, kind)) stream.index_link = on_busiest * indices.element_bytes;
    if (hw::consumes_stream(layer, kind)) {
      const double each = hw::consumes_weights(kind) ? word_bytes : indices.element_bytes;
      const double bytes = elements / servers * each;
      const bool turned = hw::kernel_of(kind).by_input;
      stream.read = std::max(bytes * byte, turned ? bytes * 1e-9 / memoryx.transpose_gigabytes_per_s * second : 0);
    }
    if (!hw::produces_gradient(kind)) continue;
    const double of = elements / servers, sharers = hw::sharers_of(layers, hw::owner_of(layers, planned.launch.layer));
    const double parts = plan.micro_batches * sharers;
    const bool sums = parts > 1;
    const double updating = 2 * tensors + (sums ? 1 : 0);  // state read and written, the sum read
    const double summing = sums ? 2 - 1.0 / parts : 0;     // the first is only written
    stream.sum = of * summing * word_bytes * byte;
    stream.update = std::max(of / memoryx.update_params_per_s * second, of * updating * word_bytes * byte) / sharers;
  }
  return work;
}

}  // namespace weft::sw
