#pragma once
// What a fuzz target is: one function that takes any bytes. libFuzzer calls it with bytes that it makes up, corpus_main
// with those that are kept. An error of the user's input ends in `refused`; any other exception, crash or hang is a
// fault.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

#include "tlm/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace weft::test {

/// A file without a disk, for readers that take a path.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : id_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (id_ < 0 || write(id_, data, size) != static_cast<ssize_t>(size) || lseek(id_, 0, SEEK_SET) != 0)
      throw std::runtime_error("no file in memory");
  }
  ~MemoryFile() { close(id_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(id_); }

 private:
  int id_;
};

/// Calls `read`, which may refuse with an error that says something.
inline int attempt(const std::function<void()>& read) {
  try {
    read();
  } catch (const UsageError& error) {
    if (error.what()[0] == '\0') throw std::runtime_error("an error without words");
  }
  return 0;
}

}  // namespace weft::test
