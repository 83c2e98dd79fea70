#pragma once
// How much weight data may be under way: the edge buffer of the systems, seen from MemoryX.
#include <cstdint>
#include <deque>

#include "tlm/base/units.h"
#include "tlm/block/block.h"

namespace weft::hw {

/// Chunks are counted from their issue until their credit is back; room is given up in the order of sending, so the
/// times do not depend on the order in which credits of different lanes are delivered.
class CreditWindow {
 public:
  explicit CreditWindow(Bytes capacity) : capacity_(capacity) {}

  /// True if a chunk of `bytes` may go, from `at` on; false if a credit must come first.
  /// A chunk larger than the whole window goes alone.
  bool room(Bytes bytes, Picosecond& at);
  /// Of the latest `at`.
  const proto::Cause& room_cause() const { return room_cause_; }
  void sent(const proto::BlockTag& chunk, Bytes bytes);
  /// `credit` is the chunk's tag with kind credit. Throws SimulationError if no such chunk is under way.
  void returned(const proto::BlockTag& credit, Picosecond at, const proto::Cause& cause = {});

  /// The chunk whose credit is missing longest. Precondition: room() just said false.
  const proto::BlockTag& oldest() const { return under_way_.front().chunk; }

 private:
  struct Entry {
    proto::BlockTag chunk;
    Bytes bytes;
    Picosecond returned_at;  ///< -1: not yet
    proto::Cause cause;      ///< of that
  };
  Bytes capacity_, used_ = 0;
  Picosecond room_at_ = 0;
  proto::Cause room_cause_;
  std::deque<Entry> under_way_;
};

}  // namespace weft::hw
