#include "hw/fabric/ramp_spans.h"

#include <algorithm>

namespace weft::hw {

void RampSpans::add(int position, std::int32_t time) {
  Spans& spans = spans_[static_cast<std::size_t>(position)];
  if (spans.back().end == time) {
    ++spans.back().end;
  } else {
    for (std::size_t span = 1; span < remembered; ++span) spans[span - 1] = spans[span];
    spans.back() = {time, time + 1};
  }
  ends_[static_cast<std::size_t>(position)] = time + 1;
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

RampSpans RampSpans::later(std::int32_t cycles) const {
  RampSpans result = *this;
  for (Spans& spans : result.spans_)
    for (Span& span : spans)
      if (span.end != never) span = {span.begin + cycles, span.end + cycles};
  for (std::int32_t& end : result.ends_)
    if (end != never) end += cycles;
  if (end_ != never) result.end_ += cycles;
  return result;
}

}  // namespace weft::hw
