#pragma once
// Random programs of every instruction, in tasks of every trigger on both threads, with loops, and edges that stall at
// random.
#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "hw/pe/array_setup.h"
#include "sw/kernels/program_builder.h"

namespace weft::test {

using hw::ArrayEdge;
using hw::ArraySetup;
using hw::Instruction;
using hw::Opcode;
using hw::Port;
using hw::Program;
using hw::Task;
using hw::Trigger;
using hw::Wavelet;

// Inputs of thread t come in on colors 2 t and 2 t + 1, outputs leave on 4 + those; each color has an edge of its own.
// Colors 8 and 9 start tasks; all of their wavelets fit into the core, so that nobody waits behind them.
inline constexpr Port in_side[] = {Port::west, Port::north, Port::east, Port::south};
inline constexpr Port out_side[] = {Port::east, Port::west, Port::north, Port::south};
inline constexpr int first_starter = 8;
inline constexpr int slot_words = 1024;  // 12 slots a thread: the whole SRAM

/// One PE, between edges of its own.
class RandomProgram {
 public:
  RandomProgram(std::uint32_t seed, Bytes sram_bytes) : random_(seed), setup_(1, 1, sram_bytes) {
    Program& program = setup_.program(0, 0);
    sw::ProgramBuilder builder(program);
    std::vector<Task> parts;  // in the order in which each thread must run them
    for (int thread = 0; thread < hw::thread_count; ++thread) {
      if (thread == 1 && random_() % 4 == 0) continue;
      // A thread whose first part waits for the other thread has no launch that could overtake it.
      const bool late = !parts.empty() && random_() % 2;
      int before = late ? static_cast<int>(parts.size()) - 1 : -1;
      for (int part = 0; part < 3; ++part) {
        if (part == 0 || random_() % 2) {
          if (part > 0) builder.halt();
          windows_taken_ = 0;
          const bool follows = before >= 0;
          parts.push_back(
              {follows ? Trigger::completion : Trigger::launch, follows ? before : 0, builder.here(), thread});
          before = late || random_() % 2 ? static_cast<int>(parts.size()) - 1 : -1;
        }
        const int passes = 1 + below(3), first = builder.here();
        std::vector<std::vector<Wavelet>> needs(4);
        list_length_ = -1;
        window_count_ = -1;
        if (random_() % 2) builder.add(take_window(thread, passes));
        for (int number = 0; number < 4; ++number) builder.add(instruction(thread, needs));
        builder.loop(first, passes, below(hw::loop_counters));
        for (int pass = 0; pass < passes; ++pass)
          for (std::size_t color = 0; color < needs.size(); ++color)
            for (const Wavelet& wavelet : needs[color]) feed(static_cast<int>(color), wavelet);
      }
      builder.halt();
    }
    add_starters(builder, place_in_table(parts));
    for (int color = first_starter; color < first_starter + 2; ++color)
      program.routes[color] = {{in_side[color % 4], hw::port_set(Port::ramp)}};
    for (int color = 0; color < 4; ++color) {
      program.routes[color] = {{in_side[color], hw::port_set(Port::ramp)}};
      program.routes[4 + color] = {{Port::ramp, hw::port_set(out_side[color])}};
      auto& sink = edge(out_side[color]).sink[4 + color];
      for (Cycle at = 0; sink.size() < 400; at += random_() % 8 == 0 ? below(30) : 1) sink.push_back(at);
    }
    for (int word = 0; word < 2 * 12 * slot_words; ++word) {
      // Halves near one; every eighth word anything, so that infinities, NaNs and subnormals turn up.
      const auto value = random_() % 8 == 0 ? random_() : 0x3800U + random_() % 0x800U + (random_() % 2 << 15);
      setup_.memory(0, 0).write16(word, static_cast<std::uint16_t>(value));
    }
    for (int word = 0; word < 2 * 12 * slot_words; word += 2)
      if (random_() % 16 == 0) setup_.memory(0, 0).write32(word, special());
    for (const auto& [at, entry] : window_entries_) setup_.memory(0, 0).write32(at, entry);
  }

