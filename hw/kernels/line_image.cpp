#include "hw/kernels/line_image.h"

#include <algorithm>
#include <cmath>

#include "hw/pe/element_operations.h"
#include "hw/pe/memory_walk.h"
#include "tlm/base/half.h"

namespace weft::hw {

namespace {

template <int Words>
std::uint32_t read(const std::uint32_t* cells, int column, int shift) {
  if constexpr (Words == 0) return 0;
  if constexpr (Words == 1) return cells[column] >> shift & 0xffffU;
  return cells[column];
}

template <int Words>
void write(std::uint32_t* cells, int column, int shift, std::uint32_t value) {
  if constexpr (Words == 1) {
    cells[column] = (cells[column] & ~(0xffffU << shift)) | value << shift;
  } else {
    cells[column] = value;
  }
}

}  // namespace

void LineImage::resize(int words, int columns, HalfFormat format) {
  columns_ = columns;
  format_ = format;
  cells_.resize(static_cast<std::size_t>((words + 1) / 2) * static_cast<std::size_t>(columns));
  scalars_.resize(static_cast<std::size_t>(columns));
  halves_.resize(static_cast<std::size_t>(columns));
  factors_.resize(static_cast<std::size_t>(columns));
  widened_.resize(static_cast<std::size_t>(columns));
}

template <int Words>
bool LineImage::read_scalars(const VectorPlace& place) {
  if constexpr (Words == 0) return true;
  const std::uint32_t* from = cells(place.scalar);
  for (int column = 0; column < columns_; ++column)
    scalars_[static_cast<std::size_t>(column)] = read<Words>(from, column, shift_of(place.scalar)) + place.offset;
  return std::all_of(scalars_.begin(), scalars_.end(), [this](std::uint32_t other) { return other == scalars_[0]; });
}

// a32 = fma(scalar16, x16, a32): the halves of a row of columns are widened at once.
void LineImage::add_products(const Instruction& instruction, const VectorPlace& place) {
  const auto columns = static_cast<std::size_t>(columns_);
  const auto widen = [&](const std::uint32_t* from, int shift, std::vector<float>& to) {
    for (std::size_t column = 0; column < columns; ++column)
      halves_[column] = static_cast<std::uint16_t>(from[column] >> shift);
    half_to_float(format_, halves_.data(), to.data(), columns);
  };
  const int step = second_step(instruction, 1), own_step = first_step(instruction, 2);
  for (std::size_t column = 0; column < columns; ++column)
    halves_[column] = static_cast<std::uint16_t>(scalars_[column]);
  half_to_float(format_, halves_.data(), factors_.data(), columns);
  for (std::uint32_t k = 0; k < instruction.count; ++k) {
    const std::int64_t b_word = place.b + std::int64_t{k} * step;
    widen(cells(b_word), shift_of(b_word), widened_);
    std::uint32_t* a = cells(place.a + std::int64_t{k} * own_step);
    for (std::size_t column = 0; column < columns; ++column)
      a[column] = result_bits(std::fma(factors_[column], widened_[column], float_of(a[column])));
  }
}

void LineImage::vector(const Instruction& instruction, const VectorPlace& place) {
  if (instruction.opcode == Opcode::axpy_memory || instruction.opcode == Opcode::outer_memory) {
    read_scalars<1>(place);
    return add_products(instruction, place);
  }
  with_element_operation(instruction, format_, [&](auto operation) {
    using Operation = decltype(operation);
    constexpr int a_words = Operation::a_words, b_words = Operation::b_words;
    const bool one_scalar = read_scalars<Operation::scalar_words>(place);
    const std::uint32_t scalar = scalars_[0];
    const int step = second_step(instruction, b_words), own_step = first_step(instruction, a_words);
    // Elements of all columns stand behind each other where they are whole cells.
    if (one_scalar && a_words == 2 && (b_words == 0 || (b_words == 2 && step == 2)) &&
        instruction.opcode != Opcode::count32) {
      std::uint32_t* a = cells(place.a);
      const std::uint32_t* b = cells(b_words == 0 ? place.a : place.b);
      const std::int64_t count = std::int64_t{instruction.count} * columns_;
      for (std::int64_t at = 0; at < count; ++at) a[at] = operation.apply(a[at], b[at], scalar, 0);
      return;
    }
    for (std::uint32_t k = 0; k < instruction.count; ++k) {
      const std::int64_t a_word = place.a + std::int64_t{k} * own_step, b_word = place.b + std::int64_t{k} * step;
      std::uint32_t* a = cells(a_word);
      const std::uint32_t* b = cells(b_words == 0 ? a_word : b_word);
      const int a_shift = shift_of(a_word), b_shift = shift_of(b_word);
      for (int column = 0; column < columns_; ++column) {
        const std::uint32_t own = one_scalar ? scalar : scalars_[static_cast<std::size_t>(column)];
        write<a_words>(a, column, a_shift,
                       operation.apply(read<a_words>(a, column, a_shift), read<b_words>(b, column, b_shift), own, k));
      }
    }
  });
}

std::size_t LineImage::run(const std::vector<Instruction>& code, std::size_t at) {
  return walk_in_memory(
      code, at, [this](const Instruction& instruction, const VectorPlace& place) { vector(instruction, place); },
      [] {});
}

}  // namespace weft::hw
