#include "hw/memoryx/credit_window.h"

#include <algorithm>

#include "tlm/base/error.h"
#include "tlm/block/describe.h"

namespace weft::hw {

bool CreditWindow::room(Bytes bytes, Picosecond& at) {
  while (used_ > 0 && used_ + bytes > capacity_) {
    Entry& front = under_way_.front();
    if (front.returned_at < 0) return false;
    if (front.returned_at > room_at_) {
      room_at_ = front.returned_at;
      room_cause_ = std::move(front.cause);
    }
    used_ -= front.bytes;
    under_way_.pop_front();
  }
  at = room_at_;
  return true;
}

void CreditWindow::sent(const proto::BlockTag& chunk, Bytes bytes) {
  under_way_.push_back({chunk, bytes, -1, {}});
  used_ += bytes;
}

void CreditWindow::returned(const proto::BlockTag& credit, Picosecond at, const proto::Cause& cause) {
  proto::BlockTag chunk = credit;
  chunk.kind = proto::BlockKind::weights;
  const auto entry = std::find_if(under_way_.begin(), under_way_.end(), [&](const Entry& candidate) {
    return candidate.returned_at < 0 && same_block(candidate.chunk, chunk);
  });
  if (entry == under_way_.end())
    throw SimulationError("memoryx: a credit came for a chunk that is not under way: " + describe(chunk));
  entry->returned_at = at;
  entry->cause = cause;
}

}  // namespace weft::hw
