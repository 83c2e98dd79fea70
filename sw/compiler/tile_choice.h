#pragma once
// model.attention_tile_keys: auto. How many keys of a sequence attention takes at a time, where the plan may choose.
#include <functional>

#include "hw/spec/job.h"

namespace weft::sw {

/// Of each of a layer's tiles, about: which keys they are follows from how many each column holds (tile_keys.h).
/// Precondition: there are some.
inline int keys_of_tile(const hw::AttentionShape& attention) {
  return static_cast<int>(ceil_div(attention.length, attention.tiles));
}

/// 0, scores that stand whole, if plan_with(0) finds that they fit; else the keys of the largest tile with which a plan
/// fits: of a sequence of `length` tokens ceil(length / tiles), for the fewest tiles that fit. plan_with(keys) throws
/// DoesNotFit (planner.h) where no plan does; what else it throws of whole scores comes through, of tiles it ends the
/// search, as columns then hold too few keys. Throws DoesNotFit of what needs the least if none fits. It is the memory
/// that decides, not the time: a plan of more samples at a time in shorter tiles is not looked for.
int largest_tile(int length, const std::function<void(int keys)>& plan_with);

}  // namespace weft::sw
