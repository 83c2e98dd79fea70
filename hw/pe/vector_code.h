#pragma once
// Instructions of one thread over vectors in memory, in order, and the constants that they read.
#include <cstdint>
#include <vector>

#include "hw/pe/isa.h"
#include "tlm/base/half.h"

namespace weft::hw {

/// A constant that may depend on where its PE stands: bits + first feature x per_feature + first token x per_token,
/// modulo 2^32.
struct PlacedConstant {
  std::uint32_t bits = 0, per_feature = 0, per_token = 0;

  std::uint32_t at(int first_feature, int first_token) const {
    return bits + static_cast<std::uint32_t>(first_feature) * per_feature +
           static_cast<std::uint32_t>(first_token) * per_token;
  }
  friend bool operator==(const PlacedConstant& a, const PlacedConstant& b) {
    return a.bits == b.bits && a.per_feature == b.per_feature && a.per_token == b.per_token;
  }
};

/// Addresses are words. Fabric colors and loops can be added to an instruction before it is appended.
class VectorCode {
 public:
  /// Constants stand from the even word `first` on; `format` is that of halves.
  VectorCode(int first, HalfFormat format) : first_(first), format_(format) {}

  /// One instruction of opcode, a, b and n; other fields are 0.
  static Instruction vector(Opcode opcode, int a, int b, int n);
  void add(const Instruction& instruction) { code_.push_back(instruction); }
  /// a32[k] = bits, k < n
  void fill(int a, int n, std::uint32_t bits);
  void fill(int a, int n, float value);
  /// a32[k] = b32[k], k < n
  void move(int a, int b, int n);
  /// a32[k] = a32[k] op b32[k]; ADD32 and the like, TO_HALF16
  void combine(Opcode opcode, int a, int b, int n);
  struct Steps {
    int a = 0, b = 0;  ///< words from one vector to the next
  };
  /// The same of `vectors` vectors of n elements.
  void combine_rows(Opcode opcode, int a, int b, int n, int vectors, Steps steps);
  /// ADD_LEFT32, ADD_RIGHT32
  void shift(Opcode opcode, int a, int b, int n, int bits);
  /// FMAC32, HORNER32 with the same vector for every scalar.
  void multiply_add(Opcode opcode, int a, int x, int n, const std::vector<float>& scalars);
  /// a32[k] = fma(factor, x16[k], a32[k]), a product of halves: AXPYM.
  void add_halves(int a, int x, int n, float factor);
  /// a32[k] = factor x16[k]
  void widen(int a, int x, int n, float factor = 1);
  /// a32[k m + s] = fma(scalar16[s], x16[k], a32[k m + s]), k < n, s < m: OUTERM.
  void add_outer(int a, int x, int n, int scalars, int m);
  void multiply_integer(int a, int n, std::uint32_t factor);
  /// KEEP_EQUAL32, ZERO_EQUAL32: vector s of a with the halves at b, `step` words apart, and value + s row.
  struct Compared {
    int b = 0, step = 1;
    PlacedConstant value = {};
    std::uint16_t row = 0;
  };
  void compare(Opcode opcode, int a, int n, int vectors, const Compared& with);
  /// `passes` over what stands from `first` on; counter 0 moves operands.
  void loop(int first, int passes, int counter = 1);
  void halt() { add({}); }
  int here() const { return static_cast<int>(code_.size()); }

  const std::vector<Instruction>& code() const { return code_; }
  /// 32 bits each, from word constants_at() on.
  const std::vector<PlacedConstant>& constants() const { return constants_; }
  int constants_at() const { return first_; }
  HalfFormat format() const { return format_; }
  /// Word of constants that stand behind each other.
  int place(const std::vector<PlacedConstant>& constants);
  int place(std::uint32_t bits) { return place(std::vector<PlacedConstant>{{bits}}); }

 private:
  int first_;
  HalfFormat format_;
  std::vector<Instruction> code_;
  std::vector<PlacedConstant> constants_;
};

}  // namespace weft::hw
