#pragma once
// The memories of PEs of one row that run the same program, side by side, and what its instructions do to them all.
#include <vector>

#include "hw/kernels/line_program.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

class LineImage {
 public:
  /// Holds anything at first.
  void resize(int words, int columns, HalfFormat format);

  int columns() const { return columns_; }
  /// fp32 elements of every column: [element][column]. `word` is even.
  std::uint32_t* cells(std::int64_t word) { return cells_.data() + static_cast<std::ptrdiff_t>(word / 2) * columns_; }
  std::uint16_t half(std::int64_t word, int column) {
    return static_cast<std::uint16_t>(cells(word)[column] >> shift_of(word));
  }
  void put_half(std::int64_t word, int column, std::uint16_t value) {
    std::uint32_t& cell = cells(word)[column];
    cell = (cell & ~(0xffffU << shift_of(word))) | std::uint32_t{value} << shift_of(word);
  }

  /// `code` from `at` on, to the first instruction that meets the fabric or HALT, which it returns.
  std::size_t run(const std::vector<Instruction>& code, std::size_t at);

 private:
  static int shift_of(std::int64_t word) { return word % 2 == 0 ? 0 : 16; }
  void vector(const Instruction& instruction, const VectorPlace& place);
  /// AXPYM, OUTERM. Precondition: the scalars are read.
  void add_products(const Instruction& instruction, const VectorPlace& place);
  /// Scalars of all columns; true if they are one.
  template <int Words>
  bool read_scalars(const VectorPlace& place);

  int columns_ = 0;
  HalfFormat format_ = HalfFormat::fp16;
  std::vector<std::uint32_t> cells_;  ///< [pair of words][column]
  std::vector<std::uint32_t> scalars_;
  std::vector<std::uint16_t> halves_;  ///< of every column, as the two below
  std::vector<float> factors_, widened_;
};

}  // namespace weft::hw
