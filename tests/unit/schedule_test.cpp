// Question: do the learning rate and the loss scale follow their rules at every gate: one step before, at it, one
// after?
#include "hw/memoryx/schedule.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "hw/memoryx/loss_scale.h"

using namespace weft::hw;

namespace {

ScheduleSpec schedule(ScheduleKind kind) {
  ScheduleSpec spec;
  spec.kind = kind;
  spec.rate = 0.8;
  spec.end_rate = 0.2;
  spec.gamma = 0.5;
  spec.total_steps = 100;
  return spec;
}

LossScaleSpec dynamic_scale() {
  LossScaleSpec spec;
  spec.dynamic = true;
  spec.initial = 8;
  spec.minimum = 2;
  spec.maximum = 16;
  spec.growth_interval = 3;
  return spec;
}

}  // namespace

TEST_CASE("constant") {
  for (const std::int64_t step : {0L, 1L, 1000000L})
    CHECK(learning_rate(schedule(ScheduleKind::constant), step) == 0.8);
}

TEST_CASE("step: a factor at each whole interval") {
  ScheduleSpec spec = schedule(ScheduleKind::step);
  spec.total_steps = 10;
  CHECK(learning_rate(spec, 0) == 0.8);
  CHECK(learning_rate(spec, 9) == 0.8);
  CHECK(learning_rate(spec, 10) == 0.4);
  CHECK(learning_rate(spec, 19) == 0.4);
  CHECK(learning_rate(spec, 20) == 0.2);
  CHECK(learning_rate(spec, 50) == Approx(0.025).epsilon(1e-15));
}

TEST_CASE("a line from rate at step 0 to end_rate at total_steps") {
  ScheduleSpec spec = schedule(ScheduleKind::polynomial);
  std::swap(spec.rate, spec.end_rate);
  CHECK(learning_rate(spec, 0) == Approx(0.2).epsilon(1e-15));
  CHECK(learning_rate(spec, 1) == Approx(0.206).epsilon(1e-14));
  CHECK(learning_rate(spec, 50) == Approx(0.5).epsilon(1e-14));
  CHECK(learning_rate(spec, 99) == Approx(0.794).epsilon(1e-14));
  CHECK(learning_rate(spec, 100) == Approx(0.8).epsilon(1e-15));
  CHECK(learning_rate(spec, 101) == learning_rate(spec, 100));
}

TEST_CASE("cosine: half a period down to end_rate, and it stays there") {
  const ScheduleSpec spec = schedule(ScheduleKind::cosine_decay);
  CHECK(learning_rate(spec, 0) == Approx(0.8).epsilon(1e-15));
  CHECK(learning_rate(spec, 25) == Approx(0.5 + 0.3 * std::sqrt(0.5)).epsilon(1e-14));
  CHECK(learning_rate(spec, 50) == Approx(0.5).epsilon(1e-14));
  CHECK(learning_rate(spec, 75) == Approx(0.5 - 0.3 * std::sqrt(0.5)).epsilon(1e-14));
  CHECK(learning_rate(spec, 100) == Approx(0.2).epsilon(1e-15));
  CHECK(learning_rate(spec, 150) == learning_rate(spec, 100));
}

TEST_CASE("inverse time: 1 / (1 + gamma t^power / total), with stairs at whole quotients only") {
  ScheduleSpec spec = schedule(ScheduleKind::inverse_time);
  CHECK(learning_rate(spec, 0) == 0.8);
  CHECK(learning_rate(spec, 100) == Approx(0.8 / 1.5).epsilon(1e-15));
  CHECK(learning_rate(spec, 400) == Approx(0.8 / 3).epsilon(1e-15));
  spec.power = 2;
  CHECK(learning_rate(spec, 10) == Approx(0.8 / 1.5).epsilon(1e-15));
  CHECK(learning_rate(spec, 20) == Approx(0.8 / 3).epsilon(1e-15));
  spec.staircase = true;
  CHECK(learning_rate(spec, 9) == 0.8);
  CHECK(learning_rate(spec, 10) == Approx(0.8 / 1.5).epsilon(1e-15));
  CHECK(learning_rate(spec, 14) == Approx(0.8 / 1.5).epsilon(1e-15));  // 196 / 100
  CHECK(learning_rate(spec, 15) == Approx(0.4).epsilon(1e-15));        // 225 / 100
}

TEST_CASE("inverse root: level up to total_steps, then as the root of the step") {
  const ScheduleSpec spec = schedule(ScheduleKind::inverse_root);
  for (const std::int64_t step : {0L, 99L, 100L}) CHECK(learning_rate(spec, step) == Approx(0.04).epsilon(1e-15));
  CHECK(learning_rate(spec, 121) == Approx(0.4 / 11).epsilon(1e-15));
  CHECK(learning_rate(spec, 400) == Approx(0.02).epsilon(1e-15));
}

TEST_CASE("a static scale never moves") {
  LossScaleSpec spec = dynamic_scale();
  spec.dynamic = false;
  LossScale scale(spec, 4, 1);
  CHECK(scale.scale() == 8);
  for (int step = 0; step < 10; ++step) scale.step_done(step % 2 == 0);
  CHECK(scale.scale() == 8);
}

TEST_CASE("a dynamic scale halves at once, and doubles after growth_interval finite steps in a row") {
  LossScale scale(dynamic_scale(), 8, 0);
  scale.step_done(false);
  CHECK(scale.scale() == 4);
  scale.step_done(true);
  scale.step_done(true);
  CHECK(scale.scale() == 4);
  scale.step_done(true);
  CHECK(scale.scale() == 8);
  scale.step_done(true);
  scale.step_done(true);
  scale.step_done(false);  // the row is broken
  CHECK(scale.scale() == 4);
  scale.step_done(true);
  scale.step_done(true);
  CHECK(scale.scale() == 4);
  scale.step_done(true);
  CHECK(scale.scale() == 8);
}

TEST_CASE("a dynamic scale stays between its limits") {
  LossScale scale(dynamic_scale(), 8, 0);
  for (int step = 0; step < 5; ++step) scale.step_done(false);
  CHECK(scale.scale() == 2);
  for (int step = 0; step < 30; ++step) scale.step_done(true);
  CHECK(scale.scale() == 16);
}

TEST_CASE("a dynamic scale continues where it was saved") {
  LossScale whole(dynamic_scale(), 8, 0);
  whole.step_done(true);
  whole.step_done(true);
  LossScale resumed(dynamic_scale(), whole.scale(), whole.finite_steps());
  resumed.step_done(true);
  CHECK(resumed.scale() == 16);
  CHECK(resumed.finite_steps() == 0);
}

TEST_CASE("one infinity or NaN anywhere is found, the largest number is none") {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> values(67, -std::numeric_limits<float>::max());
  CHECK(all_finite(values.data(), 67));
  CHECK(all_finite(values.data(), 0));
  for (std::size_t place = 0; place < values.size(); ++place)
    for (const float bad : {infinity, -infinity, nan, -nan}) {
      const float good = values[place];
      values[place] = bad;
      CHECK_FALSE(all_finite(values.data(), 67));
      CHECK(all_finite(values.data(), static_cast<std::int64_t>(place)));
      values[place] = good;
    }
}
