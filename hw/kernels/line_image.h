#pragma once
// The memories of PEs of one row that run the same program, side by side, and what its instructions do to them all.
#include <memory>
#include <vector>

#include "hw/kernels/line_program.h"
#include "hw/pe/pe_window.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

/// Elements of all columns stand behind each other, [element][column]: an instruction is a few loops over arrays.
class LineImage {
 public:
  /// Holds anything at first.
  void resize(int words, int columns, HalfFormat format);

  int columns() const { return columns_; }
  /// fp32 elements of every column: [element][column]. `word` is even.
  std::uint32_t* cells(std::int64_t word) { return cells_.get() + static_cast<std::ptrdiff_t>(word / 2) * columns_; }
  const std::uint32_t* cells(std::int64_t word) const {
    return cells_.get() + static_cast<std::ptrdiff_t>(word / 2) * columns_;
  }
  /// `count` elements of 16 or 32 bits from `word` on, of every column, from or to [column][element].
  void put(std::int64_t word, const std::uint16_t* from, int count);
  void put(std::int64_t word, const float* from, int count);
  void get(std::int64_t word, std::uint16_t* to, int count) const;
  void get(std::int64_t word, float* to, int count) const;
  /// The half at `word` of every column.
  void fill(std::int64_t word, std::uint16_t value);

  /// Of what TO_HALF16 has rounded since the last call. SCALE16, which may overflow, is dropout's: it scales what is
  /// dropped, too, and is left out.
  HalfLosses take_losses() { return std::exchange(losses_, {}); }

  /// `code` from `at` on, to the first instruction that meets the fabric or HALT, which it returns.
  std::size_t run(const std::vector<Instruction>& code, std::size_t at);
  /// ADD32, SUB32, MUL32 or MAX32 of the `count` elements at `word` with [element][column].
  void combine(Opcode opcode, std::int64_t word, const std::uint32_t* with, int count);

 private:
  static int shift_of(std::int64_t word) { return word % 2 == 0 ? 0 : 16; }
  void vector(const Instruction& instruction, const VectorPlace& place);
  template <typename Operation>
  void apply(const Operation& operation, const Instruction& instruction, const VectorPlace& place);
  /// AXPYM, OUTERM; TO_HALF16; SCALE16: conversions of arrays.
  void add_products(const Instruction& instruction, const VectorPlace& place);
  void narrow(const Instruction& instruction, const VectorPlace& place);
  void scale(const Instruction& instruction, const VectorPlace& place);
  /// WINDOW, and a windowed MOVE32: each column has windows of its own.
  void take_windows(const Instruction& instruction);
  void move_windows(const Instruction& instruction);
  /// Scalars of all columns; true if they are one.
  template <int Words>
  bool read_scalars(const VectorPlace& place);
  /// Elements whose columns are worked on at once.
  int elements_at_once(const Instruction& instruction) const;
  /// Halves of `count` elements, `step` words apart: [element][column].
  void gather(std::int64_t word, int step, int count, std::vector<std::uint16_t>& to) const;
  /// Back, one behind the other.
  void scatter(const std::vector<std::uint16_t>& from, std::int64_t word, int count);

  HalfLosses losses_;
  int columns_ = 0;
  HalfFormat format_ = HalfFormat::fp16;
  std::unique_ptr<std::uint32_t[]> cells_;  ///< [pair of words][column]
  std::size_t room_ = 0;                    ///< for so many cells
  std::vector<std::uint32_t> scalars_;
  std::vector<std::uint16_t> halves_, others_;  ///< of elements_at_once(), as the next
  std::vector<float> widened_;
  std::vector<float> factors_;
  std::vector<PeWindow> windows_;  ///< of each column
};

}  // namespace weft::hw
