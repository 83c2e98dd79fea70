#include "hw/pe/isa.h"

#include <fmt/format.h>

#include <tuple>

namespace weft::hw {

namespace {

struct OpcodeInfo {
  const char* name;
  bool implemented;
};

constexpr std::array<OpcodeInfo, 16> opcodes{{{"HALT", true},
                                              {"LOOP", true},
                                              {"AXPY", true},
                                              {"AXPYM", true},
                                              {"DRAIN", true},
                                              {"STORE16", true},
                                              {"STORE32", true},
                                              {"SEND16", false},
                                              {"SEND32", false},
                                              {"RELU16", false},
                                              {"RELU_BACK16", false},
                                              {"ADD32", false},
                                              {"SUB32", false},
                                              {"MUL32", false},
                                              {"MAX32", false},
                                              {"DRAIN16", true}}};

const OpcodeInfo& info(Opcode opcode) { return opcodes.at(static_cast<std::size_t>(opcode)); }

auto tie(const Instruction& i) {
  return std::tie(i.opcode, i.fabric_in, i.fabric_out, i.close, i.silent, i.advance, i.count, i.a, i.b, i.c,
                  i.row_stride, i.element_stride, i.scalars, i.target, i.counter);
}

constexpr std::uint16_t low(std::uint32_t word) { return static_cast<std::uint16_t>(word); }
constexpr std::uint16_t high(std::uint32_t word) { return static_cast<std::uint16_t>(word >> 16); }
constexpr std::uint32_t pair(std::uint32_t low_half, std::uint32_t high_half) { return low_half | high_half << 16; }

}  // namespace

bool operator==(const Instruction& x, const Instruction& y) { return tie(x) == tie(y); }

bool is_implemented(Opcode opcode) { return info(opcode).implemented; }

EncodedInstruction encode(const Instruction& i) {
  const bool loop = i.opcode == Opcode::loop;
  std::uint32_t head = static_cast<std::uint32_t>(i.opcode);
  if (i.fabric_in) head |= 1U << 6 | static_cast<std::uint32_t>(*i.fabric_in) << 8;
  if (i.fabric_out) head |= 1U << 7 | static_cast<std::uint32_t>(*i.fabric_out) << 13;
  head |= static_cast<std::uint32_t>(i.close) << 18 | static_cast<std::uint32_t>(i.silent) << 19;
  return {head, pair(i.count, i.a), pair(i.b, i.c), pair(i.row_stride, loop ? i.counter : i.element_stride),
          pair(loop ? i.target : i.scalars, i.advance)};
}

std::optional<Instruction> decode(const EncodedInstruction& words) {
  const std::uint32_t head = words[0], opcode = head & 0x3f;
  if (opcode >= opcodes.size()) return std::nullopt;
  Instruction i;
  i.opcode = static_cast<Opcode>(opcode);
  if (head >> 6 & 1) i.fabric_in = static_cast<std::uint8_t>(head >> 8 & 0x1f);
  if (head >> 7 & 1) i.fabric_out = static_cast<std::uint8_t>(head >> 13 & 0x1f);
  i.close = head >> 18 & 1;
  i.silent = head >> 19 & 1;
  i.count = low(words[1]), i.a = high(words[1]);
  i.b = low(words[2]), i.c = high(words[2]);
  i.row_stride = low(words[3]);
  i.advance = high(words[4]);
  if (i.opcode == Opcode::loop) {
    i.counter = static_cast<std::uint8_t>(high(words[3]));
    i.target = low(words[4]);
  } else {
    i.element_stride = high(words[3]);
    i.scalars = low(words[4]);
  }
  return i;
}

std::string to_string(const Instruction& i) {
  std::string text = info(i.opcode).name;
  const auto add = [&text](const char* name, int value) { text += fmt::format(" {}={}", name, value); };
  const auto add_fabric = [&] {
    if (i.fabric_in) add("in", *i.fabric_in);
    if (i.fabric_out) add("out", *i.fabric_out);
    if (i.close) {
      add("advance", i.advance);
      if (i.silent) text += " silent";
    }
  };
  switch (i.opcode) {
    case Opcode::halt:
      break;
    case Opcode::loop:
      add("count", i.count), add("target", i.target), add("counter", i.counter);
      break;
    case Opcode::axpy:
    case Opcode::axpy_memory:
      add("acc", i.a), add("x", i.b), add("n", i.count), add("row", i.row_stride), add("step", i.element_stride);
      if (i.opcode == Opcode::axpy_memory) add("scalars", i.c), add("m", i.scalars);
      add_fabric();
      break;
    case Opcode::drain:
    case Opcode::drain16:
      add("acc", i.a), add("n", i.count);
      if (!i.fabric_out) add("to", i.b);
      add_fabric();
      break;
    case Opcode::store16:
    case Opcode::store32:
    case Opcode::send16:
    case Opcode::send32:
      add("at", i.a), add("n", i.count), add_fabric();
      break;
    case Opcode::relu16:
      add("at", i.a), add("n", i.count);
      break;
    default:
      add("a", i.a), add("b", i.b), add("n", i.count);
      break;
  }
  return text;
}

}  // namespace weft::hw
