#pragma once
// Hdf5Items on their way from one process to another.
#include <cstdint>
#include <vector>

#include "sw/checkpoint/hdf5_image.h"

namespace weft::sw {

std::vector<std::uint8_t> packed_items(const std::vector<Hdf5Item>& items);

/// Throws UsageError where the bytes are not those of packed_items().
std::vector<Hdf5Item> unpacked_items(const std::vector<std::uint8_t>& bytes);

}  // namespace weft::sw
