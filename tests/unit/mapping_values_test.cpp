// Question: are the wafer's values those of the PEs' programs, AXPY by AXPY and sum by sum, bit for bit?
// The reference here walks every PE in plain loops; the wafer computes whole chunks at once.
#include <catch2/catch.hpp>

#include <cmath>

#include "hw/pe/special_functions.h"
#include "hw/spec/machine_file.h"
#include "hw/wafer/lane.h"
#include "tests/support/fp16.h"
#include "tests/support/layer_chain.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

namespace {

float value(int a, int b, int salt) {
  return round_to_half(std::sin(static_cast<float>(a * 131 + b * 17 + salt)) * 1.7F);
}

/// Sum over the PEs of a chain, from the last line to the first: each PE's accumulator starts at zero and takes its
/// elements in order by fma; the first PE sends its accumulator, each next adds its own to what comes in.
/// `half_sums`: which is rounded to a half after each.
template <typename Product>
float chain(const std::vector<int>& lines, bool first_line_first, Product&& element, bool half_sums = false) {
  float sum = 0;
  bool started = false;
  const int count = static_cast<int>(lines.size()) - 1;
  for (int step = 0; step < count; ++step) {
    const auto line = static_cast<std::size_t>(first_line_first ? step : count - 1 - step);
    if (lines[line] == lines[line + 1]) continue;
    float accumulator = 0;
    for (int k = lines[line]; k < lines[line + 1]; ++k) {
      element(k, accumulator);
      if (half_sums) accumulator = round_to_half(accumulator);
    }
    sum = started ? sum + accumulator : accumulator;
    started = true;
  }
  return sum;
}

}  // namespace

