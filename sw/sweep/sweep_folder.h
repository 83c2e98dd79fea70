#pragma once
// The folder of a sweep: for point 7 of 12 the run folder 07, its log 07.log, and 07.json, which says how it ended.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sw/sweep/sweep_file.h"

namespace weft::sw {

/// How a point ended.
struct PointRecord {
  std::vector<std::string> arguments;
  int exit_code = 0;
  double seconds = 0;
  std::string error;  ///< last lines of the log, if it failed
};

enum class PointState { missing, running, failed, done };
const char* name_of(PointState state);

/// A claim on one point, held while this and the programs started meanwhile live.
class PointClaim {
 public:
  explicit PointClaim(int descriptor) : descriptor_(descriptor) {}
  ~PointClaim();
  PointClaim(PointClaim&& other) noexcept;
  PointClaim(const PointClaim&) = delete;
  PointClaim& operator=(const PointClaim&) = delete;
  PointClaim& operator=(PointClaim&&) = delete;

 private:
  int descriptor_;
};

class SweepFolder {
 public:
  /// Nothing is written. `points`: of the sweep.
  SweepFolder(std::filesystem::path folder, std::size_t points);

  /// Makes the folder. Throws UsageError.
  void make() const;
  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path run(int number) const { return folder_ / name(number); }
  std::filesystem::path log(int number) const { return folder_ / (name(number) + ".log"); }

  /// Done: its run is completed and its report is there, even if the sweep was killed before it noted that. Throws
  /// UsageError if it was run with other arguments: the sweep file has changed since.
  PointState state(const SweepPoint& point) const;
  std::optional<PointRecord> record(int number) const;
  /// Written as a whole. Throws UsageError.
  void write(int number, const PointRecord& record) const;
  /// None if another process runs it.
  std::optional<PointClaim> claim(int number) const;

 private:
  std::string name(int number) const;

  std::filesystem::path folder_;
  int digits_;
};

}  // namespace weft::sw
