#include "tlm/trace/open_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "tlm/base/error.h"

namespace weft::proto {

void OpenFile::refuse(const std::string& why) const {
  throw UsageError(fmt::format("--vcd {}: {}", path_.string(), why));
}

// O_NONBLOCK: a pipe that nobody reads is an error, not a wait without end.
OpenFile::OpenFile(const std::filesystem::path& path) : path_(path) {
  std::error_code unseen;
  is_new_ = !std::filesystem::exists(path, unseen);
  constexpr mode_t readable = 0666;
  descriptor_ = open(path.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, readable);
  if (descriptor_ < 0) {
    if (errno == ENXIO) refuse("a named pipe that nobody reads; start the reader first");
    refuse(fmt::format("cannot be written ({})", std::strerror(errno)));
  }
  struct stat status {};
  fstat(descriptor_, &status);
  is_regular_ = S_ISREG(status.st_mode);
  fcntl(descriptor_, F_SETFL, fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
  // A reader that goes away is an error of write(), not the end of the run.
  if (!is_regular_) std::signal(SIGPIPE, SIG_IGN);
}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  std::error_code ignored;
  if (is_new_ && !begun_) std::filesystem::remove(path_, ignored);
}

void OpenFile::begin() {
  begun_ = true;
  if (is_regular_ && ftruncate(descriptor_, 0) != 0)
    refuse(fmt::format("cannot be emptied ({})", std::strerror(errno)));
}

int OpenFile::release() {
  const int descriptor = descriptor_;
  descriptor_ = -1;
  return descriptor;
}

void OpenFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse(fmt::format("cannot be written ({})", std::strerror(errno)));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OpenFile::close() {
  if (::close(release()) != 0) refuse(fmt::format("cannot be written ({})", std::strerror(errno)));
}

}  // namespace weft::proto
