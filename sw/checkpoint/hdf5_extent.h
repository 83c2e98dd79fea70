#pragma once
// How long an HDF5 file says it is: tells a truncated file from one that another program wrote.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weft::sw {

struct Hdf5Extent {
  std::size_t begin = 0;   ///< of its superblock; what stands before is the user block
  std::uint64_t base = 0;  ///< where the program that wrote it thought it would begin
  std::uint64_t end = 0;   ///< of the file, counted like `begin`
};

/// From the superblock (source: HDF5 File Format Specification 3.0, II.A); none if there is none, or not a whole one.
std::optional<Hdf5Extent> hdf5_extent(const std::vector<std::uint8_t>& file);

}  // namespace weft::sw
