#include "sw/kernels/outer_setup.h"

#include <algorithm>
#include <numeric>

#include "sw/kernels/matrix_colors.h"
#include "sw/kernels/window_table.h"

namespace weft::sw {

using hw::Instruction;
using hw::Opcode;

namespace {

std::uint16_t narrow(int value) { return static_cast<std::uint16_t>(value); }

}  // namespace

OuterSetup::OuterSetup(const hw::MachineSpec& machine, const hw::LaunchMap& map,
                       const std::vector<std::uint16_t>& stream, const std::vector<std::uint16_t>& vectors,
                       const std::vector<std::uint32_t>& begun)
    : KernelSetup({map.lines_are_rows ? map.positions : map.lines, map.lines_are_rows ? map.lines : map.positions,
                   machine.pe.sram_bytes}),
      map_(map),
      input_queue_(machine.router.input_queue),
      scalar_first_(map.stream_firsts()) {
  element_first_.resize(map.elements.size());
  std::exclusive_scan(map.elements.begin(), map.elements.end(), element_first_.begin(), 0);
  const int elements = *std::max_element(map.elements.begin(), map.elements.end()),
            scalars = *std::max_element(map.wavelets.begin(), map.wavelets.end());
  const std::int64_t sums = std::int64_t{elements} * scalars, kept = std::int64_t{vectors_of(0)} * elements,
                     own = std::int64_t{map.stream_owners.most()} * scalars;
  const std::int64_t end = 2 * sums + kept + (vectors_come() ? elements : 0) + own + sums;
  check_room(machine, end + (map.windows ? end % 2 + words_of_window * map.rounds : 0));
  vectors_ = static_cast<int>(2 * sums);
  come_ = static_cast<int>(vectors_ + kept);
  sent_ = come_ + (vectors_come() ? elements : 0);
  halves_ = static_cast<int>(sent_ + own);
  windows_ = static_cast<int>(end + end % 2);
  for (int line = 0; line < map.lines; ++line)
    for (int position = 0; position < map.positions; ++position)
      add_program(array.program(map.column_of(line, position), map.row_of(line, position)), line, position);
  place(stream, vectors);
  std::size_t at = 0;
  if (!begun.empty())
    each_sum([&](std::size_t pe, int sum) { array.memories[pe].write32(sums_ + 2 * sum, begun[at++]); });
}

std::vector<RoundBody> OuterSetup::rounds_of(int line, int position) const {
  const bool sums = map_.scalars_of(line) > 0 && elements_of(position) > 0;
  std::vector<RoundBody> rounds;
  for (int round = 0; round < map_.rounds; ++round) {
    RoundBody body;
    if (map_.scalars_of(line) > 0 && map_.stream_owners.of(round) == position) {
      body.gives = round - map_.stream_owners.first(position);
      body.hands_on = map_.stream_owners.hands_on(round);
    }
    if (!vectors_come()) {
      body.vector = round;
    } else if (map_.vector_owners.of(round) == line) {
      body.vector = round - first_vector(line);
      body.hands_vector_on = map_.vector_owners.hands_on(round);
    }
    body.takes = sums || body.gives >= 0;
    if (body.takes || (vectors_come() && body.vector >= 0)) rounds.push_back(body);
  }
  return rounds;
}

// A vector of the PE's own goes to the others before it is multiplied with: as the scalars of an AXPYM over nothing.
void OuterSetup::add_vector(ProgramBuilder& builder, int position, const RoundBody& round) const {
  const int elements = elements_of(position);
  Instruction vector;
  if (round.vector < 0) {
    vector.opcode = Opcode::list16;
    vector.a = narrow(come_);
    vector.fabric_in = static_cast<std::uint8_t>(MatrixColors::vectors);
    vector.count = narrow(elements);
    vector.windowed = map_.windowed_elements();
  } else {
    vector.opcode = Opcode::axpy_memory;
    vector.fabric_out = static_cast<std::uint8_t>(MatrixColors::vectors);
    vector.a = narrow(sums_);
    vector.b = narrow(vectors_);
    vector.c = narrow(vectors_ + round.vector * elements);
    vector.scalars = narrow(elements);
    vector.close = true;
    vector.windowed_scalars = map_.windowed_elements();
    if (round.hands_vector_on) vector.advance = next_owner_switches;
  }
  builder.add(vector);
}

Instruction OuterSetup::multiply(int line, int position, const RoundBody& round) const {
  const int elements = elements_of(position), scalars = map_.scalars_of(line);
  Instruction outer;
  outer.opcode = Opcode::outer;
  outer.a = narrow(sums_);
  outer.b = narrow(round.vector < 0 ? come_ : vectors_ + round.vector * elements);
  outer.count = narrow(elements);
  outer.row_stride = narrow(round.vector < 0 ? 0 : elements);
  outer.element_stride = 1;
  outer.scalars = narrow(scalars);
  outer.windowed = map_.windowed_elements();
  if (round.gives < 0) {
    outer.fabric_in = static_cast<std::uint8_t>(MatrixColors::stream);
    return outer;
  }
  outer.opcode = Opcode::outer_memory;
  outer.fabric_out = static_cast<std::uint8_t>(MatrixColors::stream);
  outer.c = narrow(sent_ + round.gives * scalars);
  outer.close = true;
  if (round.hands_on) outer.advance = next_owner_switches;
  return outer;
}

void OuterSetup::add_program(hw::Program& program, int line, int position) const {
  const int elements = elements_of(position), scalars = map_.scalars_of(line);
  ProgramBuilder builder(program);
  builder.begin_thread(0);
  add_rounds(builder, rounds_of(line, position), [&](const RoundBody& round) {
    if (map_.windows) builder.add(window_at(narrow(windows_)));
    if (vectors_come()) add_vector(builder, position, round);
    if (round.takes) builder.add(multiply(line, position, round));
  });
  if (elements > 0 && scalars > 0 && map_.rounds_sums()) {
    Instruction round_off;
    round_off.opcode = Opcode::to_half16;
    round_off.a = narrow(halves_);
    round_off.b = narrow(sums_);
    round_off.count = narrow(elements * scalars);
    builder.add(round_off);
  }
  builder.halt();
  if (scalars > 0) program.routes[MatrixColors::stream] = stream_route(map_, position);
  if (!vectors_come()) return;
  program.routes[MatrixColors::vectors] =
      owners_route(map_.vector_owners, ports_across_lines(map_), line, map_.lines, scalars > 0);
  // No more than a round's, so that only the next one's comes to the core before the scalars of this one.
  if (elements + 1 < input_queue_) program.input_depths[MatrixColors::vectors] = elements + 1;
}

void OuterSetup::place(const std::vector<std::uint16_t>& stream, const std::vector<std::uint16_t>& vectors) {
  const int inner = std::accumulate(map_.wavelets.begin(), map_.wavelets.end(), 0),
            outer = std::accumulate(map_.elements.begin(), map_.elements.end(), 0);
  for (int line = 0; line < map_.lines; ++line) {
    for (int position = 0; position < map_.positions; ++position) {
      hw::Sram& memory = array.memory(map_.column_of(line, position), map_.row_of(line, position));
      const auto copy = [&](int to, int first, int rounds, int count, const std::vector<std::uint16_t>& from, int width,
                            int begin) {
        for (int round = 0; round < rounds; ++round)
          for (int at = 0; at < count; ++at)
            memory.write16(to + round * count + at,
                           from[static_cast<std::size_t>((first + round) * width + begin + at)]);
      };
      copy(vectors_, first_vector(line), vectors_of(line), elements_of(position), vectors, outer,
           element_first_[static_cast<std::size_t>(position)]);
      std::vector<hw::TokenWindow> windows;
      for (int round = 0; map_.windows && round < map_.rounds; ++round)
        if (map_.scalars_of(line) > 0 || map_.vector_owners.of(round) == line)
          windows.push_back(map_.windows->at(round, position));
      write_windows(memory, windows_, windows);
      if (line < map_.chain)
        copy(sent_, map_.stream_owners.first(position), map_.stream_owners.count(position), map_.scalars_of(line),
             stream, inner, scalar_first_[static_cast<std::size_t>(line)]);
    }
  }
}

// [features][tokens]: of a row features are the scalars, of a column the elements.
template <typename Visit>
void OuterSetup::each_sum(Visit&& visit) const {
  const auto add = [&](int line, int position, int element, int scalar) {
    visit(static_cast<std::size_t>(map_.row_of(line, position) * array.width + map_.column_of(line, position)),
          element * map_.scalars_of(line) + scalar);
  };
  if (map_.lines_are_rows) {
    for (int line = 0; line < map_.chain; ++line)
      for (int scalar = 0; scalar < map_.scalars_of(line); ++scalar)
        for (int position = 0; position < map_.positions; ++position)
          for (int element = 0; element < elements_of(position); ++element) add(line, position, element, scalar);
    return;
  }
  for (int position = 0; position < map_.positions; ++position)
    for (int element = 0; element < elements_of(position); ++element)
      for (int column = 0; column < array.width; ++column) {
        const int line = map_.lines_from_east ? map_.lines - 1 - column : column;
        for (int scalar = 0; scalar < map_.scalars_of(line); ++scalar) add(line, position, element, scalar);
      }
}

std::vector<std::uint32_t> OuterSetup::results(const hw::ArrayRun& run) const {
  std::vector<std::uint32_t> results;
  each_sum([&](std::size_t pe, int sum) {
    const hw::Sram& memory = run.pes[pe].memory;
    results.push_back(map_.keeps_sums ? memory.read32(sums_ + 2 * sum)
                                      : memory[static_cast<std::size_t>(halves_ + sum)]);
  });
  return results;
}

}  // namespace weft::sw
