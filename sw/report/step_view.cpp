#include "sw/report/step_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>

#include "hw/spec/kernel_table.h"
#include "sw/report/report_file.h"
#include "sw/report/report_rows.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

using Json = nlohmann::ordered_json;

/// A report of before has no passes: that of the kernel.
std::string phase_of(const Rows& rows, std::size_t row, const std::string& kernel) {
  if (rows.has("pass")) {
    std::string pass = text(rows.at(row, "pass"));
    using Role = hw::KernelRole;
    for (const Role role : {Role::samples, Role::forward, Role::loss, Role::delta, Role::gradient})
      if (pass == hw::role_name(role)) return pass;
    throw std::out_of_range("no pass " + pass);
  }
  if (const hw::Kernel* known = hw::find_kernel(kernel)) return hw::role_name(known->role);
  throw std::out_of_range("no kernel " + kernel);
}

/// The limiter of a launch; the version before named classes of time instead.
std::string kind_of(const Rows& rows, std::size_t row) {
  if (rows.has("limiter")) return text(rows.at(row, "limiter"));
  static const std::map<std::string, std::string> classes = {{"compute", "pe_arithmetic"}, {"issue", "pe_issue"},
                                                             {"receive", "pe_sum"},        {"stream", "ethernet_down"},
                                                             {"chain", "fabric_link"},     {"drain", "edge_out"}};
  return classes.at(text(rows.at(row, "bound_by")));
}

StepRow& row_of(std::vector<StepRow>& rows, const std::string& layer, const std::string& phase) {
  for (StepRow& row : rows)
    if (row.layer == layer && row.phase == phase) return row;
  return rows.emplace_back(StepRow{layer, phase, {}, 1});
}

/// The entry of `steps` that is asked for.
std::size_t find_step(const Json& steps, std::optional<std::int64_t> wanted) {
  const bool trains = std::any_of(steps.begin(), steps.end(), [](const Json& step) { return truth(step.at("train")); });
  std::optional<std::size_t> found;
  std::int64_t first = 0, last = 0;
  for (std::size_t index = 0; index < steps.size(); ++index) {
    const Json& step = steps[index];
    if (truth(step.at("train")) != trains) continue;
    last = trains ? integer(step.at("global_step")) : integer(step.at("step")) + 1;
    if (!first) first = last;
    if (!wanted || *wanted == last) found = index;
  }
  if (!first) throw UsageError("has no steps");
  if (!found)
    throw UsageError(
        fmt::format("--step {}: the run has {} {} to {}", *wanted, trains ? "training steps" : "batches", first, last));
  return *found;
}

void add_launches(StepView& view, const Json& report, std::int64_t stage, std::int64_t step) {
  const Json& layers = report.at("run").at("layers");
  const Rows rows(report.at("launches"));
  std::set<std::tuple<std::string, std::string, std::int64_t>> seen;
  bool first_stream = true;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.whole(row, "stage") != stage || rows.whole(row, "step") != step) continue;
    StepBar bar;
    bar.kernel = text(rows.at(row, "kernel"));
    std::tie(bar.start, bar.end) = rows.span(row, "start", "end");
    bar.wait = std::min(static_cast<double>(rows.whole(row, "stream_wait")), bar.end - bar.start);
    bar.kind = kind_of(rows, row);
    const std::string layer = text(layers.at(static_cast<std::size_t>(rows.whole(row, "layer"))));
    const std::string phase = phase_of(rows, row, bar.kernel);
    bar.what = fmt::format("{} {}, {}", layer, phase, bar.kernel);
    const std::int64_t micro_batch = rows.whole(row, "micro_batch");
    if (view.micro_batches > 1) bar.what += fmt::format(", micro-batch {}", micro_batch);
    const std::int64_t tile = rows.has("tile") ? rows.whole(row, "tile") : 0;
    if (tile > 0) bar.what += fmt::format(", tile {}", tile);
    if (!seen.emplace(bar.kernel + phase, layer, micro_batch).second && tile == 0) bar.what += ", computed again";
    const bool counted = first_stream && (!hw::loads_samples(bar.kernel) || rows.has("limiter"));
    if (counted && bar.wait > 0) view.idle.push_back({bar.start, bar.start + bar.wait, 0, "idle", "", "", false});
    if (hw::streams_weights(bar.kernel)) first_stream = false;
    row_of(view.rows, layer, phase).bars.push_back(std::move(bar));
  }
  if (view.rows.empty()) throw std::out_of_range("a step has no launches");
}

/// Updates by this training step, and by the one before as far as they reach into the picture.
void add_updates(StepView& view, const Json& report, const Json& step, const Json* before) {
  if (!report.contains("updates")) return;  // written before updates were timed
  const Json& layers = report.at("run").at("layers");
  const Rows rows(report.at("updates"));
  const auto of = [&](std::size_t row, const Json& record) {
    return rows.whole(row, "stage") == integer(record.at("stage")) &&
           rows.whole(row, "step") == integer(record.at("step"));
  };
  for (std::size_t row = 0; row < rows.size(); ++row) {
    StepBar bar;
    bar.earlier = before && of(row, *before);
    if (!bar.earlier && !of(row, step)) continue;
    std::tie(bar.start, bar.end) = rows.span(row, "start_ps", "end_ps");
    bar.start *= view.clock_mhz / 1e6;
    bar.end *= view.clock_mhz / 1e6;
    if (bar.earlier && bar.end <= view.from) continue;
    bar.kind = "update";
    const std::string layer = text(layers.at(static_cast<std::size_t>(rows.whole(row, "layer"))));
    bar.what = fmt::format("{} update{}{}", layer, bar.earlier ? " by the step before" : "",
                           truth(rows.at(row, "applied")) ? "" : ", refused: gradient not finite");
    if (!bar.earlier) view.to = std::max(view.to, bar.end);
    row_of(view.updates, layer, "update").bars.push_back(std::move(bar));
  }
  std::stable_sort(view.updates.begin(), view.updates.end(), [](const StepRow& a, const StepRow& b) {
    return a.bars.back().start < b.bars.back().start;  // that of this step comes last
  });
}

