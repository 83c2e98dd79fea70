#pragma once
// A file that is opened for writing before anything is known to be written into it.
#include <filesystem>
#include <string_view>

namespace weft::proto {

class OpenFile {
 public:
  /// Throws UsageError: a folder, no permission, a named pipe that nobody reads.
  explicit OpenFile(const std::filesystem::path& path);
  /// Takes the file away if it was not there before and nothing was begun.
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  /// Empties a regular file. Before the first write.
  void begin();
  int descriptor() const { return descriptor_; }
  bool is_regular() const { return is_regular_; }
  /// Gives the descriptor up: another closes it.
  int release();
  void write(std::string_view bytes);
  /// Throws UsageError if what was written has not reached the file.
  void close();
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  bool is_regular_ = false, is_new_ = false, begun_ = false;
};

}  // namespace weft::proto
