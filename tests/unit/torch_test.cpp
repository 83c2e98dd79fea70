// Question: are schedules, optimizers and clipping PyTorch's, as tests/judge/torch_tables.py found them?
#include <catch2/catch.hpp>

#include "hw/memoryx/optimizer.h"
#include "hw/memoryx/schedule.h"
#include "sw/graph/model_file.h"
#include "tests/support/torch_tables.h"

using namespace weft;

namespace {

sw::ModelConfig with(const std::string& change) {
  return sw::parse_model(
             "train_input: {batch_size: 8}\nmodel: {name: n, hidden_sizes: []}\noptimizer: {optimizer_type: sgd, "
             "learning_rate: 1}\nrunconfig: {max_steps: 1}\n",
             "torch.yaml", {change})
      .config;
}

}  // namespace

TEST_CASE("each scheduler gives the rates of PyTorch's") {
  for (const test::TorchRates& torch : test::torch_tables().rates) {
    const hw::ScheduleSpec schedule = with("optimizer.learning_rate=" + torch.learning_rate).schedule;
    for (std::size_t step = 0; step < torch.rates.size(); ++step) {
      CAPTURE(torch.learning_rate, step);
      CHECK(hw::learning_rate(schedule, static_cast<std::int64_t>(step)) ==
            Approx(torch.rates[step]).epsilon(1e-9).margin(1e-12));
    }
  }
}

TEST_CASE("each optimizer gives the weights of PyTorch's") {
  for (const test::TorchWeights& torch : test::torch_tables().weights) {
    CAPTURE(torch.optimizer);
    const sw::ModelConfig config = with("optimizer=" + torch.optimizer);
    std::vector<float> w(test::torch_tables().start.begin(), test::torch_tables().start.end());
    std::vector<float> first(w.size()), second(w.size());
    std::int64_t step = 0;
    for (const auto& values : test::torch_tables().step_gradients) {
      const std::vector<float> gradient(values.begin(), values.end());
      const double rate = hw::learning_rate(config.schedule, step);
      hw::optimizer_update(config.optimizer, ++step, rate, {}, w.data(), gradient.data(), first.data(), second.data(),
                           w.size());
    }
    for (std::size_t i = 0; i < w.size(); ++i)
      CHECK(static_cast<double>(w[i]) == Approx(torch.weights[i]).epsilon(1e-6));
  }
}

TEST_CASE("an element's size is clipped as by PyTorch") {
  for (const test::TorchClipped& torch : test::torch_tables().clipped) {
    if (torch.max_value == 0) continue;
    hw::GradientScale scale;
    scale.limit = static_cast<float>(torch.max_value);
    const std::vector<float> gradient(test::torch_tables().unclipped.begin(), test::torch_tables().unclipped.end());
    std::vector<float> w(gradient.size());
    hw::optimizer_update({}, 1, 1, scale, w.data(), gradient.data(), nullptr, nullptr, w.size());
    for (std::size_t i = 0; i < w.size(); ++i) CHECK(-static_cast<double>(w[i]) == torch.gradients[i]);
  }
}