void add_links(StepView& view, const Json& report) {
  const bool of_step = !report.at("links").empty() && report.at("links").front().contains("step_busy_ps");
  const auto run_ps = static_cast<double>(integer(report.at("run").at("end_ps")));
  const double whole_ps = of_step ? view.period() / view.clock_mhz * 1e6 : run_ps;
  std::map<std::string, StepLinks> classes;
  for (const Json& link : report.at("links")) {
    StepLinks& sum = classes[text(link.at("class"))];
    ++sum.count;
    const auto busy = static_cast<double>(integer(link.at(of_step ? "step_busy_ps" : "busy_ps")));
    if (whole_ps > 0) sum.busiest = std::max(sum.busiest, busy / whole_ps);
  }
  for (auto& [name, sum] : classes) {
    sum.name = name;
    view.links.push_back(sum);
  }
}

void add_verdict(StepView& view, const Json& report, bool train) {
  if (ended_of(report) != "completed") view.ended = ended_of(report);
  if (report.contains("verdict")) view.verdict = text(report.at("verdict").at("text"));
  if (!train || !report.contains("works")) return;
  for (const Json& work : report.at("works"))
    view.works.push_back({text(work.at("what")), static_cast<double>(integer(work.at("predicted_cycles"))),
                          static_cast<double>(integer(work.at("measured_cycles")))});
}

/// Neighbouring layers whose phase takes as long, within 1 %, share a row where there are many.
void collapse(std::vector<StepRow>& rows) {
  constexpr std::size_t most = 48;  // about twelve layers
  if (rows.size() <= most) return;
  std::vector<StepRow> shown;
  for (StepRow& row : rows) {
    const auto same = std::find_if(shown.begin(), shown.end(), [&](const StepRow& one) {
      const double cycles = one.cycles() / one.layers;
      return one.phase == row.phase && one.bars.size() == one.layers * row.bars.size() &&
             one.bound_by() == row.bound_by() && std::fabs(row.cycles() - cycles) <= 0.01 * cycles;
    });
    if (same == shown.end()) {
      shown.push_back(std::move(row));
      continue;
    }
    ++same->layers;
    same->bars.insert(same->bars.end(), row.bars.begin(), row.bars.end());
  }
  rows = std::move(shown);
}

StepView view_of(const Json& report, std::optional<std::int64_t> wanted) {
  const Json& run = report.at("run");
  const Json& steps = report.at("steps");
  const std::size_t index = find_step(steps, wanted);
  const Json& step = steps[index];
  const bool train = truth(step.at("train"));
  StepView view;
  view.model = text(run.at("model"));
  view.machine = text(run.at("machine"));
  view.name = train ? fmt::format("step {}", integer(step.at("global_step")))
                    : fmt::format("evaluation batch {}", integer(step.at("step")) + 1);
  view.systems = integer(run.at("systems"));
  view.batch = integer(run.at("batch"));
  view.micro_batches = integer(run.at("micro_batches"));
  view.pes = integer(run.at("pes"));
  view.clock_mhz = static_cast<double>(integer(run.at("clock_mhz")));
  if (view.clock_mhz <= 0) throw std::out_of_range("the clock stands");
  view.start = static_cast<double>(integer(step.at("start")));
  view.end = view.to = static_cast<double>(integer(step.at("end")));
  view.bubble = static_cast<double>(integer(step.at("bubble")));
  view.from = index > 0 ? static_cast<double>(integer(steps[index - 1].at("end"))) : 0;
  if (view.from > view.start || view.start >= view.end) throw std::out_of_range("a step ends before it starts");
  if (view.start > view.from) view.idle.push_back({view.from, view.start, 0, "idle", "", "", false});
  add_launches(view, report, integer(step.at("stage")), integer(step.at("step")));
  const bool follows_training = index > 0 && truth(steps[index - 1].at("train"));
  if (train || follows_training) add_updates(view, report, step, follows_training ? &steps[index - 1] : nullptr);
  for (const StepRow& row : view.rows)
    for (const StepBar& bar : row.bars)
      if (bar.start < view.start || bar.end > view.end) throw std::out_of_range("a launch lies outside its step");
  add_links(view, report);
  add_verdict(view, report, train);
  collapse(view.rows);
  collapse(view.updates);
  return view;
}

}  // namespace

std::string StepRow::name() const { return layers == 1 ? layer : fmt::format("{} +{}", layer, layers - 1); }

double StepRow::cycles() const {
  double sum = 0;
  for (const StepBar& bar : bars) sum += bar.earlier ? 0 : bar.end - bar.start;
  return sum;
}

std::string StepRow::bound_by() const {
  std::map<std::string, double> sums;
  for (const StepBar& bar : bars) sums[bar.kind] += bar.earlier ? 0 : bar.end - bar.start;
  const auto most =
      std::max_element(sums.begin(), sums.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == sums.end() ? "" : most->first;
}

StepView step_view(const Json& report, const std::filesystem::path& path, std::optional<std::int64_t> step) {
  try {
    return view_of(report, step);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", path.string(), error.what()));
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(fmt::format("{}: is not a whole report: {}", path.string(), error.what()));
  } catch (const std::out_of_range& error) {
    throw UsageError(fmt::format("{}: is not a whole report: {}", path.string(), error.what()));
  }
}

}  // namespace weft::sw
