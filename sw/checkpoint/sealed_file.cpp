#include "sw/checkpoint/sealed_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>

#include "sw/checkpoint/hdf5_extent.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

constexpr const char* magic = "weft-seal ";

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw UsageError(fmt::format("checkpoint {}: {}", path.string(), why));
}

/// An open file. POSIX, because only its calls say why a disk refuses and wait until the data is on it.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : id_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  explicit operator bool() const { return id_ >= 0; }

  bool write(const void* from, std::size_t bytes) {
    const char* at = static_cast<const char*>(from);
    while (bytes > 0) {
      const ssize_t count = ::write(id_, at, bytes);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      at += count;
      bytes -= static_cast<std::size_t>(count);
    }
    return true;
  }

  bool read_all(std::vector<std::uint8_t>& to) {
    struct stat status {};
    if (::fstat(id_, &status) != 0) return false;
    to.resize(static_cast<std::size_t>(status.st_size));
    for (std::size_t done = 0; done < to.size();) {
      const ssize_t count = ::read(id_, to.data() + done, to.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      done += static_cast<std::size_t>(count);
    }
    return true;
  }

  bool sync() { return ::fsync(id_) == 0; }
  bool close() {
    const int id = id_;
    id_ = -1;
    return id < 0 || ::close(id) == 0;
  }

 private:
  int id_;
};

std::string seal_of(const std::uint8_t* content, std::size_t size) {
  return fmt::format("{}{} {:08x}\n", magic, size, crc32_z(0, content, size));
}

bool write_all(const fs::path& path, const std::string& head, const std::vector<std::uint8_t>& content) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  return file && file.write(head.data(), head.size()) && file.write(content.data(), content.size()) && file.sync() &&
         file.close();
}

/// Programs that copy HDF5 files take the user block along, and with it a seal that was another file's. Theirs says
/// where the content begins, ours counts from the end of the seal.
bool is_rewritten(const std::vector<std::uint8_t>& file) {
  const std::optional<Hdf5Extent> extent = hdf5_extent(file);
  return extent && extent->begin == seal_bytes && extent->base == seal_bytes;
}

}  // namespace

void write_sealed(const fs::path& path, const std::vector<std::uint8_t>& content) {
  const fs::path temporary = path.string() + ".part";
  std::string head = seal_of(content.data(), content.size());
  head.resize(seal_bytes, '\0');
  if (!write_all(temporary, head, content) || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    std::error_code ignored;
    fs::remove(temporary, ignored);
    refuse(path, fmt::format("cannot be written: {}", std::strerror(reason)));
  }
  // The new name, too, is to survive a power failure. Some file systems cannot do this: the file is whole either way.
  Descriptor folder(path.has_parent_path() ? path.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY);
  if (folder) folder.sync();
}

std::vector<std::uint8_t> read_sealed(const fs::path& path) {
  Descriptor file(path, O_RDONLY);
  std::vector<std::uint8_t> bytes;
  if (!file || !file.read_all(bytes)) refuse(path, fmt::format("cannot be read: {}", std::strerror(errno)));
  const std::size_t magic_size = std::strlen(magic);
  if (bytes.size() < seal_bytes || std::memcmp(bytes.data(), magic, magic_size) != 0) return bytes;
  if (is_rewritten(bytes)) return bytes;
  const std::string head(bytes.begin(), bytes.begin() + seal_bytes);
  bytes.erase(bytes.begin(), bytes.begin() + seal_bytes);
  std::size_t size = 0;
  std::istringstream(head.substr(magic_size)) >> size;
  if (bytes.size() < size) refuse(path, fmt::format("is truncated: {} bytes, its seal says {}", bytes.size(), size));
  if (head.substr(0, head.find('\0')) != seal_of(bytes.data(), bytes.size()))
    refuse(path, "differs from its own checksum: damaged, or changed by another program");
  return bytes;
}

}  // namespace weft::sw
