// Question: is the judge itself right? Its gradients are held against differences of its loss, its loss against a
// closed form.
#include "tests/support/reference_trainer.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

using weft::test::ReferenceTrainer;

namespace {

using Layers = std::vector<ReferenceTrainer::Layer>;

struct Setting {
  Layers layers;
  std::vector<std::vector<double>> samples;
  std::vector<int> labels;
};

/// Random layers of these widths and a batch of five.
Setting setting(const std::vector<int>& widths) {
  std::mt19937 random(11);
  const auto draw = [&](int count) {
    std::vector<double> values;
    for (int i = 0; i < count; ++i) values.push_back(static_cast<double>(random()) / 2147483648.0 - 1.0);
    return values;
  };
  Setting made;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i)
    made.layers.push_back({widths[i], widths[i + 1], draw(widths[i] * widths[i + 1]), draw(widths[i + 1])});
  for (int sample = 0; sample < 5; ++sample) {
    made.samples.push_back(draw(widths.front()));
    made.labels.push_back(sample % widths.back());
  }
  return made;
}

/// What a step of plain SGD with rate 1 takes away, parameter by parameter, is the gradient.
void check_gradients(Setting& made, std::vector<double> ReferenceTrainer::Layer::*tensor) {
  ReferenceTrainer trainer(made.layers, ReferenceTrainer::Rule::sgd, 1.0);
  trainer.step(made.samples, made.labels);
  const double nudge = 1e-6;
  for (std::size_t index = 0; index < made.layers.size(); ++index)
    for (std::size_t i = 0; i < (made.layers[index].*tensor).size(); ++i) {
      const auto loss_at = [&](double shift) {
        Layers layers = made.layers;
        (layers[index].*tensor)[i] += shift;
        return ReferenceTrainer(layers, ReferenceTrainer::Rule::sgd, 1.0).loss(made.samples, made.labels);
      };
      const double slope = (loss_at(nudge) - loss_at(-nudge)) / (2 * nudge);
      const double gradient = (made.layers[index].*tensor)[i] - (trainer.layers()[index].*tensor)[i];
      INFO("layer " << index << ", element " << i);
      REQUIRE(gradient == Approx(slope).margin(1e-8));
    }
}

}  // namespace

TEST_CASE("gradients are the slopes of the loss") {
  Setting made = setting({6, 5, 4, 3});
  check_gradients(made, &ReferenceTrainer::Layer::weight);
  check_gradients(made, &ReferenceTrainer::Layer::bias);
}

TEST_CASE("with all weights zero the loss is the logarithm of the number of classes") {
  Setting made = setting({6, 7});
  for (double& weight : made.layers[0].weight) weight = 0;
  for (double& bias : made.layers[0].bias) bias = 1000;
  ReferenceTrainer trainer(made.layers, ReferenceTrainer::Rule::sgd, 0.1);
  CHECK(trainer.loss(made.samples, made.labels) == Approx(std::log(7.0)).epsilon(1e-12));
  CHECK(trainer.step(made.samples, made.labels) == Approx(std::log(7.0)).epsilon(1e-12));
}

TEST_CASE("every rule learns a batch by heart") {
  using Rule = ReferenceTrainer::Rule;
  for (const Rule rule : {Rule::sgd, Rule::momentum, Rule::adam, Rule::adamw}) {
    const Setting made = setting({6, 8, 3});
    ReferenceTrainer::Optimizer optimizer;
    optimizer.rule = rule;
    optimizer.rate = 0.05;
    optimizer.weight_decay = 0.001;
    ReferenceTrainer trainer(made.layers, optimizer);
    const double before = trainer.step(made.samples, made.labels);
    for (int step = 0; step < 1000; ++step) trainer.step(made.samples, made.labels);
    INFO("rule " << static_cast<int>(rule));
    CHECK(trainer.loss(made.samples, made.labels) < before / 4);
  }
}

TEST_CASE("each rule's fourth step on one and the same gradient is its closed form") {
  using Rule = ReferenceTrainer::Rule;
  const Setting made = setting({4, 3});
  const std::vector<double>& before = made.layers[0].weight;
  ReferenceTrainer plain(made.layers, Rule::sgd, 1.0);
  plain.step(made.samples, made.labels);
  for (const Rule rule : {Rule::sgd, Rule::momentum, Rule::adam, Rule::adamw}) {
    ReferenceTrainer::Optimizer optimizer;
    optimizer.rule = rule;
    optimizer.rate = 0;  // holds still: the gradient stays the same
    optimizer.weight_decay = 0.25;
    optimizer.epsilon = 0.5;
    ReferenceTrainer trainer(made.layers, optimizer);
    for (int step = 0; step < 3; ++step) trainer.step(made.samples, made.labels);
    CHECK(trainer.layers()[0].weight == before);
    trainer.set_rate(0.1);
    trainer.step(made.samples, made.labels);
    for (std::size_t i = 0; i < before.size(); ++i) {
      const double gradient = before[i] - plain.layers()[0].weight[i], decayed = gradient + 0.25 * before[i];
      double change = 0;
      if (rule == Rule::sgd) change = decayed;
      if (rule == Rule::momentum) change = decayed * (1 + 0.9 + 0.81 + 0.729);
      if (rule == Rule::adam) change = decayed / (std::fabs(decayed) + 0.5);
      if (rule == Rule::adamw) change = 0.25 * before[i] + gradient / (std::fabs(gradient) + 0.5);
      INFO("rule " << static_cast<int>(rule) << ", element " << i);
      REQUIRE(trainer.layers()[0].weight[i] == Approx(before[i] - 0.1 * change).epsilon(1e-12));
    }
  }
}
