#pragma once
// The value side of a region: scalars of the stream in, sums of the chain out, in the order that the mapping defines.
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "hw/wafer/launch_part.h"
#include "hw/wafer/region_memory.h"
#include "tlm/base/half.h"
#include "tlm/base/thread_pool.h"
#include "tlm/wavelet/burst.h"

namespace weft::hw {

class RegionValues {
 public:
  using Send = std::function<void(proto::Side to, proto::WaveletBurst& burst)>;
  /// `part`: of the launch that is open, outlives it. `send`: to a neighbour.
  RegionValues(const LaunchPart& part, Send send) : part_(part), send_(std::move(send)) {}

  void allocate(const Job& job, Rectangle rectangle, const RegionExtent& extent, int tokens);
  RegionMemory& memory() { return *memory_; }
  /// Starts a matrix launch on values.
  void begin(const Launch& launch, ThreadPool& pool);
  /// Scalars of rounds [first, first + rounds) for the lines of this region and of those it hands them on to.
  /// From the edge: weights [rounds][elements of all chain lines of the launch].
  void stream_weights(int first, int rounds, const float* weights, int row_stride);
  /// From the owner's memory: the deltas of those rounds; precondition: their owner rows are in this region.
  void stream_deltas(int first, int rounds);
  /// Precondition: this region stands at the foot of the chain. Adds up the chain and delivers the sums.
  void sum(int first, int rounds);
  /// Gradient sums of the last sum() that ended here: [rounds][features here, bias last if here].
  const std::vector<float>& leaving() const { return sums_; }
  /// Of what this region has rounded since the last call.
  HalfLosses take_losses() { return std::exchange(losses_, {}); }
  /// Ends a launch that keeps its sums in the PEs (retained delta).
  void end();
  /// What a neighbour sent.
  void take(proto::Side from, proto::WaveletBurst& burst);

 private:
  int resident() const { return needed(launch_.reads, Operand::resident); }
  int stream() const { return needed(launch_.reads, Operand::stream); }
  /// Whose features the lines of the stream from the edge are.
  int lines_tensor() const;
  /// Of the resident operand, as far as the launch takes it.
  int resident_rows() const { return memory_->row_count(resident(), part_.map().bias); }
  int result() const { return needed(launch_.writes, Operand::result); }
  void use_scalars(int first, int rounds, const float* scalars, int stride);
  void deliver(int first, int rounds, const std::vector<float>& sums);

  const LaunchPart& part_;
  Send send_;
  std::unique_ptr<RegionMemory> memory_;
  const Kernel* kernel_ = &kernel_of(KernelKind::matmul_forward);
  Launch launch_;
  ThreadPool* pool_ = nullptr;
  HalfLosses losses_;
  std::vector<float> scalars_, sums_, transposed_, kept_scalars_;
};

}  // namespace weft::hw
