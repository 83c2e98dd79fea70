#include "hw/input/idx_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "tlm/base/error.h"

namespace weft::hw {

namespace {

// Far above any data set, and their product is far below 2^64.
constexpr std::uint32_t longest = 10'000'000;
constexpr std::uint64_t most_bytes = 1'000'000'000'000;

}  // namespace

IdxFile read_idx(const std::filesystem::path& path, int rank) {
  const auto refuse = [&path](const std::string& why) { throw UsageError(fmt::format("{}: {}", path.string(), why)); };
  std::error_code no_size;
  const std::uintmax_t size = std::filesystem::file_size(path, no_size);
  if (no_size) refuse(fmt::format("cannot be read: {}", no_size.message()));
  std::vector<std::uint8_t> raw(size);
  std::ifstream stream(path, std::ios::binary);
  if (!stream.read(reinterpret_cast<char*>(raw.data()), static_cast<std::streamsize>(size)))
    refuse(fmt::format("cannot be read: {}", std::strerror(errno)));
  const auto header = 4 + 4 * static_cast<std::size_t>(rank);
  if (raw.size() < 4) refuse(fmt::format("not an IDX file: {} bytes, the magic number alone has 4", raw.size()));
  if (raw[0] == 0x1f && raw[1] == 0x8b) refuse("is compressed with gzip; unpack it first");
  if (raw[0] != 0 || raw[1] != 0)
    refuse(fmt::format("not an IDX file: begins with {:02x} {:02x}, expected 00 00", raw[0], raw[1]));
  if (raw[2] != 0x08) refuse(fmt::format("holds elements of type 0x{:02x}, expected 0x08 (unsigned byte)", raw[2]));
  if (raw[3] != rank) refuse(fmt::format("has {} dimensions, expected {}", raw[3], rank));
  if (raw.size() < header) refuse(fmt::format("is truncated: {} bytes, its header alone has {}", raw.size(), header));
  IdxFile file;
  std::uint64_t expected = 1;
  for (std::size_t at = 4, axis = 0; at < header; at += 4, ++axis) {
    std::uint32_t length = 0;
    for (std::size_t byte = at; byte < at + 4; ++byte) length = length << 8 | raw[byte];
    if (length == 0 || length > longest)
      refuse(fmt::format("dimension {} is {}, allowed are 1 to {}", axis, length, longest));
    file.dimensions.push_back(static_cast<int>(length));
    expected *= length;
    if (expected > most_bytes) refuse(fmt::format("its dimensions ask for more than {} bytes", most_bytes));
  }
  const std::uint64_t found = raw.size() - header;
  if (found != expected)
    refuse(fmt::format("is {}: {} bytes of data, its dimensions ask for {}",
                       found < expected ? "truncated" : "too long", found, expected));
  file.bytes.assign(raw.begin() + static_cast<std::ptrdiff_t>(header), raw.end());
  return file;
}

}  // namespace weft::hw
