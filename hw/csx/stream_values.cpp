#include "hw/csx/stream_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "tlm/base/error.h"
#include "tlm/base/half.h"

namespace weft::hw {

void StreamValues::take_weights(const MatrixLayer& layer, KernelKind kind, const StreamShape& shape, int chunk,
                                const proto::PayloadBytes& payload) {
  const auto* halves = reinterpret_cast<const std::uint16_t*>(payload.data());
  const int first = shape.chunk_first_round(chunk), rounds = shape.chunk_rounds(chunk);
  halves_.resize(static_cast<std::size_t>(rounds) * static_cast<std::size_t>(shape.elements_per_round));
  if (layer.mask) {
    std::fill(halves_.begin(), halves_.end(), std::uint16_t{0});
    std::uint16_t* row = halves_.data();
    for (int round = first; round < first + rounds; ++round, row += shape.elements_per_round)
      for_each_kept(layer, kernel_of(kind).by_input, round, [&](int place) {
        if (halves[1] != static_cast<std::uint16_t>(place))
          throw SimulationError(fmt::format("system {}: layer {}, round {}: a weight with index {} came, {} was due",
                                            system_, layer.name, round, halves[1], place));
        row[place] = halves[0];
        halves += 2;
      });
  } else {
    std::copy_n(halves, halves_.size(), halves_.data());
  }
  weights_.resize(halves_.size());
  half_to_float(format_, halves_.data(), weights_.data(), weights_.size());
  watch_.stream(halves_.data(), halves_.size());
  wafer_.weight_values(first, rounds, weights_.data(), shape.elements_per_round);
}

proto::Block::Payload StreamValues::sent(int owner) {
  auto payload = std::make_shared<proto::PayloadBytes>(sums_.size() * static_cast<std::size_t>(wire_.element_bytes()));
  const HalfLosses lost = wire_.put(sums_.data(), sums_.size(), payload->data());
  if (lost.values > 0) add_losses(losses_, owner, lost);
  return payload;
}

proto::Block::Payload StreamValues::of_totals(int owner, const BlockMap& block, const StreamShape& shape, int chunk,
                                              const std::vector<float>& totals) {
  sums_.resize(static_cast<std::size_t>(shape.chunk_elements(chunk)));
  float* to = sums_.data();
  const int first = shape.chunk_first_round(chunk);
  for (int round = first; round < first + shape.chunk_rounds(chunk); ++round)
    for (int row = 0; row < block.rows(); ++row) {
      const int features = block.features_of(row), before = shape.rounds * block.first_feature(row) + round * features;
      to = std::copy_n(totals.begin() + before, features, to);
    }
  return sent(owner);
}

proto::Block::Payload StreamValues::gradient(const MatrixLayer& layer, int owner, const StreamShape& shape, int chunk) {
  const auto count = static_cast<std::size_t>(shape.chunk_elements(chunk));
  sums_.resize(count);
  float* sums = sums_.data();
  const int first = shape.chunk_first_round(chunk), rounds = shape.chunk_rounds(chunk);
  places_.resize(layer.mask ? static_cast<std::size_t>(rounds) * static_cast<std::size_t>(shape.elements_per_round)
                            : 0);
  lane_sums_.resize(wafer_.lanes() > 1 ? count : 0);
  for (int lane = 0; lane < wafer_.lanes(); ++lane) {
    float* of_lane = lane == 0 ? sums : lane_sums_.data();
    wafer_.lane(lane).gradient_values(first, rounds, layer.mask ? places_.data() : of_lane);
    if (layer.mask) {
      float* kept = of_lane;
      const float* row = places_.data();
      for (int round = first; round < first + rounds; ++round, row += shape.elements_per_round)
        for_each_kept(layer, false, round, [&](int place) { *kept++ = row[place]; });
    }
    watch_.leaving(lane, of_lane, count);
    if (lane > 0) std::transform(sums, sums + count, of_lane, sums, std::plus<>());
  }
  return sent(owner);
}

}  // namespace weft::hw
