#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace weft::sw {

/// runconfig.keep_checkpoints: the newest of a run stay, older ones go once a newer one is whole on the disk.
class KeptCheckpoints {
 public:
  /// `most` 0: all stay. Those of run `run_id` that `folder` holds already count, others are left alone.
  KeptCheckpoints(std::int64_t most, const std::filesystem::path& folder, const std::string& run_id);
  /// A checkpoint was written.
  void written(const std::filesystem::path& checkpoint);

 private:
  std::size_t most_;
  std::vector<std::filesystem::path> kept_;  ///< oldest first
};

}  // namespace weft::sw
