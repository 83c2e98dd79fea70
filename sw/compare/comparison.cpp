#include "sw/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sw/report/step_words.h"

namespace weft::sw {

namespace {

void settings_differences(const Digest& a, const Digest& b, std::vector<std::string>& lines) {
  const auto shown = [](const std::map<std::string, Setting>& of, const std::string& path) {
    const auto found = of.find(path);
    return found == of.end() ? std::string("nothing")
                             : fmt::format("{} ({})", found->second.value, found->second.origin);
  };
  const auto value = [](const std::map<std::string, Setting>& of, const std::string& path) {
    const auto found = of.find(path);
    return found == of.end() ? std::string() : found->second.value;
  };
  std::map<std::string, Setting> all = a.settings;
  all.insert(b.settings.begin(), b.settings.end());
  for (const auto& [path, setting] : all)
    if (value(a.settings, path) != value(b.settings, path))
      lines.push_back(fmt::format("{}: {} -> {}", path, shown(a.settings, path), shown(b.settings, path)));
}

std::vector<std::string> differences_of(const Digest& a, const Digest& b) {
  std::vector<std::string> lines;
  const auto add = [&](const char* what, const std::string& old_value, const std::string& new_value) {
    if (old_value != new_value) lines.push_back(fmt::format("{}: {} -> {}", what, old_value, new_value));
  };
  if (a.time_rules != b.time_rules)
    lines.push_back(fmt::format("rules of time: {} -> {}: the reports' cycles were counted by different models",
                                a.time_rules, b.time_rules));
  add("version", a.version, b.version);
  if (!a.ended.empty() && !b.ended.empty()) add("ended", a.ended, b.ended);
  add("model", a.model, b.model);
  add("machine", a.machine, b.machine);
  // Where the settings are told, these follow from them.
  if (a.settings.empty() || b.settings.empty()) {
    add("systems", std::to_string(a.systems), std::to_string(b.systems));
    add("batch", std::to_string(a.batch), std::to_string(b.batch));
    add("clock", fmt::format("{} MHz", a.clock_mhz), fmt::format("{} MHz", b.clock_mhz));
  } else {
    settings_differences(a, b, lines);
  }
  std::map<std::string, std::string> plan = a.plan;
  plan.insert(b.plan.begin(), b.plan.end());
  for (const auto& [key, value] : plan) {
    const auto in = [&key = key](const std::map<std::string, std::string>& of) {
      const auto found = of.find(key);
      return found == of.end() ? std::string("nothing") : found->second;
    };
    add(("plan " + key).c_str(), in(a.plan), in(b.plan));
  }
  return lines;
}

bool other_model(const Digest& a, const Digest& b) {
  if (a.layers.is_null() || b.layers.is_null()) return a.model != b.model;
  return a.layers != b.layers;
}

/// Launches follow from the plan: other kernels of another plan are not missing.
void find_missing(Comparison& comparison, const CompareRules& rules) {
  const Digest &a = comparison.before, &b = comparison.after;
  const auto list = [&](const Digest& has, const Digest& lacks) {
    for (const auto& launch : has.launches)
      if (lacks.launches.count(launch) == 0)
        comparison.missing.push_back(fmt::format("{} {}: only in {}", launch.first, launch.second, has.file));
  };
  list(a, b);
  list(b, a);
  for (const auto& [layer, cycles] : a.updates)
    if (b.updates.count(layer) == 0)
      comparison.missing.push_back(fmt::format("update of {}: only in {}", layer, a.file));
  for (const auto& [layer, cycles] : b.updates)
    if (a.updates.count(layer) == 0)
      comparison.missing.push_back(fmt::format("update of {}: only in {}", layer, b.file));
  if (!comparison.missing.empty() && a.plan == b.plan && !rules.any_model)
    comparison.failures.push_back(fmt::format("{} rows are only in one of them", comparison.missing.size()));
}

void compare_losses(Comparison& comparison, const CompareRules& rules) {
  const Digest &a = comparison.before, &b = comparison.after;
  for (const auto& [step, loss] : a.loss.of_step)
    if (b.loss.of_step.count(step) > 0) comparison.loss_step = step;
  const auto off = [&](double change, const std::string& what) {
    if (std::fabs(change) > rules.loss_tolerance)
      comparison.failures.push_back(fmt::format("{} is off by {:.3g}", what, change));
  };
  for (const LossChange& change : loss_changes(comparison))
    if (change.is_held) off(change.after - change.before, "the " + change.what);
  for (const std::int64_t step : b.lost)
    if (a.loss.of_step.count(step) > 0) {
      comparison.failures.push_back(fmt::format("the loss of step {} is no number", step));
      break;
    }
}

std::string signed_count(std::int64_t value) {
  return fmt::format("{}{}", value < 0 ? "-" : "+", short_count(static_cast<double>(std::llabs(value))));
}

}  // namespace

std::vector<LossChange> loss_changes(const Comparison& comparison) {
  std::vector<LossChange> changes;
  const auto add = [&](const LossDigest& a, const LossDigest& b, const std::string& of) {
    if (const auto step = comparison.loss_step; step && a.of_step.count(*step) > 0 && b.of_step.count(*step) > 0)
      changes.push_back({fmt::format("loss of step {}{}", *step, of), a.of_step.at(*step), b.of_step.at(*step), true});
    if (a.evaluation && b.evaluation) changes.push_back({"evaluation's loss" + of, *a.evaluation, *b.evaluation, true});
    if (a.accuracy && b.accuracy) changes.push_back({"accuracy" + of, *a.accuracy, *b.accuracy, false});
  };
  add(comparison.before.loss, comparison.after.loss, "");
  add(comparison.before.next_sentence, comparison.after.next_sentence, ", pairs");
  return changes;
}

Comparison compare(Digest before, Digest after, const CompareRules& rules) {
  Comparison comparison;
  comparison.before = std::move(before);
  comparison.after = std::move(after);
  const Digest &a = comparison.before, &b = comparison.after;
  comparison.step = attribute(a, b);
  comparison.differences = differences_of(a, b);
  if (b.failed()) comparison.failures.emplace_back("the new run failed");
  if (comparison.step.percent() > rules.tolerance)
    comparison.failures.push_back(fmt::format("the step is {:.2f} % longer", comparison.step.percent()));
  if ((a.first.steps > 0) != (b.first.steps > 0) || a.trains != b.trains)
    comparison.failures.push_back("one of them trains, the other does not");
  else if (other_model(a, b) && !rules.any_model)
    comparison.failures.push_back("they are of different models (--any_model compares them all the same)");
  find_missing(comparison, rules);
  compare_losses(comparison, rules);
  return comparison;
}

std::string Comparison::verdict() const {
  std::string text = failed() ? "FAIL: " : "PASS: ";
  if (step.change() == 0)
    text += fmt::format("step equal, {} {}", grouped(static_cast<double>(step.after)), step.unit);
  else
    text += fmt::format("step {:+.1f} %, {} {}: {}", step.percent(), signed_count(step.change()), step.unit,
                        step.rows.empty() ? "" : words_of(step.rows.front().key));
  for (const std::string& failure : failures)
    if (failure.rfind("the step is", 0) != 0) text += "; " + failure;
  return text;
}

}  // namespace weft::sw
