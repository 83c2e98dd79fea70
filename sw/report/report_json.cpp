// report.json of a run.
#include <fmt/format.h>

#include <algorithm>

#include "sw/report/evaluation.h"
#include "sw/report/roofline.h"
#include "sw/report/run_report.h"
#include "sw/report/simulated_share.h"
#include "sw/report/steady_state.h"
#include "sw/report/step_path.h"
#include "sw/report/verdict.h"

namespace weft::sw {

namespace {

using Json = nlohmann::ordered_json;

nlohmann::ordered_json updates_json(const RunReport& report) {
  std::vector<const StepRecord*> trained;
  for (const StepRecord& step : report.steps)
    if (step.train) trained.push_back(&step);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const proto::UpdateRecord& update : report.updates) {
    const StepRecord& step = *trained.at(static_cast<std::size_t>(update.train_step));
    rows.push_back(
        {step.stage, step.step, update.layer, update.start, update.end, update.applied, proto::key_of(update.limiter)});
  }
  return {{"columns", {"stage", "step", "layer", "start_ps", "end_ps", "applied", "limiter"}},
          {"rows", std::move(rows)}};
}

Json steady_json(const RunReport& report, const SteadyState& steady) {
  return {{"train", steady.train},
          {"how", steady.extrapolated ? "extrapolated" : "measured"},
          {"first_step", steady.first},
          {"steps", steady.steps},
          {"step_cycles", steady.step_cycles},
          {"step_seconds", steady.seconds(report)},
          {"samples_per_second", steady.samples_per_second(report)},
          {"tokens_per_second", steady.samples_per_second(report) * report.batch.sample_tokens},
          {"flop_per_second", steady.flop_per_second(report)},
          {"mfu", steady.mfu(report)},
          {"hfu", steady.hfu(report)},
          {"pe_compute_share", steady.pe_compute_share}};
}

Json next_sentence_json(const Evaluation& evaluation) {
  return {{"loss", evaluation.next_sentence->loss},
          {"correct", evaluation.next_sentence->correct},
          {"samples", evaluation.samples},
          {"accuracy", evaluation.next_sentence_accuracy()}};
}

Json losses_json(const HalfLosses& losses) {
  return {{"values", losses.values}, {"became_zero", losses.zeros}, {"became_infinite", losses.infinities}};
}

Json gradients_json(const RunReport& report, const hw::LayerLosses& losses) {
  Json json = losses_json(sum_of(losses));
  Json& lossy = json["lossy"] = Json::array();
  for (std::size_t layer = 0; layer < losses.size(); ++layer) {
    if (losses[layer].zeros + losses[layer].infinities == 0) continue;
    Json row{{"layer", report.layers[layer]}};
    row.update(losses_json(losses[layer]));
    lossy.push_back(std::move(row));
  }
  return json;
}

Json rounding_json(const RunReport& report) {
  Json json = losses_json(report.rounding->all());
  Json& lossy = json["lossy"] = Json::array();
  for (const RoundedLaunches& one : report.rounding->lossy()) {
    Json row{{"kernel", one.kernel}, {"pass", one.pass}, {"layer", report.layers[static_cast<std::size_t>(one.layer)]}};
    row.update(losses_json(one.losses));
    lossy.push_back(std::move(row));
  }
  if (const auto& gradients = report.rounding->gradients)
    json["gradients"] = {{"edge", gradients_json(report, gradients->edge)},
                         {"swarmx", gradients_json(report, gradients->swarmx)}};
  return json;
}

Json verdict_json(const Verdict& verdict) {
  const auto part = [](const VerdictPart& one) {
    return Json{{"limiter", proto::key_of(one.limiter)},
                {"name", proto::words_of(one.limiter)},
                {"cycles", one.cycles},
                {"share", one.share}};
  };
  Json json = part(verdict.binds);
  json["text"] = verdict.text;
  json["next"] = part(verdict.next);
  return json;
}

Json works_json(const RunReport& report) {
  Json works = Json::array();
  for (const StepWorkload& work : report.works.all)
    works.push_back({{"what", work.what},
                     {"limiter", proto::key_of(work.limiter)},
                     {"predicted_cycles", work.predicted},
                     {"measured_cycles", work.measured}});
  return works;
}

Json path_json(const RunReport& report) {
  Json rows = Json::array();
  const PathReader paths(report);
  for (const proto::StepPath& path : report.paths)
    for (const PathRow& row : paths.rows(path))
      rows.push_back({path.stage, path.step, proto::key_of(row.limiter), row.work.layer, row.work.launch, row.kernel,
                      row.first.since(), row.cycles});
  return {{"columns", {"stage", "step", "limiter", "layer", "launch", "kernel", "first", "cycles"}},
          {"rows", std::move(rows)}};
}

Json roofline_json(const RunReport& report) {
  Json rows = Json::array();
  for (const RooflineRow& row : roofline(report))
    rows.push_back({{"layer", report.layers[static_cast<std::size_t>(row.layer)]},
                    {"kernel", row.kernel},
                    {"pass", row.pass},
                    {"macs", row.macs},
                    {"bytes", row.bytes},
                    {"cycles", row.cycles},
                    {"roof", row.roof},
                    {"roof_cycles", row.roof_cycles},
                    {"share", row.share()}});
  return rows;
}

}  // namespace

