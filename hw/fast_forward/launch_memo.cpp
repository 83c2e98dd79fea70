#include "hw/fast_forward/launch_memo.h"

#include <algorithm>

namespace weft::hw {

bool ChunkRun::repeats(const ChunkInput& now) const {
  if (now.rounds != input.rounds || now.starts.size() != input.starts.size()) return false;
  for (std::size_t channel = 0; channel < now.starts.size(); ++channel) {
    const std::int32_t later = now.starts[channel] - input.starts[channel];
    const std::int32_t least = slack.empty() ? 0 : slack[channel];
    if (later != 0 && (least == 0 || later > least)) return false;
  }
  return true;
}

const ChunkRun* LaunchWalks::find(int state, const ChunkInput& input) const {
  const std::vector<ChunkRun>& runs = states_[static_cast<std::size_t>(state)].runs;
  const auto found = std::find_if(runs.begin(), runs.end(), [&](const ChunkRun& run) { return run.repeats(input); });
  return found == runs.end() ? nullptr : &*found;
}

const ChunkRun& LaunchWalks::add(int state, ChunkRun run, const EngineState* after) {
  run.next = static_cast<int>(states_.size());
  std::int32_t number = -1;
  if (after) {
    number = rows_.number(*after);
    run.next = by_number_.emplace(number, run.next).first->second;
  }
  if (run.next == static_cast<int>(states_.size())) states_.push_back({number, {}});
  std::vector<ChunkRun>& runs = states_[static_cast<std::size_t>(state)].runs;
  runs.push_back(std::move(run));
  return runs.back();
}

const EngineState* LaunchWalks::kept(int state) const {
  const std::int32_t number = states_[static_cast<std::size_t>(state)].kept;
  return number < 0 ? nullptr : &rows_.row(number);
}

}  // namespace weft::hw
