#include "hw/pe/program.h"

#include <fmt/format.h>

#include "hw/pe/instruction_text.h"
#include "hw/pe/task_rules.h"
#include "hw/pe/vector_operations.h"
#include "tlm/base/error.h"

namespace weft::hw {

namespace {

class Validator {
 public:
  Validator(const Program& program, const MachineSpec& machine)
      : program_(program),
        words_(static_cast<int>(machine.pe.sram_bytes / 2)),
        colors_(machine.router.colors),
        input_queue_(machine.router.input_queue) {}

  void run() const {
    const int size = static_cast<int>(program_.code.size());
    if (size > program_capacity)
      throw UsageError(fmt::format("program: {} instructions; a PE holds at most {}", size, program_capacity));
    for (int at = 0; at < size; ++at) check(at, program_.code[static_cast<std::size_t>(at)]);
    if (size > 0 && program_.code.back().opcode != Opcode::halt)
      throw UsageError(fmt::format("program: the last instruction ({}) must be HALT", size - 1));
    validate_tasks(program_.code, program_.tasks, colors_);
    for (const auto& [color, route] : program_.routes) check_route(color, route);
    for (const auto& [color, depth] : program_.input_depths)
      if (program_.routes.count(color) == 0 || depth < 1 || depth > input_queue_)
        throw UsageError(fmt::format(
            "program: a queue of {} wavelets to the core for color {}; allowed 1 to {}, for a color with a route",
            depth, color, input_queue_));
  }

 private:
  [[noreturn]] void refuse(int at, const std::string& why) const {
    const std::string text = to_string(program_.code[static_cast<std::size_t>(at)]);
    throw UsageError(fmt::format("program: instruction {} ({}): {}", at, text, why));
  }

  void check_words(int at, const char* name, std::int64_t first, std::int64_t words, bool pairs) const {
    if (pairs && first % 2 != 0) refuse(at, fmt::format("{} = {}: fp32 stands at an even word", name, first));
    if (first + words > words_)
      refuse(at, fmt::format("{} = {} and {} words; the SRAM has {} words", name, first, words, words_));
  }

  void check_elements(int at, const Instruction& i) const {
    if (i.count < 1) refuse(at, "n = 0: at least 1 element");
  }

  void check_sums(int at, const Instruction& i) const {
    const int words = element_words(i);
    check_words(at, "acc", i.a, std::int64_t{words} * i.count, words == 2);
  }

  void check_passes(int at, const Instruction& i) const {
    if (i.scalars < 1) refuse(at, "m = 0: at least 1");
  }

  void check_strides(int at, const Instruction& i) const {
    if (i.row_stride % 2 != 0 || i.element_stride % 2 != 0) refuse(at, "row and step are even: fp32 has two words");
  }

  // Where the passes of counter 0 lead is seen as they do.
  void check_walk(int at, const Instruction& i) const {
    const int words = element_words(i);
    check_elements(at, i);
    if (words == 2) check_strides(at, i);
    check_words(at, "at", i.a, std::int64_t{i.count - 1} * element_step(i) + words, words == 2);
  }

  void check_sent_scalars(int at, const Instruction& i) const {
    check_color(at, "out", i.fabric_out, false);
    if (i.fabric_out) return;
    check_passes(at, i);
    if (i.close) refuse(at, "only a fabric output can be closed");
  }

  static std::int64_t last_vector(const Instruction& i) { return i.scalars == 0 ? 0 : i.scalars - 1; }

  void check_color(int at, const char* name, const std::optional<std::uint8_t>& color, bool needed) const {
    if (!color && needed) refuse(at, fmt::format("{}: a color is needed", name));
    if (color && *color >= colors_)
      refuse(at, fmt::format("{} = {}: colors are 0 to {}", name, static_cast<int>(*color), colors_ - 1));
  }