nlohmann::ordered_json to_json(const RunReport& report) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["schema"] = report_schema.text();
  json["time_rules"] = time_rules;
  json["run"] = {{"model", report.model},
                 {"machine", report.machine},
                 {"mode", report.mode},
                 {"systems", report.systems},
                 {"batch", report.batch.samples},
                 {"micro_batches", report.micro_batches},
                 {"pes", report.pes},
                 {"clock_mhz", report.clock_mhz},
                 {"layers", report.layers},
                 {"cycles", report.cycles},
                 {"end_ps", report.end_ps()},
                 {"samples_per_second", report.samples_per_second()},
                 {"pe_compute_share", report.pe_compute_share()}};
  if (report.batch.of_sequences()) json["run"]["sample_tokens"] = report.batch.sample_tokens;
  json["configuration"] = report.configuration;
  json["plan"] = report.plan;
  Json steps = Json::array();
  for (const StepRecord& step : report.steps) {
    steps.push_back({{"stage", step.stage},
                     {"train", step.train},
                     {"step", step.step},
                     {"global_step", step.global_step},
                     {"loss", step.loss},
                     {"correct", step.correct},
                     {"samples", step.samples},
                     {"start", step.start.since()},
                     {"end", step.end.since()},
                     {"period", step.period},
                     {"bubble", step.bubble},
                     {"idle",
                      {{"samples", step.idle.samples},
                       {"weights", step.idle.weights},
                       {"update", step.idle.update},
                       {"between", step.idle.between}}},
                     {"loss_at_ps", step.loss_at}});
    if (step.unlabelled > 0) steps.back()["unlabelled"] = step.unlabelled;
    if (step.next_sentence)
      steps.back()["next_sentence"] = {{"loss", step.next_sentence->loss}, {"correct", step.next_sentence->correct}};
  }
  json["steps"] = std::move(steps);
  if (const auto evaluation = last_evaluation(report); evaluation && evaluation->of_tokens && !report.timing_only())
    json["evaluation"] = {{"global_step", evaluation->global_step}, {"loss", evaluation->loss},
                          {"perplexity", evaluation->perplexity()}, {"correct", evaluation->correct},
                          {"tokens", evaluation->predictions},      {"accuracy", evaluation->accuracy()}};
  if (json.contains("evaluation") && last_evaluation(report)->next_sentence)
    json["evaluation"]["next_sentence"] = next_sentence_json(*last_evaluation(report));
  if (const std::optional<SteadyState> steady = steady_state(report)) {
    json["steady"] = steady_json(report, *steady);
    json["verdict"] = verdict_json(verdict_of(report, *steady));
  }
  json["works"] = works_json(report);
  json["path"] = path_json(report);
  json["roofline"] = roofline_json(report);
  Json columns = {"stage",       "step", "micro_batch",     "launch",           "kernel",      "layer",
                  "start",       "end",  "predicted",       "stream_wait",      "wait",        "limiter",
                  "most_cycles", "macs", "stream_in_bytes", "stream_out_bytes", "wavelet_hops"};
  for (const char* name : proto::time_class_names) columns.push_back(name);
  for (const char* name : {"wait_samples", "wait_weights", "wait_update", "wait_deltas", "pass"})
    columns.push_back(name);
  const bool tiles = std::any_of(report.launches.begin(), report.launches.end(),
                                 [](const proto::CausedLaunch& launch) { return launch.tile > 0; });
  if (tiles) columns.push_back("tile");
  Json rows = Json::array();
  const PathReader limiters(report);
  for (const proto::CausedLaunch& launch : report.launches) {
    Json row = {launch.stage,
                launch.step,
                launch.micro_batch,
                launch.launch,
                launch.kernel,
                launch.layer,
                launch.start.since(),
                launch.end.since(),
                launch.predicted,
                launch.stream_wait,
                launch.wait,
                proto::key_of(limiters.limiter(launch)),
                launch.bound_by,
                launch.macs,
                launch.stream_in_bytes,
                launch.stream_out_bytes,
                launch.fabric_wavelet_hops};
    for (std::int64_t cycles : launch.classes) row.push_back(cycles);
    const proto::StreamWaits& waits = launch.waits;
    for (std::int64_t cycles : {waits.samples, waits.weights, waits.update, waits.deltas}) row.push_back(cycles);
    row.push_back(launch.pass);
    if (tiles) row.push_back(launch.tile);
    rows.push_back(std::move(row));
  }
  json["launches"] = {{"columns", std::move(columns)}, {"rows", std::move(rows)}};
  json["updates"] = updates_json(report);
  if (report.clips) json["clipping"] = clip_json(*report.clips);
  Json links = Json::array();
  for (const proto::LimitingLink& link : report.links)
    links.push_back({{"name", link.name},
                     {"class", link.link_class},
                     {"bytes", link.bytes},
                     {"busy_ps", link.busy},
                     {"step_busy_ps", link.step_busy}});
  json["links"] = std::move(links);
  Json classes;
  for (std::size_t which = 0; which < report.classes.size(); ++which)
    classes[proto::time_class_names[which]] = report.classes[which];
  json["time_classes"] = std::move(classes);
  std::int64_t simulated = 0, added = 0;
  for (const proto::CausedLaunch& launch : report.launches) {
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
  if (report.rounding) json["rounding"] = rounding_json(report);
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
