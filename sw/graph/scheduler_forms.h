#pragma once
// The schedulers that people know, told once: names, keys, and which number of hw::ScheduleSpec each key is.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hw/spec/schedule_spec.h"

namespace weft::sw {

struct RateKey {
  std::string key;
  double hw::ScheduleSpec::*to;
  std::optional<double> fallback;
  double low = 0, high = 1000;
};

struct StepsKey {
  std::string key;
  std::int64_t hw::ScheduleSpec::*to;
  std::optional<std::int64_t> fallback;
};

struct FlagKey {
  std::string key;
  bool hw::ScheduleSpec::*to;
};

/// What a form has besides numbers.
enum class FormExtra { none, milestones, rates, cyclic, one_cycle, parts };

struct SchedulerForm {
  std::vector<std::string> names;  ///< the first is the published one without LR
  hw::ScheduleKind kind;
  std::vector<RateKey> rates;
  std::vector<StepsKey> steps;
  std::vector<FlagKey> flags;
  FormExtra extra = FormExtra::none;
  std::string text;
};

const std::vector<SchedulerForm>& scheduler_forms();

/// The form of a name as written, whatever its case and with or without LR or Scheduler; nullptr if there is none.
const SchedulerForm* scheduler_form(const std::string& name);
std::vector<std::string> scheduler_names();

/// Other spellings of a scheduler's key: steps and decay_steps for total_iters.
std::vector<std::string> key_spellings(const std::string& key);

}  // namespace weft::sw
