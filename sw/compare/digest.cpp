#include "sw/compare/digest.h"

#include <fmt/format.h>

#include <cmath>

#include "sw/report/report_file.h"
#include "sw/report/report_rows.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

using Json = nlohmann::ordered_json;
using StepName = std::pair<std::int64_t, std::int64_t>;  ///< stage, step within it

double number(const Json& value) {
  if (!value.is_number()) throw std::out_of_range(value.dump() + " is no number");
  const auto result = value.get<double>();
  if (!std::isfinite(result)) throw std::out_of_range("a number is not finite");
  return result;
}

void read_settings(const Json& report, Digest& digest) {
  if (!report.contains("configuration")) return;  // a golden report
  for (const char* kind : {"machine", "model"})
    for (const auto& [path, value] : report.at("configuration").at(kind).items()) {
      const Json& what = value.at("value");
      digest.settings[fmt::format("{} {}", kind, path)] = {what.is_string() ? what.get<std::string>() : what.dump(),
                                                           text(value.at("origin"))};
    }
}

void read_plan(const Json& report, Digest& digest) {
  const Json& plan = report.at("plan");
  for (const char* key :
       {"width", "height", "axis", "lanes", "micro_batches", "retain", "segment", "stream_order", "stream_block"})
    if (plan.contains(key)) digest.plan[key] = plan.at(key).dump();
  if (!plan.contains("layers")) return;
  digest.layers = plan.at("layers");
  for (Json& layer : digest.layers) {  // the plan's choice, in the same model
    if (!layer.contains("tile_keys")) continue;
    digest.plan["tile_keys"] = layer.at("tile_keys").dump();
    layer.erase("tile_keys");
  }
}

/// The step that a row belongs to, if it is one of those that count.
struct Steps {
  std::map<StepName, bool> is_first;  ///< of those that count

  StepDigest* of(Digest& digest, const Rows& rows, std::size_t row) const {
    const auto found = is_first.find({rows.whole(row, "stage"), rows.whole(row, "step")});
    if (found == is_first.end()) return nullptr;
    return found->second ? &digest.first : &digest.steady;
  }
};

Steps read_steps(const Json& report, Digest& digest) {
  const Json& list = report.at("steps");
  digest.trains = false;
  for (const Json& step : list) digest.trains |= truth(step.at("train"));
  std::int64_t left = 0;
  for (const Json& step : list) left += truth(step.at("train")) == digest.trains ? 1 : 0;
  const bool several = left > 2;
  Steps steps;
  std::int64_t end_before = 0;
  const bool timed_only =
      !list.empty() && list.front().at("loss").is_null() && integer(list.front().at("correct")) == 0;
  for (const Json& step : list) {
    const std::int64_t end = integer(step.at("end"));
    if (end < end_before) throw std::out_of_range("a step ends before the one before");
    const bool train = truth(step.at("train"));
    if (train == digest.trains && (--left > 0 || !several)) {
      const bool first = steps.is_first.empty();
      steps.is_first[{integer(step.at("stage")), integer(step.at("step"))}] = first;
      StepDigest& of = first ? digest.first : digest.steady;
      ++of.steps;
      of.cycles += static_cast<double>(end - end_before);
    }
    end_before = end;
    if (train) {
      if (step.at("loss").is_number())
        digest.loss.of_step[integer(step.at("global_step"))] = number(step.at("loss"));
      else if (!timed_only)
        digest.lost.insert(integer(step.at("global_step")));
      if (step.contains("next_sentence") && step.at("next_sentence").at("loss").is_number())
        digest.next_sentence.of_step[integer(step.at("global_step"))] = number(step.at("next_sentence").at("loss"));
    }
  }
  return steps;
}

/// As the report has it: means over what has a label.
void read_evaluation(const Json& report, Digest& digest) {
  if (!report.contains("evaluation")) return;
  const auto read = [](const Json& from, LossDigest& to) {
    if (!from.at("loss").is_number()) return;
    to.evaluation = number(from.at("loss"));
    to.accuracy = number(from.at("accuracy"));
  };
  const Json& evaluation = report.at("evaluation");
  read(evaluation, digest.loss);
  if (evaluation.contains("next_sentence")) read(evaluation.at("next_sentence"), digest.next_sentence);
}

