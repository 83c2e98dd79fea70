#pragma once
// The cycles in which partial sums pass a port of the PEs of one line, where positions have sums of their own lengths
// (a sparse gradient): for each position the spans of cycles. Streams and lists give way to them (rtl/ISA.md: the
// lower color goes first).
#include <cstdint>
#include <limits>
#include <vector>

namespace weft::hw {

class RampSpans {
 public:
  explicit RampSpans(std::size_t positions) : spans_(positions) {}

  /// An element passes at `time`. Per position in the order of time. Wavelets up to number `last_wavelet` of the line
  /// may meet it.
  void add(int position, std::int32_t time, std::int64_t last_wavelet);
  /// Forgets what wavelets from number `wavelet` on cannot meet.
  void forget_before(std::int64_t wavelet);
  /// Nothing passes at any position from this cycle on.
  std::int32_t end() const { return end_; }
  /// First cycle >= `from` in which nothing passes.
  std::int32_t first_free(int position, std::int32_t from) const {
    for (const Span& span : spans_[static_cast<std::size_t>(position)])
      if (from >= span.begin && from < span.end) from = span.end;
    return from;
  }
  /// Whether all is as in `before`, `shift` later.
  bool is_copy(const RampSpans& before, std::int32_t shift) const;

 private:
  struct Span {
    std::int64_t last_wavelet;
    std::int32_t begin, end;
  };
  std::vector<std::vector<Span>> spans_;
  std::int32_t end_ = std::numeric_limits<std::int32_t>::min();
};

}  // namespace weft::hw
