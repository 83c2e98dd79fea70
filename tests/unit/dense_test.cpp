// Question: does the dense arithmetic give every bit of the plain triple loop that its header defines, for any shape,
// cut, order and number of threads?
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "hw/fabric/dense_gemm.h"
#include "hw/fabric/dense_tile.h"
#include "hw/fabric/dense_transpose.h"
#include "hw/fabric/half_lanes.h"
#include "hw/fabric/masked_gemm.h"
#include "hw/fabric/split.h"
#include "tests/support/fp16.h"

using namespace weft;
using namespace weft::hw;

namespace {

using Bounds = std::vector<int>;

/// Row-major with `padding` unused elements at the end of each row.
struct Matrix {
  int rows, columns, stride;
  std::vector<float> values;

  Matrix(int rows_, int columns_, int padding, float fill)
      : rows(rows_),
        columns(columns_),
        stride(columns_ + padding),
        values(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_ + padding), fill) {}
  float& at(int row, int column) {
    return values[static_cast<std::size_t>(row) * static_cast<std::size_t>(stride) + static_cast<std::size_t>(column)];
  }
};

/// Values that fp16 holds, over its whole range: subnormals, zeros of both signs and numbers that cancel among them.
class Halves {
 public:
  explicit Halves(unsigned seed) : bits_(seed) {}
  float operator()() {
    const auto draw = static_cast<std::uint16_t>(bits_());
    switch (bits_() % 8) {
      case 0:
        return half_to_float(draw & 0x83ff);  // zero or subnormal
      case 1:
        return half_to_float((draw & 0x7c00) == 0x7c00 ? draw & 0xbfff : draw);  // any finite
      default:
        return round_to_half((static_cast<float>(draw) - 32768.0F) / 16384.0F);
    }
  }

 private:
  std::mt19937 bits_;
};

void fill(Matrix& matrix, Halves& halves) {
  for (int row = 0; row < matrix.rows; ++row)
    for (int column = 0; column < matrix.columns; ++column) matrix.at(row, column) = halves();
}

std::uint16_t half_infinity(const HalfFormatRow& row) {
  return float_to_half(row.format, std::numeric_limits<float>::infinity());
}

/// The header's definition, literally.
void plain(Matrix& a, Matrix& b, Matrix& c, const Bounds& bounds, BlockOrder order, bool continues) {
  const int count = static_cast<int>(bounds.size()) - 1;
  for (int m = 0; m < c.rows; ++m)
    for (int n = 0; n < c.columns; ++n) {
      bool empty = !continues;
      float sum = empty ? 0.0F : c.at(m, n);
      for (int step = 0; step < count; ++step) {
        const auto block = static_cast<std::size_t>(order == BlockOrder::ascending ? step : count - 1 - step);
        if (bounds[block] == bounds[block + 1]) continue;
        float partial = 0.0F;
        for (int k = bounds[block]; k < bounds[block + 1]; ++k) partial = std::fma(a.at(m, k), b.at(k, n), partial);
        sum = empty ? partial : sum + partial;
        empty = false;
      }
      c.at(m, n) = sum;
    }
}

bool same_bits(const Matrix& x, const Matrix& y) {
  return std::memcmp(x.values.data(), y.values.data(), x.values.size() * sizeof(float)) == 0;
}

/// Runs both ways with padded rows; the padding of C must stay as it was.
bool agrees(int m, int n, int k, const Bounds& bounds, BlockOrder order, bool continues, ThreadPool* pool) {
  Halves halves(static_cast<unsigned>(m * 7919 + n * 104729 + k * 31 + static_cast<int>(bounds.size())));
  Matrix a(m, k, 3, -7.0F), b(k, n, 5, -7.0F), start(m, n, 2, -7.0F);
  fill(a, halves);
  fill(b, halves);
  fill(start, halves);
  Matrix expected = start, got = start;
  plain(a, b, expected, bounds, order, continues);
  chained_gemm(a.values.data(), a.stride, b.values.data(), b.stride, got.values.data(), got.stride, m, n, k, bounds,
               order, continues, pool);
  return same_bits(expected, got);
}

bool agrees_all_ways(int m, int n, int k, const Bounds& bounds, ThreadPool* pool = nullptr) {
  bool good = true;
  for (const BlockOrder order : {BlockOrder::ascending, BlockOrder::descending})
    for (const bool continues : {false, true}) good = good && agrees(m, n, k, bounds, order, continues, pool);
  return good;
}

}  // namespace

TEST_CASE("every number of rows and of columns up to some tiles") {
  for (int m = 1; m <= 2 * dense::tile_rows + 1; ++m)
    for (int n = 1; n <= 2 * dense::strip_columns + 1; n += m % 3 + 1) {
      INFO(m << " x " << n);
      REQUIRE(agrees(m, n, 9, split_bounds(9, 4), BlockOrder::descending, m % 2 == 0, nullptr));
    }
}

