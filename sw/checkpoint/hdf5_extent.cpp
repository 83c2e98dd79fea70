#include "sw/checkpoint/hdf5_extent.h"

#include <array>
#include <cstring>

namespace weft::sw {

namespace {

constexpr std::array<std::uint8_t, 8> signature = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
constexpr std::size_t first_user_block = 512;
constexpr std::size_t longest_superblock = 64;

std::uint64_t little_endian(const std::uint8_t* from) {
  std::uint64_t value = 0;
  for (int byte = 7; byte >= 0; --byte) value = value << 8 | from[byte];
  return value;
}

}  // namespace

std::optional<Hdf5Extent> hdf5_extent(const std::vector<std::uint8_t>& file) {
  // The superblock stands at 0, 512 or at one of its doubles.
  for (std::size_t at = 0; at + longest_superblock <= file.size(); at = at == 0 ? first_user_block : 2 * at) {
    const std::uint8_t* block = file.data() + at;
    if (std::memcmp(block, signature.data(), signature.size()) != 0) continue;
    const unsigned version = block[8];
    const unsigned size_of_offsets = block[version < 2 ? 13 : 9];
    if (version > 3 || size_of_offsets != 8) return {};
    // Version 1 has four bytes more before its addresses than version 0.
    const std::size_t base = version == 0 ? 24 : version == 1 ? 28 : 12;
    const Hdf5Extent extent{at, little_endian(block + base), little_endian(block + base + 16)};
    if (extent.end < extent.base) return {};
    return Hdf5Extent{at, extent.base, at + (extent.end - extent.base)};
  }
  return {};
}

}  // namespace weft::sw
