#include "hw/input/idx_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "tlm/base/error.h"

namespace weft::hw {

IdxFile read_idx(const std::filesystem::path& path, int rank) {
  const auto refuse = [&path](const std::string& why) { throw UsageError(fmt::format("{}: {}", path.string(), why)); };
  std::ifstream stream(path, std::ios::binary);
  if (!stream) refuse(fmt::format("cannot be opened: {}", std::strerror(errno)));
  std::vector<std::uint8_t> raw((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const auto header = static_cast<std::size_t>(4 + 4 * rank);
  if (raw.size() < 4) refuse(fmt::format("not an IDX file: {} bytes, the magic number alone has 4", raw.size()));
  if (raw[0] == 0x1f && raw[1] == 0x8b) refuse("is compressed with gzip; unpack it first");
  if (raw[0] != 0 || raw[1] != 0) refuse(fmt::format("not an IDX file: begins with {:02x} {:02x}, expected 00 00", raw[0], raw[1]));
  if (raw[2] != 0x08) refuse(fmt::format("holds elements of type 0x{:02x}, expected 0x08 (unsigned byte)", raw[2]));
  if (raw[3] != rank) refuse(fmt::format("has {} dimensions, expected {}", raw[3], rank));
  if (raw.size() < header) refuse(fmt::format("is truncated: {} bytes, its header alone has {}", raw.size(), header));
  IdxFile file;
  std::uint64_t expected = 1;
  for (int axis = 0; axis < rank; ++axis) {
    std::uint32_t size = 0;
    for (int byte = 0; byte < 4; ++byte) size = size << 8 | raw[static_cast<std::size_t>(4 + 4 * axis + byte)];
    if (size == 0 || size > 100'000'000) refuse(fmt::format("dimension {} is {}, allowed are 1 to 100000000", axis, size));
    file.dimensions.push_back(static_cast<int>(size));
    expected *= size;
    if (expected > 1'000'000'000'000ULL) refuse("its dimensions ask for more than a terabyte");
  }
  const std::uint64_t found = raw.size() - header;
  if (found != expected)
    refuse(fmt::format("is {}: {} bytes of data, its dimensions ask for {}", found < expected ? "truncated" : "too long", found, expected));
  file.bytes.assign(raw.begin() + static_cast<std::ptrdiff_t>(header), raw.end());
  return file;
}

}  // namespace weft::hw
