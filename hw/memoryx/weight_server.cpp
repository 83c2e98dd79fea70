#include "hw/memoryx/weight_server.h"

#include <algorithm>

#include <fmt/format.h>

#include "hw/spec/training_state.h"
#include "tlm/base/checked.h"

namespace weft::hw {
namespace {

constexpr double master_bytes = 4;  // fp32
constexpr double index_bytes = 2;   // of a kept weight of a sparse layer

Picosecond transfer_ps(double bytes, double gigabytes_per_s) {
  return checked_ceil(bytes * 1000.0 / gigabytes_per_s, "a weight server's time for a chunk", "ps");
}

/// When something that takes `time` has been done: it begins when both have come.
Picosecond done(Picosecond ready, Picosecond free, Picosecond time) {
  return checked_add(std::max(ready, free), time, "a weight server's time", "ps");
}

}  // namespace

WeightServer::WeightServer(const Job& job, const MachineSpec& machine, const Placement& placement, int server)
    : spec_(machine.memoryx),
      state_tensors_(1 + static_cast<int>(optimizer_state_names(job.optimizer).size())),
      keeps_sums_(job.micro_batches > 1 || job.clip.max_norm > 0 ||
                  std::any_of(job.layers.begin(), job.layers.end(),
                              [](const MatrixLayer& layer) { return layer.shares >= 0; })),
      keeps_old_(job.clip.max_norm > 0 && job.clip.timing == ClipTiming::speculative) {
  const int copies = keeps_old_ ? 2 : 1;
  const Bytes per_parameter = static_cast<Bytes>(master_bytes) * (copies * state_tensors_ + (keeps_sums_ ? 1 : 0));
  Bytes needed = 0, dram_left = spec_.dram.capacity_bytes;
  for (int layer = 0; layer < static_cast<int>(job.layers.size()); ++layer) {
    parameters_.push_back(placement.parameters(server, layer));
    const Bytes bytes = parameters_.back() * per_parameter;
    const Bytes in_dram = std::min(bytes, dram_left);
    dram_share_.push_back(bytes == 0 ? 1.0 : static_cast<double>(in_dram) / static_cast<double>(bytes));
    dram_left -= in_dram;
    needed += bytes;
  }
  const Bytes available = spec_.dram.capacity_bytes + spec_.flash.capacity_bytes;
  if (needed > available)
    throw UsageError(fmt::format(
        "machine memoryx: weight server {} must hold {} bytes of parameters and optimizer state ({} bytes each), but "
        "memoryx.dram and memoryx.flash give {} bytes per server; more weight_servers or capacity, or an optimizer "
        "with less state, would fit",
        server, needed, per_parameter, available));
}

Picosecond WeightServer::duration(int layer, double bytes) const {
  const double in_dram = bytes * dram_share_[layer];
  Picosecond time = transfer_ps(in_dram, spec_.dram.gigabytes_per_s);
  if (dram_share_[layer] < 1) time += transfer_ps(bytes - in_dram, spec_.flash.gigabytes_per_s);
  return time;
}

Picosecond WeightServer::latency(int layer) const {
  return dram_share_[layer] < 1 ? std::max(spec_.dram.latency_ps, spec_.flash.latency_ps) : spec_.dram.latency_ps;
}

Picosecond WeightServer::serve(Pipeline& pipeline, Picosecond ready, Picosecond time, Picosecond latency,
                               proto::Limiter limiter, proto::Cause* why, proto::WorkOf work) {
  const bool waits = pipeline.free > ready;
  pipeline.free = done(ready, pipeline.free, time);
  pipeline.worked += time;
  if (why) {
    if (waits) *why = std::move(pipeline.last);
    *why = std::move(*why).then(limiter, work, pipeline.free + latency);
    pipeline.last = *why;
  }
  return pipeline.free + latency;
}

Picosecond WeightServer::read(Picosecond issue, int layer, std::int64_t elements, bool transpose, proto::Cause* why,
                              proto::WorkOf work) {
  const double bytes = master_bytes * static_cast<double>(elements);
  const Picosecond memory = duration(layer, bytes);
  const Picosecond turning = transpose ? transfer_ps(bytes, spec_.transpose_gigabytes_per_s) : 0;
  return serve(reader_, issue, std::max(memory, turning), latency(layer),
               turning > memory ? proto::Limiter::memoryx_transpose : proto::Limiter::memoryx_reader, why, work);
}

Picosecond WeightServer::read_indices(Picosecond issue, int layer, std::int64_t elements, proto::Cause* why,
                                      proto::WorkOf work) {
  return serve(reader_, issue, duration(layer, index_bytes * static_cast<double>(elements)), latency(layer),
               proto::Limiter::memoryx_reader, why, work);
}

Picosecond WeightServer::accumulate(Picosecond ready, int layer, std::int64_t elements, bool first, proto::Cause* why,
                                    proto::WorkOf work) {
  const double accesses = first ? 1 : 2;
  return serve(optimizer_, ready, duration(layer, accesses * master_bytes * static_cast<double>(elements)),
               latency(layer), proto::Limiter::memoryx_sum, why, work);
}

Picosecond WeightServer::optimize(Picosecond ready, int layer, std::int64_t elements, double accesses,
                                  proto::Limiter limiter, proto::Cause* why, proto::WorkOf work) {
  const auto count = static_cast<double>(elements);
  const Picosecond compute =
      checked_ceil(count * 1e12 / spec_.update_params_per_s, "a weight server's time for an update", "ps");
  return serve(optimizer_, ready, std::max(compute, duration(layer, accesses * master_bytes * count)), latency(layer),
               limiter, why, work);
}

Picosecond WeightServer::square(Picosecond ready, int layer, std::int64_t elements, bool keep, proto::Cause* why,
                                proto::WorkOf work) {
  return optimize(ready, layer, elements, keep ? 1 : 0, proto::Limiter::memoryx_sum, why, work);
}

Picosecond WeightServer::update(Picosecond ready, int layer, std::int64_t elements, proto::Cause* why,
                                proto::WorkOf work) {
  const double accesses = 2 * state_tensors_ + (keeps_sums_ ? 1 : 0);  // state read and written, the sum read
  return optimize(ready, layer, elements, accesses, proto::Limiter::memoryx_update, why, work);
}

Picosecond WeightServer::update_keeping_old(Picosecond ready, int layer, std::int64_t elements, proto::Cause* why,
                                            proto::WorkOf work) {
  const double accesses = 3 * state_tensors_;  // the gradient has just come by
  return optimize(ready, layer, elements, accesses, proto::Limiter::memoryx_update, why, work);
}

Picosecond WeightServer::collect(Picosecond issue, int layer) {
  if (parameters_[layer] == 0) return issue;
  const double bytes = master_bytes * state_tensors_ * static_cast<double>(parameters_[layer]);
  reader_.free = done(issue, reader_.free, duration(layer, bytes));
  return reader_.free + latency(layer);
}

}  // namespace weft::hw
