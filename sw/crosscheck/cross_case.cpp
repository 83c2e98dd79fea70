#include "sw/crosscheck/cross_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "hw/spec/kernel_names.h"

namespace weft::sw {

using hw::KernelKind;

namespace {

std::vector<std::uint16_t> random_halves(std::size_t count, std::mt19937& random) {
  constexpr std::uint16_t half_one = 0x3800;  // 0.5, so that most values lie in +-[0.5, 1)
  std::vector<std::uint16_t> values(count);
  for (std::uint16_t& value : values) {
    const std::uint32_t bits = random();
    value = static_cast<std::uint16_t>(bits % 8 == 0 ? bits >> 16 : half_one | (bits >> 16 & 0x83ff));
  }
  return values;
}

int pick(std::mt19937& random, const std::vector<int>& values) { return values[random() % values.size()]; }

constexpr std::uint32_t latest_round = 60, latest_line = 5, latest_wavelet = 9;

}  // namespace

const char* name_of(Stalls stalls) {
  switch (stalls) {
    case Stalls::none:
      return "none";
    case Stalls::rounds:
      return "rounds";
    case Stalls::wavelets:
      return "wavelets";
  }
  return "";
}

const std::vector<KernelKind>& program_kernels() {
  static const std::vector<KernelKind> kernels = {KernelKind::matmul_forward, KernelKind::matmul_delta,
                                                  KernelKind::matmul_gradient};
  return kernels;
}

std::string to_string(const CrossCase& c) {
  return fmt::format("--kernel {} --shape {}x{}x{}@{}x{} --stalls {} --seed {}", hw::kernel_name(c.kind), c.inputs,
                     c.outputs, c.tokens, c.rectangle.width, c.rectangle.height, name_of(c.stalls), c.seed);
}

CrossCase sweep_case(std::uint32_t seed, int index, int limit, const std::vector<KernelKind>& kernels) {
  static const std::vector<int> sizes = {1, 1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 17, 23};
  std::seed_seq key{seed, static_cast<std::uint32_t>(index)};
  std::mt19937 random(key);
  const auto number = static_cast<std::size_t>(index);
  CrossCase c;
  c.kind = kernels[number % kernels.size()];
  c.inputs = pick(random, sizes);
  c.outputs = pick(random, sizes);
  c.tokens = pick(random, sizes);
  const auto side = [&] { return 1 + static_cast<int>(random() % static_cast<std::uint32_t>(limit)); };
  if (number / kernels.size() % 3 != 0) c.rectangle = {side(), side()};
  c.stalls = static_cast<Stalls>(number / kernels.size() / 3 % 3);
  c.seed = random();
  return c;
}

PreparedCase prepare(const hw::MachineSpec& machine, const CrossCase& c) {
  std::mt19937 random(c.seed);
  const hw::LaunchMap map(c.kind, {"case", c.inputs, c.outputs, false, 0}, c.rectangle, c.tokens);
  const auto total = [](const std::vector<int>& counts) {
    return static_cast<std::size_t>(std::accumulate(counts.begin(), counts.end(), 0));
  };
  const std::size_t lines = total(map.wavelets), positions = total(map.elements);
  const MatrixValues values{random_halves(static_cast<std::size_t>(map.rounds) * lines, random),
                            random_halves(lines * positions, random)};
  PreparedCase prepared{map, values, MatrixSetup(machine, map, values), {}};
  Cycle begin = 0;
  for (int round = 0; map.from_edge && round < map.rounds; ++round) {
    if (c.stalls != Stalls::none) begin += random() % latest_round;
    prepared.edge.emplace_back();
    for (int line = 0; line < map.chain; ++line) {
      const Cycle first = begin + (c.stalls == Stalls::none ? 0 : random() % latest_line);
      prepared.edge.back().push_back(static_cast<std::int32_t>(first) - 1);
      prepared.setup.feed(line, round, first);
    }
  }
  if (c.stalls != Stalls::wavelets) return prepared;
  for (hw::ArrayEdge& edge : prepared.setup.array.edges) {
    Cycle late = 0;
    for (hw::TimedWavelet& wavelet : edge.source) wavelet.at += late += random() % latest_wavelet;
    for (const int color : {MatrixColors::sums_even, MatrixColors::sums_odd}) {
      Cycle taken = 0;
      for (std::size_t count = 0; count < static_cast<std::size_t>(map.rounds) * positions; ++count)
        edge.sink[color].push_back(taken += random() % latest_wavelet);
    }
  }
  return prepared;
}

}  // namespace weft::sw
