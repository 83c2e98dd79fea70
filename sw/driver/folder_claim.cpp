#include "sw/driver/folder_claim.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

#include "sw/driver/run_state.h"
#include "sw/identity/host_name.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

struct Holder {
  long process = 0;
  std::string host, since;
};

/// What .claim says: one line, "<pid> <host> <time>". Process 0: it says nothing.
Holder holder_in(int file) {
  char text[512] = {};
  Holder holder;
  if (::pread(file, text, sizeof text - 1, 0) <= 0) return holder;
  char host[256] = {}, since[64] = {};
  if (std::sscanf(text, "%ld %255s %63s", &holder.process, host, since) != 3) return {};
  holder.host = host;
  holder.since = since;
  return holder;
}

std::string words(const Holder& holder) {
  if (holder.process == 0) return "a process that has just taken it";
  return fmt::format("process {} on {} since {}", holder.process, holder.host, holder.since);
}

/// For a file system without locks.
bool lives(const Holder& holder) {
  if (holder.process == 0 || holder.process == ::getpid()) return false;
  return holder.host != host_name() || ::kill(static_cast<pid_t>(holder.process), 0) == 0 || errno == EPERM;
}

bool held_by_another(int file) {
  for (int again = 0; again < 5; ++again) {
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return false;
    if (errno != EWOULDBLOCK) return lives(holder_in(file));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // holder_of() of another process takes no longer
  }
  return true;
}

}  // namespace

FolderClaim::FolderClaim(const fs::path& folder) {
  const fs::path path = folder / ".claim";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw UsageError(fmt::format("{}: cannot be claimed: {}", folder.string(), std::strerror(errno)));
  if (held_by_another(file_)) {
    const std::string holder = words(holder_in(file_));
    ::close(std::exchange(file_, -1));
    throw UsageError(fmt::format("{}: another run holds it: {}", folder.string(), holder));
  }
  const std::string line = fmt::format("{} {} {}\n", ::getpid(), host_name(), time_text());
  if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, line.data(), line.size(), 0) < 0) {
    const int reason = errno;
    ::close(std::exchange(file_, -1));
    throw UsageError(fmt::format("{}: cannot be claimed: {}", folder.string(), std::strerror(reason)));
  }
}

FolderClaim::FolderClaim(FolderClaim&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FolderClaim::~FolderClaim() {
  if (file_ >= 0) ::close(file_);
}

std::string holder_of(const fs::path& folder) {
  const int file = ::open((folder / ".claim").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::string holder;
  // A shared lock for an instant: who only looks takes nothing from another who looks.
  if (::flock(file, LOCK_SH | LOCK_NB) != 0 && (errno == EWOULDBLOCK || lives(holder_in(file))))
    holder = words(holder_in(file));
  ::close(file);
  return holder;
}

}  // namespace weft::sw
