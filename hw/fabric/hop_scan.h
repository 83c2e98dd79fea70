#pragma once
// A wavelet's departures along a line: departs[p] = max(departs[p - 1] + hop, own[p]). One addition and one maximum
// after the other is the longest chain of the whole model, so blocks of positions are solved at once: with the hops
// taken off, what is left is a running maximum, which takes log2(block) steps.
#include <cstdint>
#include <cstring>
#include <utility>

namespace weft::hw {

class HopScan {
 public:
  using Times = std::int32_t __attribute__((vector_size(64)));
  static constexpr int block = 16;  ///< positions

  explicit HopScan(std::int32_t hop) {
    for (int lane = 0; lane < block; ++lane) {
      east_[lane] = (lane + 1) * hop;
      west_[lane] = (block - lane) * hop;
    }
  }

  /// Departures of `block` neighbours, lowest position first, fed in rising order (`step` 1) or falling order (-1) from
  /// one that departs at `upstream`. `own(lane)` is when each could leave if it had come at once.
  /// Times are above INT32_MIN / 2 - 2^20, hop x block below 2^20.
  template <int step>
  Times departures(Times own, std::int32_t upstream) const {
    const Times& way = step > 0 ? east_ : west_;
    Times latest = own - way;
    latest = later<step, 1>(latest);
    latest = later<step, 2>(latest);
    latest = later<step, 4>(latest);
    latest = later<step, 8>(latest);
    const Times fed = Times{} + upstream;
    return (latest > fed ? latest : fed) + way;
  }

  static Times load(const std::int32_t* from) {
    Times times;
    std::memcpy(&times, from, sizeof times);
    return times;
  }
  static void store(const Times& times, std::int32_t* to) { std::memcpy(to, &times, sizeof times); }
  static Times max(const Times& a, const Times& b) { return a > b ? a : b; }

 private:
  template <int step, int by>
  static Times later(const Times& times) {
    const Times moved = shifted<step, by>(times, std::make_index_sequence<block>());
    return times > moved ? times : moved;
  }
  /// Lane l gets what is `by` lanes upstream; the first lanes keep their own.
  template <int step, int by, std::size_t... lane>
  static Times shifted(const Times& times, std::index_sequence<lane...>) {
    return __builtin_shufflevector(times, times, from<step, by>(static_cast<int>(lane))...);
  }
  template <int step, int by>
  static constexpr int from(int lane) {
    const int source = lane - step * by;
    return source < 0 || source >= block ? lane : source;
  }

  Times east_{}, west_{};
};

}  // namespace weft::hw
