#include "hw/kernels/line_image.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "hw/fabric/dense_transpose.h"
#include "hw/pe/element_operations.h"
#include "hw/pe/memory_walk.h"
#include "tlm/base/half.h"

namespace weft::hw {

namespace {

/// What is converted at once stays in the nearest cache.
constexpr int values_at_once = 4096;

void put_half(std::uint32_t& cell, int shift, std::uint32_t value) {
  cell = (cell & ~(0xffffU << shift)) | value << shift;
}

/// a[i] = apply(a[i], b[i], scalar of i). `a` and `b` are the same array or do not overlap.
template <typename Operation, typename A, typename B, typename Scalar>
void each(const Operation& operation, A* a, const B* b, std::size_t count, std::uint32_t k, Scalar&& scalar) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t own = Operation::a_words == 0 ? 0 : a[i], other = Operation::b_words == 0 ? 0 : b[i];
    a[i] = static_cast<A>(operation.apply(own, other, scalar(i), k));
  }
}

/// accumulators += factor x values
template <typename Factor>
void add_each(std::uint32_t* accumulators, const float* values, std::size_t count, Factor&& factor) {
  for (std::size_t i = 0; i < count; ++i)
    accumulators[i] = result_bits(std::fma(factor(i), values[i], float_of(accumulators[i])));
}

}  // namespace

void LineImage::resize(int words, int columns, HalfFormat format) {
  format_ = format;
  columns_ = columns;
  const auto wide = static_cast<std::size_t>(columns);
  const std::size_t needed = static_cast<std::size_t>((words + 1) / 2) * wide;
  if (room_ < needed) {
    cells_.reset(new std::uint32_t[needed]);  // make_unique would write zeros
    room_ = needed;
  }
  scalars_.resize(wide);
  factors_.resize(wide);
  windows_.assign(wide, {});
  const std::size_t most = std::max<std::size_t>(values_at_once, wide);
  halves_.resize(most);
  others_.resize(most);
  widened_.resize(most);
}

void LineImage::put(std::int64_t word, const float* from, int count) {
  dense::transpose_words(from, count, columns_, count, cells(word));
}

void LineImage::get(std::int64_t word, float* to, int count) const {
  dense::transpose_words(cells(word), columns_, count, columns_, to);
}

void LineImage::put(std::int64_t word, const std::uint16_t* from, int count) {
  if (word % 2 == 0 && count % 2 == 0) return dense::transpose_words(from, count / 2, columns_, count / 2, cells(word));
  for (int element = 0; element < count; ++element) {
    std::uint32_t* to = cells(word + element);
    for (int column = 0; column < columns_; ++column)
      put_half(to[column], shift_of(word + element), from[static_cast<std::ptrdiff_t>(column) * count + element]);
  }
}

void LineImage::get(std::int64_t word, std::uint16_t* to, int count) const {
  if (word % 2 == 0 && count % 2 == 0) return dense::transpose_words(cells(word), columns_, count / 2, columns_, to);
  for (int element = 0; element < count; ++element) {
    const std::uint32_t* from = cells(word + element);
    for (int column = 0; column < columns_; ++column)
      to[static_cast<std::ptrdiff_t>(column) * count + element] =
          static_cast<std::uint16_t>(from[column] >> shift_of(word + element));
  }
}

void LineImage::fill(std::int64_t word, std::uint16_t value) {
  std::uint32_t* to = cells(word);
  for (int column = 0; column < columns_; ++column) put_half(to[column], shift_of(word), value);
}

template <int Words>
bool LineImage::read_scalars(const VectorPlace& place) {
  if constexpr (Words == 0) return true;
  const std::uint32_t* from = cells(place.scalar);
  const std::uint32_t mask = Words == 1 ? 0xffff : ~0U;
  const int shift = Words == 1 ? shift_of(place.scalar) : 0;
  std::uint32_t others = 0;
  for (std::size_t column = 0; column < scalars_.size(); ++column) {
    scalars_[column] = (from[column] >> shift & mask) + place.offset;
    others |= scalars_[column] ^ scalars_[0];
  }
  return others == 0;
}

int LineImage::elements_at_once(const Instruction& instruction) const {
  return std::clamp(values_at_once / columns_, 1, std::max<int>(1, instruction.count));
}

