#pragma once
// The upward half of a broadcast-reduce node without its links: which blocks of its children belong together, and
// their sum. No SystemC time in here.
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "hw/spec/gradient_wire.h"
#include "tlm/block/block.h"

namespace weft::hw {

/// A block that all children have delivered.
struct Reduced {
  proto::Block block;  ///< elementwise sum in the order of the children's indices, see hw/spec/gradient_wire.h; of
                       ///< credits no bytes
  Picosecond at = 0;   ///< the last child's part has arrived; the block's cause is of that
};

/// Every child delivers the same blocks of a kind in the same order, as a streaming reduction without reorder buffers
/// demands; so blocks complete in that order, whatever the order of the calls, and the sum's bits do not depend on it.
/// Anything else is a SimulationError that names the node, the block and the child.
class Reduction {
 public:
  /// `wire`: of gradients.
  Reduction(std::string node, int children, GradientWire wire = {});

  /// Child `child` delivers a gradient, loss or credit block, whole at `at`. True if this completed `reduced`.
  bool deliver(int child, proto::Block block, Picosecond at, Reduced& reduced);

  /// Empty if nothing is half done, else what is missing from which children.
  std::string waiting_for() const;
  /// Of the sums of gradients.
  const LayerLosses& losses() const { return losses_; }

 private:
  struct Pending {
    proto::BlockTag tag;
    std::vector<proto::Block::Payload> parts;  ///< per child
    std::size_t bytes = 0;
    int arrived = 0;
    Picosecond at = 0;
    proto::Cause cause;  ///< of the last part; of the first of equals
  };
  struct Queue {
    std::deque<Pending> pending;
    std::int64_t completed = 0;
    std::vector<std::int64_t> delivered;  ///< per child
  };

  Queue& queue_of(const proto::BlockTag& tag, int child);
  /// Of what else is summed: fp32.
  GradientWire wire_of(const proto::BlockTag& tag) const {
    return tag.kind == proto::BlockKind::gradient ? wire_ : GradientWire();
  }
  proto::Block::Payload sum(const proto::BlockTag& tag, const std::vector<proto::Block::Payload>& parts);

  std::string node_;
  int children_;
  GradientWire wire_;
  LayerLosses losses_;
  std::vector<float> sums_, part_;
  std::array<Queue, 3> queues_;  ///< gradient, loss, credit
};

}  // namespace weft::hw
