#include "sw/compare/attribution.h"

#include <algorithm>
#include <cmath>

#include "tlm/stats/limiter.h"

namespace weft::sw {

namespace {

/// Whole numbers that add up to `total`, which is the sum of `rows` x `scale`, rounded.
std::map<PathKey, std::int64_t> whole(const Attribution& rows, double scale, std::int64_t total) {
  std::map<PathKey, std::int64_t> result;
  std::vector<std::pair<double, PathKey>> remainders;
  std::int64_t left = total;
  for (const auto& [key, cycles] : rows) {
    const double exact = cycles * scale, down = std::floor(exact);
    left -= result[key] = static_cast<std::int64_t>(down);
    remainders.emplace_back(down - exact, key);
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t index = 0; left != 0 && !remainders.empty(); index = (index + 1) % remainders.size()) {
    result[remainders[index].second] += left > 0 ? 1 : -1;
    left += left > 0 ? -1 : 1;
  }
  return result;
}

}  // namespace

double ChangeTable::percent() const {
  return before > 0 ? 100.0 * static_cast<double>(change()) / static_cast<double>(before) : 0;
}

ChangeTable attribute(const Digest& before, const Digest& after) {
  ChangeTable table;
  table.first_step = before.steady.steps == 0 || after.steady.steps == 0;
  const StepDigest &a = table.first_step ? before.first : before.steady,
                   &b = table.first_step ? after.first : after.steady;
  table.paths = !a.path.empty() && !b.path.empty();
  double scale_before = 1, scale_after = 1;
  if (before.clock_mhz != after.clock_mhz) {
    table.unit = "ps";
    scale_before = 1e6 / before.clock_mhz;
    scale_after = 1e6 / after.clock_mhz;
  }
  table.before = std::llround(a.cycles * scale_before);
  table.after = std::llround(b.cycles * scale_after);
  const auto old_rows = whole(table.paths ? a.path : a.launches, scale_before, table.before);
  const auto new_rows = whole(table.paths ? b.path : b.launches, scale_after, table.after);
  std::map<PathKey, AttributedChange> rows;
  for (const auto& [key, value] : old_rows) rows[key].before = value;
  for (const auto& [key, value] : new_rows) rows[key].after = value;
  for (auto& [key, row] : rows) {
    row.key = key;
    table.rows.push_back(row);
  }
  const std::int64_t sign = table.change() < 0 ? -1 : 1;
  std::stable_sort(table.rows.begin(), table.rows.end(), [sign](const AttributedChange& x, const AttributedChange& y) {
    return sign * x.change() > sign * y.change();
  });
  return table;
}

std::string words_of(const PathKey& key) {
  std::string text = key.limiter == "launch" ? "" : key.limiter == "between" ? "between launches" : key.limiter;
  for (const proto::LimiterName& name : proto::limiter_names)
    if (name.key == key.limiter) text = name.words;
  const std::string work = key.layer + (key.layer.empty() || key.launch.empty() ? "" : " ") + key.launch;
  return text + (text.empty() || work.empty() ? "" : ", ") + work;
}

}  // namespace weft::sw
