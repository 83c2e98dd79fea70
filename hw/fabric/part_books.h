#pragma once
// What is counted of a part while its rounds are timed, and changes no time.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace weft::hw {

struct PartBooks {
  using Book = std::vector<std::int32_t>;

  PartBooks(int chain, int positions)
      : positions(positions),
        wait_stream(static_cast<std::size_t>(chain * positions), 0),
        wait_sum(wait_stream),
        blocked(wait_stream),
        stall(wait_stream),
        edge_slack(static_cast<std::size_t>(chain)) {
    reset_edge_slack();
  }

  std::int32_t* row(Book PartBooks::*book, int line) { return (this->*book).data() + line * std::ptrdiff_t{positions}; }
  std::int32_t of(Book PartBooks::*book, int line, int position) const {
    return (this->*book)[static_cast<std::size_t>(line * positions + position)];
  }
  /// Cycles of all PEs, one behind the other.
  Book cycles() const {
    Book all;
    for (const Book* book : {&wait_stream, &wait_sum, &blocked, &stall})
      all.insert(all.end(), book->begin(), book->end());
    return all;
  }
  /// Adds `times` times what cycles() would have to grow by.
  void add(int times, const Book& growth) {
    auto of_pe = growth.begin();
    for (Book* book : {&wait_stream, &wait_sum, &blocked, &stall})
      for (std::int32_t& cycles : *book) cycles += times * *of_pe++;
  }
  void reset_edge_slack() { std::fill(edge_slack.begin(), edge_slack.end(), std::numeric_limits<std::int32_t>::max()); }

  int positions;
  /// [chain][positions] cycles of the main threads that do not follow from their programs alone.
  Book wait_stream, wait_sum, blocked, stall;
  /// [chain] with an edge: by how many cycles a line's words could have come later, since the last reset, without
  /// changing anything. Above 0 they never were what a wavelet waited for, so they could have come earlier as well.
  Book edge_slack;
};

}  // namespace weft::hw
