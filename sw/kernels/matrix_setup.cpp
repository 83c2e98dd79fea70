#include "sw/kernels/matrix_setup.h"

#include <algorithm>

#include "sw/kernels/program_builder.h"

namespace weft::sw {

using hw::Instruction;
using hw::Opcode;
using hw::Port;
using hw::Program;

namespace {

std::uint16_t half_word(std::int64_t value) { return static_cast<std::uint16_t>(value); }
std::uint8_t color_of(int color) { return static_cast<std::uint8_t>(color); }

std::vector<int> prefix(const std::vector<int>& counts) {
  std::vector<int> first(counts.size() + 1, 0);
  for (std::size_t at = 0; at < counts.size(); ++at) first[at + 1] = first[at] + counts[at];
  return first;
}

int largest(const std::vector<int>& counts) {
  return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
}

}  // namespace

MatrixSetup::MatrixSetup(const hw::MachineSpec& machine, const hw::LaunchMap& map, const MatrixValues& values,
                         bool keeps_fp32, bool retains)
    : KernelSetup({map.lines_are_rows ? map.positions : map.lines, map.lines_are_rows ? map.lines : map.positions,
                   machine.pe.sram_bytes}),
      map_(map),
      input_queue_(machine.router.input_queue),
      keeps_fp32_(keeps_fp32),
      retains_(retains),
      stream_(values.stream),
      keeps_(values.keeps ? values.keeps : [](int, int) { return true; }),
      line_first_(prefix(map.wavelets)),
      position_first_(prefix(map.elements)) {
  const int elements = largest(map_.elements), wavelets = largest(map_.wavelets);
  const int owned = map_.owned == 0 ? 0 : hw::split_count(map_.owned, map_.height, 0);
  const int tokens = map_.lines_are_rows ? elements : wavelets;
  const std::int64_t resident = 2 * elements, operands = static_cast<std::int64_t>(elements) * wavelets,
                     outputs = resident + operands + operands % 2,
                     end = outputs + static_cast<std::int64_t>(owned) * tokens * (keeps_fp32_ ? 2 : 1);
  check_room(machine, end + (retains ? std::int64_t{map_.rounds} * wavelets : 0) + (map_.lists() ? elements : 0));
  addresses.resident = half_word(resident);
  addresses.owned = half_word(outputs);
  addresses.kept = addresses.list = half_word(end);
  for (int line = 0; line < map_.lines; ++line) {
    for (int position = 0; position < map_.positions; ++position) {
      Program& program = array.program(x_of(line, position), y_of(line, position));
      if (map_.lines_are_rows) {
        add_row_programs(program, line, position);
      } else {
        add_column_programs(program, line, position);
      }
    }
  }
  place(values);
}

Instruction MatrixSetup::axpy(int color, int elements, int row_stride, int element_stride) const {
  Instruction instruction;
  instruction.opcode = Opcode::axpy;
  instruction.fabric_in = color_of(color);
  instruction.a = addresses.accumulators;
  instruction.b = addresses.resident;
  instruction.count = half_word(elements);
  instruction.row_stride = half_word(row_stride);
  instruction.element_stride = half_word(element_stride);
  return instruction;
}

Instruction MatrixSetup::drain(int line, int elements) const {
  Instruction instruction;
  instruction.opcode = Opcode::drain;
  if (line + 1 < map_.chain) instruction.fabric_in = color_of(MatrixColors::sums_of(line + 1));
  instruction.fabric_out = color_of(line == 0 && map_.returns ? MatrixColors::returned : MatrixColors::sums_of(line));
  instruction.a = addresses.accumulators;
  instruction.count = half_word(elements);
  return instruction;
}

Instruction MatrixSetup::keep(int elements) const {
  Instruction instruction = drain(0, elements);
  instruction.fabric_out.reset();
  if (!keeps_fp32_) instruction.opcode = Opcode::drain16;
  instruction.b = addresses.owned;
  return instruction;
}

// Towards line 0: north for rows, east for columns. The queue of partial sums holds no more than a round's, so that
// none of the next round comes to the core before the line's own stream of this one.
void MatrixSetup::add_sum_routes(Program& program, int line, int elements) const {
  const Port from = map_.lines_are_rows ? Port::south : Port::west;
  const Port to = map_.lines_are_rows ? Port::north : Port::east;
  if (line > 0 || !map_.returns) program.routes[MatrixColors::sums_of(line)] = {{Port::ramp, hw::port_set(to)}};
  if (line + 1 == map_.chain) return;
  const int color = MatrixColors::sums_of(line + 1);
  program.routes[color] = {{from, hw::port_set(Port::ramp)}};
  if (elements < input_queue_) program.input_depths[color] = elements;
}

void MatrixSetup::add_row_programs(Program& program, int line, int position) const {
  const int elements = map_.elements[static_cast<std::size_t>(position)];
  ProgramBuilder builder(program);
  if (line < map_.chain) {
    builder.begin_thread(0);
    Instruction take = axpy(MatrixColors::weights, elements, elements, 1);
    if (retains_) {
      take.opcode = Opcode::axpy_keep;
      take.c = addresses.kept;
      take.scalars = half_word(kept_features(line));
    }
    const Instruction sum = drain(line, elements);
    Instruction last_sum = sum;
    last_sum.close = last_sum.silent = true;
    last_sum.advance = to_last_switch;
    const auto rounds = [&](int passes) {
      const int first = builder.here();
      builder.add(take);
      builder.add(sum);
      builder.loop(first, passes, 0);
    };
    // Line 0 keeps its own sums, and moves the returning color on at the end of another owner's block of rounds.
    const auto blocks = [&](int count, int passes) {
      if (count <= 0) return;
      const int first = builder.here();
      if (passes > 1) rounds(passes - 1);
      builder.add(take);
      builder.add(last_sum);
      builder.loop(first, count, 1);
    };
    if (line > 0) {
      rounds(map_.rounds);
    } else {
      const int owners = std::min(map_.owned, map_.height), base = map_.owned / owners, wide = map_.owned % owners;
      const int first = builder.here();
      builder.add(take);
      builder.add(keep(elements));
      builder.loop(first, owned_rounds(0), 0);
      const int wide_blocks = std::clamp(wide - 1, 0, std::max(owners - 2, 0));
      blocks(wide_blocks, base + 1);
      blocks(owners - 2 - wide_blocks, base);
      if (owners > 1) rounds(owned_rounds(owners - 1));
    }
    builder.halt();
    program.routes[MatrixColors::weights] = {
        {Port::west, position + 1 < map_.positions ? hw::port_set(Port::ramp, Port::east) : hw::port_set(Port::ramp)}};
    add_sum_routes(program, line, elements);
  }
  const bool sends_on = line + 1 < std::min(map_.lines, map_.owned);
  if (line == 0) {
    if (sends_on) program.routes[MatrixColors::returned] = {{Port::ramp, hw::port_set(Port::south)}};
    return;
  }
  const int owned = owned_rounds(line) * elements;
  if (owned == 0) return;
  Instruction store;
  store.opcode = keeps_fp32_ ? Opcode::store32 : Opcode::store16;
  store.fabric_in = color_of(MatrixColors::returned);
  store.a = addresses.owned;
  store.count = half_word(owned);
  builder.begin_task(hw::Trigger::data, MatrixColors::returned, 1);
  builder.add(store);
  builder.halt();
  hw::Route& route = program.routes[MatrixColors::returned];
  route = {{Port::north, hw::port_set(Port::ramp)}};
  if (sends_on) route.push_back({Port::north, hw::port_set(Port::south)});
}

void MatrixSetup::add_column_programs(Program& program, int line, int position) const {
  const int elements = map_.elements[static_cast<std::size_t>(position)];
  const int tokens = map_.wavelets[static_cast<std::size_t>(line)];
  const int before = hw::split_first(map_.owned, map_.height, position), own = owned_rounds(position);
  Instruction take = axpy(MatrixColors::deltas, elements, 1, tokens), sum = drain(line, elements);
  const bool listed = map_.lists() && elements > 0;
  take.listed = sum.listed = listed;
  Instruction list;
  list.opcode = Opcode::list16;
  list.fabric_in = color_of(MatrixColors::lists);
  list.a = addresses.list;
  list.count = half_word(elements);
  Instruction give = take;
  give.opcode = Opcode::axpy_memory;
  give.fabric_in.reset();
  give.fabric_out = color_of(MatrixColors::deltas);
  give.c = addresses.owned;
  give.scalars = half_word(tokens);
  give.close = true;
  ProgramBuilder builder(program);
  builder.begin_thread(0);
  const auto rounds = [&](const Instruction& multiply, int passes) {
    if (passes == 0) return;
    const int first = builder.here();
    if (listed) builder.add(list);
    builder.add(multiply);
    if (elements > 0) builder.add(sum);
    builder.loop(first, passes, 0);
  };
  if (elements > 0) rounds(take, before);
  if (own > 0) {
    rounds(give, own - 1);
    give.c = half_word(give.c + (own - 1) * tokens);
    if (before + own < map_.rounds) give.advance = next_owner_switches;
    rounds(give, 1);
  }
  if (elements > 0) rounds(take, map_.rounds - before - own);
  builder.halt();
  if (elements > 0) add_sum_routes(program, line, elements);
  if (listed)
    program.routes[MatrixColors::lists] = {
        {Port::west, line > 0 ? hw::port_set(Port::ramp, Port::east) : hw::port_set(Port::ramp)}};
  program.routes[MatrixColors::deltas] = delta_route(map_, position);
}

void MatrixSetup::place(const MatrixValues& values) {
  const int tokens = map_.lines_are_rows ? position_first_.back() : line_first_.back();
  for (int line = 0; line < map_.chain; ++line) {
    for (int position = 0; position < map_.positions; ++position) {
      hw::Sram& memory = array.memory(x_of(line, position), y_of(line, position));
      const auto l = static_cast<std::size_t>(line), p = static_cast<std::size_t>(position);
      // Columns count their lines from the east, tokens from the west.
      const int feature_first = map_.lines_are_rows ? line_first_[l] : position_first_[p];
      const int features = map_.lines_are_rows ? map_.wavelets[l] : map_.elements[p];
      const int token_first = map_.lines_are_rows ? position_first_[p] : tokens - line_first_[l + 1];
      const int own_tokens = map_.lines_are_rows ? map_.elements[p] : map_.wavelets[l];
      for (int feature = 0; feature < features; ++feature)
        for (int token = 0; token < own_tokens; ++token)
          memory.write16(
              addresses.resident + feature * own_tokens + token,
              values.resident[static_cast<std::size_t>((feature_first + feature) * tokens + token_first + token)]);
      if (map_.from_edge) continue;
      const int first = hw::split_first(map_.owned, map_.height, position);
      for (int round = 0; round < owned_rounds(position); ++round)
        for (int token = 0; token < own_tokens; ++token)
          memory.write16(addresses.owned + round * own_tokens + token,
                         values.stream[static_cast<std::size_t>((first + round) * tokens + token_first + token)]);
    }
  }
}

void MatrixSetup::feed(int line, int round, Cycle first) {
  auto& source = array.edges[static_cast<std::size_t>(array.edge(Port::west, line))].source;
  const auto l = static_cast<std::size_t>(line);
  const int features = line_first_.back();
  for (int number = 0; number < map_.wavelets[l]; ++number) {
    const int place = line_first_[l] + number;
    if (!keeps_(round, place)) continue;
    source.push_back({first++, hw::scalar_wavelet(MatrixColors::weights, half_word(number),
                                                  stream_[static_cast<std::size_t>(round * features + place)])});
  }
  source.push_back({first, hw::control_wavelet(MatrixColors::weights)});
}

void MatrixSetup::feed_list(int position, int round, Cycle first) {
  auto& source = array.edges[static_cast<std::size_t>(array.edge(Port::west, position))].source;
  const auto p = static_cast<std::size_t>(position);
  std::uint16_t length = 0;
  for (int number = 0; number < map_.elements[p]; ++number)
    if (keeps_(round, position_first_[p] + number))
      source.push_back({first++, hw::scalar_wavelet(MatrixColors::lists, length++, half_word(number))});
  source.push_back({first, hw::control_wavelet(MatrixColors::lists)});
}

std::vector<std::uint32_t> MatrixSetup::results(const hw::ArrayRun& run) const {
  std::vector<std::uint32_t> results;
  for (int round = 0; round < map_.rounds; ++round)
    for (int position = 0; position < map_.positions; ++position)
      for (int element = 0; element < map_.elements_of(round, position); ++element)
        results.push_back(result(run, round, position, element));
  results = canonical(std::move(results), results_are_fp32());
  for (int position = 0; retains_ && position < map_.positions; ++position)
    for (int round = 0; round < map_.rounds; ++round)
      for (int line = 0; line < map_.chain; ++line)
        for (int feature = 0; feature < kept_features(line); ++feature)
          results.push_back(
              run.pes[static_cast<std::size_t>(line * array.width + position)]
                  .memory[static_cast<std::size_t>(addresses.kept + round * kept_features(line) + feature)]);
  return results;
}

std::uint32_t MatrixSetup::result(const hw::ArrayRun& run, int round, int position, int element) const {
  if (map_.returns) {
    const int row = map_.owner_row(round), own_round = round - hw::split_first(map_.owned, map_.height, row);
    const int index = own_round * map_.elements[static_cast<std::size_t>(position)] + element;
    const auto& memory = run.pes[static_cast<std::size_t>(row * array.width + x_of(row, position))].memory;
    if (!keeps_fp32_) return memory[static_cast<std::size_t>(addresses.owned + index)];
    const auto word = static_cast<std::size_t>(addresses.owned + 2 * index);
    return memory[word] | static_cast<std::uint32_t>(memory[word + 1]) << 16;
  }
  const auto& left = run.edges[static_cast<std::size_t>(array.edge(Port::east, position))].left;
  std::int64_t before = 0;
  for (int other = 0; other < round; ++other) before += map_.elements_of(other, position);
  return left[static_cast<std::size_t>(before + element)].wavelet.data;
}

}  // namespace weft::sw
