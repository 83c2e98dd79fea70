#pragma once
// A sweep: trainings that differ along axes, as numbered points. docs: sw/sweeps/README.md.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace weft::sw {

/// A flag of `weft train` and its value as written: {"num_csx", "4"}, {"set.optimizer.learning_rate", "0.1"}.
using SweepValue = std::pair<std::string, std::string>;

struct SweepPoint {
  int number = 1;                      ///< from 1 on, in the order of the axes, the last one fastest
  std::vector<SweepValue> values;      ///< what the axes set here, in their order
  std::vector<std::string> arguments;  ///< of `weft train`, the model first; without the run folder

  /// "num_csx=4, machine_set.io.ethernet_gbps=50"; "as it is" if the axes set nothing here.
  std::string text() const;
  /// What is set for `axis`; empty if nothing.
  std::string value(const std::string& axis) const;
};

enum class SweepPicture { scaling, tornado };

struct Sweep {
  std::string title;
  std::vector<std::string> axes;  ///< all keys that axes set, in the order of the file
  SweepPicture picture = SweepPicture::tornado;
  std::vector<SweepPoint> points;
};

/// Reads a sweep file. Files that it names relative to itself are made absolute. Deterministic.
/// Throws UsageError with all that is wrong, each with its line: unknown sections, flags that belong to the sweep
/// (-o, --resume), axes of unequal length in a zip, a key that two axes or an axis and `run` set, no points or more
/// than 100,000.
Sweep read_sweep(const std::filesystem::path& file);

}  // namespace weft::sw
