#include "sw/report/roofline.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "sw/report/steady_state.h"

namespace weft::sw {

std::vector<RooflineRow> roofline(const RunReport& report) {
  std::vector<RooflineRow> rows;
  const std::optional<SteadyState> steady = steady_state(report);
  if (!steady || report.peak.macs_per_cycle == 0 || report.peak.link_bits_per_cycle <= 0) return rows;
  std::set<std::pair<int, std::int64_t>> counted;
  for (const StepRecord& step : report.steps)
    if (steady->counts(step)) counted.emplace(step.stage, step.step);
  std::map<std::tuple<int, std::string, std::string>, std::size_t> place;
  std::vector<double> count;
  for (const proto::CausedLaunch& launch : report.launches) {
    if (launch.macs == 0 || counted.count({launch.stage, launch.step}) == 0) continue;
    const auto [found, added] = place.try_emplace({launch.layer, launch.kernel, launch.pass}, rows.size());
    if (added) {
      RooflineRow& made = rows.emplace_back();
      made.layer = launch.layer;
      made.kernel = launch.kernel;
      made.pass = launch.pass;
      count.push_back(0);
    }
    RooflineRow& row = rows[found->second];
    ++count[found->second];
    row.macs += static_cast<double>(launch.macs);
    row.bytes += static_cast<double>(std::max(launch.stream_in_bytes, launch.stream_out_bytes));
    row.cycles += static_cast<double>(launch.end - launch.start);
  }
  for (std::size_t index = 0; index < rows.size(); ++index) {
    RooflineRow& row = rows[index];
    for (double* value : {&row.macs, &row.bytes, &row.cycles}) *value /= count[index];
    const double arithmetic = row.macs / static_cast<double>(report.peak.macs_per_cycle),
                 ethernet = row.bytes * 8 / report.peak.link_bits_per_cycle;
    row.roof = arithmetic >= ethernet ? "arithmetic" : "ethernet";
    row.roof_cycles = std::max(arithmetic, ethernet);
  }
  return rows;
}

}  // namespace weft::sw
