#include "sw/report/run_report.h"

#include <fmt/format.h>

#include <numeric>

#include "sw/report/simulated_share.h"
#include "tlm/base/clock_crossing.h"

namespace weft::sw {

using proto::LaunchRecord;

void check_conservation(const RunReport& report) {
  const auto sum = [](const proto::ClassCycles& classes) {
    return std::accumulate(classes.begin(), classes.end(), std::int64_t{0});
  };
  for (const LaunchRecord& launch : report.launches)
    if (sum(launch.classes) != report.pes * (launch.end - launch.start))
      throw SimulationError(fmt::format(
          "the time classes of {} of layer {} in step {} add up to {} PE-cycles, there were {}", launch.kernel,
          launch.layer, launch.step, sum(launch.classes), report.pes * (launch.end - launch.start)));
  if (sum(report.classes) != report.pes * report.cycles)
    throw SimulationError(fmt::format("the time classes of the run add up to {} PE-cycles, there were {}",
                                      sum(report.classes), report.pes * report.cycles));
}

Cycle turn_bubble(const std::vector<LaunchRecord>& step, Cycle end_before) {
  if (step.empty()) return 0;
  Cycle bubble = step.front().start - end_before;
  for (const LaunchRecord& launch : step) {
    if (launch.kernel == "load_input") continue;
    return bubble + launch.stream_wait;
  }
  return bubble;
}

namespace {

nlohmann::ordered_json updates_json(const RunReport& report) {
  std::vector<const StepRecord*> trained;
  for (const StepRecord& step : report.steps)
    if (step.train) trained.push_back(&step);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const proto::UpdateRecord& update : report.updates) {
    const StepRecord& step = *trained.at(static_cast<std::size_t>(update.train_step));
    rows.push_back({step.stage, step.step, update.layer, update.start, update.end, update.applied});
  }
  return {{"columns", {"stage", "step", "layer", "start_ps", "end_ps", "applied"}}, {"rows", std::move(rows)}};
}

}  // namespace

Picosecond RunReport::end_ps() const {
  Picosecond end = to_ps(Clock{clock_mhz}, cycles);
  for (const proto::LinkRecord& link : links) end = std::max(end, link.end);
  return end;
}

double RunReport::seconds() const { return static_cast<double>(cycles) / (static_cast<double>(clock_mhz) * 1e6); }

double RunReport::samples_per_second() const {
  std::int64_t samples = 0;
  for (const StepRecord& step : steps) samples += step.samples;
  return cycles > 0 ? static_cast<double>(samples) / seconds() : 0;
}

double RunReport::pe_utilisation() const {
  const double all = static_cast<double>(pes) * static_cast<double>(cycles);
  return all > 0 ? static_cast<double>(classes[static_cast<std::size_t>(proto::TimeClass::compute)]) / all : 0;
}

nlohmann::ordered_json to_json(const RunReport& report) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["schema"] = report_schema;
  json["run"] = {{"model", report.model},
                 {"machine", report.machine},
                 {"mode", report.mode},
                 {"systems", report.systems},
                 {"batch", report.batch},
                 {"micro_batches", report.micro_batches},
                 {"pes", report.pes},
                 {"clock_mhz", report.clock_mhz},
                 {"layers", report.layers},
                 {"cycles", report.cycles},
                 {"end_ps", report.end_ps()},
                 {"samples_per_second", report.samples_per_second()},
                 {"pe_utilisation", report.pe_utilisation()}};
  json["configuration"] = report.configuration;
  json["plan"] = report.plan;
  Json steps = Json::array();
  for (const StepRecord& step : report.steps)
    steps.push_back({{"stage", step.stage},
                     {"train", step.train},
                     {"step", step.step},
                     {"global_step", step.global_step},
                     {"loss", step.loss},
                     {"correct", step.correct},
                     {"samples", step.samples},
                     {"start", step.start},
                     {"end", step.end},
                     {"bubble", step.bubble},
                     {"loss_at_ps", step.loss_at}});
  json["steps"] = std::move(steps);
  Json columns = {
      "stage",       "step",      "micro_batch", "launch",   "kernel", "layer",           "start",
      "end",         "predicted", "stream_wait", "bound_by", "macs",   "stream_in_bytes", "stream_out_bytes",
      "wavelet_hops"};
  for (const char* name : proto::time_class_names) columns.push_back(name);
  Json rows = Json::array();
  for (const LaunchRecord& launch : report.launches) {
    Json row = {launch.stage,
                launch.step,
                launch.micro_batch,
                launch.launch,
                launch.kernel,
                launch.layer,
                launch.start,
                launch.end,
                launch.predicted,
                launch.stream_wait,
                launch.bound_by,
                launch.macs,
                launch.stream_in_bytes,
                launch.stream_out_bytes,
                launch.fabric_wavelet_hops};
    for (std::int64_t cycles : launch.classes) row.push_back(cycles);
    rows.push_back(std::move(row));
  }
  json["launches"] = {{"columns", std::move(columns)}, {"rows", std::move(rows)}};
  json["updates"] = updates_json(report);
  if (report.clips) json["clipping"] = clip_json(*report.clips);
  Json links = Json::array();
  for (const proto::LinkRecord& link : report.links)
    links.push_back({{"name", link.name}, {"class", link.link_class}, {"bytes", link.bytes}, {"busy_ps", link.busy}});
  json["links"] = std::move(links);
  Json classes;
  for (std::size_t which = 0; which < report.classes.size(); ++which)
    classes[proto::time_class_names[which]] = report.classes[which];
  json["time_classes"] = std::move(classes);
  std::int64_t simulated = 0, added = 0;
  for (const LaunchRecord& launch : report.launches) {
    simulated += launch.rounds_simulated;
    added += launch.rounds_added;
  }
  if (report.programs) {
    const proto::ProgramTotals& programs = *report.programs;
    json["programs"] = {{"launches", programs.launches},
                        {"sums_compared", programs.sums},
                        {"program_cycles", programs.program_cycles},
                        {"recurrence_cycles", programs.recurrence_cycles},
                        {"worst_deviation_cycles", programs.worst_deviation},
                        {"worst_deviation_percent", programs.worst_percent},
                        {"rtl_tile_cycles", programs.clocked_cycles}};
  }
  Json shares = Json::array();
  for (const SimulatedShare& share : simulated_shares(report.launches)) {
    Json layers = Json::array();
    for (const int layer : share.layers) layers.push_back(report.layers[static_cast<std::size_t>(layer)]);
    shares.push_back({{"kernel", share.kernel},
                      {"simulated", share.simulated},
                      {"layers", std::move(layers)},
                      {"launches", share.launches},
                      {"cycles", share.cycles},
                      {"pe_rounds", share.pe_rounds},
                      {"pe_rounds_simulated", share.pe_rounds_simulated}});
  }
  json["host"] = {{"provenance", provenance_json(report.host.provenance)},
                  {"ended", report.host.ended},
                  {"wall_seconds", report.host.wall_seconds},
                  {"cycles_per_second", static_cast<double>(report.cycles) / report.host.wall_seconds},
                  {"peak_memory_mib", report.host.peak_memory_mib},
                  {"threads", report.host.threads},
                  {"regions", report.host.regions},
                  {"cut_crossings", report.host.cut_crossings},
                  {"fast_forward", report.host.fast_forward},
                  {"systems_simulated", report.host.systems},
                  {"rounds_simulated", simulated},
                  {"rounds_added", added},
                  {"simulated", std::move(shares)}};
  return json;
}

}  // namespace weft::sw