TEST_CASE("forward, delta and gradient equal the PE programs bit for bit, with sums of fp32 and of halves") {
  const bool half_sums = GENERATE(false, true);
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  ThreadPool pool(1);
  const int inputs = 37, outputs = 23, tokens = 41;
  const Rectangle rectangle{7, 9};
  Job job = weft::test::job_of_chain({{"fc1", inputs, outputs, "ReLU", 0}, {"fc2", outputs, 5, "", 0}});
  const auto launch = [&job](KernelKind kind, int layer) {
    return weft::test::launch_of_chain(job.layers, kind, layer);
  };
  for (MatrixLayer& layer : job.layers) layer.half_sums = {half_sums, half_sums, half_sums};
  job.batch = tokens;
  Lane lane("lane", machine, job, rectangle, tokens, {1, 1}, pool);
  lane.allocate();
  std::vector<std::uint16_t> samples;
  std::vector<std::int32_t> labels;
  for (int token = 0; token < tokens; ++token) {
    labels.push_back(token % 5);
    for (int input = 0; input < inputs; ++input) samples.push_back(float_to_half(value(token, input, 1)));
  }
  lane.load_samples(samples.data(), labels.data());
  const auto forward = [&](int layer, int salt, float* logits_loss) {
    const MatrixLayer& shape = job.layers[static_cast<std::size_t>(layer)];
    std::vector<float> weights;
    for (int output = 0; output < shape.outputs; ++output)
      for (int input = 0; input <= shape.inputs; ++input) weights.push_back(value(output, input, salt));
    const LaunchMap map(KernelKind::matmul_forward, shape, rectangle, tokens);
    lane.begin_launch(map, launch(KernelKind::matmul_forward, layer));
    lane.begin_values();
    lane.weight_values(0, 3, weights.data(), shape.inputs + 1);
    lane.weight_values(3, shape.outputs - 3, weights.data() + 3 * (shape.inputs + 1), shape.inputs + 1);
    if (!logits_loss) return;
    LineSettings settings;
    settings.loss_scale = 8.0F;
    const std::vector<float> totals = lane.line_values(launch(KernelKind::softmax_loss, layer), settings);
    REQUIRE(totals.size() == 2);
    std::copy(totals.begin(), totals.end(), logits_loss);
  };
  forward(0, 2, nullptr);
  lane.line_values(launch(KernelKind::activation, 0), {});
  float loss[2];
  forward(1, 3, loss);

  // Layer 1's activations by the programs.
  std::vector<int> rows = split_bounds(inputs, rectangle.height);
  rows.back() += 1;  // the last row holds the constant one of the bias
  std::vector<std::vector<float>> hidden(static_cast<std::size_t>(outputs),
                                         std::vector<float>(static_cast<std::size_t>(tokens)));
  for (int output = 0; output < outputs; ++output)
    for (int token = 0; token < tokens; ++token) {
      const float sum = chain(
          rows, false,
          [&](int k, float& accumulator) {
            accumulator = std::fma(value(output, k, 2), k == inputs ? 1.0F : value(token, k, 1), accumulator);
          },
          half_sums);
      const float stored = round_to_half(sum);
      hidden[static_cast<std::size_t>(output)][static_cast<std::size_t>(token)] = stored > 0 ? stored : 0.0F;
    }

  // The gradient of layer 2 against the programs, from the deltas that the wafer itself made.
  const LaunchMap map(KernelKind::matmul_gradient, job.layers[1], rectangle, tokens);
  lane.begin_launch(map, launch(KernelKind::matmul_gradient, 1));
  lane.begin_values();
  std::vector<float> gradient(static_cast<std::size_t>(5 * (outputs + 1)));
  lane.gradient_values(0, 5, gradient.data());
  // Logits, softmax and its delta by the same chain, in plain loops.
  std::vector<int> hidden_rows = split_bounds(outputs, rectangle.height);
  hidden_rows.back() += 1;
  std::vector<std::vector<float>> delta(5, std::vector<float>(static_cast<std::size_t>(tokens)));
  float total = 0;
  const std::vector<int> columns = split_bounds(tokens, rectangle.width);
  const std::vector<int> output_rows = split_bounds(5, rectangle.height);
  for (int column = 0; column < rectangle.width; ++column) {
    float column_loss = 0;
    for (int token = columns[static_cast<std::size_t>(column)]; token < columns[static_cast<std::size_t>(column) + 1];
         ++token) {
      const auto t = static_cast<std::size_t>(token);
      float logits[5], maximum = -1e30F;
      for (int output = 0; output < 5; ++output) {
        logits[output] = chain(
            hidden_rows, false,
            [&](int k, float& accumulator) {
              accumulator = std::fma(value(output, k, 3), k == outputs ? 1.0F : hidden[static_cast<std::size_t>(k)][t],
                                     accumulator);
            },
            half_sums);
        maximum = std::max(maximum, logits[output]);
      }
      const float sum = chain(output_rows, false,
                              [&](int k, float& accumulator) { accumulator += machine_exp(logits[k] - maximum); });
      const float factor = machine_reciprocal(sum) * 8.0F;
      for (int output = 0; output < 5; ++output) {
        const float difference = machine_exp(logits[output] - maximum) * factor + (output == token % 5 ? -8.0F : 0.0F);
        delta[static_cast<std::size_t>(output)][t] = round_to_half(difference);
      }
      column_loss += machine_log(sum) - (logits[token % 5] - maximum);
    }
    total += column_loss;
  }
  REQUIRE(loss[0] == total);
  for (int output = 0; output < 5; ++output)
    for (int input = 0; input <= outputs; ++input) {
      CAPTURE(output, input);
      const float expected = chain(
          columns, true,
          [&](int k, float& accumulator) {
            const float x =
                input == outputs ? 1.0F : hidden[static_cast<std::size_t>(input)][static_cast<std::size_t>(k)];
            accumulator =
                std::fma(delta[static_cast<std::size_t>(output)][static_cast<std::size_t>(k)], x, accumulator);
          },
          half_sums);
      CHECK(gradient[static_cast<std::size_t>(output * (outputs + 1) + input)] == expected);
    }
}