  const ArraySetup& setup() const { return setup_; }
  const std::vector<Task>& tasks() const { return setup_.programs[0].tasks; }
  std::array<int, hw::opcode_count> used{};
  int listed = 0;     ///< instructions that run over a list
  int windowed = 0;   ///< or over a window, or send the scalars of one
  int half_sums = 0;  ///< or have sums of halves

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  ArrayEdge& edge(Port side) { return setup_.edges[static_cast<std::size_t>(setup_.edge(side, 0))]; }

  /// `parts` at random places of the table, in their order; the places that are left.
  std::vector<std::size_t> place_in_table(const std::vector<Task>& parts) {
    std::vector<Task>& table = setup_.program(0, 0).tasks;
    table.resize(std::min<std::size_t>(parts.size() + random_() % 4, hw::task_capacity));
    std::vector<std::size_t> places(table.size());
    std::iota(places.begin(), places.end(), 0);
    std::shuffle(places.begin(), places.end(), random_);
    std::sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(parts.size()));
    for (std::size_t part = 0; part < parts.size(); ++part) {
      Task task = parts[part];
      if (task.trigger == Trigger::completion)
        task.source = static_cast<int>(places[static_cast<std::size_t>(task.source)]);
      table[places[part]] = task;
    }
    return {places.begin() + static_cast<std::ptrdiff_t>(parts.size()), places.end()};
  }

  /// Short tasks at `places` of the table that wavelets start as often as they come, and followers of other tasks. They
  /// take nothing but what starts them.
  void add_starters(sw::ProgramBuilder& builder, const std::vector<std::size_t>& places) {
    std::vector<Task>& table = setup_.program(0, 0).tasks;
    std::vector<std::pair<Trigger, int>> kinds;
    for (int color = first_starter; color < first_starter + 2; ++color) {
      kinds.emplace_back(Trigger::data, color);
      kinds.emplace_back(Trigger::control, color);
    }
    kinds.resize(kinds.size() + 3, {Trigger::completion, 0});
    std::shuffle(kinds.begin(), kinds.end(), random_);
    std::vector<Wavelet> wavelets;
    std::vector<int> known;  // tasks that have been placed
    for (std::size_t task = 0; task < table.size(); ++task)
      if (std::find(places.begin(), places.end(), task) == places.end()) known.push_back(static_cast<int>(task));
    for (std::size_t number = 0; number < places.size(); ++number) {
      const auto [trigger, color] = kinds[number];
      const int thread = below(hw::thread_count);
      Task& task = table[places[number]];
      task = {trigger, color, builder.here(), thread};
      if (trigger == Trigger::completion)
        task.source = known[static_cast<std::size_t>(below(static_cast<int>(known.size())))];
      known.push_back(static_cast<int>(places[number]));
      if (task.has_color())
        for (int times = below(4); times > 0; --times)
          wavelets.push_back(trigger == Trigger::data ? Wavelet{data(), static_cast<std::uint8_t>(color), false}
                                                      : hw::control_wavelet(color));
      if (trigger == Trigger::data) {
        Instruction take;
        take.opcode = random_() % 2 ? Opcode::store32 : Opcode::store16;
        take.fabric_in = static_cast<std::uint8_t>(color);
        take.count = 1;
        take.a = static_cast<std::uint16_t>(thread * 12 * slot_words + 2 * below(40));
        builder.add(take);
      }
      for (int left = below(3); left > 0; --left) {
        list_length_ = window_count_ = -1;
        std::vector<std::vector<Wavelet>> needs(4);
        Instruction plain = instruction(thread, needs);
        while (plain.fabric_in) plain = instruction(thread, needs = std::vector<std::vector<Wavelet>>(4));
        builder.add(plain);
      }
      builder.halt();
    }
    std::shuffle(wavelets.begin(), wavelets.end(), random_);
    for (const Wavelet& wavelet : wavelets) {
      auto& source = edge(in_side[wavelet.color % 4]).source;
      const auto place = static_cast<std::ptrdiff_t>(random_() % (source.size() + 1));
      source.insert(source.begin() + place, {static_cast<Cycle>(random_() % 600), wavelet});
    }
  }

