#pragma once
// IDX files, the format of MNIST: big-endian magic (two zero bytes, type, rank), dimensions, then the data.
#include <cstdint>
#include <filesystem>
#include <vector>

namespace weft::hw {

struct IdxFile {
  std::vector<int> dimensions;
  std::vector<std::uint8_t> bytes;
};

/// Reads an IDX file of unsigned bytes with `rank` dimensions. Throws UsageError that names the file, what was found
/// and what was expected: missing, too short for its header, wrong magic, another type or rank, a dimension of zero,
/// fewer or more bytes than the dimensions say.
IdxFile read_idx(const std::filesystem::path& path, int rank);

}  // namespace weft::hw
