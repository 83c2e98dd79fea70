#include "hw/memoryx/schedule.h"

#include <algorithm>
#include <cmath>

namespace weft::hw {
namespace {

const double pi = std::acos(-1.0);

/// From `from` to `to` as `progress` goes from 0 to 1, along half a period of a cosine.
double along_cosine(double from, double to, double progress) {
  return to + (from - to) * 0.5 * (1.0 + std::cos(pi * progress));
}

double along_line(double from, double to, double progress) { return from + (to - from) * progress; }

std::size_t reached(const ScheduleSpec& schedule, std::int64_t step) {
  const auto& milestones = schedule.milestones;
  return static_cast<std::size_t>(std::upper_bound(milestones.begin(), milestones.end(), step) - milestones.begin());
}

double restarts(const ScheduleSpec& schedule, std::int64_t step) {
  auto length = static_cast<double>(schedule.total_steps);
  auto left = static_cast<double>(step);
  if (schedule.power == 1) {
    left = static_cast<double>(step % schedule.total_steps);
  } else {
    for (; left >= length; length *= schedule.power) left -= length;
  }
  return along_cosine(schedule.rate, schedule.end_rate, left / length);
}

double cyclic(const ScheduleSpec& schedule, std::int64_t step) {
  const std::int64_t length = schedule.total_steps + schedule.down_steps;
  const std::int64_t cycle = step / length, in_cycle = step % length;
  const double height = in_cycle <= schedule.total_steps
                            ? static_cast<double>(in_cycle) / static_cast<double>(schedule.total_steps)
                            : static_cast<double>(length - in_cycle) / static_cast<double>(schedule.down_steps);
  double scale = 1;
  if (schedule.cyclic == CyclicMode::halving) scale = std::pow(0.5, static_cast<double>(cycle));
  if (schedule.cyclic == CyclicMode::exponential) scale = std::pow(schedule.gamma, static_cast<double>(step));
  return schedule.rate + (schedule.end_rate - schedule.rate) * height * scale;
}

double one_cycle(const ScheduleSpec& schedule, std::int64_t step) {
  const double total = static_cast<double>(schedule.total_steps), top = schedule.power * total - 1;
  const double low = schedule.rate / schedule.gamma, now = std::min(static_cast<double>(step), total - 1);
  const auto along = schedule.staircase ? along_line : along_cosine;
  if (now <= top) return along(schedule.rate, schedule.end_rate, now / top);
  if (!schedule.three_phases) return along(schedule.end_rate, low, (now - top) / (total - 1 - top));
  const double down = 2 * top;
  if (now <= down) return along(schedule.end_rate, schedule.rate, (now - top) / (down - top));
  return along(schedule.rate, low, (now - down) / (total - 1 - down));
}

double sequence(const ScheduleSpec& schedule, std::int64_t step) {
  const std::size_t part = reached(schedule, step);
  return learning_rate(schedule.parts[part], part == 0 ? step : step - schedule.milestones[part - 1]);
}

double product(const ScheduleSpec& schedule, std::int64_t step) {
  double rate = learning_rate(schedule.parts.front(), step);
  for (std::size_t part = 1; part < schedule.parts.size(); ++part)
    rate *= learning_rate(schedule.parts[part], step) / schedule.parts[part].rate;
  return rate;
}

}  // namespace

double learning_rate(const ScheduleSpec& schedule, std::int64_t global_step) {
  const auto t = static_cast<double>(global_step), total = static_cast<double>(schedule.total_steps);
  switch (schedule.kind) {
    case ScheduleKind::constant:
      return schedule.rate;
    case ScheduleKind::polynomial:
      if (global_step >= schedule.total_steps) return schedule.end_rate;
      return schedule.end_rate + (schedule.rate - schedule.end_rate) * std::pow(1 - t / total, schedule.power);
    case ScheduleKind::exponential:
      return schedule.rate * std::pow(schedule.gamma, schedule.staircase ? std::floor(t / total) : t / total);
    case ScheduleKind::inverse_time: {
      const double quotient = std::pow(t, schedule.power) / total;
      return schedule.rate / (1 + schedule.gamma * (schedule.staircase ? std::floor(quotient) : quotient));
    }
    case ScheduleKind::inverse_root:
      return schedule.rate * schedule.gamma / std::sqrt(std::max(t, total));
    case ScheduleKind::cosine_decay:
      return along_cosine(schedule.rate, schedule.end_rate, std::min(1.0, t / total));
    case ScheduleKind::cosine_annealing:
      return along_cosine(schedule.rate, schedule.end_rate, t / total);
    case ScheduleKind::cosine_restarts:
      return restarts(schedule, global_step);
    case ScheduleKind::step: {
      const std::int64_t steps_down = global_step / schedule.total_steps;
      return schedule.rate * std::pow(schedule.gamma, static_cast<double>(steps_down));
    }
    case ScheduleKind::piecewise_constant:
      return schedule.rates[reached(schedule, global_step)];
    case ScheduleKind::multi_step:
      return schedule.rate * std::pow(schedule.gamma, static_cast<double>(reached(schedule, global_step)));
    case ScheduleKind::cyclic:
      return cyclic(schedule, global_step);
    case ScheduleKind::one_cycle:
      return one_cycle(schedule, global_step);
    case ScheduleKind::sequence:
      return sequence(schedule, global_step);
    case ScheduleKind::product:
      return product(schedule, global_step);
  }
  return schedule.rate;
}

}  // namespace weft::hw