void LineImage::gather(std::int64_t word, int step, int count, std::vector<std::uint16_t>& to) const {
  const int columns = columns_;
  std::uint16_t* halves = to.data();
  for (int k = 0; k < count; ++k, word += step, halves += columns) {
    const std::uint32_t* from = cells(word);
    const int shift = shift_of(word);
    for (int column = 0; column < columns; ++column) halves[column] = static_cast<std::uint16_t>(from[column] >> shift);
  }
}

void LineImage::scatter(const std::vector<std::uint16_t>& from, std::int64_t word, int count) {
  const int columns = columns_;
  const std::uint16_t* halves = from.data();
  for (int k = 0; k < count;) {
    std::uint32_t* to = cells(word + k);
    if ((word + k) % 2 == 0 && k + 2 <= count) {
      const std::uint16_t* next = halves + columns;
      for (int column = 0; column < columns; ++column)
        to[column] = halves[column] | static_cast<std::uint32_t>(next[column]) << 16;
      k += 2;
      halves = next + columns;
    } else {
      for (int column = 0; column < columns; ++column) put_half(to[column], shift_of(word + k), halves[column]);
      ++k;
      halves += columns;
    }
  }
}

// a32 = fma(scalar16, x16, a32)
void LineImage::add_products(const Instruction& instruction, const VectorPlace& place) {
  const bool one_scalar = read_scalars<1>(place);
  const int step = second_step(instruction, 1), own_step = first_step(instruction, 2);
  for (int column = 0; column < columns_; ++column)
    halves_[static_cast<std::size_t>(column)] = static_cast<std::uint16_t>(scalars_[static_cast<std::size_t>(column)]);
  half_to_float(format_, halves_.data(), factors_.data(), factors_.size());
  const auto wide = static_cast<std::size_t>(columns_);
  const int most = elements_at_once(instruction);
  for (int first = 0; first < instruction.count; first += most) {
    const int rows = std::min(most, instruction.count - first);
    const auto all = static_cast<std::size_t>(rows) * wide;
    gather(place.b + std::int64_t{first} * step, step, rows, halves_);
    half_to_float(format_, halves_.data(), widened_.data(), all);
    const std::int64_t a = place.a + std::int64_t{first} * own_step;
    if (one_scalar && own_step == 2) {
      add_each(cells(a), widened_.data(), all, [factor = factors_[0]](std::size_t) { return factor; });
      continue;
    }
    for (int row = 0; row < rows; ++row)
      add_each(cells(a + std::int64_t{row} * own_step), widened_.data() + static_cast<std::size_t>(row) * wide, wide,
               [factors = factors_.data()](std::size_t column) { return factors[column]; });
  }
}

void LineImage::narrow(const Instruction& instruction, const VectorPlace& place) {
  const int most = elements_at_once(instruction);
  for (int first = 0; first < instruction.count; first += most) {
    const int rows = std::min(most, instruction.count - first);
    const auto all = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns_);
    std::memcpy(widened_.data(), cells(place.b + std::int64_t{first} * 2), all * sizeof(float));
    losses_.add(losses_of(format_, widened_.data(), all));
    float_to_half(format_, widened_.data(), halves_.data(), all);
    scatter(halves_, place.a + first, rows);
  }
}

void LineImage::scale(const Instruction& instruction, const VectorPlace& place) {
  read_scalars<1>(place);
  for (int column = 0; column < columns_; ++column)
    halves_[static_cast<std::size_t>(column)] = static_cast<std::uint16_t>(scalars_[static_cast<std::size_t>(column)]);
  half_to_float(format_, halves_.data(), factors_.data(), factors_.size());
  const int most = elements_at_once(instruction);
  for (int first = 0; first < instruction.count; first += most) {
    const int rows = std::min(most, instruction.count - first);
    const auto all = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns_);
    gather(place.a + first, 1, rows, halves_);
    half_to_float(format_, halves_.data(), widened_.data(), all);
    for (std::size_t at = 0; at < all;)
      for (const float factor : factors_) widened_[at++] *= factor;
    float_to_half(format_, widened_.data(), halves_.data(), all);
    scatter(halves_, place.a + first, rows);
  }
}

