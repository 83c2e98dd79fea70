#pragma once
#include "tlm/block/block.h"

namespace weft::proto {

/// Whose work the way of a block is.
inline WorkOf work_of(const BlockTag& tag) {
  switch (tag.kind) {
    case BlockKind::samples:
      return {0, 0, tag.train};
    case BlockKind::step_begin:
    case BlockKind::checkpoint:
      return {-1, -1, tag.train};
    default:
      return {static_cast<std::int16_t>(tag.layer), static_cast<std::int16_t>(tag.launch), tag.train};
  }
}

}  // namespace weft::proto
