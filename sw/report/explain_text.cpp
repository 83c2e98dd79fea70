#include "sw/report/explain_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/report/step_words.h"
#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

struct OfLimiter {
  proto::Limiter limiter;
  Cycle cycles = 0;
  std::vector<const proto::LaunchExplanation::Part*> places;  ///< the largest first
};

std::vector<OfLimiter> by_limiter(const proto::LaunchExplanation& launch) {
  std::vector<OfLimiter> all;
  for (const proto::LaunchExplanation::Part& part : launch.parts) {
    auto same = std::find_if(all.begin(), all.end(), [&](const OfLimiter& of) { return of.limiter == part.limiter; });
    if (same == all.end()) same = all.insert(all.end(), {part.limiter, 0, {}});
    same->cycles += part.cycles;
    same->places.push_back(&part);
  }
  std::stable_sort(all.begin(), all.end(), [](const OfLimiter& a, const OfLimiter& b) { return a.cycles > b.cycles; });
  return all;
}

std::string cycles_text(Cycle cycles) { return grouped(static_cast<double>(cycles)); }

std::string line(Cycle cycles, Cycle of, const std::string& words) {
  const double share = of > 0 ? 100.0 * static_cast<double>(cycles) / static_cast<double>(of) : 0;
  return fmt::format("  {:>15} {:>5.1f} %  {}\n", cycles_text(cycles), share, words);
}

}  // namespace

std::string explain_text(const std::vector<proto::LaunchExplanation>& launches) {
  if (launches.empty()) return "No launch to explain: the run ended before its last step.\n";
  constexpr std::size_t most_places = 2;
  std::string text = "What held up one launch of each kind, followed back from its last cycle\n";
  for (const proto::LaunchExplanation& launch : launches) {
    text += "\n" + wrapped("", 4, fmt::format("{}: {} cycles", launch.name, cycles_text(launch.length)));
    for (const OfLimiter& of : by_limiter(launch)) {
      text += line(of.cycles, launch.length, words_of(of.limiter));
      for (std::size_t place = 0; place < std::min(most_places, of.places.size()); ++place)
        text += fmt::format("{:>29}{}: {}\n", "", of.places[place]->place, cycles_text(of.places[place]->cycles));
      if (of.places.size() > most_places)
        text += fmt::format("{:>29}and {} places more\n", "", of.places.size() - most_places);
    }
    if (launch.total() < launch.length)
      text += line(launch.length - launch.total(), launch.length, "the recurrences end later than the programs");
  }
  return text;
}

}  // namespace weft::sw
