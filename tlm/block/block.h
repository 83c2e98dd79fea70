#pragma once
// What travels off the wafer: a block of bytes, where in the job it belongs, and the event of its arrival.
#include <cstdint>
#include <memory>
#include <tlm>

#include "tlm/base/units.h"
#include "tlm/block/payload.h"
#include "tlm/stats/cause.h"

namespace weft::proto {

enum class BlockKind {
  step_begin,  ///< MemoryX -> systems: what a step is told (hw/spec/step_opening.h); opens it on the wafer
  weights,     ///< MemoryX -> systems: fp16 bits, element order of the launch's StreamShape
  credit,      ///< systems -> MemoryX: a weights chunk has left the edge buffer (no payload)
  gradient,    ///< systems -> MemoryX: fp32 or 16 bits (hw/spec/gradient_wire.h), summed by SwarmX in child order
  loss,        ///< systems -> user node: two fp32: sum of the samples' losses, number of correct predictions; summed by
               ///< SwarmX
  samples,     ///< input server -> its system: fp16 bits [tokens][features], then int32 labels [tokens]
  checkpoint,  ///< MemoryX -> user node: fp32 state of one layer
};

/// Where a block belongs. Value semantics; compared whole.
struct BlockTag : tlm::tlm_extension<BlockTag> {
  BlockKind kind = BlockKind::weights;
  int stage = 0;
  std::int64_t step = 0;  ///< within the stage
  int micro_batch = 0;
  int launch = 0;  ///< index into Job::launches(train)
  int layer = 0;
  int chunk = 0;      ///< of the launch's StreamShape
  int lane = 0;       ///< which of the parallel Ethernet links
  bool train = true;  ///< the step trains

  tlm_extension_base* clone() const override { return new BlockTag(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const BlockTag&>(other); }
};

/// A value; copies share the payload, which is not written after it was sent.
struct Block {
  using Payload = std::shared_ptr<const PayloadBytes>;

  BlockTag tag;
  Payload payload = nullptr;  ///< null: no bytes, as a credit
  Cause cause = {};           ///< the event of its arrival where it is delivered

  Bytes bytes() const { return payload ? static_cast<Bytes>(payload->size()) : 0; }
};

}  // namespace weft::proto
