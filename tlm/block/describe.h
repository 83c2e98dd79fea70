#pragma once
// Blocks and tags in words, for messages.
#include <string>

#include "tlm/block/block.h"

namespace weft::proto {

const char* name_of(BlockKind kind);

/// E.g. "gradient of layer 2 chunk 7 (stage 0 step 41 micro-batch 0 launch 9 lane 7)".
std::string describe(const BlockTag& tag);

/// Same place in the job: all fields equal.
bool same_block(const BlockTag& a, const BlockTag& b);

}  // namespace weft::proto
