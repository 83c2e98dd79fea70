#pragma once
// The core's instructions: the one definition. rtl/ISA.md explains them, rtl/common/weft_pkg.sv repeats the encoding (a
// test holds the two equal). Addresses count 16-bit words of the PE's SRAM; an fp32 stands at an even address, low half
// first.
#include <array>
#include <cstdint>
#include <optional>

namespace weft::hw {

enum class Opcode : std::uint8_t {
  halt = 0,         ///< the task ends; no cycle
  loop = 1,         ///< `count` passes in all, back to `target`; `counter` names one of the thread's loop counters
  axpy = 2,         ///< per data wavelet {index, s}: a32[k] = fma(s, b16[index row_stride + k element_stride], a32[k])
  axpy_memory = 3,  ///< the same with the `scalars` halves at c + pass of counter 0 x scalars, each sent as {index, s}
                    ///< where there is a fabric out
  drain = 4,  ///< out[k] = in[k] + a32[k], a32[k] = 0; without fabric in: a32[k]; out = fabric, or b32[k] with b moving
              ///< on by the whole vector with each pass of counter 0
  store16 = 5,  ///< a16[k] = half(in[k]); elements element_stride words apart (0: one behind the other), `a` moves on
                ///< by row_stride with each pass of counter 0
  store32 = 6,  ///< a32[k] = in[k]; the same
  send16 = 7,   ///< out[k] = {k, a16[k]}; the same
  send32 = 8,   ///< out[k] = a32[k]; the same
  relu16 = 9,   ///< a16[k] = max(a16[k], 0)
  relu_back16 = 10,  ///< a16[k] = b16[k] > 0 ? a16[k] : 0
  add32 = 11,        ///< a32[k] += b32[k]; for s < scalars: `a` begins s element_stride, `b` s row_stride words further
                     ///< on; with fabric in: `scalars` passes of a32[k] += in[k], with fabric out sent on as well
  sub32 = 12,        ///< the same with -=
  mul32 = 13,        ///< the same with *=
  max32 = 14,        ///< the same with the greater of the two
  fmac32 = 15,  ///< for s < scalars: a32[k] = fma(c32[s], b32[s row_stride + k element_stride], a32[k]); `a` moves on
                ///< by count and `c` by scalars elements each pass of counter 0
  fmac32_calls = 16,  ///< the same by scalar code: a `call` before each vector
  call = 17,          ///< the scalar code around one call of a vector function; no effect
  drain16 = 18,       ///< drain to memory as half: b16[k] = half(in[k] + a32[k]); `b` moves on as drain's
  outer = 19,  ///< per data wavelet {index, s}: with A = a32[index + k scalars], A = fma(s, b16[k element_stride], A);
               ///< `b` moves on by row_stride with each pass of counter 0
  outer_memory = 20,  ///< the same with the `scalars` halves at c + pass of counter 0 x scalars, each sent as {index,
                      ///< s} where there is a fabric out
  to_half16 = 21,     ///< a16[k] = half(b32[k])
  count32 = 22,       ///< a32[k] = c32 + k element_stride + pass of counter 0 x row_stride, modulo 2^32
  xor_shift32 = 23,   ///< a32[k] ^= a32[k] >> row_stride
  mul_int32 = 24,     ///< a32[k] *= c32, modulo 2^32
  scale16 = 25,       ///< a16[k] = half(a16[k] x c16)
  zero_below16 = 26,  ///< a16[k] = 0 where b32[k] < c32, unsigned; `a` moves on by count each pass of counter 0
  axpy_keep = 27,     ///< axpy, and c16[round x scalars + index] = s where index < scalars; round counts the control
                      ///< wavelets that the task's axpy_keeps have taken
  horner32 = 28,      ///< for s < scalars: a32[k] = fma(a32[k], b32[s row_stride + k element_stride], c32[s]); moves on
                      ///< with counter 0 as fmac32 does
  add_left32 = 29,    ///< a32[k] += b32[k] << row_stride, modulo 2^32
  add_right32 = 30,   ///< a32[k] += b32[k] >> row_stride, modulo 2^32; the sign comes in from the left
  keep_equal32 = 31,  ///< for s < scalars: a32[s count + k] = 0 where b16[k element_stride] is not c16 + s row_stride
  zero_equal32 = 32,  ///< the same where it is
  list16 = 33,        ///< a16[r] = low half of data wavelet r, at most count; a control wavelet ends it; they are the
                      ///< task's list from then on
  move32 = 34,        ///< a32[k] = b32[k element_stride]
  window = 35,        ///< the task's window: first element and count, the halves at a + 2 r and behind it; r counts the
                      ///< windows that the task has taken
};
inline constexpr int opcode_count = 36;

/// One instruction. Fields that an opcode does not name must be zero (no fabric operand).
struct Instruction {
  Opcode opcode = Opcode::halt;
  std::optional<std::uint8_t> fabric_in;   ///< color
  std::optional<std::uint8_t> fabric_out;  ///< color
  bool close = false;                      ///< after the last element send a control wavelet to fabric_out
  bool silent = false;                     ///< which no core takes
  bool listed = false;                     ///< axpy, axpy_memory, drain to the fabric: `count` is the length of the
                                           ///< thread's list, x stands at list[k] element_stride
  bool windowed = false;          ///< axpy, axpy_memory, outer, outer_memory, drain, drain16, list16, move32: over the
                                  ///< elements of the task's window alone; pe_window.h
  bool windowed_scalars = false;  ///< axpy_memory that closes: sends the scalars of the task's window alone
  bool half_sums = false;         ///< axpy, axpy_keep, axpy_memory, drain, drain16: a16 in the place of a32; to
                                  ///< accumulate rounds to fp32, then to a half, and what is drained is widened first
  std::uint16_t advance = 0;      ///< switches that the control wavelet advances
  std::uint16_t count = 0;        ///< elements; loop: passes
  std::uint16_t a = 0, b = 0, c = 0;  ///< addresses
  std::uint16_t row_stride = 0;       ///< words from one scalar's vector to the next one's
  std::uint16_t element_stride = 0;   ///< words
  std::uint16_t scalars = 0;
  std::uint16_t target = 0;   ///< instruction to go back to; encoded in the place of `scalars`
  std::uint16_t counter = 0;  ///< 0 to 3; encoded in the place of `element_stride`

  friend bool operator==(const Instruction& x, const Instruction& y);
};

inline constexpr int instruction_words = 5;  ///< of 32 bits
inline constexpr int loop_counters = 4;      ///< per thread
inline constexpr int program_capacity = 64;  ///< instructions of a PE
inline constexpr int thread_count = 2;       ///< 0 = main, 1 = receiver, which goes first

using EncodedInstruction = std::array<std::uint32_t, instruction_words>;

EncodedInstruction encode(const Instruction& instruction);
/// None if the opcode does not exist.
std::optional<Instruction> decode(const EncodedInstruction& words);

}  // namespace weft::hw
