#include "sw/report/steady_state.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "hw/spec/kernel_table.h"

namespace weft::sw {

namespace {

/// Of a launch's multiply-adds, those with a weight that is not zero for ever. Zeros count where they travel. Of a
/// table none: to look a row up is no arithmetic.
double useful_share(const RunReport& report, const proto::CausedLaunch& launch) {
  const hw::Kernel* kernel = hw::find_kernel(launch.kernel);
  const auto layers = report.plan.find("layers");
  if (!kernel || layers == report.plan.end()) return 1;
  const auto& layer = layers->at(static_cast<std::size_t>(launch.layer));
  if (layer.value("table", false)) return 0;
  if (!layer.contains("zeros_travel")) return 1;
  const auto density = layer.at("density").get<double>();
  const auto inputs = layer.at("inputs").get<double>();
  return kernel->has_bias() && layer.value("bias", true) ? (density * inputs + 1) / (inputs + 1) : density;
}

/// Of attention in tiles of keys.
bool scores_of_tile(const proto::CausedLaunch& launch) {
  return launch.tile > 0 && launch.kernel == hw::kernel_name(hw::KernelKind::attention_scores);
}

std::int64_t number_of(const StepRecord& step) { return step.train ? step.global_step : step.step + 1; }

}  // namespace

std::vector<bool> computed_again(const RunReport& report) {
  std::vector<bool> again;
  std::set<std::tuple<int, std::int64_t, int, int, int, std::string>> seen;
  for (const proto::CausedLaunch& launch : report.launches) {
    const bool first = (hw::is_forward_product(launch.kernel) || scores_of_tile(launch)) &&
                       seen.emplace(launch.stage, launch.step, launch.micro_batch, launch.layer, launch.tile,
                                    launch.tile > 0 ? launch.pass : "")
                           .second;
    // A tile's scores are made in the forward pass, again in the backward pass, and deltas of probabilities then.
    again.push_back(scores_of_tile(launch) ? first && launch.pass == hw::role_name(hw::KernelRole::delta)
                                           : hw::is_forward_product(launch.kernel) && !first);
  }
  return again;
}

bool SteadyState::counts(const StepRecord& step) const { return step.train == train && number_of(step) >= first; }

double SteadyState::seconds(const RunReport& report) const {
  return step_cycles / (static_cast<double>(report.clock_mhz) * 1e6);
}

double SteadyState::samples_per_second(const RunReport& report) const { return report.batch.samples / seconds(report); }

double SteadyState::flop_per_second(const RunReport& report) const {
  return 2 * useful_macs * report.systems / seconds(report);
}

double SteadyState::mfu(const RunReport& report) const {
  return useful_macs / (static_cast<double>(report.peak.macs_per_cycle) * step_cycles);
}

double SteadyState::hfu(const RunReport& report) const {
  return macs / (static_cast<double>(report.peak.macs_per_cycle) * step_cycles);
}

std::optional<SteadyState> steady_state(const RunReport& report) {
  if (report.steps.empty()) return std::nullopt;
  SteadyState steady;
  steady.train = std::any_of(report.steps.begin(), report.steps.end(), [](const StepRecord& s) { return s.train; });
  std::vector<const StepRecord*> of_kind;
  for (const StepRecord& step : report.steps)
    if (step.train == steady.train) of_kind.push_back(&step);
  steady.extrapolated = of_kind.size() == 1;
  steady.first = number_of(*of_kind[steady.extrapolated ? 0 : 1]);
  std::set<std::pair<int, std::int64_t>> counted;
  double period = 0;
  for (const StepRecord* step : of_kind) {
    if (!steady.counts(*step)) continue;
    counted.emplace(step->stage, step->step);
    period += static_cast<double>(step->period);
  }
  steady.steps = static_cast<std::int64_t>(counted.size());
  const auto steps = static_cast<double>(steady.steps);
  steady.step_cycles = period / steps;
  double compute = 0;
  const std::vector<bool> again = computed_again(report);
  for (std::size_t index = 0; index < report.launches.size(); ++index) {
    const proto::CausedLaunch& launch = report.launches[index];
    if (counted.count({launch.stage, launch.step}) == 0) continue;
    steady.macs += static_cast<double>(launch.macs) / steps;
    if (!again[index]) steady.useful_macs += useful_share(report, launch) * static_cast<double>(launch.macs) / steps;
    compute += static_cast<double>(launch.classes[static_cast<std::size_t>(proto::TimeClass::compute)]) / steps;
  }
  if (steady.extrapolated && steady.train && !report.works.all.empty()) {
    double longest = static_cast<double>(report.works.walk);
    for (const StepWorkload& work : report.works.all) longest = std::max(longest, static_cast<double>(work.measured));
    steady.step_cycles = std::min(longest, steady.step_cycles);
  }
  const double all = static_cast<double>(report.pes) * steady.step_cycles;
  steady.pe_compute_share = all > 0 ? compute / all : 0;
  return steady;
}

}  // namespace weft::sw
