#include "sw/graph/schedule_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "sw/graph/scheduler_forms.h"
#include "tlm/base/nearest.h"

namespace weft::sw {
namespace {

using hw::ScheduleKind;
using hw::ScheduleSpec;

const IntegerRange kSteps{1, 2'147'483'647, "the step counter's width"};
constexpr int kMaxMilestones = 1000;

struct Part {
  ScheduleSpec schedule;
  std::optional<std::int64_t> steps;  ///< how long it lasts in a sequence; none: not said
  std::string key;                    ///< that would say it
};

Part read_scheduler(YamlSection section);

/// The spelling of a key that is written; `key` if none is. Two at once are an error.
std::string written_key(YamlSection& section, const std::string& key) {
  std::string found = section.has(key) ? key : "";
  for (const std::string& other : key_spellings(key)) {
    if (!section.has(other)) continue;
    if (found.empty()) {
      found = other;
    } else {
      section.reject(other, found + " says it already");
    }
  }
  return found.empty() ? key : found;
}

void read_milestones(YamlSection& section, ScheduleSpec& schedule) {
  const std::string key = written_key(section, "milestones");
  for (const int step : section.integers(key, {0, 2'147'483'647}, kMaxMilestones)) schedule.milestones.push_back(step);
  const auto& steps = schedule.milestones;
  if (section.good(key) && std::adjacent_find(steps.begin(), steps.end(), std::greater_equal<>()) != steps.end())
    section.reject(key, "allowed: steps that rise");
}

void read_rates(YamlSection& section, ScheduleSpec& schedule) {
  read_milestones(section, schedule);
  const std::string key = written_key(section, "learning_rates");
  schedule.rates = section.real_list(key, {0, 1000}, kMaxMilestones + 1);
  if (!section.good(key) || !section.good("milestones") || !section.good("boundaries")) return;
  if (schedule.rates.size() != schedule.milestones.size() + 1)
    section.reject(key, fmt::format("allowed: {} rates, one more than milestones", schedule.milestones.size() + 1));
  schedule.rate = schedule.rates.front();
}

void read_cyclic(YamlSection& section, ScheduleSpec& schedule) {
  schedule.down_steps = section.integer64("step_size_down", kSteps, schedule.total_steps);
  schedule.cyclic = section.choice<hw::CyclicMode>("mode",
                                                   {{"triangular", hw::CyclicMode::triangular},
                                                    {"triangular2", hw::CyclicMode::halving},
                                                    {"exp_range", hw::CyclicMode::exponential}},
                                                   hw::CyclicMode::triangular);
}

void read_one_cycle(YamlSection& section, ScheduleSpec& schedule) {
  schedule.staircase = section.choice<bool>("anneal_strategy", {{"cos", false}, {"linear", true}}, false);
  if (!section.good("pct_start") || !section.good("total_steps")) return;
  const double up = schedule.power * static_cast<double>(schedule.total_steps) - 1;
  const double rest = static_cast<double>(schedule.total_steps) - 1 - (schedule.three_phases ? 2 * up : up);
  if (up <= 0 || rest <= 0)
    section.reject("pct_start", "allowed: a share that leaves each phase at least a step of total_steps");
}

/// `timed`: the parts say how long each lasts.
ScheduleSpec joined(YamlSection& section, const std::string& key, ScheduleKind kind, std::vector<Part> parts,
                    bool timed = true) {
  ScheduleSpec whole;
  whole.kind = kind;
  std::int64_t end = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (kind == ScheduleKind::sequence && i + 1 < parts.size() && timed) {
      if (!parts[i].steps)
        section.reject(key, fmt::format("part {} of {} must say its {}", i + 1, parts.size(), parts[i].key));
      whole.milestones.push_back(end += parts[i].steps.value_or(1));
    }
    if (kind == ScheduleKind::product && i > 0 && parts[i].schedule.rate == 0)
      section.reject(key, fmt::format("part {} is divided by its initial rate, which is 0", i + 1));
    whole.parts.push_back(std::move(parts[i].schedule));
  }
  if (whole.parts.empty()) whole.parts.emplace_back();
  whole.rate = whole.parts.front().rate;
  return whole;
}

ScheduleSpec read_parts(YamlSection& section, ScheduleKind kind) {
  std::vector<Part> parts;
  for (const YamlSection& part : section.sections("schedulers")) parts.push_back(read_scheduler(part));
  if (parts.empty() && section.good("schedulers")) section.reject("schedulers", "allowed: one scheduler or more");
  ScheduleSpec whole = joined(section, "schedulers", kind, parts, !section.has("milestones"));
  if (kind != ScheduleKind::sequence || !section.has("milestones")) return whole;
  read_milestones(section, whole);
  if (section.good("milestones") && whole.milestones.size() + 1 != whole.parts.size())
    section.reject("milestones", fmt::format("allowed: {} steps, one fewer than schedulers", whole.parts.size() - 1));
  whole.milestones.resize(whole.parts.size() - 1, 1);
  return whole;
}

Part read_form(YamlSection& section, const SchedulerForm& form) {
  Part part{{}, {}, "total_iters"};
  ScheduleSpec& schedule = part.schedule;
  schedule.kind = form.kind;
  const bool by_gamma = form.kind == ScheduleKind::exponential && section.has("gamma");
  for (const RateKey& key : form.rates) {
    const std::string name = by_gamma && key.to == &ScheduleSpec::gamma ? "gamma" : written_key(section, key.key);
    schedule.*key.to = section.real(name, {key.low, key.high}, key.fallback);
  }
  for (const StepsKey& key : form.steps) {
    if (by_gamma) break;  // a factor each step; total_iters is then only how long it lasts
    const std::string name = written_key(section, key.key);
    schedule.*key.to = section.integer64(name, kSteps, key.fallback);
    if (key.key == "total_iters") part.steps = schedule.total_steps;
  }
  for (const FlagKey& key : form.flags) schedule.*key.to = section.boolean(key.key, false);
  if (form.extra == FormExtra::milestones) read_milestones(section, schedule);
  if (form.extra == FormExtra::rates) read_rates(section, schedule);
  if (form.extra == FormExtra::cyclic) read_cyclic(section, schedule);
  if (form.extra == FormExtra::one_cycle) read_one_cycle(section, schedule);
  if (form.extra == FormExtra::parts) {
    const ScheduleKind kind = form.kind;
    schedule = read_parts(section, kind);
  }
  if (!part.steps && section.has(written_key(section, "total_iters")))
    part.steps = section.integer64(written_key(section, "total_iters"), kSteps);
  return part;
}

Part read_scheduler(YamlSection section) {
  const bool by_key = section.has("scheduler");
  const std::vector<std::string> names = by_key ? std::vector<std::string>{} : section.keys();
  if (!by_key && names.size() != 1) {
    section.reject("scheduler",
                   "a scheduler is {scheduler: Name, its keys} or {Name: {its keys}}" + suggest("", scheduler_names()));
    return {};
  }
  const std::string key = by_key ? "scheduler" : names.front();
  const std::string name = by_key ? section.text("scheduler") : key;
  const SchedulerForm* form = scheduler_form(name);
  if (!form) {
    section.reject(key, "no such scheduler" + suggest(name, scheduler_names()));
    if (by_key) section.keys();  // nothing is known of its keys
    return {};
  }
  if (by_key) return read_form(section, *form);
  YamlSection inside = section.section(key);
  return read_form(inside, *form);
}

}  // namespace

ScheduleSpec read_schedule(YamlSection& optimizer) {
  const std::string key = "learning_rate";
  if (optimizer.is_section(key)) return read_scheduler(optimizer.section(key)).schedule;
  if (!optimizer.is_list(key)) {
    ScheduleSpec schedule;
    schedule.rate = optimizer.real(key, {0, 1000});
    return schedule;
  }
  std::vector<Part> parts;
  bool chained = false;
  for (YamlSection section : optimizer.sections(key)) {
    if (section.has("main_scheduler"))
      chained = section.choice<bool>("main_scheduler", {{"sequential", false},
                                                        {"SequentialLR", false},
                                                        {"chained", true},
                                                        {"ChainedLR", true},
                                                        {"ChainedScheduler", true}});
    parts.push_back(read_scheduler(section));
  }
  if (parts.empty() && optimizer.good(key)) optimizer.reject(key, "allowed: one scheduler or more");
  if (parts.size() == 1) return parts.front().schedule;
  return joined(optimizer, key, chained ? ScheduleKind::product : ScheduleKind::sequence, std::move(parts));
}

std::vector<SchedulerPage> scheduler_pages() {
  std::vector<SchedulerPage> pages;
  for (const SchedulerForm& form : scheduler_forms()) {
    SchedulerPage page;
    for (const std::string& name : form.names) page.names += (page.names.empty() ? "" : ", ") + name;
    const auto add = [&page](const std::string& key) { page.keys += (page.keys.empty() ? "" : ", ") + key; };
    for (const RateKey& key : form.rates)
      add(key.fallback ? fmt::format("{} ({:g})", key.key, *key.fallback) : key.key);
    for (const StepsKey& key : form.steps) add(key.fallback ? fmt::format("{} ({})", key.key, *key.fallback) : key.key);
    for (const FlagKey& key : form.flags) add(key.key + " (false)");
    if (form.extra == FormExtra::rates) add("learning_rates");
    if (form.extra == FormExtra::milestones || form.extra == FormExtra::rates) add("milestones");
    if (form.extra == FormExtra::cyclic) add("step_size_down (as up), mode (triangular)");
    if (form.extra == FormExtra::one_cycle) add("anneal_strategy (cos)");
    if (form.extra == FormExtra::parts) add("schedulers");
    if (form.kind == ScheduleKind::sequence) add("milestones (from total_iters)");
    page.text = form.text;
    pages.push_back(std::move(page));
  }
  return pages;
}

}  // namespace weft::sw
