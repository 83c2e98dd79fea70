#pragma once
// The yardstick of the recurrences: the same max-plus rules and the same counters as StreamReduce for one rectangle
// that is fed from its edge and hands its sums on, as a plain loop that knows nothing else: no regions, no owners, no
// unequal lines, no receivers, no fast-forward. What is done for speed alone is done here too: books once a round,
// wavelets run along a line in blocks (hop_scan.h), a sum goes in blocks of lines.
#include <cstdint>
#include <vector>

#include "hw/fabric/fabric_timing.h"

namespace weft::bench {

struct RoundShape {
  int lines = 0, positions = 0;
  int wavelets = 0;  ///< of each line
  int elements = 0;  ///< of each position
  int lanes = 2;

  /// One wavelet (the control wavelet too) or one element of a sum at one PE: router and core.
  std::int64_t pe_steps() const { return static_cast<std::int64_t>(lines) * positions * (wavelets + 1 + elements); }
};

class BareRecurrence {
 public:
  BareRecurrence(const hw::FabricTiming& timing, const RoundShape& shape);

  /// All words are at the edge from the beginning.
  void round();

  struct Pe {
    std::int64_t free, wait_stream, wait_partial_sum, blocked, stall;
  };
  Pe pe(int line, int position) const;

 private:
  static constexpr int depth = hw::FabricTiming::least_history;  // of the machines that are measured
  using Times = std::vector<std::int32_t>;
  std::int32_t* at(Times& times, int line, std::int64_t index, int stride) {
    return times.data() + (static_cast<std::int64_t>(line) * depth + (index & (depth - 1))) * stride;
  }
  std::size_t crossed_of_line() const {
    return static_cast<std::size_t>(shape_.elements) * static_cast<std::size_t>(shape_.positions);
  }
  void stream_line(int line);
  std::int32_t behind_sums(int line, int position, std::int32_t from) const;
  void run_along(std::int32_t* now) const;
  bool meets_sums(int line, const std::int32_t* now) const;
  void take(int line, std::int64_t k, int offset);
  void sum(int left, int right);
  void sum_element(int line, std::int64_t j, int left, int right);

  hw::FabricTiming timing_;
  RoundShape shape_;
  std::int64_t rounds_ = 0;
  Times depart_, taken_, free_, ready_, issue_, element_, leave_, arrive_;
  Times crossed_, run_;  ///< [lines][elements][positions] on the ramp; begin of the last ones that cross one a cycle
  Times wait_stream_, wait_sum_, blocked_, stall_;
};

}  // namespace weft::bench
