#pragma once
// IDX files, the format of MNIST: big-endian magic (two zero bytes, type, rank), dimensions, then the data.
#include <cstdint>
#include <filesystem>
#include <vector>

namespace weft::hw {

/// The third byte of an IDX file.
enum class IdxType : std::uint8_t {
  unsigned_byte = 0x08,
  signed_byte = 0x09,
  int16 = 0x0b,
  int32 = 0x0c,
  float32 = 0x0d,
  float64 = 0x0e
};

struct IdxFile {
  IdxType type = IdxType::unsigned_byte;
  std::vector<int> dimensions;
  std::vector<std::uint8_t> bytes;  ///< elements as they stand in the file: big-endian

  /// Element number `index`, counted through all dimensions; exact for every type.
  double number(std::size_t index) const;
};

/// Allowed numbers of dimensions, both ends included.
struct RankRange {
  int least, most;
};

/// Reads an IDX file, plain or compressed with gzip (told by its first bytes, whatever its name). Never asks for more
/// memory than the file's own size can fill. Throws UsageError that names the file, what was found and what was
/// expected: missing, no file, too short for its header, wrong magic, unknown type, another rank, a dimension of zero,
/// fewer or more bytes than the dimensions say, damaged gzip data.
IdxFile read_idx(const std::filesystem::path& path, RankRange rank);

}  // namespace weft::hw
