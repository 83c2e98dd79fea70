#pragma once
// Who acts in which cycle, in the order of time: a wheel of the next cycles, a heap for what lies beyond. An entry
// stays when its owner changes his mind; the owner tells stale ones by what he remembers.
#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "hw/pe/wavelet.h"

namespace weft::hw {

class Agenda {
 public:
  /// Precondition: at >= now().
  void add(Cycle at, std::size_t node) {
    if (at - now_ < horizon) {
      wheel_[slot(at)].push_back(node);
      ++near_;
    } else {
      far_.emplace(at, node);
    }
  }

  Cycle now() const { return now_; }

  /// Moves to the next cycle with entries and swaps them into `nodes`; false if there is none. What is added while they
  /// are played must lie after it.
  bool next(std::vector<std::size_t>& nodes) {
    nodes.clear();
    if (near_ == 0 && far_.empty()) return false;
    now_ = near_ == 0 ? far_.top().first : now_ + (started_ ? 1 : 0);
    started_ = true;
    while (near_ != 0 && wheel_[slot(now_)].empty()) {
      if (!far_.empty() && far_.top().first <= now_) break;
      ++now_;
    }
    nodes.swap(wheel_[slot(now_)]);
    near_ -= nodes.size();
    for (; !far_.empty() && far_.top().first == now_; far_.pop()) nodes.push_back(far_.top().second);
    return true;
  }

 private:
  static constexpr Cycle horizon = 256;
  static std::size_t slot(Cycle at) { return static_cast<std::size_t>(at % horizon); }

  using Entry = std::pair<Cycle, std::size_t>;

  Cycle now_ = 0;
  bool started_ = false;
  std::size_t near_ = 0;
  std::array<std::vector<std::size_t>, horizon> wheel_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> far_;
};

}  // namespace weft::hw
