#include "hw/pe/edge_player.h"

#include <algorithm>

namespace weft::hw {

EdgePlayer::EdgePlayer(const RouterSpec& spec, const ArrayEdge& edge)
    : edge_(edge),
      credits_(edge.source.empty() ? 0U : static_cast<std::size_t>(spec.colors), Credits(spec.link_queue)) {}

Cycle EdgePlayer::next() const {
  if (exhausted()) return never;
  const TimedWavelet& wavelet = edge_.source[sent_];
  return std::max({wavelet.at, after_last_, credits_[wavelet.wavelet.color].earliest()});
}

const Wavelet& EdgePlayer::send(Cycle now) {
  const Wavelet& wavelet = edge_.source[sent_++].wavelet;
  credits_[wavelet.color].use();
  after_last_ = now + 1;
  return wavelet;
}

void EdgePlayer::give_credit(int color, Cycle usable) { credits_[static_cast<std::size_t>(color)].give(usable); }

Cycle EdgePlayer::take(int color, Cycle available) {
  Taken& taken = taken_[color];
  Cycle handed_on = std::max(available, taken.last + 1);
  const auto ready = edge_.sink.find(color);
  if (ready != edge_.sink.end() && taken.count < ready->second.size())
    handed_on = std::max(handed_on, ready->second[taken.count]);
  ++taken.count;
  taken.last = handed_on;
  return handed_on + 1;
}

}  // namespace weft::hw
