#pragma once
// What data are, in 32 bits.
#include <zlib.h>

#include <vector>

namespace weft::sw {

template <typename Value>
uLong content_crc(uLong so_far, const std::vector<Value>& values) {
  if (values.empty()) return so_far;  // of no address it would be that of nothing at all
  return crc32_z(so_far, reinterpret_cast<const unsigned char*>(values.data()), values.size() * sizeof(Value));
}

}  // namespace weft::sw
