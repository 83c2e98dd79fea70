#pragma once
// What a model file may say at most.
#include <cstdint>
#include <limits>

#include "tlm/base/yaml_reader.h"

namespace weft::sw {

constexpr int kMaxFeatures = 1 << 20;
constexpr int kMaxLayers = 1024;
inline const IntegerRange kSeedRange{0, std::numeric_limits<std::int64_t>::max()};
/// Rows of a table: an id has 16 bits, of which 0xffff says that there is none.
constexpr int kMostIds = 0xffff;

}  // namespace weft::sw
