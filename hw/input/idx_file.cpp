#include "hw/input/idx_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>
#include <system_error>

#include "tlm/base/error.h"

namespace weft::hw {

namespace {

// Far above any data set, and their product is far below 2^64.
constexpr std::uint32_t longest = 10'000'000;
constexpr std::uint64_t most_bytes = 1'000'000'000'000;
/// What a byte of deflate can stand for at most (source: zlib's technical details).
constexpr std::uint64_t most_inflated = 1032;

std::size_t bytes_of(IdxType type) {
  switch (type) {
    case IdxType::unsigned_byte:
    case IdxType::signed_byte:
      return 1;
    case IdxType::int16:
      return 2;
    case IdxType::int32:
    case IdxType::float32:
      return 4;
    case IdxType::float64:
      return 8;
  }
  return 0;
}

template <class Value, class Bits>
double value_of(std::uint64_t bits) {
  const auto narrow = static_cast<Bits>(bits);
  Value value;
  static_assert(sizeof value == sizeof narrow);
  std::memcpy(&value, &narrow, sizeof value);
  return static_cast<double>(value);
}

/// The content of a file that may be compressed.
class Content {
 public:
  explicit Content(const std::filesystem::path& path) : path_(path) {
    std::error_code no_size;
    size_ = std::filesystem::file_size(path, no_size);
    if (no_size) refuse(fmt::format("cannot be read: {}", no_size.message()));
    file_ = gzopen(path.c_str(), "rb");
    if (file_ == nullptr) refuse(fmt::format("cannot be read: {}", std::strerror(errno)));
  }
  ~Content() { gzclose(file_); }
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  [[noreturn]] void refuse(const std::string& why) const {
    throw UsageError(fmt::format("{}: {}", path_.string(), why));
  }

  /// Appends up to `count` bytes to `to`; fewer where the file ends.
  void read(std::vector<std::uint8_t>& to, std::uint64_t count) {
    const std::size_t before = to.size();
    to.resize(before + count);
    std::uint64_t done = 0;
    while (done < count) {
      constexpr std::uint64_t at_once = 1 << 30;
      const int got = gzread(file_, to.data() + before + done, static_cast<unsigned>(std::min(at_once, count - done)));
      if (got < 0) refuse_unreadable();
      if (got == 0) {
        require_whole_stream();
        break;
      }
      done += static_cast<std::uint64_t>(got);
    }
    to.resize(before + done);
  }

  bool compressed() const { return gzdirect(file_) == 0; }
  std::uint64_t size_on_disk() const { return size_; }

 private:
  void require_whole_stream() const {
    int code = Z_OK;
    gzerror(file_, &code);
    if (code == Z_BUF_ERROR) refuse("is truncated: its gzip stream ends early");
  }

  [[noreturn]] void refuse_unreadable() const {
    int code = Z_OK;
    const char* text = gzerror(file_, &code);
    if (code == Z_ERRNO) refuse(fmt::format("cannot be read: {}", std::strerror(errno)));
    require_whole_stream();
    refuse(fmt::format("is damaged: its gzip stream cannot be unpacked ({})", text));
  }

  const std::filesystem::path& path_;
  std::uint64_t size_ = 0;
  gzFile file_ = nullptr;
};

std::vector<int> read_dimensions(Content& content, std::size_t rank) {
  std::vector<std::uint8_t> raw;
  content.read(raw, 4 * rank);
  if (raw.size() < 4 * rank)
    content.refuse(fmt::format("is truncated: {} bytes, its header alone has {}", 4 + raw.size(), 4 + 4 * rank));
  std::vector<int> dimensions;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    std::uint32_t length = 0;
    for (std::size_t byte = 4 * axis; byte < 4 * axis + 4; ++byte) length = length << 8 | raw[byte];
    if (length == 0 || length > longest)
      content.refuse(fmt::format("dimension {} is {}, allowed are 1 to {}", axis, length, longest));
    dimensions.push_back(static_cast<int>(length));
  }
  return dimensions;
}

std::uint64_t bytes_asked_for(const Content& content, const IdxFile& file) {
  std::uint64_t bytes = bytes_of(file.type);
  for (const int length : file.dimensions) {
    bytes *= static_cast<std::uint64_t>(length);
    if (bytes > most_bytes) content.refuse(fmt::format("its dimensions ask for more than {} bytes", most_bytes));
  }
  return bytes;
}

}  // namespace

double IdxFile::number(std::size_t index) const {
  const std::size_t width = bytes_of(type);
  std::uint64_t bits = 0;
  for (std::size_t byte = index * width; byte < (index + 1) * width; ++byte) bits = bits << 8 | bytes[byte];
  switch (type) {
    case IdxType::unsigned_byte:
      return static_cast<double>(bits);
    case IdxType::signed_byte:
      return value_of<std::int8_t, std::uint8_t>(bits);
    case IdxType::int16:
      return value_of<std::int16_t, std::uint16_t>(bits);
    case IdxType::int32:
      return value_of<std::int32_t, std::uint32_t>(bits);
    case IdxType::float32:
      return value_of<float, std::uint32_t>(bits);
    case IdxType::float64:
      return value_of<double, std::uint64_t>(bits);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

IdxFile read_idx(const std::filesystem::path& path, RankRange rank) {
  Content content(path);
  std::vector<std::uint8_t> magic;
  content.read(magic, 4);
  if (magic.size() < 4)
    content.refuse(fmt::format("not an IDX file: {} bytes, the magic number alone has 4", magic.size()));
  if (magic[0] != 0 || magic[1] != 0)
    content.refuse(fmt::format("not an IDX file: begins with {:02x} {:02x}, expected 00 00", magic[0], magic[1]));
  IdxFile file;
  file.type = static_cast<IdxType>(magic[2]);
  if (bytes_of(file.type) == 0)
    content.refuse(fmt::format(
        "holds elements of type 0x{:02x}; known are 0x08 (unsigned byte), 0x09 (signed byte), 0x0b (int16), "
        "0x0c (int32), 0x0d (float), 0x0e (double)",
        magic[2]));
  if (magic[3] < rank.least || magic[3] > rank.most)
    content.refuse(fmt::format(
        "has {} dimensions, expected {}", magic[3],
        rank.least == rank.most ? std::to_string(rank.least) : fmt::format("{} to {}", rank.least, rank.most)));
  file.dimensions = read_dimensions(content, magic[3]);
  const std::uint64_t expected = bytes_asked_for(content, file);
  const std::uint64_t header = 4 + 4 * file.dimensions.size();
  const auto truncated = [&content, expected](std::uint64_t found) {
    content.refuse(fmt::format("is truncated: {} bytes of data, its dimensions ask for {}", found, expected));
  };
  if (content.compressed()) {
    if (expected / most_inflated > content.size_on_disk())
      content.refuse(
          fmt::format("is truncated: its dimensions ask for {} bytes, {} compressed ones cannot hold as many", expected,
                      content.size_on_disk()));
  } else if (content.size_on_disk() - header != expected) {
    const std::uint64_t found = content.size_on_disk() - header;
    if (found < expected) truncated(found);
    content.refuse(fmt::format("is too long: {} bytes of data, its dimensions ask for {}", found, expected));
  }
  content.read(file.bytes, expected);
  if (file.bytes.size() < expected) truncated(file.bytes.size());
  // The end of a gzip stream is its checksum: it is compared when that is read over.
  std::vector<std::uint8_t> rest;
  content.read(rest, 1);
  if (!rest.empty())
    content.refuse(fmt::format("is too long: more bytes of data than the {} that its dimensions ask for", expected));
  return file;
}

}  // namespace weft::hw
