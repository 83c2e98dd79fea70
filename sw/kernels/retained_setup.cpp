#include "sw/kernels/retained_setup.h"

#include <algorithm>

#include "sw/kernels/matrix_colors.h"
#include "sw/kernels/program_builder.h"

namespace weft::sw {

using hw::Instruction;
using hw::Opcode;

namespace {

std::uint16_t narrow(int value) { return static_cast<std::uint16_t>(value); }

}  // namespace

RetainedSetup::RetainedSetup(const hw::MachineSpec& machine, const hw::LaunchMap& map,
                             const std::vector<std::uint16_t>& deltas, const std::vector<std::uint16_t>& weights)
    : KernelSetup({map.lines, map.positions, machine.pe.sram_bytes}), map_(map), token_first_{0}, feature_first_{0} {
  // Lines count from the east, tokens from the west.
  for (int column = 0; column < map.lines; ++column)
    token_first_.push_back(token_first_.back() + map.wavelets[static_cast<std::size_t>(map.lines - 1 - column)]);
  for (const int elements : map.elements) feature_first_.push_back(feature_first_.back() + elements);
  const int features = *std::max_element(map.elements.begin(), map.elements.end()),
            tokens = *std::max_element(map.wavelets.begin(), map.wavelets.end()),
            owned = hw::split_count(map.owned, map.height, 0);
  const std::int64_t sums = std::int64_t{features} * tokens, kept = std::int64_t{map.rounds} * features;
  check_room(machine, 2 * sums + kept + std::int64_t{owned} * tokens + sums);
  weights_ = static_cast<int>(2 * sums);
  deltas_ = static_cast<int>(weights_ + kept);
  halves_ = deltas_ + owned * tokens;
  for (int position = 0; position < map.positions; ++position)
    for (int column = 0; column < map.lines; ++column) add_program(array.program(column, position), column, position);
  place(deltas, weights);
}

void RetainedSetup::add_program(hw::Program& program, int column, int position) const {
  const int features = map_.elements[static_cast<std::size_t>(position)], tokens = own_tokens(column);
  const int before = hw::split_first(map_.owned, map_.height, position),
            own = hw::split_count(map_.owned, map_.height, position);
  Instruction take;
  take.opcode = Opcode::outer;
  take.fabric_in = static_cast<std::uint8_t>(MatrixColors::deltas);
  take.a = narrow(sums_);
  take.count = take.row_stride = narrow(features);
  take.element_stride = 1;
  take.scalars = narrow(tokens);
  Instruction give = take;
  give.opcode = Opcode::outer_memory;
  give.fabric_in.reset();
  give.fabric_out = static_cast<std::uint8_t>(MatrixColors::deltas);
  give.close = true;
  ProgramBuilder builder(program);
  builder.begin_thread(0);
  const auto rounds = [&](Instruction multiply, int round, int passes) {
    if (passes == 0) return;
    multiply.b = narrow(weights_ + round * features);
    if (multiply.fabric_out) multiply.c = narrow(deltas_ + (round - before) * tokens);
    const int first = builder.here();
    builder.add(multiply);
    builder.loop(first, passes, 0);
  };
  if (features > 0) rounds(take, 0, before);
  if (own > 0) {
    rounds(give, before, own - 1);
    if (before + own < map_.rounds) give.advance = next_owner_switches;
    rounds(give, before + own - 1, 1);
  }
  if (features > 0) {
    rounds(take, before + own, map_.rounds - before - own);
    Instruction round_off;
    round_off.opcode = Opcode::to_half16;
    round_off.a = narrow(halves_);
    round_off.b = narrow(sums_);
    round_off.count = narrow(features * tokens);
    builder.add(round_off);
  }
  builder.halt();
  program.routes[MatrixColors::deltas] = delta_route(map_, position);
}

void RetainedSetup::place(const std::vector<std::uint16_t>& deltas, const std::vector<std::uint16_t>& weights) {
  const int all_tokens = token_first_.back(), all_features = feature_first_.back();
  for (int position = 0; position < map_.positions; ++position) {
    const int features = map_.elements[static_cast<std::size_t>(position)],
              feature = feature_first_[static_cast<std::size_t>(position)];
    const int first = hw::split_first(map_.owned, map_.height, position),
              own = hw::split_count(map_.owned, map_.height, position);
    for (int column = 0; column < map_.lines; ++column) {
      hw::Sram& memory = array.memory(column, position);
      for (int round = 0; round < map_.rounds; ++round)
        for (int k = 0; k < features; ++k)
          memory.write16(weights_ + round * features + k,
                         weights[static_cast<std::size_t>(round * all_features + feature + k)]);
      const int tokens = own_tokens(column);
      for (int round = 0; round < own; ++round)
        for (int token = 0; token < tokens; ++token)
          memory.write16(deltas_ + round * tokens + token,
                         deltas[static_cast<std::size_t>((first + round) * all_tokens + token_first(column) + token)]);
    }
  }
}

std::vector<std::uint32_t> RetainedSetup::results(const hw::ArrayRun& run) const {
  std::vector<std::uint32_t> results;
  for (int position = 0; position < map_.positions; ++position)
    for (int feature = 0; feature < map_.elements[static_cast<std::size_t>(position)]; ++feature)
      for (int column = 0; column < map_.lines; ++column)
        for (int token = 0; token < own_tokens(column); ++token)
          results.push_back(run.pes[static_cast<std::size_t>(position * array.width + column)]
                                .memory[static_cast<std::size_t>(halves_ + feature * own_tokens(column) + token)]);
  return results;
}

}  // namespace weft::sw
