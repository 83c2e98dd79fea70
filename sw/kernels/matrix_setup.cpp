#include "sw/kernels/matrix_setup.h"

#include <algorithm>

#include "sw/kernels/program_builder.h"
#include "sw/kernels/window_table.h"

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
      line_first_(map.stream_firsts()),
      position_first_(prefix(map.elements)) {
  const int elements = largest(map_.elements), wavelets = largest(map_.wavelets);
  const std::int64_t resident = map_.half_sums ? elements + elements % 2 : 2 * elements,
                     operands = static_cast<std::int64_t>(elements) * wavelets,
                     sent = resident + operands + operands % 2,
                     streams = static_cast<std::int64_t>(map_.stream_owners.most()) * wavelets,
                     owned = sent + streams + (keeps_fp32_ ? streams % 2 : 0),
                     end = owned + static_cast<std::int64_t>(map_.sum_owners.most()) * elements * words_of_sum();
  const int windows = map_.windowed_elements() ? map_.rounds : map_.windowed_scalars() ? map_.stream_owners.most() : 0;
  check_room(machine, end + end % 2 + words_of_window * windows + (retains ? std::int64_t{map_.rounds} * wavelets : 0) +
                          (map_.lists() ? elements : 0));
  addresses.resident = half_word(resident);
  addresses.sent = half_word(sent);
  addresses.owned = half_word(owned);
  addresses.kept = addresses.list = half_word(end);
  addresses.windows = half_word(end + end % 2);
  for (int line = 0; line < map_.lines; ++line) {
    for (int position = 0; position < map_.positions; ++position) {
      Program& program = array.program(map_.column_of(line, position), map_.row_of(line, position));
      if (line < map_.chain) add_main_thread(program, line, position);
      if (map_.returns) add_receiver(program, line, position);
    }
  }
  place(values);
}

// A stream's wavelet names a scalar of the line: a feature in a row, a token in a column; both have [feature][token].
Instruction MatrixSetup::take(int line, int position) const {
  const int elements = map_.elements[static_cast<std::size_t>(position)];
  Instruction instruction;
  instruction.opcode = Opcode::axpy;
  instruction.fabric_in = color_of(MatrixColors::stream);
  instruction.a = addresses.accumulators;
  instruction.b = addresses.resident;
  instruction.count = half_word(elements);
  instruction.row_stride = half_word(map_.lines_are_rows ? elements : 1);
  instruction.element_stride = half_word(map_.lines_are_rows ? 1 : map_.wavelets[static_cast<std::size_t>(line)]);
  instruction.listed = map_.lists() && elements > 0;
  instruction.windowed = map_.windowed_elements();
  instruction.half_sums = map_.half_sums;
  if (retains_) {
    instruction.opcode = Opcode::axpy_keep;
    instruction.c = addresses.kept;
    instruction.scalars = half_word(kept_features(line));
  }
  return instruction;
}

Instruction MatrixSetup::give(int line, int position, const RoundBody& round) const {
  const int scalars = map_.wavelets[static_cast<std::size_t>(line)];
  Instruction instruction = take(line, position);
  instruction.opcode = Opcode::axpy_memory;
  instruction.fabric_in.reset();
  instruction.fabric_out = color_of(MatrixColors::stream);
  instruction.c = half_word(addresses.sent + round.gives * scalars);
  instruction.scalars = half_word(scalars);
  instruction.windowed_scalars = map_.windowed_scalars();
  instruction.close = true;
  if (round.hands_on) instruction.advance = next_owner_switches;
  return instruction;
}

Instruction MatrixSetup::drain(int line, int elements) const {
  Instruction instruction;
  instruction.opcode = Opcode::drain;
  if (line + 1 < map_.chain) instruction.fabric_in = color_of(MatrixColors::sums_of(line + 1));
  instruction.fabric_out = color_of(line == 0 && map_.returns ? MatrixColors::returned : MatrixColors::sums_of(line));
  instruction.a = addresses.accumulators;
  instruction.count = half_word(elements);
  instruction.listed = map_.lists();
  instruction.windowed = map_.windowed_elements();
  instruction.half_sums = map_.half_sums;
  return instruction;
}

