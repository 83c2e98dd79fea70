#pragma once
// The receive side of MemoryX: gradients come in, each layer is updated at once, versions are counted. No SystemC.
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "hw/memoryx/gradient_norm.h"
#include "hw/memoryx/loss_scale.h"
#include "hw/memoryx/parameter_store.h"
#include "hw/memoryx/weight_server.h"
#include "hw/spec/job.h"
#include "hw/spec/placement.h"
#include "tlm/block/block.h"
#include "tlm/stats/clip_record.h"
#include "tlm/stats/update_record.h"

namespace weft::hw {

/// A layer's version is the number of training steps of this run whose gradient was applied (or, under dynamic loss
/// scaling, refused because it was not finite). A chunk is updated as soon as its gradient of the last micro-batch is
/// here, but never before every stream of the step has been read from the version it replaces; under dynamic
/// scaling not before the whole layer's gradient was seen to be finite. Where gradients are clipped by their norm,
/// nothing is decided before the last gradient of the step is in and the norm known: either the updates wait for it, or
/// they are made at once, with the old values kept, and made again if the norm says so. A run that only times knows no
/// norm and makes them again in every step.
class UpdateBook {
 public:
  UpdateBook(const Job& job, const MachineSpec& machine, const Placement& placement, ParameterStore& store,
             std::vector<WeightServer>& servers, LossScale loss_scale);

  /// The run's next training step begins; its gradients are divided by `tokens`, those that count; of a step that
  /// is not told, by all of the batch. Steps in order.
  void step_begins(std::int64_t tokens) { tokens_.push_back(tokens); }
  /// A summed gradient chunk of the run's training step `train_step` arrived whole at `at`; `cause`: that event.
  /// Throws SimulationError if it is not one that is due.
  void gradient(std::int64_t train_step, const proto::BlockTag& tag, proto::Block::Payload payload, Picosecond at,
                proto::Cause cause = {});
  /// All weight streams of `train_step` that need this layer have been read, the last at `at`.
  void streams_read(std::int64_t train_step, int layer, Picosecond at, const proto::Cause& cause = {});

  std::int64_t version(int layer) const { return layers_[layer].version; }
  /// The layer's present version can be read from here on.
  Picosecond version_at(int layer) const { return layers_[layer].version_at; }
  const proto::Cause& version_cause(int layer) const { return layers_[layer].version_cause; }
  /// Training steps of which every layer is decided, and the time of the last decision.
  std::int64_t steps_decided() const { return steps_decided_; }
  Picosecond decided_at() const { return decided_at_; }
  const proto::Cause& decided_cause() const { return decided_cause_; }
  /// Scale of the next training step, once the one before is decided.
  const LossScale& loss_scale() const { return loss_scale_; }
  /// Every update so far, in the order of the decisions.
  const std::vector<proto::UpdateRecord>& records() const { return records_; }
  /// One for each training step that is decided; empty where nothing is clipped by the norm.
  const std::vector<proto::ClipRecord>& clip_records() const { return clip_records_; }
  /// The first layer and chunk that is missing for `version`, in words.
  std::string missing(int layer) const;

 private:
  static constexpr Picosecond no_update = std::numeric_limits<Picosecond>::max();
  struct ChunkState {
    int parts = 0;                  ///< gradients here: of each micro-batch one of each sharer
    proto::Block::Payload payload;  ///< the gradient, fp32, if there is one part; else it is summed in the store
    Picosecond at = 0;
    proto::Cause cause;  ///< of that
  };
  struct LayerBook {
    StreamShape shape;
    int sharers = 1;  ///< gradients of a micro-batch
    std::vector<ChunkState> chunks;
    std::vector<int> complete;  ///< chunks of which every part is here, to be updated
    int updated = 0;            ///< chunks
    std::int64_t version = 0;
    Picosecond version_at = 0;
    proto::Cause version_cause;
    std::int64_t steps_read = 0;  ///< training steps whose streams were read
    Picosecond read_at = 0;
    proto::Cause read_cause;
    Picosecond update_from = no_update;  ///< start of the first update of a chunk for the next version
  };

  int parts_of(const LayerBook& book) const { return job_.micro_batches * book.sharers; }
  /// A gradient as it came, in fp32.
  proto::Block::Payload widened(proto::Block::Payload payload, std::int64_t elements) const;
  const float* gradient_of(int layer, int chunk) const;
  void advance(int layer);
  void square(int layer, int index);
  void advance_clipped(int layer);
  void update_at_once(int layer);
  void update_all(int layer);
  /// Of the training step that makes a layer's version `version` the next one.
  GradientScale gradient_scale(std::int64_t version) const;
  /// A chunk's update went from `start` to `end`.
  static void updated(LayerBook& book, Picosecond start, Picosecond end, proto::Cause why);
  static proto::WorkOf work_of(int layer) { return {static_cast<std::int16_t>(layer), -1, true}; }
  bool finite(int layer) const;
  void decide(int layer, Picosecond at, bool applied, const proto::Cause& cause);

  const Job& job_;
  const Placement& placement_;
  ParameterStore& store_;
  std::vector<WeightServer>& servers_;
  LossScale loss_scale_;
  GradientNorm norm_;
  proto::Cause norm_cause_;  ///< of the norm at every server
  std::vector<LayerBook> layers_;
  int layers_decided_ = 0;  ///< of the step that is being decided
  bool step_finite_ = true;
  std::int64_t steps_decided_ = 0;
  std::deque<std::int64_t> tokens_;  ///< that count, of the steps that are begun and not decided
  Picosecond decided_at_ = 0;
  proto::Cause decided_cause_;
  std::vector<proto::UpdateRecord> records_;
  std::vector<proto::ClipRecord> clip_records_;
};

}  // namespace weft::hw
