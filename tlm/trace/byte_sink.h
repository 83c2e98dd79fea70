#pragma once
// Where a trace's bytes go: a file as it is, compressed, or a program that turns them into another format.
#include <filesystem>
#include <memory>
#include <string_view>

namespace weft::proto {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Throws UsageError when they cannot be written (a full disk, a reader that has gone).
  virtual void write(std::string_view bytes) = 0;
  /// All so far can be read, whatever becomes of the program.
  virtual void flush() = 0;
  /// Ends the file; what it throws is the last thing that can go wrong.
  virtual void close() = 0;
};

/// Opens `path` for a trace by its ending: .vcd (or none) as it is, .vcd.gz compressed, .fst through vcd2fst. Nothing
/// of a file that is there is lost before the first write(); one that was not there goes away if nothing is written.
/// Throws UsageError: another ending, a folder, no permission, a pipe that nobody reads, no vcd2fst.
std::unique_ptr<ByteSink> open_byte_sink(const std::filesystem::path& path);

}  // namespace weft::proto