TEST_CASE("uneven shapes, both orders, with and without a start") {
  struct Shape {
    int m, n, k, lines;
  };
  for (const Shape& s : {Shape{1, 1, 1, 1}, Shape{10, 785, 64, 8}, Shape{20, 64, 784, 32}, Shape{67, 33, 101, 29},
                         Shape{13, 257, 31, 31}, Shape{5, 16, 7, 32}, Shape{19, 31, 600, 2}, Shape{50, 95, 37, 1}}) {
    INFO(s.m << " x " << s.n << " x " << s.k << " over " << s.lines);
    CHECK(agrees_all_ways(s.m, s.n, s.k, split_bounds(s.k, s.lines)));
  }
}

TEST_CASE("empty blocks add nothing, wherever they stand") {
  CHECK(agrees_all_ways(7, 40, 10, {0, 0, 3, 3, 3, 4, 10, 10}));
  CHECK(agrees_all_ways(20, 40, 10, {0, 0, 0, 10}));
}

// Operands near the format's ends, so that sums are subnormal, overflow and become -0 among others.
TEST_CASE("sums of halves: rounded to fp32 and then to a half after each multiply-add, in every format") {
  for (const HalfFormatRow& row : half_formats) {
    std::mt19937 random(static_cast<unsigned>(row.format));
    const double least = half_to_float(row.format, 1), greatest = half_to_float(row.format, half_infinity(row) - 1);
    std::int64_t infinite = 0, subnormal = 0, negative_zeros = 0;
    for (int size = 1; size < 60; ++size) {
      const int m = 1 + size % 13, n = size, k = 1 + size * 7 % 40;
      const Bounds bounds = split_bounds(k, 1 + size % 5);
      Matrix a(m, k, 3, -7.0F), b(k, n, 5, -7.0F), got(m, n, 2, -7.0F), masked = got;
      const double scale = size % 3 == 0 ? std::sqrt(greatest) / 2 : size % 3 == 1 ? std::sqrt(least) : 1;
      for (Matrix* operand : {&a, &b})
        for (int y = 0; y < operand->rows; ++y)
          for (int x = 0; x < operand->columns; ++x)
            operand->at(y, x) = round_to_half(
                row.format, static_cast<float>(scale * (static_cast<double>(random() % 0x1000) / 0x800 - 1)));
      const auto order = size % 2 == 0 ? BlockOrder::ascending : BlockOrder::descending;
      chained_gemm(a.values.data(), a.stride, b.values.data(), b.stride, got.values.data(), got.stride, m, n, k, bounds,
                   order, false, nullptr, row.format);
      masked_gemm(
          a.values.data(), a.stride, b.values.data(), b.stride, masked.values.data(), masked.stride, m, n, bounds,
          order, false, [](int, int) { return true; }, [&row](float sum) { return round_to_half(row.format, sum); });
      for (int y = 0; y < m; ++y)
        for (int x = 0; x < n; ++x) {
          float sum = 0;
          const int count = static_cast<int>(bounds.size()) - 1;
          bool first = true;
          for (int step = 0; step < count; ++step) {
            const auto block = static_cast<std::size_t>(order == BlockOrder::ascending ? step : count - 1 - step);
            if (bounds[block] == bounds[block + 1]) continue;
            float partial = 0;
            for (int inner = bounds[block]; inner < bounds[block + 1]; ++inner)
              partial = round_to_half(row.format, std::fma(a.at(y, inner), b.at(inner, x), partial));
            infinite += std::isinf(partial);
            subnormal += partial != 0 && std::fabs(partial) < 1024 * least;
            negative_zeros += partial == 0 && std::signbit(partial);
            sum = first ? partial : sum + partial;
            first = false;
          }
          for (const float value : {got.at(y, x), masked.at(y, x)}) {
            INFO(row.name << " " << size << ": " << value << ", not " << sum);
            REQUIRE(((std::isnan(value) && std::isnan(sum)) || std::memcmp(&value, &sum, sizeof sum) == 0));
          }
        }
    }
    INFO(row.name);
    CHECK(infinite > 0);
    CHECK(subnormal > 0);
    CHECK(negative_zeros > 0);
  }
}

TEST_CASE("lanes round as single numbers do: every upper half of an fp32 with ties and their neighbours") {
  for (const HalfFormatRow& row : half_formats)
    with_half(row.format, [&](auto half) {
      constexpr std::uint32_t lower[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0x0fff, 0x1000, 0x1001, 0x2000, 0x3000, 0xffff};
      std::int64_t wrong = 0;
      for (std::uint32_t upper = 0; upper < 0x10000; ++upper)
        for (const std::uint32_t low : lower) {
          const std::uint32_t bits = upper << 16 | low;
          float value;
          std::memcpy(&value, &bits, sizeof value);
          const float expected = decltype(half)::round(value);
          const dense::Lanes lanes = dense::HalfLanes<decltype(half)>::rounded(-dense::Lanes{} + value);
          const float got = lanes[upper % dense::lane_count];
          wrong += std::isnan(expected) ? !std::isnan(got) : std::memcmp(&got, &expected, sizeof got) != 0;
        }
      INFO(row.name);
      CHECK(wrong == 0);
    });
}

