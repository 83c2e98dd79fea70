// A case's operands, edge times, expected results and recurrence.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "hw/fabric/attention_times.h"
#include "hw/fabric/local_times.h"
#include "hw/fabric/retimed_rounds.h"
#include "hw/fast_forward/steady_runs.h"
#include "hw/kernels/column_times.h"
#include "hw/kernels/rotary.h"
#include "hw/pe/arithmetic.h"
#include "sw/crosscheck/cross_case.h"
#include "sw/crosscheck/plain_results.h"
#include "sw/crosscheck/stalled_end.h"
#include "sw/kernels/matrix_colors.h"
#include "tlm/base/error.h"

namespace weft::sw {

using hw::KernelKind;

namespace {

constexpr std::uint32_t latest_round = 60, latest_line = 5, latest_wavelet = 9;

// Most values lie in +-[0.5, 1).
std::vector<std::uint16_t> random_halves(HalfFormat format, std::size_t count, std::mt19937& random) {
  const std::uint32_t one_half = float_to_half(format, 0.5F), mask = 0xffff >> static_cast<int>(format) >> 1 | 0x8000;
  std::vector<std::uint16_t> values(count);
  for (std::uint16_t& value : values) {
    const std::uint32_t bits = random();
    value = static_cast<std::uint16_t>(bits % 8 == 0 ? bits >> 16 : one_half | (bits >> 16 & mask));
  }
  return values;
}

// Words of a launch without stalls are at the edge from its first cycle on.
void draw_edge(hw::ProgramLaunch& launch, Stalls stalls, std::mt19937& random) {
  Cycle begin = 0;
  const hw::LaunchMap& map = *launch.map;
  const int rows = map.from_edge ? map.chain : map.lists() ? map.kept->rows() : 0;
  for (int round = 0; rows > 0 && round < map.rounds; ++round) {
    if (stalls != Stalls::none) begin += random() % latest_round;
    for (int row = 0; row < rows; ++row) {
      const Cycle first = begin + (stalls == Stalls::none ? 0 : random() % latest_line);
      launch.edge.push_back(static_cast<std::int32_t>(first) - 1);
    }
  }
}

void stall_wavelets(hw::ArraySetup& array, std::size_t leaving, std::mt19937& random) {
  for (hw::ArrayEdge& edge : array.edges) {
    Cycle late = 0;
    for (hw::TimedWavelet& wavelet : edge.source) wavelet.at += late += random() % latest_wavelet;
    for (const int color :
         {MatrixColors::sums_even, MatrixColors::sums_odd, hw::LineColors::totals_even, hw::LineColors::totals_odd}) {
      Cycle taken = 0;
      for (std::size_t count = 0; count < leaving; ++count)
        edge.sink[color].push_back(taken += random() % latest_wavelet);
    }
  }
}

Cycle recurrence_end(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch) {
  const hw::LaunchMap& map = *launch.map;
  if (hw::kernel_of(launch.kind).by_key) return hw::attention_times(machine, map).end.since();
  hw::StreamReduce engine(hw::timing_of(hw::FabricTiming(machine), map),
                          hw::part_shape(map, 0, map.lines, 0, map.positions, hw::FabricTiming(machine)));
  hw::RetimedRounds retimed;
  for (int round = 0; round < map.rounds; ++round) {
    hw::StreamReduce::Source source;
    if (map.lists()) {
      engine.begin_round(nullptr, map.kept->round(round));
    } else if (map.kept) {
      engine.begin_round(map.kept->round(round), nullptr);
    }
    if (map.from_edge) {
      source.edge = launch.edge.data() + static_cast<std::ptrdiff_t>(round) * map.chain;
    } else {
      source.owner = map.stream_owners.of(round);
    }
    if (!map.reduces) {
      engine.stream(source);
      engine.close_without_reduction();
      continue;
    }
    const int owner = map.returns ? map.sum_owners.of(round) : -1;
    const auto stream = [&](hw::StreamReduce& of) { hw::stream_in_runs(of, source, nullptr, owner); };
    if (map.lists()) {
      const std::int32_t* edge = launch.edge.data() + static_cast<std::ptrdiff_t>(round) * map.kept->rows();
      retimed.run_listed(engine, edge, source, nullptr);
    } else if (hw::retimes(engine.timing(), map)) {
      retimed.run_returning(engine, owner, stream);
    } else {
      stream(engine);
      engine.reduce(0, engine.sizes().max_elements(), owner);
    }
    engine.close_reduction(map.advances(round));
  }
  if (map.rounds_sums()) engine.round_sums();
  return engine.end().since();
}

// fp32 around zero, some of them any bits.
std::vector<std::uint32_t> random_floats(std::size_t count, std::mt19937& random) {
  const bool special = random() % 4 == 0;
  std::vector<std::uint32_t> values;
  for (std::size_t at = 0; at < count; ++at) {
    constexpr float widest = 20;
    const float value = widest * (static_cast<float>(random() % 0x10000) / 0x8000 - 1);
    values.push_back(special && random() % 8 == 0 ? static_cast<std::uint32_t>(random()) : hw::result_bits(value));
  }
  return values;
}

int queue_of(const hw::MachineSpec& machine) { return machine.router.input_queue; }

void draw_matrix(const hw::MachineSpec& machine, const CrossCase& c, PreparedCase& prepared, std::mt19937& random) {
  prepared.layer = std::make_unique<hw::MatrixLayer>(hw::MatrixLayer{"case", c.inputs, c.outputs, "", 0});
  prepared.layer->bias = c.bias;
  prepared.layer->attention.queries = c.queries;
  if (c.half_sums) prepared.layer->half_sums = {true, true, true};
  if (c.zeros > 0) {
    prepared.layer->sparsity = c.zeros / 100.0;
    prepared.layer->mask = std::make_shared<const hw::WeightMask>(
        hw::WeightMask::random(c.outputs, c.inputs, prepared.layer->sparsity, c.seed));
    prepared.launch.sparse_layer = prepared.layer.get();
  }
  prepared.map = std::make_unique<hw::LaunchMap>(c.kind, *prepared.layer, c.rectangle, c.tokens);
  if (c.mask.any())
    prepared.map->windows = std::make_shared<const hw::LaunchWindows>(
        hw::windows_of(*prepared.map, c.mask, queue_of(machine), hw::dealt_keys(*prepared.map)));
  const hw::LaunchMap& map = *prepared.map;
  prepared.launch.map = &map;
  prepared.launch.keeps_fp32 = hw::kernel_of(c.kind).sums_fp32;
  const auto total = [](const std::vector<int>& counts) {
    return static_cast<std::size_t>(std::accumulate(counts.begin(), counts.end(), 0));
  };
  const auto rounds = static_cast<std::size_t>(map.rounds);
  const std::size_t lines = total(map.wavelets), positions = total(map.elements);
  prepared.launch.stream = random_halves(c.format, rounds * lines, random);
  prepared.launch.resident = random_halves(c.format, (map.reduces ? lines : rounds) * positions, random);
  draw_edge(prepared.launch, c.stalls, random);
  if (map.vector_owners.any() && random() % 2 == 0) prepared.launch.sums = random_floats(lines * positions, random);
}

std::size_t draw_block(const CrossCase& c, int features, hw::ProgramLaunch& launch) {
  launch.block = {c.rectangle, features * c.queries, c.tokens, c.queries};
  return static_cast<std::size_t>(launch.block.features) * static_cast<std::size_t>(c.tokens);
}

// None in a third of the cases.
hw::Dropout draw_dropout(std::mt19937& random) {
  constexpr double probabilities[] = {0, 0.1, 0.5};
  const double probability = probabilities[random() % std::size(probabilities)];
  const std::uint64_t low = random(), high = random();
  const auto first_sample = static_cast<std::uint32_t>(random() % 1'000'000);
  return {probability, high << 32 | low, first_sample, first_sample % 1000};
}

// These draw operands and give the recurrences' end.
Cycle draw_load(const hw::MachineSpec& machine, const CrossCase& c, hw::ProgramLaunch& launch, std::mt19937& random) {
  launch.stream = random_halves(c.format, draw_block(c, c.inputs, launch), random);
  launch.outputs = c.outputs;
  for (int token = 0; token < c.tokens; ++token) launch.labels.push_back(static_cast<std::uint16_t>(random()));
  constexpr Cycle long_before = -100'000;
  const LaunchCycle ready(c.stalls == Stalls::none ? long_before : static_cast<Cycle>(random() % latest_round) - 20);
  const hw::EdgeLayout layout(machine, {c.rectangle});
  const hw::LoadShape shape{c.inputs, c.outputs, hw::kernel_of(c.kind).every_row};
  launch.edge = hw::load_starts(machine, layout, shape, c.rectangle, c.tokens, ready);
  return hw::load_times(machine, layout, shape, c.rectangle, c.tokens, ready).end.since();
}

// One in eight is none.
std::vector<std::uint32_t> random_labels(const CrossCase& c, std::mt19937& random) {
  std::vector<std::uint32_t> labels;
  for (int token = 0; token < c.tokens; ++token)
    labels.push_back(random() % 8 == 0 ? 0xffff : random() % static_cast<unsigned>(c.outputs));
  return labels;
}

// All of a head: a program that turns a part of it has more instructions than a PE holds.
hw::RotarySettings draw_rotary(std::mt19937& random) {
  constexpr int head_sizes[] = {2, 4, 6, 64, 128};
  constexpr float bases[] = {1e4F, 5e5F, 10.0F};
  const int head_size = head_sizes[random() % std::size(head_sizes)], length = 1 + static_cast<int>(random() % 24);
  return {head_size, length, bases[random() % std::size(bases)]};
}

hw::LinearBias draw_bias(std::mt19937& random, int queries) {
  const int groups = 1 + static_cast<int>(random() % 12);
  return {groups * queries, static_cast<int>(random() % static_cast<unsigned>(groups)) * queries};
}

bool keeps_in_training(hw::LinePrograms& programs) {
  const std::vector<hw::LineOperand>& written = programs.of(0, 0).writes;
  return std::any_of(written.begin(), written.end(),
                     [](const hw::LineOperand& operand) { return operand.tensor == hw::Operand::kept; });
}

// The keys and tokens of one sequence.
void stand_in_windows(const hw::MachineSpec& machine, const CrossCase& c, hw::ProgramLaunch& launch) {
  const hw::LaunchMap map(KernelKind::attention_scores, {"case", 1, c.outputs, "", 0}, c.rectangle, c.tokens);
  const hw::KeyNumbers numbers = hw::dealt_keys(map);
  launch.block.dealt = c.tokens;
  launch.line.windows =
      std::make_shared<const hw::ScoreWindows>(hw::ScoreWindows{numbers.keys,
                                                                {},
                                                                hw::windows_of(map, c.mask, queue_of(machine), numbers),
                                                                hw::windows_of(map, c.mask, 0, numbers)});
}

// The keys of a tile have any numbers, some behind all tokens, and stand in any places.
void draw_tile_windows(const CrossCase& c, hw::ProgramLaunch& launch, std::mt19937& random) {
  hw::ScoreWindows windows;
  for (int round = 0; round < c.outputs; ++round)
    windows.keys.push_back(static_cast<int>(random() % static_cast<unsigned>(c.tokens + 2)));
  if (hw::kernel_of(c.kind).drops)
    for (int round = 0; round < c.outputs; ++round) windows.places.push_back(static_cast<int>(random() % (1U << 20)));
  launch.line.windows = std::make_shared<const hw::ScoreWindows>(std::move(windows));
}

Cycle draw_line(const hw::MachineSpec& machine, const CrossCase& c, hw::ProgramLaunch& launch, std::mt19937& random) {
  const std::size_t size = draw_block(c, c.outputs, launch);
  if (hw::kernel_of(c.kind).by_pairs && !hw::holds_pairs(launch.block))
    throw UsageError(fmt::format("{}: {} features on {} rows; allowed: an even number on each row",
                                 hw::kernel_name(c.kind), c.outputs, c.rectangle.height));
  launch.line.queries = c.queries;
  launch.line.tile = static_cast<int>(random() % 3);
  if (c.windows) stand_in_windows(machine, c, launch);
  hw::LinePrograms undrawn(launch);  // settings change no operand that is read
  for (const hw::LineOperand& operand : undrawn.of(0, 0).reads) {
    if (operand.format == hw::LineFormat::label) {
      launch.operands.push_back(random_labels(c, random));
    } else if (operand.format == hw::LineFormat::of_heads) {
      launch.operands.push_back(random_floats(static_cast<std::size_t>(c.queries * c.tokens), random));
    } else if (operand.format == hw::LineFormat::fp32 || operand.format == hw::LineFormat::windows) {
      launch.operands.push_back(random_floats(size, random));
    } else {
      const bool of_feature = operand.format == hw::LineFormat::feature;
      const std::vector<std::uint16_t> halves =
          random_halves(c.format, of_feature ? static_cast<std::size_t>(c.outputs) : size, random);
      launch.operands.emplace_back(halves.begin(), halves.end());
    }
  }
  const bool is_loss = hw::kernel_of(c.kind).role == hw::KernelRole::loss;
  if (is_loss || keeps_in_training(undrawn)) launch.line.train = random() % 2 == 0;
  if (is_loss) {
    launch.line.loss_scale = random() % 2 == 0 ? 1024.0F : 3.0F;
  } else {
    launch.line.dropout = draw_dropout(random);
    launch.line.epsilon = random() % 2 == 0 ? 1e-5F : 1e-12F;
    launch.line.score_scale = random() % 2 == 0 ? 1.0F : 0.0883883461F;
    launch.line.mask = c.mask;
    if (hw::kernel_of(c.kind).makes_scores && random() % 2 == 0) launch.line.bias = draw_bias(random, c.queries);
    if (hw::kernel_of(c.kind).by_pairs) launch.line.rotary = draw_rotary(random);
    if (hw::kernel_of(c.kind).masks_tile && !c.windows && (c.mask.any() || launch.line.bias.any()))
      draw_tile_windows(c, launch, random);
    if (hw::kernel_of(c.kind).drops && !c.windows && random() % 2 == 0) draw_tile_windows(c, launch, random);
  }
  // What drops nothing is no program, and a tile has no end of it.
  if (hw::LinePrograms(launch).of(0, 0).code.size() == 1) launch.line.dropout.probability = 0.5;
  hw::LinePrograms programs(launch);
  return hw::column_times(machine, programs).times.end.since();
}

}  // namespace

PreparedCase prepare(const hw::MachineSpec& machine, const CrossCase& c) {
  std::mt19937 random(c.seed);
  PreparedCase prepared;
  prepared.launch.kind = c.kind;
  prepared.launch.line.format = c.format;
  Cycle local = 0;
  switch (hw::kernel_of(c.kind).form) {
    case hw::KernelForm::load:
      local = draw_load(machine, c, prepared.launch, random);
      break;
    case hw::KernelForm::line:
      local = draw_line(machine, c, prepared.launch, random);
      break;
    case hw::KernelForm::stream:
      draw_matrix(machine, c, prepared, random);
      break;
  }
  prepared.launch.results = plain_results(prepared.launch);
  prepared.setup = set_up(machine, prepared.launch);
  const bool each_late = c.stalls == Stalls::wavelets;
  const bool leaves_sums = hw::kernel_of(c.kind).role == hw::KernelRole::gradient;
  if (each_late) stall_wavelets(prepared.setup->array, prepared.launch.results.size(), random);
  if (prepared.map && !(each_late && prepared.map->lists())) {
    prepared.recurrence = each_late && !hw::kernel_of(c.kind).by_key
                              ? stalled_end(machine, *prepared.map, prepared.setup->array)
                              : recurrence_end(machine, prepared.launch);
  } else if (!prepared.map && !(each_late && (leaves_sums || !prepared.launch.edge.empty()))) {
    prepared.recurrence = local;
  }
  return prepared;
}

}  // namespace weft::sw
