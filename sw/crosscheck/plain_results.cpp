#include "sw/crosscheck/plain_results.h"

#include <algorithm>
#include <numeric>

#include "hw/kernels/line_kernels.h"
#include "hw/pe/arithmetic.h"

namespace weft::sw {

namespace {

/// Of each token, in the order of the columns: whether a round has it.
class Tokens {
 public:
  explicit Tokens(const hw::LaunchMap& map) : windows_(map.windows.get()) {
    const std::vector<int>& held = map.lines_are_rows ? map.elements : map.wavelets;
    for (int column = 0; column < static_cast<int>(held.size()); ++column)
      for (int token = 0; token < held[static_cast<std::size_t>(column)]; ++token) places_.emplace_back(column, token);
  }
  bool has(int round, int token) const {
    if (!windows_) return true;
    const auto [column, place] = places_[static_cast<std::size_t>(token)];
    return windows_->at(round, column).has(place);
  }

 private:
  const hw::LaunchWindows* windows_;
  std::vector<std::pair<int, int>> places_;
};

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
  const Tokens tokens(map);
  std::vector<std::uint32_t> sums;
  for (int round = 0; round < map.rounds; ++round) {
    for (int element = 0; element < outer; ++element) {
      if (map.lines_are_rows ? !tokens.has(round, element) : !launch.keeps(round, element)) continue;
      std::uint32_t sum = 0;
      // From the foot of the chain to line 0.
      for (int line = map.chain - 1; line >= 0; --line) {
        const int first = firsts[static_cast<std::size_t>(line)];
        std::uint32_t partial = 0;
        std::uint16_t half_partial = 0;
        for (int stream = first; stream < first + map.wavelets[static_cast<std::size_t>(line)]; ++stream) {
          if (map.lines_are_rows ? !launch.keeps(round, stream) : !tokens.has(round, stream)) continue;
          const std::uint16_t scalar = launch.stream[static_cast<std::size_t>(round * inner + stream)];
          if (map.half_sums) {
            half_partial =
                hw::fused_multiply_add_half(launch.line.format, scalar, resident(stream, element), half_partial);
          } else {
            partial = hw::fused_multiply_add(launch.line.format, scalar, resident(stream, element), partial);
          }
        }
        if (map.half_sums) partial = hw::widened(launch.line.format, half_partial);
        sum = line == map.chain - 1 ? partial : hw::add(sum, partial);
      }
      sums.push_back(map.returns && !launch.keeps_fp32 ? hw::to_half(launch.line.format, sum) : sum);
    }
  }
  return sums;
}

// Every column keeps the weights but for the bias, the last of a round.
std::vector<std::uint32_t> sums_and_weights(const hw::ProgramLaunch& launch) {
  std::vector<std::uint32_t> results = chained_sums(launch);
  const std::size_t width = launch.stream.size() / static_cast<std::size_t>(launch.map->rounds);
  for (int column = 0; column < launch.map->positions; ++column)
    for (std::size_t at = 0; at < launch.stream.size(); ++at)
      if (!launch.map->bias || at % width + 1 < width) results.push_back(launch.stream[at]);
  return results;
}

// Every column has all that came.
std::vector<std::uint32_t> stored(const hw::ProgramLaunch& launch) {
  std::vector<std::uint32_t> halves;
  for (int column = 0; column < launch.map->positions; ++column)
    halves.insert(halves.end(), launch.stream.begin(), launch.stream.end());
  return halves;
}

// [features][tokens]: of a row the stream has features, of a column tokens.
std::vector<std::uint32_t> outer_products(const hw::ProgramLaunch& launch) {
  const auto rounds = static_cast<std::size_t>(launch.map->rounds);
  const bool rows = launch.map->lines_are_rows;
  const std::vector<std::uint16_t>&of_feature = rows ? launch.stream : launch.resident,
        &of_token = rows ? launch.resident : launch.stream;
  const std::size_t features = of_feature.size() / rounds, tokens = of_token.size() / rounds;
  const Tokens in(*launch.map);
  std::vector<std::uint32_t> made;
  for (std::size_t feature = 0; feature < features; ++feature) {
    for (std::size_t token = 0; token < tokens; ++token) {
      std::uint32_t sum = launch.sums.empty() ? 0 : launch.sums[feature * tokens + token];
      for (std::size_t round = 0; round < rounds; ++round)
        if (in.has(static_cast<int>(round), static_cast<int>(token)))
          sum = hw::fused_multiply_add(launch.line.format, of_token[round * tokens + token],
                                       of_feature[round * features + feature], sum);
      made.push_back(launch.map->keeps_sums ? sum : hw::to_half(launch.line.format, sum));
    }
  }
  return made;
}

std::vector<std::uint32_t> loaded(const hw::ProgramLaunch& launch) {
  const auto features = static_cast<std::size_t>(launch.block.features),
             tokens = static_cast<std::size_t>(launch.block.tokens);
  std::vector<std::uint32_t> values;
  const int copies = hw::kernel_of(launch.kind).every_row ? launch.block.rectangle.height : 1;
  for (int copy = 0; copy < copies; ++copy)
    for (std::size_t feature = 0; feature < features; ++feature)
      for (std::size_t token = 0; token < tokens; ++token) values.push_back(launch.stream[token * features + feature]);
  for (int row = 0; row < std::min(launch.outputs, launch.block.rectangle.height); ++row)
    values.insert(values.end(), launch.labels.begin(), launch.labels.end());
  return values;
}

}  // namespace

std::vector<std::uint32_t> plain_results(const hw::ProgramLaunch& launch) {
  const hw::Kernel& kernel = hw::kernel_of(launch.kind);
  switch (kernel.form) {
    case hw::KernelForm::load:
      return loaded(launch);
    case hw::KernelForm::line:
      return hw::line_kernel(launch.kind).plain(launch);
    case hw::KernelForm::stream:
      break;
  }
  if (launch.map->stores) return stored(launch);
  if (!launch.map->reduces) return outer_products(launch);
  return kernel.weights == hw::KernelWeights::kept ? sums_and_weights(launch) : chained_sums(launch);
}

}  // namespace weft::sw