TEST_CASE("only empty blocks: C stays, or is zero if nothing was in it") {
  for (const Bounds& bounds : {Bounds{0, 0, 0}, Bounds{0}, Bounds{}}) {
    std::vector<float> c = {-0.0F, -7.0F};
    chained_gemm(nullptr, 0, nullptr, 1, c.data(), 2, 1, 1, 0, bounds, BlockOrder::ascending, true, nullptr);
    CHECK(std::signbit(c[0]));  // even +0 would have changed it
    CHECK(c == std::vector<float>{0.0F, -7.0F});
    c[0] = 5.0F;
    chained_gemm(nullptr, 0, nullptr, 1, c.data(), 2, 1, 1, 0, bounds, BlockOrder::ascending, false, nullptr);
    CHECK(c == std::vector<float>{0.0F, -7.0F});
  }
}

TEST_CASE("the order of the blocks is kept: it decides the last bit") {
  // 2^24 + 1 rounds to 2^24; 1 + 1 + 2^24 does not.
  const std::vector<float> a = {4096.0F, 1.0F, 1.0F}, b = {4096.0F, 1.0F, 1.0F};
  float c = 0;
  chained_gemm(a.data(), 3, b.data(), 1, &c, 1, 1, 1, 3, {0, 1, 2, 3}, BlockOrder::ascending, false, nullptr);
  CHECK(c == 16777216.0F);
  chained_gemm(a.data(), 3, b.data(), 1, &c, 1, 1, 1, 3, {0, 1, 2, 3}, BlockOrder::descending, false, nullptr);
  CHECK(c == 16777218.0F);
  chained_gemm(a.data(), 3, b.data(), 1, &c, 1, 1, 1, 3, {0, 1, 3}, BlockOrder::ascending, false, nullptr);
  CHECK(c == 16777218.0F);
}

TEST_CASE("zeros: a block's sum starts from +0, so that C is +0 even where it was -0") {
  const float a = -1.0F, b = 0.0F;
  for (const bool continues : {false, true}) {
    float c = -0.0F;
    chained_gemm(&a, 1, &b, 1, &c, 1, 1, 1, 1, {0, 1}, BlockOrder::ascending, continues, nullptr);
    CHECK(c == 0.0F);
    CHECK(!std::signbit(c));
  }
}

TEST_CASE("infinities and NaN go where they go in the plain loop") {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> a = {infinity, 1.0F, 1.0F, 1.0F}, b = {1.0F, 0.0F, 2.0F, -infinity};
  std::vector<float> c(4);
  // Rows (inf, 1) and (1, 1) times columns (1, 2) and (0, -inf).
  chained_gemm(a.data(), 2, b.data(), 2, c.data(), 2, 2, 2, 2, {0, 1, 2}, BlockOrder::ascending, false, nullptr);
  CHECK(c[0] == infinity);
  CHECK(std::isnan(c[1]));
  CHECK(c[2] == 3.0F);
  CHECK(c[3] == -infinity);
}

TEST_CASE("any number of threads gives the bits of the plain loop") {
  for (const int threads : {1, 2, 3, 5}) {
    ThreadPool pool(threads);
    INFO(threads << " threads");
    CHECK(agrees_all_ways(70, 300, 64, split_bounds(64, 8), &pool));    // more strips than threads
    CHECK(agrees_all_ways(300, 20, 200, split_bounds(200, 8), &pool));  // few strips: rows are split
  }
}

TEST_CASE("a pool runs every part once, run after run") {
  for (const int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (int round = 0; round < 200; ++round) {
      const int parts = round % 17;
      std::vector<int> times(static_cast<std::size_t>(parts) + 1, 0);
      pool.run(parts, [&](int part) { ++times[static_cast<std::size_t>(part)]; });
      for (int part = 0; part < parts; ++part) REQUIRE(times[static_cast<std::size_t>(part)] == 1);
      REQUIRE(times.back() == 0);
    }
  }
}

TEST_CASE("transpose, whole and broken blocks") {
  for (const int m : {1, 15, 16, 17, 50})
    for (const int n : {1, 16, 33}) {
      std::vector<float> from(static_cast<std::size_t>(m * n)), to(from.size(), -1.0F);
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i);
      transpose(from.data(), m, n, to.data());
      bool good = true;
      for (int row = 0; row < m; ++row)
        for (int column = 0; column < n; ++column)
          good = good && to[static_cast<std::size_t>(column * m + row)] == static_cast<float>(row * n + column);
      INFO(m << " x " << n);
      CHECK(good);
    }
}
