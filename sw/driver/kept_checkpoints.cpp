#include "sw/driver/kept_checkpoints.h"

#include <algorithm>

#include "sw/checkpoint/checkpoint.h"
#include "tlm/base/error.h"

namespace weft::sw {

KeptCheckpoints::KeptCheckpoints(std::int64_t most, const std::filesystem::path& folder, const std::string& run_id)
    : most_(static_cast<std::size_t>(most)) {
  if (most_ == 0) return;
  const std::vector<std::filesystem::path> found = checkpoints_in(folder);
  for (auto checkpoint = found.rbegin(); checkpoint != found.rend(); ++checkpoint) {
    try {
      if (read_identity(*checkpoint).run_id == run_id) kept_.push_back(*checkpoint);
    } catch (const UsageError&) {
      // Not one that this run wrote.
    }
  }
}

void KeptCheckpoints::written(const std::filesystem::path& checkpoint) {
  if (most_ == 0) return;
  kept_.erase(std::remove(kept_.begin(), kept_.end(), checkpoint), kept_.end());
  kept_.push_back(checkpoint);
  while (kept_.size() > most_) {
    std::error_code error;  // one that stays takes room, no more
    std::filesystem::remove(kept_.front(), error);
    kept_.erase(kept_.begin());
  }
}

}  // namespace weft::sw
