#pragma once
// The numbers in MemoryX: fp32 masters and optimizer state of every layer, read as streams, updated from gradient
// chunks. A run that only times keeps no numbers: sizes alone come out, and nothing is stored. No time in here.
// Deterministic: each parameter's arithmetic depends on its own history only.
#include <cstdint>
#include <vector>

#include "hw/memoryx/optimizer.h"
#include "hw/spec/job.h"
#include "hw/spec/training_state.h"
#include "tlm/block/block.h"

namespace weft::hw {

/// Chunks are those of stream_shape(); gradients come here in fp32, whatever their wire.
class ParameterStore {
 public:
  /// `initial` has the job's layers in order, each with at least its parameters; optimizer state that is missing is
  /// zero. Throws UsageError that names the layer and tensor if something is missing, unknown or of another size.
  ParameterStore(const Job& job, Bytes chunk_bytes, const TrainingState& initial);

  /// Halves of a chunk in stream order. Forward: output by output, inputs then bias, if there is one. Delta: input
  /// by input, all outputs, no bias. Of a sparse layer the kept ones, each with its index; for its gradient the indices
  /// alone, in the gradient's chunks. Precondition: consumes_stream(layer, kind).
  proto::Block::Payload read_stream(int layer, KernelKind kind, int chunk) const;
  /// A layer of `state`, as it goes into a checkpoint.
  proto::Block::Payload layer_payload(const TrainingState& state, int layer) const;

  /// A gradient chunk as it is applied: zeros in the place of what is zero for ever, where that travels, too.
  proto::Block::Payload of_trained(int layer, int chunk, proto::Block::Payload gradient) const;
  /// Adds a gradient chunk to the layer's sum over micro-batches; `first` starts the sum.
  void accumulate(int layer, int chunk, const proto::PayloadBytes& gradient, bool first);
  /// The sum of a chunk. Precondition: accumulate() was called for it, and it is no run that only times.
  const float* gradient_sum(int layer, int chunk) const;

  /// Optimizer step on one gradient chunk, made ready as `scale` says, learning rate `rate`.
  void update(int layer, int chunk, const float* gradient, const GradientScale& scale, double rate);
  /// All chunks of the layer were updated.
  void count_update(int layer) { ++layers_[layer].updates; }

  /// Layers with all tensors and update counts; the run's own numbers (global step, loss scale) are the caller's.
  TrainingState state() const;

  /// Shape of the stream that a launch consumes.
  StreamShape shape_of(int layer, KernelKind kind) const;

 private:
  /// One tensor in the order of the gradient stream: [outputs][inputs, then the bias if there is one]; of a sparse
  /// layer without what is not kept.
  using Rows = std::vector<float>;
  struct LayerRows {
    StreamShape gradient;
    std::vector<Rows> tensors;  ///< masters, then one per optimizer state
    Rows sum;                   ///< of gradients over micro-batches; empty if there is one
    std::int64_t updates = 0;
  };

  std::int64_t offset(int layer, int chunk) const;
  std::int64_t offset_of(int layer, int output) const { return layers_[layer].gradient.elements_before(output); }
  void read_indices(int layer, const StreamShape& shape, int chunk, std::uint16_t* bits) const;
  void read_kept(int layer, bool by_input, const StreamShape& shape, int chunk, std::uint16_t* bits) const;
  void read_bits(int layer, const StreamShape& shape, int chunk, std::uint16_t* bits) const;
  void read_transposed(int layer, const StreamShape& shape, int chunk, std::uint16_t* bits) const;

  const Job& job_;
  Bytes chunk_bytes_;
  std::vector<LayerRows> layers_;
};

}  // namespace weft::hw