void read_launches(const Json& report, const Steps& steps, Digest& digest) {
  const Json& layers = report.at("run").at("layers");
  const auto layer_name = [&](std::int64_t layer) { return text(layers.at(static_cast<std::size_t>(layer))); };
  const Rows launches(report.at("launches"));
  for (std::size_t row = 0; row < launches.size(); ++row) {
    const std::string layer = layer_name(launches.whole(row, "layer")), kernel = text(launches.at(row, "kernel"));
    digest.launches.emplace(layer, kernel);
    const auto [start, end] = launches.span(row, "start", "end");
    if (StepDigest* step = steps.of(digest, launches, row)) step->launches[{"launch", layer, kernel}] += end - start;
  }
  for (StepDigest* step : {&digest.first, &digest.steady}) {
    double rest = step->cycles;
    for (const auto& [key, cycles] : step->launches) rest -= cycles;
    if (step->steps > 0) step->launches[{"between", "", ""}] = rest;
  }
  if (!report.contains("path")) return;
  const Rows path(report.at("path"));
  for (std::size_t row = 0; row < path.size(); ++row) {
    StepDigest* step = steps.of(digest, path, row);
    if (!step) continue;
    const Json& layer = path.at(row, "layer");
    const bool none = layer.is_number_integer() && layer.get<std::int64_t>() == -1;
    step->path[{text(path.at(row, "limiter")), none ? "" : layer_name(integer(layer)), text(path.at(row, "kernel"))}] +=
        static_cast<double>(path.whole(row, "cycles"));
  }
}

void read_updates(const Json& report, const Steps& steps, Digest& digest) {
  if (!report.contains("updates")) return;
  const Json& layers = report.at("run").at("layers");
  const Rows rows(report.at("updates"));
  std::map<std::string, std::int64_t> count;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const StepDigest* step = steps.of(digest, rows, row);
    if (step != (digest.steady.steps > 0 ? &digest.steady : &digest.first)) continue;
    const std::string layer = text(layers.at(static_cast<std::size_t>(rows.whole(row, "layer"))));
    const auto [start, end] = rows.span(row, "start_ps", "end_ps");
    digest.updates[layer] += (end - start) * digest.clock_mhz * 1e-6;
    ++count[layer];
  }
  for (auto& [layer, cycles] : digest.updates) cycles /= static_cast<double>(count[layer]);
}

/// Means of the steps.
void finish(StepDigest& step) {
  if (step.steps == 0) return;
  const auto steps = static_cast<double>(step.steps);
  step.cycles /= steps;
  for (Attribution* rows : {&step.path, &step.launches})
    for (auto& [key, cycles] : *rows) cycles /= steps;
}

Digest read(const Json& report) {
  Digest digest;
  const Json& run = report.at("run");
  digest.model = text(run.at("model"));
  digest.machine = text(run.at("machine"));
  digest.systems = integer(run.at("systems"));
  digest.batch = integer(run.at("batch"));
  digest.clock_mhz = number(run.at("clock_mhz"));
  if (digest.clock_mhz <= 0) throw std::out_of_range("the clock stands");
  if (report.contains("time_rules")) digest.time_rules = integer(report.at("time_rules"));
  if (report.contains("host") && report.at("host").contains("provenance")) {
    const Json& from = report.at("host").at("provenance");
    for (const char* key : {"version", "commit"})
      if (from.contains(key)) digest.version += (digest.version.empty() ? "" : " ") + from.at(key).dump();
  }
  digest.ended = ended_of(report);
  read_settings(report, digest);
  read_plan(report, digest);
  const Steps steps = read_steps(report, digest);
  read_evaluation(report, digest);
  read_launches(report, steps, digest);
  read_updates(report, steps, digest);
  finish(digest.first);
  finish(digest.steady);
  const StepDigest& step = digest.steady.steps > 0 ? digest.steady : digest.first;
  if (step.cycles > 0)
    digest.samples_per_second = static_cast<double>(digest.batch) * digest.clock_mhz * 1e6 / step.cycles;
  if (report.contains("steady")) {
    digest.mfu = number(report.at("steady").at("mfu"));
    digest.samples_per_second = number(report.at("steady").at("samples_per_second"));
  }
  if (report.contains("verdict")) digest.verdict = text(report.at("verdict").at("text"));
  return digest;
}

}  // namespace

Digest digest_of(const std::filesystem::path& path) {
  const Json report = load_report(path);
  try {
    Digest digest = read(report);
    digest.file = path.string();
    return digest;
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(fmt::format("{}: is not a whole report: {}", path.string(), error.what()));
  } catch (const std::out_of_range& error) {
    throw UsageError(fmt::format("{}: is not a whole report: {}", path.string(), error.what()));
  }
}

}  // namespace weft::sw
