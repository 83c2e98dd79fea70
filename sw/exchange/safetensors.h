#pragma once
// The format safetensors: 8 bytes with the length of a header, little-endian; the header, JSON: for each name dtype,
// shape and data_offsets, and text by text in __metadata__; then the numbers, row-major, little-endian, from offset 0
// on without a gap.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace weft::sw {

struct SafeTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string dtype = "F32";
  std::vector<float> values;  ///< row-major; of a tensor whose dtype is no floating-point format none

  std::int64_t elements() const;
};

/// All tensors, in the order of their numbers; F32, F16 and BF16 as floats. Throws UsageError with the path and all
/// that is wrong at once: no file, a length or offsets beyond its end, a header that is no such JSON, a dtype that is
/// not known, offsets that are no range, that overlap or leave a gap, or that hold another number of bytes than shape
/// and dtype say.
std::vector<SafeTensor> read_safetensors(const std::filesystem::path& file);

/// The bytes of a file: F32, in the order given, with the header padded to 8 bytes. The same tensors make the same.
std::string safetensors_bytes(const std::vector<SafeTensor>& tensors,
                              const std::map<std::string, std::string>& metadata);

/// By its name's end.
bool is_safetensors(const std::filesystem::path& file);

}  // namespace weft::sw
