#include "sw/compiler/step_bounds.h"

#include <algorithm>
#include <cmath>

#include "hw/spec/training_state.h"

namespace weft::sw {

namespace {

constexpr double word_bytes = 4;   // fp32
constexpr double index_bytes = 2;  // of a kept weight, listed for a sparse gradient

/// Seconds a byte takes of one weight server, when `needed` bytes lie over all of them: what DRAM cannot hold is in
/// flash.
double seconds_per_byte(const hw::MemoryxSpec& memoryx, double needed) {
  const double dram = static_cast<double>(memoryx.dram.capacity_bytes) * memoryx.weight_servers;
  const double in_dram = std::min(1.0, dram / needed), in_flash = 1 - in_dram;
  return 1e-9 *
         (in_dram / memoryx.dram.gigabytes_per_s + (in_flash > 0 ? in_flash / memoryx.flash.gigabytes_per_s : 0));
}

}  // namespace

void bound_off_wafer(Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                     const hw::OptimizerSpec& optimizer) {
  const double samples = static_cast<double>(plan.tokens) * plan.micro_batches;
  const double sample_bytes = 2.0 * layers.front().inputs + word_bytes;
  double parameters = 0;
  for (const hw::MatrixLayer& layer : layers) parameters += static_cast<double>(layer.kept_parameters());
  const double tensors = 1 + static_cast<double>(hw::optimizer_state_names(optimizer).size());
  const bool sums = plan.micro_batches > 1;
  const double byte = seconds_per_byte(machine.memoryx, parameters * word_bytes * (tensors + (sums ? 1 : 0)));
  const double of_server = parameters / machine.memoryx.weight_servers;

  double read = 0;
  for (const PlannedLaunch& planned : plan.train) {
    const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(planned.launch.layer)];
    if (!hw::consumes_stream(layer, planned.launch.kind)) continue;
    const double each = hw::consumes_weights(planned.launch.kind) ? word_bytes : index_bytes;
    const double bytes = each / machine.memoryx.weight_servers * static_cast<double>(layer.kept_parameters());
    const bool turned = planned.launch.kind == hw::KernelKind::matmul_delta;
    read += std::max(bytes * byte, turned ? bytes * 1e-9 / machine.memoryx.transpose_gigabytes_per_s : 0);
  }
  // As WeightServer: the first micro-batch's gradients are written, others read and written; then state is read and
  // written, the sum read.
  const double summing = sums ? 2.0 * plan.micro_batches - 1 : 0, updating = 2 * tensors + (sums ? 1 : 0);
  const double update =
      std::max(of_server / machine.memoryx.update_params_per_s, of_server * updating * word_bytes * byte);

  const auto bound = [&](const char* what, double seconds) {
    plan.bounds.push_back({what, static_cast<Cycle>(std::ceil(seconds * 1e6 * machine.clock.mega_hertz))});
  };
  plan.bounds = {{"launches on the wafer, with their words from Ethernet", plan.predicted_step}};
  bound("samples made by the input servers",
        samples / (machine.input.workers_per_system * machine.input.samples_per_s));
  bound("samples on their link", samples * sample_bytes * 8 / (machine.input.link_gbps * 1e9));
  bound("weights read at MemoryX", read * plan.micro_batches);
  bound("gradients summed and weights updated at MemoryX", of_server * summing * word_bytes * byte + update);
  for (const StepBound& longest : plan.bounds) plan.predicted_step = std::max(plan.predicted_step, longest.cycles);
}

}  // namespace weft::sw