  void feed(int color, const Wavelet& wavelet) {
    auto& source = edge(in_side[color]).source;
    source.push_back({random_() % 6 == 0 ? static_cast<Cycle>(random_() % 400) : 0, wavelet});
  }

  /// fp32 zeros, subnormals, infinities and NaNs; an infinite half beside the least NaN.
  std::uint32_t special() {
    constexpr std::uint32_t words[] = {0, 1, 0x7fffff, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7c017c00};
    return words[random_() % std::size(words)] | static_cast<std::uint32_t>(random_() % 2) << 31;
  }

  std::uint32_t data() {
    if (random_() % 8 == 0) return static_cast<std::uint32_t>(random_());
    if (random_() % 8 == 0) return special();
    return static_cast<std::uint32_t>(0x3f000000 + random_() % 0x1000000 + (random_() % 2 << 31));
  }

  /// A WINDOW that is passed `passes` times. Windows begin anywhere; they are as long in all passes, as what comes is.
  Instruction take_window(int thread, int passes) {
    Instruction i;
    i.opcode = Opcode::window;
    ++used[static_cast<std::size_t>(i.opcode)];
    // Behind what others write.
    const int table = (thread * 12 + below(12)) * slot_words + 920 + 2 * static_cast<int>(window_entries_.size());
    i.a = static_cast<std::uint16_t>(table - 2 * windows_taken_);
    window_count_ = random_() % 4 == 0 ? 0 : below(12);
    for (int pass = 0; pass < passes; ++pass)
      window_entries_.emplace_back(table + 2 * pass, below(8) | static_cast<std::uint32_t>(window_count_) << 16);
    windows_taken_ += passes;
    return i;
  }

