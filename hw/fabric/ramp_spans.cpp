#include "hw/fabric/ramp_spans.h"

#include <algorithm>

namespace weft::hw {

void RampSpans::add(int position, std::int32_t time) {
  Spans& spans = spans_[static_cast<std::size_t>(position)];
  if (spans.back().end == time) {
    ++spans.back().end;
  } else {
    std::move(spans.begin() + 1, spans.end(), spans.begin());
    spans.back() = {time, time + 1};
  }
  end_ = std::max(end_, time + 1);
}

bool RampSpans::is_copy(const RampSpans& before, std::int32_t shift) const {
  const auto alike = [shift](const Span& a, const Span& b) {
    const bool both_never = a.end == never && b.end == never;
    return both_never || (a.begin == b.begin + shift && a.end == b.end + shift);
  };
  for (std::size_t position = 0; position < spans_.size(); ++position)
    if (!std::equal(spans_[position].begin(), spans_[position].end(), before.spans_[position].begin(), alike))
      return false;
  return true;
}

}  // namespace weft::hw