Instruction MatrixSetup::keep(int elements, int owned_round) const {
  Instruction instruction = drain(0, elements);
  instruction.fabric_out.reset();
  if (!keeps_fp32_) instruction.opcode = Opcode::drain16;
  if (instruction.windowed) owned_round = 0;  // it goes on behind what the thread has kept
  instruction.b = half_word(addresses.owned + owned_round * elements * words_of_sum());
  return instruction;
}

// Towards line 0. The queue of partial sums holds no more than a round's, so that none of the next round comes to the
// core before the line's own stream of this one.
void MatrixSetup::add_sum_routes(Program& program, int line, int elements) const {
  const AxisPorts ports = ports_across_lines(map_);
  if (line > 0 || !map_.returns)
    program.routes[MatrixColors::sums_of(line)] = {{Port::ramp, hw::port_set(ports.first)}};
  if (line + 1 == map_.chain) return;
  const int color = MatrixColors::sums_of(line + 1);
  program.routes[color] = {{ports.last, hw::port_set(Port::ramp)}};
  if (elements < input_queue_) program.input_depths[color] = elements;
}

// Line 0 keeps its own sums, and moves the returning color on at the end of another owner's rounds. A PE without
// elements only sends what it owns.
std::vector<RoundBody> MatrixSetup::rounds_of(int line, int position) const {
  const bool sums = map_.elements[static_cast<std::size_t>(position)] > 0;
  std::vector<RoundBody> rounds;
  for (int round = 0; round < map_.rounds; ++round) {
    RoundBody body;
    if (map_.stream_owners.any() && map_.stream_owners.of(round) == position) {
      body.gives = round - map_.stream_owners.first(position);
      body.hands_on = map_.stream_owners.hands_on(round);
    } else if (!sums) {
      continue;
    }
    if (line == 0 && map_.returns && map_.sum_owners.of(round) == 0) body.keeps = round;
    body.advances = line == 0 && map_.advances(round);
    rounds.push_back(body);
  }
  return rounds;
}

void MatrixSetup::add_main_thread(Program& program, int line, int position) const {
  const int elements = map_.elements[static_cast<std::size_t>(position)];
  Instruction list;
  list.opcode = Opcode::list16;
  list.fabric_in = color_of(MatrixColors::lists);
  list.a = addresses.list;
  list.count = half_word(elements);
  const bool listed = map_.lists() && elements > 0;
  Instruction sum = drain(line, elements), last_sum = sum;
  last_sum.close = last_sum.silent = true;
  last_sum.advance = to_last_switch;
  ProgramBuilder builder(program);
  builder.begin_thread(0);
  add_rounds(builder, rounds_of(line, position), [&](const RoundBody& round) {
    if (has_window(round)) builder.add(window_at(addresses.windows));
    if (listed) builder.add(list);
    builder.add(round.gives >= 0 ? give(line, position, round) : take(line, position));
    if (elements == 0) return;
    builder.add(round.keeps >= 0 ? keep(elements, round.keeps) : round.advances ? last_sum : sum);
  });
  builder.halt();
  program.routes[MatrixColors::stream] = stream_route(map_, position);
  if (elements > 0) add_sum_routes(program, line, elements);
  if (!listed) return;
  program.routes[MatrixColors::lists] = {
      {Port::west, line > 0 ? hw::port_set(Port::ramp, Port::east) : hw::port_set(Port::ramp)}};
  // As with sums: no delta of the next round comes to the core before the list of this one.
  const int deltas = map_.wavelets[static_cast<std::size_t>(line)] + 1;
  if (deltas < input_queue_) program.input_depths[MatrixColors::stream] = deltas;
}

