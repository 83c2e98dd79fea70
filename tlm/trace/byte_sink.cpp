#include "tlm/trace/byte_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "tlm/base/error.h"
#include "tlm/trace/open_file.h"

extern char** environ;

namespace weft::proto {

namespace {

class PlainSink final : public ByteSink {
 public:
  explicit PlainSink(const std::filesystem::path& path) : file_(path) {}
  void write(std::string_view bytes) override {
    if (!begun_) file_.begin();
    begun_ = true;
    file_.write(bytes);
  }
  void flush() override {}
  void close() override { file_.close(); }

 private:
  OpenFile file_;
  bool begun_ = false;
};

/// Compressed by zlib; a flush ends a block, so that what is before it can be unpacked.
class GzipSink final : public ByteSink {
 public:
  explicit GzipSink(const std::filesystem::path& path) : file_(path) {}
  ~GzipSink() override {
    if (gzip_) gzclose(gzip_);
  }
  void write(std::string_view bytes) override {
    if (!gzip_) {
      file_.begin();
      gzip_ = gzdopen(dup(file_.descriptor()), "wb");
      if (!gzip_) file_.refuse("zlib cannot begin");
    }
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), most)))
      if (gzwrite(gzip_, bytes.data(), static_cast<unsigned>(std::min(bytes.size(), most))) <= 0) failed();
  }
  void flush() override {
    if (gzflush(gzip_, Z_SYNC_FLUSH) != Z_OK) failed();
  }
  void close() override {
    const int result = gzclose(std::exchange(gzip_, nullptr));
    if (result != Z_OK) file_.refuse("cannot be written (is the disk full?)");
    file_.close();
  }

 private:
  static constexpr std::size_t most = 1U << 20U;
  [[noreturn]] void failed() const { file_.refuse(fmt::format("cannot be written ({})", std::strerror(errno))); }

  OpenFile file_;
  gzFile gzip_ = nullptr;
};

bool is_executable(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string folders = path ? path : "/usr/bin:/bin";
  for (std::size_t from = 0; from <= folders.size();) {
    const std::size_t to = std::min(folders.find(':', from), folders.size());
    if (access((folders.substr(from, to - from) + "/" + name).c_str(), X_OK) == 0) return true;
    from = to + 1;
  }
  return false;
}

/// vcd2fst of GTKWave reads the VCD from a pipe. It is in a process group of its own: what interrupts the run must not
/// keep it from ending its file, and it ends it when the run is gone.
class FstSink final : public ByteSink {
 public:
  explicit FstSink(const std::filesystem::path& path) : path_(path), file_(path) {
    if (!file_.is_regular()) file_.refuse("FST needs a file");
    if (!is_executable(converter))
      file_.refuse(
          "FST is written by vcd2fst, which is not there (Debian package gtkwave); .vcd and .vcd.gz need nothing");
  }
  ~FstSink() override {
    if (pipe_ < 0) return;
    ::close(pipe_);
    waitpid(child_, nullptr, 0);
  }
  void write(std::string_view bytes) override {
    if (pipe_ < 0) start();
    while (!bytes.empty()) {
      const ssize_t written = ::write(pipe_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) file_.refuse(fmt::format("vcd2fst has ended ({})", std::strerror(errno)));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush() override {}
  void close() override {
    ::close(std::exchange(pipe_, -1));
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
      file_.refuse(fmt::format("vcd2fst failed (exit code {}; is the disk full?)", WEXITSTATUS(status)));
  }

 private:
  static constexpr const char* converter = "vcd2fst";

  void start() {
    std::signal(SIGPIPE, SIG_IGN);
    file_.begin();
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) file_.refuse("no pipe to vcd2fst");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::string name = converter, from = "-", to = path_.string();
    char* arguments[] = {name.data(), from.data(), to.data(), nullptr};
    const int failed = posix_spawnp(&child_, converter, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(ends[0]);
    pipe_ = ends[1];
    if (failed != 0) file_.refuse(fmt::format("vcd2fst cannot be started ({})", std::strerror(failed)));
  }

  std::filesystem::path path_;
  OpenFile file_;
  pid_t child_ = 0;
  int pipe_ = -1;
};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::unique_ptr<ByteSink> open_byte_sink(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  std::error_code unseen;
  const auto status = std::filesystem::status(path, unseen);
  if (std::filesystem::is_directory(status))
    throw UsageError(fmt::format("--vcd {}: a folder; give a file, e.g. run.vcd", path.string()));
  const bool is_special = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  if (ends_with(name, ".fst")) return std::make_unique<FstSink>(path);
  if (ends_with(name, ".vcd.gz")) return std::make_unique<GzipSink>(path);
  if (ends_with(name, ".vcd") || is_special || name.find('.') == std::string::npos)
    return std::make_unique<PlainSink>(path);
  throw UsageError(fmt::format("--vcd {}: a waveform's ending is .vcd, .vcd.gz or .fst (or none: VCD)", path.string()));
}

}  // namespace weft::proto