template <typename Operation>
void LineImage::apply(const Operation& operation, const Instruction& instruction, const VectorPlace& place) {
  constexpr int a_words = Operation::a_words, b_words = Operation::b_words;
  using A = std::conditional_t<a_words == 1, std::uint16_t, std::uint32_t>;
  using B = std::conditional_t<b_words == 1, std::uint16_t, std::uint32_t>;
  const bool one_scalar = read_scalars<Operation::scalar_words>(place);
  const int step = second_step(instruction, b_words), own_step = first_step(instruction, a_words);
  const bool behind_each_other = own_step == a_words && (b_words != 2 || step == 2);
  const bool alike = one_scalar && behind_each_other && instruction.opcode != Opcode::count32;
  const int most = alike ? elements_at_once(instruction) : 1;
  for (int first = 0; first < instruction.count; first += most) {
    const int rows = std::min(most, instruction.count - first);
    const auto all = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns_);
    const std::int64_t a_word = place.a + std::int64_t{first} * own_step, b_word = place.b + std::int64_t{first} * step;
    A* a;
    const B* b = nullptr;
    if constexpr (a_words == 1) {
      gather(a_word, 1, rows, halves_);
      a = halves_.data();
    } else {
      a = cells(a_word);
    }
    if constexpr (b_words == 1) {
      gather(b_word, step, rows, others_);
      b = others_.data();
    } else if constexpr (b_words == 2) {
      b = cells(b_word);
    }
    const auto k = static_cast<std::uint32_t>(first);
    if (one_scalar) {
      each(operation, a, b, all, k, [scalar = scalars_[0]](std::size_t) { return scalar; });
    } else {
      each(operation, a, b, all, k, [scalars = scalars_.data()](std::size_t column) { return scalars[column]; });
    }
    if constexpr (a_words == 1) scatter(halves_, a_word, rows);
  }
}

void LineImage::take_windows(const Instruction& instruction) {
  const std::uint32_t* entries = cells(instruction.a + 2 * std::int64_t{windows_.front().taken});
  for (std::size_t column = 0; column < windows_.size(); ++column) {
    PeWindow& window = windows_[column];
    window.first = static_cast<std::uint16_t>(entries[column]);
    window.count = static_cast<std::uint16_t>(entries[column] >> 16);
    ++window.taken;
  }
}

void LineImage::move_windows(const Instruction& instruction) {
  for (std::size_t column = 0; column < windows_.size(); ++column) {
    PeWindow& window = windows_[column];
    const Instruction moved = over_window(instruction, window);
    for (int k = 0; k < moved.count; ++k)
      cells(moved.a + 2 * k)[column] = cells(moved.b + std::int64_t{k} * moved.element_stride)[column];
    window.stored = static_cast<std::uint16_t>(window.stored + moved.count);
  }
}

void LineImage::vector(const Instruction& instruction, const VectorPlace& place) {
  if (instruction.windowed) return move_windows(instruction);
  switch (instruction.opcode) {
    case Opcode::axpy_memory:
    case Opcode::outer_memory:
      return add_products(instruction, place);
    case Opcode::to_half16:
      return narrow(instruction, place);
    case Opcode::scale16:
      return scale(instruction, place);
    default:
      with_element_operation(instruction, format_, [&](auto operation) { apply(operation, instruction, place); });
  }
}

void LineImage::combine(Opcode opcode, std::int64_t word, const std::uint32_t* with, int count) {
  Instruction instruction;
  instruction.opcode = opcode;
  with_element_operation(instruction, format_, [&](auto operation) {
    const auto all = static_cast<std::size_t>(count) * static_cast<std::size_t>(columns_);
    if constexpr (decltype(operation)::a_words == 2 && decltype(operation)::b_words == 2)
      each(operation, cells(word), with, all, 0, [](std::size_t) { return 0U; });
  });
}

std::size_t LineImage::run(const std::vector<Instruction>& code, std::size_t at) {
  return walk_in_memory(
      code, at, [this](const Instruction& instruction, const VectorPlace& place) { vector(instruction, place); }, [] {},
      [this](const Instruction& instruction) { take_windows(instruction); });
}

}  // namespace weft::hw
