#include "hw/fabric/ramp_spans.h"

#include <algorithm>

namespace weft::hw {

void RampSpans::add(int position, std::int32_t time, std::int64_t last_wavelet) {
  std::vector<Span>& spans = spans_[static_cast<std::size_t>(position)];
  if (!spans.empty() && spans.back().end == time && spans.back().last_wavelet == last_wavelet) {
    ++spans.back().end;
  } else {
    spans.push_back({last_wavelet, time, time + 1});
  }
  end_ = std::max(end_, time + 1);
}

void RampSpans::forget_before(std::int64_t wavelet) {
  for (std::vector<Span>& spans : spans_) {
    const auto kept =
        std::find_if(spans.begin(), spans.end(), [=](const Span& span) { return span.last_wavelet >= wavelet; });
    if (kept != spans.begin()) spans.erase(spans.begin(), kept);
  }
}

bool RampSpans::is_copy(const RampSpans& before, std::int32_t shift) const {
  const auto alike = [shift](const Span& a, const Span& b) {
    return a.last_wavelet == b.last_wavelet && a.begin == b.begin + shift && a.end == b.end + shift;
  };
  for (std::size_t position = 0; position < spans_.size(); ++position)
    if (!std::equal(spans_[position].begin(), spans_[position].end(), before.spans_[position].begin(),
                    before.spans_[position].end(), alike))
      return false;
  return true;
}

}  // namespace weft::hw
