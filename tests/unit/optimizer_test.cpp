// Question: is an optimizer's step in fp32 its textbook rule in double precision, but for rounding, whatever its
// settings?
#include "hw/memoryx/optimizer.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

using namespace weft::hw;

namespace {

constexpr std::size_t count = 301;
constexpr int steps = 25;

/// One parameter, by the rules as their papers (Kingma and Ba 2014; Loshchilov and Hutter 2017) write them.
struct Textbook {
  double w, velocity = 0, mean = 0, square = 0;

  void step(const OptimizerSpec& spec, int number, double rate, double gradient) {
    if (spec.kind != OptimizerKind::adamw) gradient += spec.weight_decay * w;
    switch (spec.kind) {
      case OptimizerKind::sgd:
        w -= rate * gradient;
        return;
      case OptimizerKind::momentum:
        velocity = spec.momentum * velocity + gradient;
        w -= rate * velocity;
        return;
      case OptimizerKind::adam:
      case OptimizerKind::adamw: {
        mean = spec.beta1 * mean + (1 - spec.beta1) * gradient;
        square = spec.beta2 * square + (1 - spec.beta2) * gradient * gradient;
        const double unbiased_mean = mean / (1 - std::pow(spec.beta1, number));
        const double unbiased_square = square / (1 - std::pow(spec.beta2, number));
        const double decay = spec.kind == OptimizerKind::adamw ? rate * spec.weight_decay * w : 0;
        w -= decay + rate * unbiased_mean / (std::sqrt(unbiased_square) + spec.epsilon);
      }
    }
  }
};

struct Parameters {
  std::vector<float> w, first = std::vector<float>(count), second = std::vector<float>(count);
};

std::vector<float> draw(std::mt19937& random, double size) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>((static_cast<double>(random()) / 2147483648.0 - 1.0) * size);
  return values;
}

/// Largest difference to the textbook after `steps` steps of changing rate; gradients come multiplied by `scale`.
double worst_difference(const OptimizerSpec& spec, double rate, float scale = 1) {
  std::mt19937 random(7);
  Parameters parameters{draw(random, 0.5)};
  std::vector<Textbook> expected;
  for (const float w : parameters.w) expected.push_back({w});
  for (int step = 1; step <= steps; ++step) {
    const double now = rate / step;
    std::vector<float> gradient = draw(random, step % 5 == 0 ? 1e-4 : 1.0);
    for (std::size_t i = 0; i < count; ++i) expected[i].step(spec, step, now, static_cast<double>(gradient[i]));
    for (float& value : gradient) value *= scale;
    optimizer_update(spec, step, now, {1 / scale}, parameters.w.data(), gradient.data(), parameters.first.data(),
                     parameters.second.data(), count);
  }
  double worst = 0;
  for (std::size_t i = 0; i < count; ++i)
    worst = std::max(worst, std::fabs(expected[i].w - static_cast<double>(parameters.w[i])));
  return worst;
}

OptimizerSpec spec_of(OptimizerKind kind, double weight_decay = 0) {
  OptimizerSpec spec;
  spec.kind = kind;
  spec.momentum = kind == OptimizerKind::momentum ? 0.9 : 0;
  spec.weight_decay = weight_decay;
  return spec;
}

const OptimizerKind kinds[] = {OptimizerKind::sgd, OptimizerKind::momentum, OptimizerKind::adam, OptimizerKind::adamw};
constexpr double tolerance = 2e-6;  // 25 steps of a few roundings of numbers of size 1

}  // namespace

TEST_CASE("each rule, without and with weight decay") {
  for (const OptimizerKind kind : kinds)
    for (const double weight_decay : {0.0, 0.1}) {
      INFO("kind " << static_cast<int>(kind) << ", weight decay " << weight_decay);
      CHECK(worst_difference(spec_of(kind, weight_decay), 0.1) < tolerance);
    }
}

TEST_CASE("every setting counts") {
  OptimizerSpec slow = spec_of(OptimizerKind::momentum);
  slow.momentum = 0.5;
  CHECK(worst_difference(slow, 0.1) < tolerance);
  for (const OptimizerKind kind : {OptimizerKind::adam, OptimizerKind::adamw}) {
    OptimizerSpec spec = spec_of(kind, 0.02);
    spec.beta1 = 0.6;
    spec.beta2 = 0.95;
    spec.epsilon = 0.3;
    CHECK(worst_difference(spec, 0.1) < tolerance);
  }
}

TEST_CASE("a scaled gradient is divided by the scale before anything else") {
  for (const OptimizerKind kind : kinds) {
    INFO("kind " << static_cast<int>(kind));
    CHECK(worst_difference(spec_of(kind, 0.1), 0.1, 1024) == worst_difference(spec_of(kind, 0.1), 0.1));
  }
}

TEST_CASE("first steps by hand") {
  const float gradient = 0.5F;
  float w = 1, first = 0, second = 0;
  optimizer_update(spec_of(OptimizerKind::sgd), 1, 0.25, {}, &w, &gradient, nullptr, nullptr, 1);
  CHECK(w == 0.875F);
  w = 1;
  for (int step = 1; step <= 2; ++step)
    optimizer_update(spec_of(OptimizerKind::momentum), step, 0.25, {}, &w, &gradient, &first, nullptr, 1);
  CHECK(first == Approx(0.95));  // 0.9 * 0.5 + 0.5
  CHECK(w == Approx(1 - 0.25 * 0.5 - 0.25 * 0.95));
  w = 1;
  first = 0;
  optimizer_update(spec_of(OptimizerKind::adam), 1, 0.25, {}, &w, &gradient, &first, &second, 1);
  CHECK(first == Approx(0.05));
  CHECK(second == Approx(0.00025));
  CHECK(w == Approx(0.75));  // the first step of Adam is the rate itself
}

TEST_CASE("a tensor cut into pieces gets the bits of the whole") {
  std::mt19937 random(3);
  for (const OptimizerKind kind : kinds) {
    const OptimizerSpec spec = spec_of(kind, 0.01);
    Parameters whole{draw(random, 1)};
    Parameters cut = whole;
    for (int step = 1; step <= 3; ++step) {
      const std::vector<float> gradient = draw(random, 1);
      optimizer_update(spec, step, 0.01, {}, whole.w.data(), gradient.data(), whole.first.data(), whole.second.data(),
                       count);
      for (std::size_t begin = 0; begin < count; begin += 37)
        optimizer_update(spec, step, 0.01, {}, &cut.w[begin], &gradient[begin], &cut.first[begin], &cut.second[begin],
                         std::min<std::size_t>(37, count - begin));
    }
    CHECK(whole.w == cut.w);
    CHECK(whole.first == cut.first);
    CHECK(whole.second == cut.second);
  }
}
