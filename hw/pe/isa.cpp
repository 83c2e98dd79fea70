#include "hw/pe/isa.h"

#include <tuple>

namespace weft::hw {

namespace {

auto tie(const Instruction& i) {
  return std::tie(i.opcode, i.fabric_in, i.fabric_out, i.close, i.silent, i.listed, i.windowed, i.windowed_scalars,
                  i.half_sums, i.advance, i.count, i.a, i.b, i.c, i.row_stride, i.element_stride, i.scalars, i.target,
                  i.counter);
}

constexpr std::uint16_t low(std::uint32_t word) { return static_cast<std::uint16_t>(word); }
constexpr std::uint16_t high(std::uint32_t word) { return static_cast<std::uint16_t>(word >> 16); }
constexpr std::uint32_t pair(std::uint32_t low_half, std::uint32_t high_half) { return low_half | high_half << 16; }

}  // namespace

bool operator==(const Instruction& x, const Instruction& y) { return tie(x) == tie(y); }

EncodedInstruction encode(const Instruction& i) {
  const bool loop = i.opcode == Opcode::loop;
  std::uint32_t head = static_cast<std::uint32_t>(i.opcode);
  if (i.fabric_in) head |= 1U << 6 | static_cast<std::uint32_t>(*i.fabric_in) << 8;
  if (i.fabric_out) head |= 1U << 7 | static_cast<std::uint32_t>(*i.fabric_out) << 13;
  head |= static_cast<std::uint32_t>(i.close) << 18 | static_cast<std::uint32_t>(i.silent) << 19 |
          static_cast<std::uint32_t>(i.listed) << 20 | static_cast<std::uint32_t>(i.windowed) << 21 |
          static_cast<std::uint32_t>(i.windowed_scalars) << 22 | static_cast<std::uint32_t>(i.half_sums) << 23;
  return {head, pair(i.count, i.a), pair(i.b, i.c), pair(i.row_stride, loop ? i.counter : i.element_stride),
          pair(loop ? i.target : i.scalars, i.advance)};
}

std::optional<Instruction> decode(const EncodedInstruction& words) {
  const std::uint32_t head = words[0], opcode = head & 0x3f;
  if (opcode >= static_cast<std::uint32_t>(opcode_count)) return std::nullopt;
  Instruction i;
  i.opcode = static_cast<Opcode>(opcode);
  if (head >> 6 & 1) i.fabric_in = static_cast<std::uint8_t>(head >> 8 & 0x1f);
  if (head >> 7 & 1) i.fabric_out = static_cast<std::uint8_t>(head >> 13 & 0x1f);
  i.close = head >> 18 & 1;
  i.silent = head >> 19 & 1;
  i.listed = head >> 20 & 1;
  i.windowed = head >> 21 & 1;
  i.windowed_scalars = head >> 22 & 1;
  i.half_sums = head >> 23 & 1;
  i.count = low(words[1]), i.a = high(words[1]);
  i.b = low(words[2]), i.c = high(words[2]);
  i.row_stride = low(words[3]);
  i.advance = high(words[4]);
  if (i.opcode == Opcode::loop) {
    i.counter = high(words[3]);
    i.target = low(words[4]);
  } else {
    i.element_stride = high(words[3]);
    i.scalars = low(words[4]);
  }
  return i;
}

}  // namespace weft::hw
