#pragma once
// The cycles in which partial sums pass a port of the PEs of one line, where positions have sums of their own lengths
// (a sparse gradient): for each position the newest spans of cycles. Streams and lists give way to them (rtl/ISA.md:
// the lower color goes first).
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace weft::hw {

class RampSpans {
 public:
  explicit RampSpans(std::size_t positions) : ends_(positions, never), spans_(positions) {}

  /// An element passes at `time`. Per position in the order of time.
  void add(int position, std::int32_t time);
  /// Nothing passes at any position from this cycle on.
  std::int32_t end() const { return end_; }
  /// First cycle >= `from` in which nothing passes.
  std::int32_t first_free(int position, std::int32_t from) const {
    if (from >= ends_[static_cast<std::size_t>(position)]) return from;
    for (const Span& span : spans_[static_cast<std::size_t>(position)])
      if (from >= span.begin && from < span.end) from = span.end;
    return from;
  }
  /// Whether all is as in `before`, `shift` later.
  bool is_copy(const RampSpans& before, std::int32_t shift) const;
  /// All of it so many cycles later.
  RampSpans later(std::int32_t cycles) const;

 private:
  static constexpr std::int32_t never = std::numeric_limits<std::int32_t>::min();
  struct Span {
    std::int32_t begin = never, end = never;
  };
  /// As many as wavelets of so many rounds can wait for, in the order of time; a line of the cache.
  static constexpr std::size_t remembered = 8;
  struct alignas(remembered * sizeof(Span)) Spans : std::array<Span, remembered> {};
  std::vector<std::int32_t> ends_;  ///< of the newest span: most who ask come after it
  std::vector<Spans> spans_;
  std::int32_t end_ = never;
};

}  // namespace weft::hw