void MatrixSetup::add_receiver(Program& program, int line, int position) const {
  const AxisPorts ports = ports_across_lines(map_);
  const int elements = map_.elements[static_cast<std::size_t>(position)];
  if (elements == 0) return;
  const bool sends_on = line + 1 < std::min(map_.lines, map_.rounds);
  if (line == 0) {
    if (sends_on) program.routes[MatrixColors::returned] = {{Port::ramp, hw::port_set(ports.last)}};
    return;
  }
  const int owned = owned_elements(line, position, map_.rounds);
  if (owned == 0) return;
  Instruction store;
  store.opcode = keeps_fp32_ ? Opcode::store32 : Opcode::store16;
  store.fabric_in = color_of(MatrixColors::returned);
  store.a = addresses.owned;
  store.count = half_word(owned);
  ProgramBuilder builder(program);
  builder.begin_task(hw::Trigger::data, MatrixColors::returned, 1);
  builder.add(store);
  builder.halt();
  hw::Route& route = program.routes[MatrixColors::returned];
  route = {{ports.first, hw::port_set(Port::ramp)}};
  if (sends_on) route.push_back({ports.first, hw::port_set(ports.last)});
}

int MatrixSetup::owned_elements(int line, int position, int round) const {
  const int first = map_.sum_owners.first(line), last = std::min(round, first + map_.sum_owners.count(line));
  if (!map_.windowed_elements()) return (last - first) * map_.elements[static_cast<std::size_t>(position)];
  int elements = 0;
  for (int own = first; own < last; ++own) elements += map_.elements_of(own, position);
  return elements;
}

void MatrixSetup::place(const MatrixValues& values) {
  const int inner = scalars_of_round(), tokens = map_.lines_are_rows ? position_first_.back() : inner;
  for (int line = 0; line < map_.chain; ++line) {
    for (int position = 0; position < map_.positions; ++position) {
      hw::Sram& memory = array.memory(map_.column_of(line, position), map_.row_of(line, position));
      const auto l = static_cast<std::size_t>(line), p = static_cast<std::size_t>(position);
      const int feature_first = map_.lines_are_rows ? line_first_[l] : position_first_[p];
      const int features = map_.lines_are_rows ? map_.wavelets[l] : map_.elements[p];
      const int token_first = map_.lines_are_rows ? position_first_[p] : line_first_[l];
      const int own_tokens = map_.lines_are_rows ? map_.elements[p] : map_.wavelets[l];
      for (int feature = 0; feature < features; ++feature)
        for (int token = 0; token < own_tokens; ++token)
          memory.write16(
              addresses.resident + feature * own_tokens + token,
              values.resident[static_cast<std::size_t>((feature_first + feature) * tokens + token_first + token)]);
      std::vector<hw::TokenWindow> windows;
      for (int round = 0; map_.windows && round < map_.rounds; ++round)
        if (map_.windowed_elements() || map_.stream_owners.of(round) == position)
          windows.push_back(map_.windows->at(round, map_.lines_are_rows ? position : line));
      write_windows(memory, addresses.windows, windows);
      const int first = map_.stream_owners.first(position), scalars = map_.wavelets[l];
      for (int round = 0; round < map_.stream_owners.count(position); ++round)
        for (int scalar = 0; scalar < scalars; ++scalar)
          memory.write16(addresses.sent + round * scalars + scalar,
                         values.stream[static_cast<std::size_t>((first + round) * inner + line_first_[l] + scalar)]);
    }
  }
}

void MatrixSetup::feed(int line, int round, Cycle first) {
  auto& source = array.edges[static_cast<std::size_t>(array.edge(Port::west, line))].source;
  const auto l = static_cast<std::size_t>(line);
  const int features = scalars_of_round();
  for (int number = 0; number < map_.wavelets[l]; ++number) {
    const int place = line_first_[l] + number;
    if (!keeps_(round, place)) continue;
    source.push_back({first++, hw::scalar_wavelet(MatrixColors::stream, half_word(number),
                                                  stream_[static_cast<std::size_t>(round * features + place)])});
  }
  source.push_back({first, hw::control_wavelet(MatrixColors::stream)});
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
    const int line = map_.sum_owners.of(round), index = owned_elements(line, position, round) + element;
    const auto& memory =
        run.pes[static_cast<std::size_t>(map_.row_of(line, position) * array.width + map_.column_of(line, position))]
            .memory;
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
