#include "sw/crosscheck/plain_results.h"

#include <algorithm>
#include <numeric>

#include "hw/pe/arithmetic.h"
#include "hw/pe/special_functions.h"

namespace weft::sw {

namespace {

std::vector<std::uint32_t> chained_sums(const hw::ProgramLaunch& launch) {
  const hw::LaunchMap& map = *launch.map;
  const int inner = std::accumulate(map.wavelets.begin(), map.wavelets.end(), 0);
  const int outer = std::accumulate(map.elements.begin(), map.elements.end(), 0);
  // `resident` is [features][tokens]: the stream runs over features in a row kernel, over tokens in a column kernel.
  const auto resident = [&](int stream, int element) {
    const int at = map.lines_are_rows ? stream * outer + element : element * inner + stream;
    return launch.resident[static_cast<std::size_t>(at)];
  };
  const std::vector<int> firsts = map.stream_firsts();
  std::vector<std::uint32_t> sums;
  for (int round = 0; round < map.rounds; ++round) {
    for (int element = 0; element < outer; ++element) {
      if (!map.lines_are_rows && !launch.keeps(round, element)) continue;
      std::uint32_t sum = 0;
      // From the foot of the chain to line 0.
      for (int line = map.chain - 1; line >= 0; --line) {
        const int first = firsts[static_cast<std::size_t>(line)];
        std::uint32_t partial = 0;
        for (int stream = first; stream < first + map.wavelets[static_cast<std::size_t>(line)]; ++stream) {
          if (map.lines_are_rows && !launch.keeps(round, stream)) continue;
          partial = hw::fused_multiply_add(launch.stream[static_cast<std::size_t>(round * inner + stream)],
                                           resident(stream, element), partial);
        }
        sum = line == map.chain - 1 ? partial : hw::add(sum, partial);
      }
      sums.push_back(map.returns && !launch.keeps_fp32 ? hw::to_half(sum) : sum);
    }
  }
  return sums;
}

// Every column keeps the weights; the bias is the last of a round.
std::vector<std::uint32_t> sums_and_weights(const hw::ProgramLaunch& launch) {
  std::vector<std::uint32_t> results = chained_sums(launch);
  const std::size_t width = launch.stream.size() / static_cast<std::size_t>(launch.map->rounds);
  for (int column = 0; column < launch.map->positions; ++column)
    for (std::size_t at = 0; at < launch.stream.size(); ++at)
      if (at % width + 1 < width) results.push_back(launch.stream[at]);
  return results;
}

// [features][tokens]: of a row the stream has features, of a column tokens.
std::vector<std::uint32_t> outer_products(const hw::ProgramLaunch& launch) {
  const auto rounds = static_cast<std::size_t>(launch.map->rounds);
  const bool rows = launch.map->lines_are_rows;
  const std::vector<std::uint16_t>&of_feature = rows ? launch.stream : launch.resident,
        &of_token = rows ? launch.resident : launch.stream;
  const std::size_t features = of_feature.size() / rounds, tokens = of_token.size() / rounds;
  std::vector<std::uint32_t> halves;
  for (std::size_t feature = 0; feature < features; ++feature) {
    for (std::size_t token = 0; token < tokens; ++token) {
      std::uint32_t sum = 0;
      for (std::size_t round = 0; round < rounds; ++round)
        sum = hw::fused_multiply_add(of_token[round * tokens + token], of_feature[round * features + feature], sum);
      halves.push_back(hw::to_half(sum));
    }
  }
  return halves;
}

std::uint16_t scaled(std::uint16_t value, const hw::Dropout& dropout) {
  if (dropout.probability == 0) return value;
  return hw::scale_half(value, float_to_half(hw::dropout_scale(dropout.probability)));
}

std::vector<std::uint32_t> relu(const hw::ProgramLaunch& launch) {
  std::vector<std::uint32_t> halves;
  const auto tokens = static_cast<std::size_t>(launch.block.tokens);
  for (std::size_t at = 0; at < launch.resident.size(); ++at) {
    const std::uint16_t value = scaled(hw::relu(launch.resident[at]), launch.dropout);
    const std::uint32_t bits = hw::dropout_bits(launch.dropout.key, static_cast<std::uint32_t>(at / tokens),
                                                launch.dropout.first_sample + static_cast<std::uint32_t>(at % tokens));
    halves.push_back(bits < hw::dropout_threshold(launch.dropout.probability) ? 0 : value);
  }
  return halves;
}

std::vector<std::uint32_t> relu_backward(const hw::ProgramLaunch& launch) {
  std::vector<std::uint32_t> halves;
  for (std::size_t at = 0; at < launch.stream.size(); ++at)
    halves.push_back(scaled(hw::is_positive_half(launch.resident[at]) ? launch.stream[at] : 0, launch.dropout));
  return halves;
}

std::vector<std::uint32_t> loaded(const hw::ProgramLaunch& launch) {
  const auto features = static_cast<std::size_t>(launch.block.features),
             tokens = static_cast<std::size_t>(launch.block.tokens);
  std::vector<std::uint32_t> values;
  for (std::size_t feature = 0; feature < features; ++feature)
    for (std::size_t token = 0; token < tokens; ++token) values.push_back(launch.stream[token * features + feature]);
  for (int row = 0; row < std::min(launch.outputs, launch.block.rectangle.height); ++row)
    values.insert(values.end(), launch.labels.begin(), launch.labels.end());
  return values;
}

// Sums over outputs of a row from its first, then from the last row to the first.
template <typename Value>
std::uint32_t column_sum(const hw::BlockMap& block, Value&& value) {
  std::uint32_t sum = 0;
  for (int row = block.rows() - 1; row >= 0; --row) {
    std::uint32_t local = 0;
    for (int held = 0; held < block.features_of(row); ++held)
      local = hw::add(local, value(block.first_feature(row) + held));
    sum = hw::add(sum, local);
  }
  return sum;
}

std::vector<std::uint32_t> softmax_loss(const hw::ProgramLaunch& launch) {
  const hw::BlockMap& block = launch.block;
  const auto logit = [&](int output, int token) {
    return launch.logits[static_cast<std::size_t>(output * block.tokens + token)];
  };
  std::vector<std::uint32_t> deltas(launch.train ? launch.logits.size() : 0);
  std::uint32_t losses = 0, correct = 0;
  for (int column = 0; column < block.columns(); ++column) {
    std::uint32_t of_column = 0, correct_of_column = 0;
    for (int held = 0; held < block.tokens_of(column); ++held) {
      const int token = block.first_token(column) + held;
      const int label = static_cast<std::int16_t>(launch.labels[static_cast<std::size_t>(token)]);
      std::uint32_t greatest = logit(0, token);
      for (int output = 0; output < block.features; ++output) greatest = hw::maximum(greatest, logit(output, token));
      const auto below = [&](int output) { return hw::subtract(logit(output, token), greatest); };
      const auto power = [&](int output) { return hw::result_bits(hw::machine_exp(hw::float_of(below(output)))); };
      const std::uint32_t sum = column_sum(block, power);
      const std::uint32_t own = column_sum(block, [&](int output) { return output == label ? below(output) : 0U; });
      if (label >= 0) {
        const std::uint32_t loss = hw::subtract(hw::result_bits(hw::machine_log(hw::float_of(sum))), own);
        of_column = hw::add(of_column, loss);
        if (own == 0) correct_of_column = hw::add(correct_of_column, hw::result_bits(1.0F));
      }
      const std::uint32_t factor =
          hw::multiply(hw::result_bits(hw::machine_reciprocal(hw::float_of(sum))), hw::result_bits(launch.loss_scale));
      for (int output = 0; launch.train && output < block.features; ++output) {
        const std::uint32_t target = output == label ? hw::result_bits(-launch.loss_scale) : 0;
        const std::uint32_t delta = hw::add(hw::multiply(power(output), factor), target);
        deltas[static_cast<std::size_t>(output * block.tokens + token)] = label < 0 ? 0 : hw::to_half(delta);
      }
    }
    losses = hw::add(losses, of_column);
    correct = hw::add(correct, correct_of_column);
  }
  std::vector<std::uint32_t> results = {losses, correct};
  results.insert(results.end(), deltas.begin(), deltas.end());
  return results;
}

}  // namespace

std::vector<std::uint32_t> plain_results(const hw::ProgramLaunch& launch) {
  const hw::Kernel& kernel = hw::kernel_of(launch.kind);
  switch (kernel.form) {
    case hw::KernelForm::load:
      return loaded(launch);
    case hw::KernelForm::loss:
      return softmax_loss(launch);
    case hw::KernelForm::local:
      return kernel.role == hw::KernelRole::forward ? relu(launch) : relu_backward(launch);
    case hw::KernelForm::stream:
      break;
  }
  if (!launch.map->reduces) return outer_products(launch);
  return kernel.weights == hw::KernelWeights::kept ? sums_and_weights(launch) : chained_sums(launch);
}

}  // namespace weft::sw
