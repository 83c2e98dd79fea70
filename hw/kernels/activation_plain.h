#pragma once
// Both passes of an activation in plain loops, with the dropout behind it.
#include "hw/kernels/dropout_mask.h"

namespace weft::hw {

/// Of a forward pass that keeps what it reads in training: `value` of each half, behind what it keeps.
template <typename Value>
std::vector<std::uint32_t> activation_plain(const ProgramLaunch& launch, Value value) {
  const std::vector<std::uint32_t>& values = launch.operands[0];
  std::vector<std::uint32_t> results;
  if (launch.line.train) results = values;
  for (std::size_t at = 0; at < values.size(); ++at)
    results.push_back(after_dropout(launch, at, value(static_cast<std::uint16_t>(values[at]))));
  return results;
}

/// `delta` of each half of the deltas, +0 where it was dropped, and the half that the forward pass read.
template <typename Delta>
std::vector<std::uint32_t> activation_backward_plain(const ProgramLaunch& launch, Delta delta) {
  const std::vector<std::uint32_t>&values = launch.operands[0], &deltas = launch.operands[1];
  std::vector<std::uint32_t> results;
  for (std::size_t at = 0; at < deltas.size(); ++at) {
    const std::uint16_t kept = is_dropped(launch, at) ? std::uint16_t{0} : static_cast<std::uint16_t>(deltas[at]);
    results.push_back(delta(kept, static_cast<std::uint16_t>(values[at])));
  }
  return results;
}

}  // namespace weft::hw
