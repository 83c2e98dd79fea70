#pragma once
// Time of one weight server: its memory tiers, the (transposing) reader that feeds its link, and its optimizer.
#include <cstdint>
#include <vector>

#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "hw/spec/placement.h"
#include "tlm/stats/cause.h"

namespace weft::hw {

/// Reader and optimizer are two pipelines, each a recurrence of its own in the order of its requests; each sees the
/// full bandwidth of the tiers (approximation: they do not slow each other down).
/// `why`, where it is wanted: the event of the request, then that of the result; `work`: whose.
/// DRAM holds the state of the first layers, flash what does not fit.
class WeightServer {
 public:
  /// Throws UsageError, with what would be needed, if the server's part of the state does not fit.
  WeightServer(const Job& job, const MachineSpec& machine, const Placement& placement, int server);

  /// `elements` fp32 masters of a layer, asked for at `issue`, are ready to be sent at the returned time.
  Picosecond read(Picosecond issue, int layer, std::int64_t elements, bool transpose, proto::Cause* why = nullptr,
                  proto::WorkOf work = {});
  /// 16-bit indices of `elements` kept weights of a sparse layer, asked for at `issue`, are ready to be sent.
  Picosecond read_indices(Picosecond issue, int layer, std::int64_t elements, proto::Cause* why = nullptr,
                          proto::WorkOf work = {});
  /// A micro-batch's gradient, arrived at `ready`, is added to the sum kept in memory (`first`: stored).
  Picosecond accumulate(Picosecond ready, int layer, std::int64_t elements, bool first, proto::Cause* why = nullptr,
                        proto::WorkOf work = {});
  /// A whole gradient, there at `ready`, is squared and summed; `keep`: and stored, since it is not in memory yet.
  /// Approximation: at the optimizer's rate.
  Picosecond square(Picosecond ready, int layer, std::int64_t elements, bool keep, proto::Cause* why = nullptr,
                    proto::WorkOf work = {});
  /// As update(), and the old values are written beside.
  Picosecond update_keeping_old(Picosecond ready, int layer, std::int64_t elements, proto::Cause* why = nullptr,
                                proto::WorkOf work = {});
  /// Optimizer on `elements` parameters, whose gradient is known at `ready`: new version readable at the result.
  Picosecond update(Picosecond ready, int layer, std::int64_t elements, proto::Cause* why = nullptr,
                    proto::WorkOf work = {});
  /// All state of a layer on this server, read for a checkpoint from `issue` on, is collected at the result.
  Picosecond collect(Picosecond issue, int layer);
  /// Time that the reader has worked on streams, and the optimizer; checkpoints are not counted.
  Picosecond read_ps() const { return reader_.worked; }
  Picosecond optimize_ps() const { return optimizer_.worked; }

 private:
  /// Time on the tiers for `bytes` of a layer's state; latency apart.
  Picosecond duration(int layer, double bytes) const;
  /// On the optimizer's pipeline: `accesses` of 4 bytes each, and the optimizer's arithmetic.
  Picosecond optimize(Picosecond ready, int layer, std::int64_t elements, double accesses, proto::Limiter limiter,
                      proto::Cause* why, proto::WorkOf work);
  Picosecond latency(int layer) const;
  struct Pipeline {
    Picosecond free = 0, worked = 0;
    proto::Cause last;  ///< of the latest result
  };
  /// The next request of a pipeline.
  static Picosecond serve(Pipeline& pipeline, Picosecond ready, Picosecond time, Picosecond latency,
                          proto::Limiter limiter, proto::Cause* why, proto::WorkOf work);

  MemoryxSpec spec_;
  std::vector<std::int64_t> parameters_;  ///< per layer
  std::vector<double> dram_share_;        ///< per layer, 0..1
  int state_tensors_;                     ///< master and optimizer states
  bool keeps_sums_;  ///< gradient sums stay in memory: several micro-batches, or a norm to wait for
  bool keeps_old_;   ///< the values before an update that may be made again
  Pipeline reader_, optimizer_;
};

}  // namespace weft::hw
