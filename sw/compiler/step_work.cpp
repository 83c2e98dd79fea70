#include "sw/compiler/step_work.h"

#include <algorithm>

#include "hw/spec/placement.h"
#include "hw/spec/training_state.h"
#include "sw/compiler/step_walk.h"

namespace weft::sw {

namespace {

constexpr double word_bytes = 4;  // fp32

/// Cycles a byte takes of a weight server that keeps `needed` bytes: what DRAM cannot hold is in flash.
double per_byte(const hw::MachineSpec& machine, double needed) {
  const hw::MemoryxSpec& memoryx = machine.memoryx;
  const auto dram = static_cast<double>(memoryx.dram.capacity_bytes);
  const double in_dram = needed > dram ? dram / needed : 1, in_flash = 1 - in_dram;
  const double seconds =
      1e-9 * (in_dram / memoryx.dram.gigabytes_per_s + (in_flash > 0 ? in_flash / memoryx.flash.gigabytes_per_s : 0));
  return seconds * 1e6 * static_cast<double>(machine.clock.mega_hertz);
}

/// What the streams of a step are to each server and link.
class StreamWork {
 public:
  StreamWork(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
             const Surroundings& around)
      : layers_(layers),
        machine_(machine),
        placement_(planned_job(plan, layers, around), machine),
        wire_(plan.gradient_wire),
        second_(1e6 * static_cast<double>(machine.clock.mega_hertz)),
        micro_batches_(plan.micro_batches),
        tensors_(1 + static_cast<double>(hw::optimizer_state_names(around.optimizer).size())) {
    const auto shares = [](const hw::MatrixLayer& layer) { return layer.shares >= 0; };
    const bool sums_anywhere = plan.micro_batches > 1 || std::any_of(layers.begin(), layers.end(), shares);
    for (int server = 0; server < placement_.servers(); ++server) {
      double parameters = 0;
      for (int layer = 0; layer < static_cast<int>(layers.size()); ++layer)
        parameters += static_cast<double>(placement_.parameters(server, layer));
      byte_.push_back(per_byte(machine, parameters * word_bytes * (tensors_ + (sums_anywhere ? 1 : 0))));
    }
  }

  /// No work yet.
  void begin(StepWork& work) const {
    work.read.resize(byte_.size());
    work.optimize = work.read;
    work.down.resize(static_cast<std::size_t>(placement_.lanes()));
    work.up = work.down;
  }

  /// A launch of each micro-batch.
  void add(const hw::Launch& launch, StepWork& work) const {
    const hw::MatrixLayer& layer = layers_[static_cast<std::size_t>(launch.layer)];
    if (!hw::consumes_weights(launch.kind) && !hw::produces_gradient(launch.kind)) return;
    const int owner = hw::owner_of(layers_, launch.layer);
    const hw::StreamShape shape = hw::stream_shape(layer, launch.kind, machine_.memoryx.chunk_bytes, wire_);
    const std::vector<std::int64_t> elements = placement_.elements(owner, shape);
    const double link_byte = 8e-9 / machine_.io.ethernet_gbps * second_;
    for (std::size_t server = 0; server < elements.size(); ++server) {
      const double of = static_cast<double>(elements[server]), sent = micro_batches_ * of * link_byte;
      const auto lane = static_cast<std::size_t>(placement_.lane_of_server(static_cast<int>(server)));
      if (hw::consumes_weights(launch.kind)) {
        const double bytes = of * word_bytes;
        const double turned = hw::kernel_of(launch.kind).by_input
                                  ? bytes * 1e-9 / machine_.memoryx.transpose_gigabytes_per_s * second_
                                  : 0;
        work.read[server] += micro_batches_ * std::max(bytes * byte_[server], turned);
        work.down[lane] += sent * shape.element_bytes;
        continue;
      }
      if (hw::consumes_indices(layer, launch.kind)) {
        const auto bytes = hw::index_shape(layer, machine_.memoryx.chunk_bytes, wire_).element_bytes;
        work.read[server] += micro_batches_ * of * static_cast<double>(bytes) * byte_[server];
        work.down[lane] += sent * static_cast<double>(bytes);
      }
      work.up[lane] += sent * shape.element_bytes;
      work.optimize[server] += summed_and_updated(of, byte_[server], hw::sharers_of(layers_, owner));
    }
  }

 private:
  /// The gradients of one of a tensor's `sharers`, of all micro-batches; the update is shared by them.
  double summed_and_updated(double of, double byte, double sharers) const {
    const double parts = micro_batches_ * sharers;
    const bool sums = parts > 1;
    const double updating = 2 * tensors_ + (sums ? 1 : 0);  // state read and written, the sum read
    const double summing = sums ? 2 - 1.0 / parts : 0;      // the first is only written
    const double update =
        std::max(of / machine_.memoryx.update_params_per_s * second_, of * updating * word_bytes * byte);
    return micro_batches_ * of * summing * word_bytes * byte + update / sharers;
  }

  const std::vector<hw::MatrixLayer>& layers_;
  const hw::MachineSpec& machine_;
  hw::Placement placement_;
  hw::GradientWire wire_;
  double second_, micro_batches_, tensors_;
  std::vector<double> byte_;  ///< per_byte() of each server
};

}  // namespace

StepWork step_work(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                   const Surroundings& around) {
  const double second = 1e6 * static_cast<double>(machine.clock.mega_hertz);
  StepWork work;
  const double sample_bytes = 2.0 * hw::sample_form(layers).features + word_bytes;
  work.samples_made = plan.samples() / (machine.input.workers_per_system * machine.input.samples_per_s) * second;
  work.samples_sent = plan.tokens * sample_bytes * 8e-9 / machine.input.link_gbps * second;
  const StreamWork streams(plan, layers, machine, around);
  streams.begin(work);
  for (const PlannedLaunch& planned : plan.train) streams.add(planned.launch, work);
  return work;
}

}  // namespace weft::sw
