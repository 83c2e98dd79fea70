#include "sw/compiler/tile_choice.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "sw/compiler/planner.h"
#include "tlm/base/units.h"

namespace weft::sw {

namespace {

/// As many tiles as the fewest keys a tile that make more than `tiles` of them; behind tiles of a key each `length`
/// + 1.
int more_tiles(int length, int tiles) {
  const auto longest = static_cast<int>(ceil_div(length, tiles)) - 1;
  return longest > 0 ? static_cast<int>(ceil_div(length, longest)) : length + 1;
}

}  // namespace

int largest_tile(int length, const std::function<void(int keys)>& plan_with) {
  std::optional<DoesNotFit> nearest;
  const auto fits = [&](int keys) {
    try {
      plan_with(keys);
      return true;
    } catch (const DoesNotFit& misfit) {
      const std::string what = keys == 0 ? "whole scores" : fmt::format("tiles of {} of {} keys", keys, length);
      if (!nearest || misfit.least() < nearest->least())
        nearest.emplace(fmt::format("model.attention_tile_keys: auto; {}: {}", what, misfit.what()), misfit.least());
      return false;
    }
  };
  if (fits(0)) return 0;
  try {
    for (int tiles = 1; tiles <= length; tiles = more_tiles(length, tiles))
      if (const auto keys = static_cast<int>(ceil_div(length, tiles)); fits(keys)) return keys;
  } catch (const UsageError&) {  // columns have fewer keys than there are tiles, and than more of them
  }
  throw DoesNotFit(*nearest);
}

}  // namespace weft::sw
