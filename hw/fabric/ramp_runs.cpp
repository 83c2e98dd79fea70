#include "hw/fabric/ramp_runs.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace weft::hw {

void RampRuns::begin(std::int64_t last_wavelet, int left, int right, const std::int32_t* times) {
  runs_.push_back({last_wavelet, left, right, 1, times_.size(), 0, 0});
  times_.insert(times_.end(), times + left, times + right);
}

void RampRuns::forget_before(std::int64_t wavelet) {
  const auto kept =
      std::find_if(runs_.begin(), runs_.end(), [=](const Run& run) { return run.last_wavelet >= wavelet; });
  if (kept == runs_.begin()) return;
  const std::size_t gone = kept == runs_.end() ? times_.size() : kept->first;
  runs_.erase(runs_.begin(), kept);
  times_.erase(times_.begin(), times_.begin() + static_cast<std::ptrdiff_t>(gone));
  for (Run& run : runs_) run.first -= gone;
}

void RampRuns::face(int source, std::int32_t hop) {
  for (Run& run : runs_) {
    const std::int32_t* times = times_.data() + run.first;
    std::int32_t earliest = std::numeric_limits<std::int32_t>::max(), latest = std::numeric_limits<std::int32_t>::min();
    for (int p = 0; p < run.right - run.left; ++p) {
      const std::int32_t begin = times[p] - hop * std::abs(run.left + p - source);
      earliest = std::min(earliest, begin);
      latest = std::max(latest, begin);
    }
    run.earliest = earliest;
    run.latest = latest + run.length;
  }
}

bool RampRuns::move_past(std::int32_t* times, int first, int last) const {
  std::uint32_t moved = 0;
  for (const Run& run : runs_) {
    const int low = std::max(first, run.left), high = std::min(last, run.right);
    const std::int32_t* __restrict from = times_.data() + run.first - run.left;
    std::int32_t* __restrict wavelet = times;
    const auto length = static_cast<std::uint32_t>(run.length);
    for (int p = low; p < high; ++p) {
      const auto into = static_cast<std::uint32_t>(wavelet[p] - from[p]);
      const std::uint32_t over = into < length ? length - into : 0;
      wavelet[p] += static_cast<std::int32_t>(over);
      moved |= over;
    }
  }
  return moved != 0;
}

std::int64_t RampRuns::clear_steps(const std::int32_t* times, int first, int last, std::int32_t distance) const {
  std::int64_t steps = std::numeric_limits<std::int32_t>::max();
  for (const Run& run : runs_)
    for (int p = std::max(first, run.left); p < std::min(last, run.right); ++p)
      if (start(run, p) + run.length > times[p])
        steps = std::min<std::int64_t>(steps, (start(run, p) - times[p] - 1) / distance);
  return std::max<std::int64_t>(steps, 0);
}

void RampRuns::compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const {
  // Runs that touch are one: where a run was cut does not matter.
  std::vector<std::int32_t> before, here;
  const auto list = [this](int position, std::vector<std::int32_t>& bounds) {
    bounds.clear();
    for (const Run& run : runs_) {
      if (position < run.left || position >= run.right) continue;
      const std::int32_t from = start(run, position);
      if (!bounds.empty() && bounds.back() == from) {
        bounds.back() += run.length;
      } else {
        bounds.insert(bounds.end(), {from, from + run.length});
      }
    }
  };
  if (empty()) return;
  list(0, before);
  for (std::size_t p = 1; p < differs.size(); ++p, before.swap(here)) {
    list(static_cast<int>(p), here);
    bool equal = here.size() == before.size();
    for (std::size_t at = 0; equal && at < here.size(); ++at) equal = here[at] == before[at] + shift;
    differs[p] |= equal ? 0 : 1;
  }
}

bool RampRuns::is_copy(const RampRuns& before, std::int32_t shift) const {
  const auto alike = [](const Run& a, const Run& b) {
    return a.last_wavelet == b.last_wavelet && a.left == b.left && a.right == b.right && a.length == b.length;
  };
  const auto later = [shift](std::int32_t a, std::int32_t b) { return a == b + shift; };
  return std::equal(runs_.begin(), runs_.end(), before.runs_.begin(), before.runs_.end(), alike) &&
         std::equal(times_.begin(), times_.end(), before.times_.begin(), before.times_.end(), later);
}

RampRuns RampRuns::later(std::int32_t cycles) const {
  RampRuns result = *this;
  for (std::int32_t& time : result.times_) time += cycles;
  return result;
}

RampRuns RampRuns::picked(const std::vector<int>& chosen) const {
  RampRuns result;
  const auto index = [&chosen](int position) {
    return static_cast<int>(std::lower_bound(chosen.begin(), chosen.end(), position) - chosen.begin());
  };
  for (const Run& run : runs_) {
    const int left = index(run.left), right = index(run.right);
    if (left == right) continue;
    result.runs_.push_back({run.last_wavelet, left, right, run.length, result.times_.size(), 0, 0});
    for (int at = left; at < right; ++at) result.times_.push_back(start(run, chosen[static_cast<std::size_t>(at)]));
  }
  return result;
}

void RampRuns::save(std::int32_t origin, std::int64_t wavelet, std::vector<std::int32_t>& to) const {
  to.push_back(static_cast<std::int32_t>(runs_.size()));
  for (const Run& run : runs_) {
    to.insert(to.end(), {static_cast<std::int32_t>(run.last_wavelet - wavelet), run.left, run.right, run.length});
    const std::size_t begin = to.size();
    to.resize(begin + static_cast<std::size_t>(run.right - run.left));
    const std::int32_t* times = times_.data() + run.first;
    std::transform(times, times + (run.right - run.left), to.data() + begin,
                   [=](std::int32_t time) { return time - origin; });
  }
}

const std::int32_t* RampRuns::load(std::int32_t origin, std::int64_t wavelet, const std::int32_t* from) {
  runs_.clear();
  times_.clear();
  for (std::int32_t runs = *from++; runs > 0; --runs) {
    runs_.push_back({from[0] + wavelet, from[1], from[2], from[3], times_.size()});
    from += 4;
    for (int p = runs_.back().left; p < runs_.back().right; ++p) times_.push_back(*from++ + origin);
  }
  return from;
}

void LineRuns::compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const {
  for (const RampRuns& line : lines_) line.compare_positions(shift, differs);
}

void LineRuns::take_lines(const LineRuns& from, const std::vector<LineSource>& sources) {
  for (std::size_t line = 0; line < sources.size(); ++line)
    lines_[line] = from.of(sources[line].line).later(sources[line].later);
}

void LineRuns::take_positions(const LineRuns& from, const std::vector<int>& chosen) {
  for (std::size_t line = 0; line < lines_.size(); ++line) lines_[line] = from.lines_[line].picked(chosen);
}

void LineRuns::save(int line, const LineOrigin& origin, Times& to) const {
  of(line).save(origin.cycle, origin.sizes.wavelets_before(line), to);
}

void LineRuns::load(int line, const LineOrigin& origin, const std::int32_t*& from) {
  from = of(line).load(origin.cycle, origin.sizes.wavelets_before(line), from);
}

}  // namespace weft::hw