  Instruction instruction(int thread, std::vector<std::vector<Wavelet>>& needs) {
    Instruction i;
    i.opcode = static_cast<Opcode>(2 + below(hw::opcode_count - 2));
    if (list_length_ >= 0 && random_() % 4 != 0) {
      constexpr Opcode may_be_listed[] = {Opcode::axpy, Opcode::axpy_memory, Opcode::drain};
      i.opcode = may_be_listed[below(3)];
      i.listed = random_() % 4 != 0;
    }
    if (i.opcode == Opcode::window) i.opcode = Opcode::call;
    if (window_count_ >= 0 && !i.listed && random_() % 2) {
      constexpr Opcode may_be_windowed[] = {Opcode::axpy,  Opcode::axpy_memory, Opcode::outer,  Opcode::outer_memory,
                                            Opcode::drain, Opcode::drain16,     Opcode::list16, Opcode::move32};
      i.opcode = may_be_windowed[below(8)];
      i.windowed = random_() % 4 != 0;
    }
    windowed += i.windowed;
    ++used[static_cast<std::size_t>(i.opcode)];
    if (i.opcode == Opcode::call) return i;
    // Often what the instruction before wrote is read.
    constexpr int slots = 12;
    int& last = last_slot_[static_cast<std::size_t>(thread)];
    const bool again = random_() % 3 == 0;
    const int first = again ? last : below(slots);
    const int second = !again && last != first && random_() % 2 ? last : (first + 1 + below(slots - 1)) % slots;
    const int third = random_() % 4 == 0 ? last : below(slots);
    last = first;
    const auto place = [&](int slot) {
      return static_cast<std::uint16_t>((thread * slots + slot) * slot_words + 2 * below(8));
    };
    i.a = place(first), i.b = place(second);
    // Halves stand anywhere, fp32 at even words.
    const bool halves = i.opcode == Opcode::relu16 || i.opcode == Opcode::relu_back16 || i.opcode == Opcode::store16 ||
                        i.opcode == Opcode::send16 || i.opcode == Opcode::to_half16 || i.opcode == Opcode::scale16 ||
                        i.opcode == Opcode::zero_below16;
    const bool compares = i.opcode == Opcode::keep_equal32 || i.opcode == Opcode::zero_equal32;
    const bool half_operand = (halves && i.opcode != Opcode::to_half16 && i.opcode != Opcode::zero_below16) ||
                              i.opcode == Opcode::axpy_keep || i.opcode == Opcode::axpy ||
                              i.opcode == Opcode::axpy_memory || i.opcode == Opcode::outer ||
                              i.opcode == Opcode::outer_memory || i.opcode == Opcode::drain16 || compares;
    const bool sums = i.opcode == Opcode::axpy || i.opcode == Opcode::axpy_keep || i.opcode == Opcode::axpy_memory ||
                      i.opcode == Opcode::drain || i.opcode == Opcode::drain16;
    i.half_sums = sums && random_() % 2;
    half_sums += i.half_sums;
    if (halves || i.half_sums) i.a = static_cast<std::uint16_t>(i.a + below(2));
    if (half_operand) i.b = static_cast<std::uint16_t>(i.b + below(2));
    const bool may_be_empty = i.opcode == Opcode::axpy || i.opcode == Opcode::axpy_keep ||
                              i.opcode == Opcode::axpy_memory || i.opcode == Opcode::outer ||
                              i.opcode == Opcode::outer_memory || i.opcode == Opcode::drain ||
                              i.opcode == Opcode::drain16;
    i.count = static_cast<std::uint16_t>(may_be_empty && random_() % 8 == 0 ? 0 : 1 + below(20));
    listed += i.listed;
    const int in = 2 * thread + below(2), out = 4 + 2 * thread + below(2);
    const auto takes = [&](int wavelets) {
      i.fabric_in = static_cast<std::uint8_t>(in);
      for (int number = 0; number < wavelets; ++number)
        needs[static_cast<std::size_t>(in)].push_back({data(), *i.fabric_in, false});
    };
    const auto sends = [&] {
      i.fabric_out = static_cast<std::uint8_t>(out);
      i.close = random_() % 2;
      if (i.close) i.silent = random_() % 2;
    };
    switch (i.opcode) {
      case Opcode::axpy:
      case Opcode::axpy_keep:
      case Opcode::outer:
        takes(0);
        if (i.opcode == Opcode::axpy_keep) i.c = place(third);
        if (i.opcode != Opcode::axpy) i.scalars = static_cast<std::uint16_t>(1 + below(4));
        i.row_stride = static_cast<std::uint16_t>(below(40)), i.element_stride = static_cast<std::uint16_t>(below(4));
        for (int number = below(5); number > 0; --number)
          needs[static_cast<std::size_t>(in)].push_back(
              hw::scalar_wavelet(in, static_cast<std::uint16_t>(below(4)), static_cast<std::uint16_t>(random_())));
        needs[static_cast<std::size_t>(in)].push_back(hw::control_wavelet(in));
        break;
      case Opcode::list16:
        // Behind what any other instruction writes.
        i.a = static_cast<std::uint16_t>((thread * slots + first) * slot_words + 980 + below(2));
        i.fabric_in = static_cast<std::uint8_t>(in);
        list_length_ = random_() % 8 == 0 ? 0 : below((i.windowed ? window_count_ : i.count) + 1);
        for (int number = 0; number < list_length_; ++number)
          needs[static_cast<std::size_t>(in)].push_back(
              hw::scalar_wavelet(in, static_cast<std::uint16_t>(random_()), static_cast<std::uint16_t>(below(60))));
        needs[static_cast<std::size_t>(in)].push_back(hw::control_wavelet(in));
        break;
      case Opcode::axpy_memory:
      case Opcode::outer_memory:
      case Opcode::fmac32:
      case Opcode::fmac32_calls:
      case Opcode::horner32:
        i.c = place(third);
        i.scalars = static_cast<std::uint16_t>(1 + below(4));
        i.row_stride = static_cast<std::uint16_t>(2 * below(20)),
        i.element_stride = static_cast<std::uint16_t>(2 * below(3));
        if ((i.opcode == Opcode::axpy_memory || i.opcode == Opcode::outer_memory) && random_() % 4 != 0) sends();
        i.windowed_scalars = i.opcode == Opcode::axpy_memory && i.close && window_count_ >= 0 && random_() % 4 != 0;
        windowed += i.windowed_scalars;
        break;
      case Opcode::count32:
        i.row_stride = static_cast<std::uint16_t>(random_());
        i.element_stride = static_cast<std::uint16_t>(random_());
        i.c = place(third);
        break;
      case Opcode::mul_int32:
      case Opcode::scale16:
      case Opcode::zero_below16:
        i.c = place(third);
        break;
      case Opcode::xor_shift32:
        i.row_stride = static_cast<std::uint16_t>(1 + below(31));
        break;
      case Opcode::drain:
        if (random_() % 2) takes(i.listed ? list_length_ : i.windowed ? window_count_ : i.count);
        if (i.listed || random_() % 2) sends();
        break;
      case Opcode::drain16:
        if (random_() % 2) takes(i.windowed ? window_count_ : i.count);
        break;
      case Opcode::store16:
      case Opcode::store32:
      case Opcode::send16:
      case Opcode::send32:
        if (i.opcode == Opcode::store16 || i.opcode == Opcode::store32) {
          takes(i.count);
        } else {
          sends();
        }
        if (random_() % 2) break;
        i.element_stride = static_cast<std::uint16_t>(2 * below(8)),
        i.row_stride = static_cast<std::uint16_t>(2 * below(40));
        if (halves) i.element_stride = static_cast<std::uint16_t>(i.element_stride + below(2));
        break;
      case Opcode::move32:
        i.element_stride =
            static_cast<std::uint16_t>(2 * below(i.windowed ? 2 : 12));  // it goes on behind what was stored
        break;
      case Opcode::add32:
      case Opcode::sub32:
      case Opcode::mul32:
      case Opcode::max32:
        if (random_() % 2) {
          i.scalars = static_cast<std::uint16_t>(below(4));
          i.row_stride = static_cast<std::uint16_t>(2 * below(20));
          i.element_stride = static_cast<std::uint16_t>(2 * below(20));
          break;
        }
        i.scalars = static_cast<std::uint16_t>(1 + below(3));
        takes(i.count * i.scalars);
        if (random_() % 2) sends();
        break;
      case Opcode::add_left32:
      case Opcode::add_right32:
        i.row_stride = static_cast<std::uint16_t>(below(32));
        break;
      case Opcode::keep_equal32:
      case Opcode::zero_equal32:
        i.scalars = static_cast<std::uint16_t>(1 + below(4));
        i.row_stride = static_cast<std::uint16_t>(random_() % 2 ? below(40) : random_());
        i.element_stride = static_cast<std::uint16_t>(below(12));
        // A scalar that some of the elements are.
        i.c = random_() % 2 ? place(third) : static_cast<std::uint16_t>(i.b + i.element_stride * below(i.count));
        break;
      default:
        break;
    }
    return i;
  }

  std::mt19937 random_;
  ArraySetup setup_;
  std::array<int, hw::thread_count> last_slot_{};  ///< of the vector that the last instruction wrote, by thread
  int list_length_ = -1;                           ///< of the list that the instructions before have taken; -1: none
  int window_count_ = -1;                          ///< of the part's windows; -1: it has none
  int windows_taken_ = 0;                          ///< by the task
  std::vector<std::pair<int, std::uint32_t>> window_entries_;  ///< words and what stands there
};

}  // namespace weft::test
