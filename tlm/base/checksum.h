#pragma once
#include <zlib.h>

#include <vector>

namespace weft {

/// CRC-32 of the bytes behind those of `so_far` (0: none).
template <typename Value>
uLong checksum(uLong so_far, const std::vector<Value>& values) {
  return crc32_z(so_far, reinterpret_cast<const unsigned char*>(values.data()), values.size() * sizeof(Value));
}

}  // namespace weft