  void check(int at, const Instruction& i) const {
    const bool can_list =
        i.opcode == Opcode::axpy || i.opcode == Opcode::axpy_memory || (i.opcode == Opcode::drain && i.fabric_out);
    if (i.listed && !can_list) refuse(at, "only AXPY, AXPYM and DRAIN to the fabric run over a list");
    if (i.listed && i.windowed) refuse(at, "over a list or over a window, not both");
    if (i.windowed && !text_of(i.opcode).windows)
      refuse(at, "only AXPY, AXPYM, OUTER, OUTERM, DRAIN, DRAIN16, LIST16 and MOVE32 run over a window");
    if (i.half_sums && !text_of(i.opcode).half_sums)
      refuse(at, "only AXPY, AXPY_KEEP, AXPYM, DRAIN and DRAIN16 have sums of halves");
    if (i.windowed_scalars && (i.opcode != Opcode::axpy_memory || !i.close))
      refuse(at, "only an AXPYM that sends a control wavelet (advance) sends the scalars of a window");
    switch (i.opcode) {
      case Opcode::loop:
        if (i.count < 1) refuse(at, "count = 0: at least 1 pass");
        if (i.target >= at) refuse(at, "a loop goes back");
        if (i.counter >= loop_counters) refuse(at, fmt::format("counters are 0 to {}", loop_counters - 1));
        break;
      case Opcode::axpy:
        check_color(at, "in", i.fabric_in, true);
        check_sums(at, i);
        check_words(at, "x", i.b, i.count == 0 ? 0 : (i.count - 1) * i.element_stride + 1, false);
        break;
      case Opcode::axpy_memory:
        check_sent_scalars(at, i);
        check_sums(at, i);
        check_words(at, "scalars", i.c, i.scalars, false);
        break;
      case Opcode::axpy_keep:
        check_color(at, "in", i.fabric_in, true);
        check_passes(at, i);
        check_sums(at, i);
        check_words(at, "x", i.b, i.count == 0 ? 0 : (i.count - 1) * i.element_stride + 1, false);
        check_words(at, "keep", i.c, i.scalars, false);
        break;
      case Opcode::outer:
        check_color(at, "in", i.fabric_in, true);
        check_passes(at, i);
        check_words(at, "acc", i.a, i.count == 0 ? 0 : 2 * ((i.count - 1) * i.scalars + 1), true);
        check_words(at, "x", i.b, i.count == 0 ? 0 : (i.count - 1) * i.element_stride + 1, false);
        break;
      case Opcode::outer_memory:
        check_sent_scalars(at, i);
        check_passes(at, i);
        check_words(at, "acc", i.a, 2 * i.count * i.scalars, true);
        check_words(at, "x", i.b, i.count == 0 ? 0 : (i.count - 1) * i.element_stride + 1, false);
        check_words(at, "scalars", i.c, i.scalars, false);
        break;
      case Opcode::to_half16:
        check_elements(at, i);
        check_words(at, "a", i.a, i.count, false);
        check_words(at, "b", i.b, 2 * i.count, true);
        break;
      case Opcode::xor_shift32:
        if (i.row_stride < 1 || i.row_stride > 31) refuse(at, fmt::format("shift = {}: allowed 1 to 31", i.row_stride));
        check_elements(at, i);
        check_words(at, "a", i.a, 2 * i.count, true);
        break;
      case Opcode::count32:
      case Opcode::mul_int32:
        check_elements(at, i);
        check_words(at, "a", i.a, 2 * i.count, true);
        check_words(at, "c", i.c, 2, true);
        break;
      case Opcode::scale16:
        check_elements(at, i);
        check_words(at, "a", i.a, i.count, false);
        check_words(at, "c", i.c, 1, false);
        break;
      case Opcode::zero_below16:
        check_elements(at, i);
        check_words(at, "a", i.a, i.count, false);
        check_words(at, "b", i.b, 2 * i.count, true);
        check_words(at, "c", i.c, 2, true);
        break;
      case Opcode::drain16:
        if (i.fabric_out) refuse(at, "it goes to memory");
        check_sums(at, i);
        check_words(at, "to", i.b, i.count, false);
        check_color(at, "in", i.fabric_in, false);
        break;
      case Opcode::drain:
        check_color(at, "in", i.fabric_in, false);
        check_color(at, "out", i.fabric_out, false);
        check_sums(at, i);
        if (!i.fabric_out) check_words(at, "to", i.b, 2 * i.count, true);
        if (i.close && !i.fabric_out) refuse(at, "only a fabric output can be closed");
        break;
      case Opcode::window:
        check_words(at, "at", i.a, 2, true);
        break;
      case Opcode::list16:
        check_color(at, "in", i.fabric_in, true);
        check_elements(at, i);
        check_words(at, "at", i.a, i.count, false);
        break;
      case Opcode::store16:
      case Opcode::store32:
        check_color(at, "in", i.fabric_in, true);
        check_walk(at, i);
        break;
      case Opcode::send16:
      case Opcode::send32:
        check_color(at, "out", i.fabric_out, true);
        check_walk(at, i);
        break;
      case Opcode::move32:
        check_elements(at, i);
        check_strides(at, i);
        check_words(at, "a", i.a, 2 * i.count, true);
        check_words(at, "b", i.b, std::int64_t{i.count - 1} * i.element_stride + 2, true);
        break;
      case Opcode::relu16:
        check_elements(at, i);
        check_words(at, "at", i.a, i.count, false);
        break;
      case Opcode::relu_back16:
        check_elements(at, i);
        check_words(at, "a", i.a, i.count, false);
        check_words(at, "b", i.b, i.count, false);
        break;
      case Opcode::add32:
      case Opcode::sub32:
      case Opcode::mul32:
      case Opcode::max32:
        check_color(at, "in", i.fabric_in, false);
        check_color(at, "out", i.fabric_out, false);
        check_elements(at, i);
        if (i.fabric_in) {
          check_passes(at, i);
          check_words(at, "a", i.a, 2 * i.count, true);
        } else {
          if (i.fabric_out) refuse(at, "only what comes in can be sent on: in is missing");
          check_strides(at, i);
          check_words(at, "a", i.a, last_vector(i) * i.element_stride + 2 * i.count, true);
          check_words(at, "b", i.b, last_vector(i) * i.row_stride + 2 * i.count, true);
        }
        if (i.close && !i.fabric_out) refuse(at, "only a fabric output can be closed");
        break;
      case Opcode::add_left32:
      case Opcode::add_right32:
        if (i.row_stride > 31) refuse(at, fmt::format("shift = {}: allowed 0 to 31", i.row_stride));
        check_elements(at, i);
        check_words(at, "a", i.a, 2 * i.count, true);
        check_words(at, "b", i.b, 2 * i.count, true);
        break;
      case Opcode::keep_equal32:
      case Opcode::zero_equal32:
        check_elements(at, i);
        check_passes(at, i);
        check_words(at, "a", i.a, std::int64_t{2} * i.scalars * i.count, true);
        check_words(at, "b", i.b, std::int64_t{i.count - 1} * i.element_stride + 1, false);
        check_words(at, "c", i.c, 1, false);
        break;
      case Opcode::fmac32:
      case Opcode::fmac32_calls:
      case Opcode::horner32:
        check_elements(at, i);
        check_passes(at, i);
        check_words(at, "acc", i.a, 2 * i.count, true);
        check_strides(at, i);
        check_words(at, "x", i.b, last_vector(i) * i.row_stride + std::int64_t{i.count - 1} * i.element_stride + 2,
                    true);
        check_words(at, "scalars", i.c, 2 * i.scalars, true);
        break;
      default:
        break;
    }
  }

  void check_route(int color, const Route& route) const {
    if (color < 0 || color >= colors_)
      throw UsageError(fmt::format("program: route of color {}; colors are 0 to {}", color, colors_ - 1));
    if (route.empty() || route.size() > switch_positions)
      throw UsageError(fmt::format("program: route of color {}: {} switch positions; allowed 1 to {}", color,
                                   route.size(), switch_positions));
    for (const RoutePosition& position : route)
      if (position.transmit >= 1U << port_count)
        throw UsageError(fmt::format("program: route of color {}: port set {:#x}; there are {} ports", color,
                                     position.transmit, port_count));
  }

  const Program& program_;
  int words_, colors_, input_queue_;
};

}  // namespace

void validate(const Program& program, const MachineSpec& machine) { Validator(program, machine).run(); }

std::string to_string(const Program& program) {
  std::string text;
  for (std::size_t at = 0; at < program.code.size(); ++at) {
    for (std::size_t task = 0; task < program.tasks.size(); ++task)
      if (program.tasks[task].entry == static_cast<int>(at))
        text += to_string(program.tasks[task], static_cast<int>(task)) + "\n";
    text += fmt::format("  {:3}: {}\n", at, to_string(program.code[at]));
  }
  return text;
}

}  // namespace weft::hw
