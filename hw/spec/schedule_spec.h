#pragma once
// The learning rate as a function of the global step, as data. hw/memoryx/schedule.h evaluates it.
#include <cstdint>
#include <vector>

namespace weft::hw {

/// With t = the global step (0 for the first; in a part of a sequence, counted from the part's first step):
enum class ScheduleKind {
  constant,            ///< rate
  polynomial,          ///< end_rate + (rate - end_rate) (1 - t / total_steps)^power; end_rate from total_steps on
  exponential,         ///< rate x gamma^(t / total_steps); staircase: whole powers
  inverse_time,        ///< rate / (1 + gamma t^power / total_steps); staircase: the quotient whole
  inverse_root,        ///< rate x gamma / sqrt(max(t, total_steps))
  cosine_decay,        ///< half a period of a cosine from rate to end_rate at total_steps; end_rate from there on
  cosine_annealing,    ///< a cosine between rate and end_rate, total_steps half a period, for ever
  cosine_restarts,     ///< half periods from rate to end_rate, the first total_steps long, each `power` times the last
  step,                ///< rate x gamma^(t / total_steps), whole powers
  piecewise_constant,  ///< rates[number of milestones that t has reached]
  multi_step,          ///< rate x gamma^(number of milestones that t has reached)
  cyclic,              ///< see CyclicMode
  one_cycle,           ///< rate up to end_rate in the first `power` of total_steps, then down to rate / gamma; with
                       ///< three phases down to rate in as many steps as up, then on. staircase: lines, not cosines
  sequence,            ///< parts one after another; part i + 1 begins at milestones[i]
  product,             ///< the first part's rate times every other part's, each divided by its own `rate`
};

/// Triangles between rate (below) and end_rate: up in total_steps, down in down_steps. Their height is halved with each
/// cycle, or multiplied by gamma^t.
enum class CyclicMode { triangular, halving, exponential };

struct ScheduleSpec {
  ScheduleKind kind = ScheduleKind::constant;
  double rate = 0.001;
  double end_rate = 0;
  double gamma = 0.1;
  double power = 1;
  std::int64_t total_steps = 1;
  std::int64_t down_steps = 1;
  bool staircase = false;
  CyclicMode cyclic = CyclicMode::triangular;
  bool three_phases = false;
  std::vector<double> rates;
  std::vector<std::int64_t> milestones;  ///< rising
  std::vector<ScheduleSpec> parts;
};

}  // namespace weft::hw
