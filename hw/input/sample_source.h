#pragma once
// Where an input server's samples come from: real files, or a generator of a test. No SystemC, no time here.
#include <cstdint>

#include "hw/spec/data_position.h"

namespace weft::hw {

/// Decoded, normalised and shuffled samples. Deterministic: the result of `fill` depends on its arguments only,
/// so that a resumed run and a run with more systems see the same global batches.
class SampleSource {
 public:
  virtual ~SampleSource() = default;

  /// 16-bit values of one token: halves, or its ids.
  virtual int features() const = 0;

  /// Writes one micro-batch of one system's shard: `samples` [tokens][features()] as halves of Job::format or ids and
  /// `labels` [tokens], tokens = Job::tokens(). The global batch of a step is cut into Job::systems equal shards in
  /// order, a shard into Job::micro_batches equal parts in order. A padding sample of an eval stage is all zeros, or
  /// ids that no table has, with labels -1. A token that pads a sequence has padding_label.
  /// Called for each system by its own input server, in any order between systems; `step` counts within the stage.
  virtual void fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
                    std::int32_t* labels) = 0;

  /// Tokens of a step's samples over all systems, padding samples apart, that have no label. MemoryX divides gradients,
  /// and a report the loss, by those that have one; 1 if none has.
  virtual std::int64_t without_label(int /*stage*/, std::int64_t /*step*/) { return 0; }

  /// A step's samples come of the result of the step before: they are asked for once that is at the user node.
  virtual bool follows_results() const { return false; }

  /// Where training stands after `steps` training steps of this run; the beginning for a source that has no end.
  virtual DataPosition after(std::int64_t /*steps*/) const { return {}; }
};

}  // namespace weft::hw
