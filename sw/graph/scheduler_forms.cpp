#include "sw/graph/scheduler_forms.h"

#include <algorithm>
#include <cctype>

namespace weft::sw {
namespace {

using Spec = hw::ScheduleSpec;
using Kind = hw::ScheduleKind;
using Extra = FormExtra;

std::vector<SchedulerForm> all_forms() {
  const RateKey initial{"initial_learning_rate", &Spec::rate, {}}, end{"end_learning_rate", &Spec::end_rate, {}};
  const RateKey end_or_zero{"end_learning_rate", &Spec::end_rate, 0.0};
  const StepsKey total{"total_iters", &Spec::total_steps, {}};
  const FlagKey staircase{"staircase", &Spec::staircase};
  return {
      {{"Constant"}, Kind::constant, {{"learning_rate", &Spec::rate, {}}}, {}, {}, Extra::none, "one rate"},
      {{"Linear"}, Kind::polynomial, {initial, end}, {total}, {}, Extra::none, "a line, then its end"},
      {{"warmup_linear"},
       Kind::polynomial,
       {{"initial_learning_rate", &Spec::rate, 0.0}, end},
       {total},
       {},
       Extra::none,
       "Linear from 0"},
      {{"Polynomial"},
       Kind::polynomial,
       {initial, end, {"power", &Spec::power, 1.0}},
       {total},
       {},
       Extra::none,
       "end + (initial - end) (1 - t / total)^power"},
      {{"Exponential"},
       Kind::exponential,
       {initial, {"decay_rate", &Spec::gamma, {}}},
       {total},
       {staircase},
       Extra::none,
       "initial x decay_rate^(t / total); with gamma for both: initial x gamma^t"},
      {{"InverseExponentialTimeDecay", "InverseTimeDecay", "InverseTime"},
       Kind::inverse_time,
       {initial, {"decay_rate", &Spec::gamma, {}}, {"step_exponent", &Spec::power, 1.0}},
       {total},
       {staircase},
       Extra::none,
       "initial / (1 + decay_rate t^step_exponent / total)"},
      {{"InverseSquareRootDecay", "NoamDecay"},
       Kind::inverse_root,
       {{"initial_learning_rate", &Spec::rate, 1.0}, {"scale", &Spec::gamma, 1.0}},
       {{"warmup_steps", &Spec::total_steps, 1}},
       {},
       Extra::none,
       "initial x scale / sqrt(max(t, warmup_steps))"},
      {{"CosineDecay", "Cosine"},
       Kind::cosine_decay,
       {initial, end_or_zero},
       {total},
       {},
       Extra::none,
       "half a period of a cosine, then its end"},
      {{"CosineAnnealing"},
       Kind::cosine_annealing,
       {initial, {"eta_min", &Spec::end_rate, 0.0}},
       {{"T_max", &Spec::total_steps, {}}},
       {},
       Extra::none,
       "a cosine, down and up, T_max half a period"},
      {{"CosineAnnealingWarmRestarts"},
       Kind::cosine_restarts,
       {initial, {"eta_min", &Spec::end_rate, 0.0}, {"T_mult", &Spec::power, 1.0, 1, 1000}},
       {{"T_0", &Spec::total_steps, {}}},
       {},
       Extra::none,
       "half periods down, the first T_0 long, each T_mult times the last"},
      {{"Step"},
       Kind::step,
       {initial, {"gamma", &Spec::gamma, 0.1}},
       {{"step_size", &Spec::total_steps, {}}},
       {},
       Extra::none,
       "x gamma every step_size steps"},
      {{"Multiplicative"},
       Kind::step,
       {initial, {"coefficient", &Spec::gamma, {}}},
       {},
       {},
       Extra::none,
       "x coefficient every step"},
      {{"MultiStep"},
       Kind::multi_step,
       {initial, {"gamma", &Spec::gamma, 0.1}},
       {},
       {},
       Extra::milestones,
       "x gamma at each of the milestones"},
      {{"PiecewiseConstant"},
       Kind::piecewise_constant,
       {},
       {},
       {},
       Extra::rates,
       "learning_rates, the next at each of the milestones"},
      {{"Cyclic"},
       Kind::cyclic,
       {{"base_lr", &Spec::rate, {}}, {"max_lr", &Spec::end_rate, {}}, {"gamma", &Spec::gamma, 1.0}},
       {{"step_size_up", &Spec::total_steps, 2000}},
       {},
       Extra::cyclic,
       "triangles; mode: triangular, triangular2 (halved each time), exp_range (x gamma^t)"},
      {{"OneCycle"},
       Kind::one_cycle,
       {initial,
        {"max_lr", &Spec::end_rate, {}},
        {"pct_start", &Spec::power, 0.3, 0, 1},
        {"final_div_factor", &Spec::gamma, 1e4, 1e-30, 1e30}},
       {{"total_steps", &Spec::total_steps, 1000}},
       {{"three_phase", &Spec::three_phases}},
       Extra::one_cycle,
       "up to max_lr, then down to initial / final_div_factor; anneal_strategy: cos, linear"},
      {{"Sequential"}, Kind::sequence, {}, {}, {}, Extra::parts, "schedulers one after another"},
      {{"Chained"}, Kind::product, {}, {}, {}, Extra::parts, "schedulers multiplied"},
  };
}

std::string bare(std::string name) {
  for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  for (const std::string end : {"scheduler", "lr"})
    if (name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0)
      name.resize(name.size() - end.size());
  return name;
}

}  // namespace

const std::vector<SchedulerForm>& scheduler_forms() {
  static const std::vector<SchedulerForm> forms = all_forms();
  return forms;
}

const SchedulerForm* scheduler_form(const std::string& name) {
  for (const SchedulerForm& form : scheduler_forms())
    for (const std::string& known : form.names)
      if (bare(known) == bare(name)) return &form;
  return nullptr;
}

std::vector<std::string> scheduler_names() {
  std::vector<std::string> names;
  for (const SchedulerForm& form : scheduler_forms()) names.insert(names.end(), form.names.begin(), form.names.end());
  return names;
}

std::vector<std::string> key_spellings(const std::string& key) {
  if (key == "total_iters") return {"steps", "decay_steps"};
  if (key == "learning_rate") return {"val"};
  if (key == "learning_rates") return {"values"};
  if (key == "milestones") return {"boundaries"};
  return {};
}

}  // namespace weft::sw
