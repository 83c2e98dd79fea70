#pragma once
// Instructions of one thread over vectors in memory, in order, and the constants that they read.
#include <cstdint>
#include <vector>

#include "hw/pe/isa.h"

namespace weft::hw {

/// Addresses are words. Fabric colors and loops can be added to an instruction before it is appended.
class VectorCode {
 public:
  /// Constants stand from the even word `first` on.
  explicit VectorCode(int first) : first_(first) {}

  void add(const Instruction& instruction) { code_.push_back(instruction); }
  /// a32[k] = bits, k < n
  void fill(int a, int n, std::uint32_t bits);
  void fill(int a, int n, float value);
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
  void multiply_integer(int a, int n, std::uint32_t factor);
  /// KEEP_EQUAL32, ZERO_EQUAL32: vector s of a with the halves at b, `step` words apart, and value + s row.
  struct Compared {
    int b = 0, step = 1;
    std::uint16_t value = 0, row = 0;
  };
  void compare(Opcode opcode, int a, int n, int vectors, const Compared& with);
  /// `passes` over what stands from `first` on, counted by counter 1 (0 moves operands).
  void loop(int first, int passes);
  void halt() { add({}); }
  int here() const { return static_cast<int>(code_.size()); }

  const std::vector<Instruction>& code() const { return code_; }
  const std::vector<std::uint32_t>& constants() const { return constants_; }

 private:
  /// Words of `bits`, which stand behind each other.
  int place(const std::vector<std::uint32_t>& bits);

  int first_;
  std::vector<Instruction> code_;
  std::vector<std::uint32_t> constants_;
};

}  // namespace weft::hw
