#pragma once
// IDX files made by a test.
#include <cstdint>
#include <vector>

namespace weft::test {

/// Magic, big-endian dimensions, data.
inline std::vector<std::uint8_t> idx_bytes(const std::vector<std::uint32_t>& dimensions,
                                           const std::vector<std::uint8_t>& data) {
  std::vector<std::uint8_t> bytes = {0, 0, 8, static_cast<std::uint8_t>(dimensions.size())};
  for (const std::uint32_t dimension : dimensions)
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(dimension >> shift));
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

}  // namespace weft::test
