#include "sw/fabric/fabric_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hw/pe/arithmetic.h"
#include "sw/fabric/word_dump.h"
#include "tlm/base/half.h"

namespace weft::sw {

namespace {

constexpr double rounding = 0x1p-24;  // of fp32, relative

/// A sum of products and how far fp32 may be from it.
struct Sum {
  double value = 0, magnitude = 0;
  std::int64_t terms = 0;

  void add(double term) {
    value += term;
    magnitude += std::fabs(term);
    ++terms;
  }
  double bound() const { return static_cast<double>(terms) * rounding * magnitude; }
};

struct Vector {
  int x = 0, y = 0;
  std::vector<std::uint32_t> bits;
};

class Checker {
 public:
  Checker(const FabricFile& file, const hw::ArraySetup& setup, const hw::ArrayRun& run)
      : file_(file), setup_(setup), run_(run) {}

  CheckResult result;

  void sum(const CheckRule& rule, bool copy) {
    result.name = copy ? "copy" : "sum";
    const std::vector<Vector> sources = collect(*rule.of, false);
    if (sources.empty() || (copy && sources.size() != 1))
      rule.of->where.refuse(fmt::format("which {} vectors have; a {} needs {}", sources.size(), result.name,
                                        copy ? "one" : "at least one"));
    std::vector<Sum> expected(sources.front().bits.size());
    for (const Vector& source : sources) {
      if (source.bits.size() != expected.size())
        rule.of->n.refuse(
            fmt::format("of which one vector has {} elements, another {}", expected.size(), source.bits.size()));
      for (std::size_t k = 0; k < expected.size(); ++k) expected[k].add(hw::float_of(source.bits[k]));
    }
    for (const Vector& target : collect(*rule.in, true)) {
      if (target.bits.size() != expected.size())
        rule.in->n.refuse(fmt::format("which is {}; expected are {} elements", target.bits.size(), expected.size()));
      for (std::size_t k = 0; k < expected.size(); ++k) {
        const double value = hw::float_of(target.bits[k]), wanted = expected[k].value;
        // A copy has the same bits, of a NaN too.
        const bool same = copy ? target.bits[k] == sources.front().bits[k] : within(value, expected[k]);
        count(same, target.x, target.y, static_cast<Number>(k), value, wanted, copy ? 0 : expected[k].bound());
      }
    }
  }

  // result = times x matrix vector, the matrix by columns, `stride` words from one to the next.
  void matvec(const CheckRule& rule) {
    result.name = "matvec";
    for (int y = 0; y < file_.height; ++y) {
      for (int x = 0; x < file_.width; ++x) {
        const auto place = [&](const char* key) { return rule.place(key).within(file_.at(x, y), 0, words()); };
        const int rows = place("rows"), columns = place("columns"), stride = place("stride"), times = place("times");
        const int matrix = place("matrix"), vector = place("vector"), target = place("result");
        for (int row = 0; row < rows; ++row) {
          Sum expected;
          for (int pass = 0; pass < times; ++pass)
            for (int column = 0; column < columns; ++column)
              expected.add(before(rule.place("matrix"), x, y, matrix + column * stride + 2 * row) *
                           before(rule.place("vector"), x, y, vector + 2 * column));
          compare(expected, x, y, row, after(rule.place("result"), x, y, target + 2 * row));
        }
      }
    }
  }

  // C = A B: PE (x, y) holds the tiles of row y and column x, each by columns; column x of A, row y of B by the same
  // PEs.
  void matmul(const CheckRule& rule) {
    result.name = "matmul";
    const auto place = [&](const char* key) { return rule.place(key).within(file_.values, 0, words()); };
    const int t = place("tile"), a = place("a"), b = place("b"), c = place("c");
    if (file_.width != file_.height) rule.place("tile").refuse("the grid of a matmul is square");
    for (int y = 0; y < file_.height; ++y) {
      for (int x = 0; x < file_.width; ++x) {
        std::vector<Sum> tile(static_cast<std::size_t>(t) * static_cast<std::size_t>(t));
        for (int panel = 0; panel < file_.width; ++panel)
          for (int inner = 0; inner < t; ++inner)
            for (int column = 0; column < t; ++column) {
              const double factor = before(rule.place("b"), x, panel, b + 2 * (column * t + inner));
              for (int row = 0; row < t; ++row)
                tile[static_cast<std::size_t>(column * t + row)].add(
                    before(rule.place("a"), panel, y, a + 2 * (inner * t + row)) * factor);
            }
        for (int k = 0; k < t * t; ++k)
          compare(tile[static_cast<std::size_t>(k)], x, y, k, after(rule.place("c"), x, y, c + 2 * k));
      }
    }
  }

  // C = A B of fp16 in fp32. PE (x, y) begins with A's tile of row y and column (x + y) mod P, by columns, and B's of
  // row (x + y) mod P and column x, by rows; it ends with C's, by rows.
  void matmul_shift(const CheckRule& rule) {
    result.name = "matmul_shift";
    const auto place = [&](const char* key) { return rule.place(key).within(file_.values, 0, words()); };
    const int t = place("tile"), a = place("a"), b = place("b"), c = place("c"), p = file_.width;
    if (p != file_.height) rule.place("tile").refuse("the grid of a matmul is square");
    const auto half = [&](const char* key, int x, int y, int at) {
      return half_to_float(HalfFormat::fp16,
                           static_cast<std::uint16_t>(word32(rule.place(key), setup_.memories[pe(x, y)], at / 2 * 2) >>
                                                      (at % 2 == 0 ? 0 : 16)));
    };
    for (int y = 0; y < p; ++y)
      for (int x = 0; x < p; ++x)
        for (int row = 0; row < t; ++row)
          for (int column = 0; column < t; ++column) {
            Sum sum;
            for (int inner = 0; inner < p * t; ++inner) {
              const int panel = inner / t, k = inner % t;
              sum.add(double{half("a", (panel - y + p) % p, y, a + k * t + row)} *
                      half("b", x, (panel - x + p) % p, b + k * t + column));
            }
            const int k = row * t + column;
            compare(sum, x, y, k, after(rule.place("c"), x, y, c + 2 * k));
          }
  }

  // `times` passes in which each cell of a column of `cells` a PE becomes fp32 coefficients x the cell below, itself,
  // above, and those in the west, east, north, south; outside is 0.
  void stencil_7(const CheckRule& rule) {
    result.name = "stencil_7";
    const auto place = [&](const char* key) { return rule.place(key).within(file_.values, 0, words()); };
    const int cells = place("cells"), first = place("first"), coefficients = place("coefficients");
    const int times = place("times"), wide = file_.width, high = file_.height;
    struct Cell {
      double value = 0, error = 0;
    };
    std::vector<Cell> now;
    const auto at = [&](int x, int y, int z) { return static_cast<std::size_t>((y * wide + x) * cells + z); };
    for (int y = 0; y < high; ++y)
      for (int x = 0; x < wide; ++x)
        for (int z = 0; z < cells; ++z) now.push_back({before(rule.place("first"), x, y, first + 2 * z), 0});
    constexpr int way[7][3] = {{0, 0, -1}, {0, 0, 0}, {0, 0, 1}, {-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}};
    for (int pass = 0; pass < times; ++pass) {
      const std::vector<Cell> old = now;
      for (int y = 0; y < high; ++y)
        for (int x = 0; x < wide; ++x)
          for (int z = 0; z < cells; ++z) {
            Cell sum;
            double magnitude = 0;
            for (int term = 0; term < 7; ++term) {
              const int from_x = x + way[term][0], from_y = y + way[term][1], from_z = z + way[term][2];
              if (from_x < 0 || from_x >= wide || from_y < 0 || from_y >= high || from_z < 0 || from_z >= cells)
                continue;
              const Cell& from = old[at(from_x, from_y, from_z)];
              const double factor = before(rule.place("coefficients"), x, y, coefficients + 2 * term);
              sum.value += factor * from.value;
              sum.error += std::fabs(factor) * from.error;
              magnitude += std::fabs(factor) * (std::fabs(from.value) + from.error);
            }
            sum.error += 7 * rounding * magnitude;
            now[at(x, y, z)] = sum;
          }
    }
    for (int y = 0; y < high; ++y)
      for (int x = 0; x < wide; ++x)
        for (int z = 0; z < cells; ++z) {
          const Cell& cell = now[at(x, y, z)];
          const double value = after(rule.place("first"), x, y, first + 2 * z);
          count(std::fabs(value - cell.value) <= cell.error, x, y, z, value, cell.value, cell.error);
        }
  }

  // A dumped vector is what a formula says, or what another dump does.
  void values(const CheckRule& rule) {
    const DumpRule& dump = file_.dumps[rule.dump];
    result.name = "values of " + dump.name;
    std::map<std::tuple<int, int, int>, double> reference;
    if (!rule.values) reference = read_dump(rule.file, dump.name);
    std::size_t found = 0;
    for (const DumpedValue& dumped : dumped_values(dump, file_, run_)) {
      double wanted = std::nan("");
      if (rule.values) {
        wanted = static_cast<double>(rule.values->at(file_.at(dumped.x, dumped.y, dumped.element)));
      } else if (const auto other = reference.find({dumped.y, dumped.x, dumped.element}); other != reference.end()) {
        wanted = other->second;
        ++found;
      }
      const bool same = dumped.value == wanted || std::fabs(dumped.value - wanted) <= rule.within ||
                        (found > 0 && std::isnan(dumped.value) && std::isnan(wanted));
      count(same, dumped.x, dumped.y, dumped.element, dumped.value, wanted, rule.within);
    }
    // What the file has beside is not there.
    for (const auto& [place, wanted] : reference) {
      if (found == reference.size()) break;
      const auto& [y, x, element] = place;
      if (x >= 0 && x < file_.width && y >= 0 && y < file_.height && dump.where.holds(file_.at(x, y)) && element >= 0 &&
          element < dump.n.at(file_.at(x, y)))
        continue;
      count(false, x, y, element, std::nan(""), wanted, rule.within);
    }
  }

  // `times` passes in which each cell becomes the sum of itself and its four neighbours; outside the grid is 0. A PE
  // holds tile x tile cells from word `first` on, `row` words from one row to the next.
  void stencil(const CheckRule& rule) {
    result.name = "stencil";
    const auto place = [&](const char* key) { return rule.place(key).within(file_.values, 0, words()); };
    const int tile = rule.place("tile").within(file_.values, 1, words());
    const int first = place("first"), row = place("row"), times = place("times");
    const int wide = file_.width * tile, high = file_.height * tile;
    const auto at = [&](int cell_x, int cell_y) { return first + cell_y % tile * row + 2 * (cell_x % tile); };
    struct Cell {
      double value, error, magnitude;
    };
    std::vector<Cell> cells;
    for (int y = 0; y < high; ++y)
      for (int x = 0; x < wide; ++x) {
        const double value = before(rule.place("first"), x / tile, y / tile, at(x, y));
        cells.push_back({value, 0, std::fabs(value)});
      }
    for (int pass = 0; pass < times; ++pass) {
      const std::vector<Cell> old = cells;
      for (int y = 0; y < high; ++y)
        for (int x = 0; x < wide; ++x) {
          Cell& sum = cells[static_cast<std::size_t>(y * wide + x)];
          const auto add = [&](int from_x, int from_y) {
            if (from_x < 0 || from_x >= wide || from_y < 0 || from_y >= high) return;
            const Cell& from = old[static_cast<std::size_t>(from_y * wide + from_x)];
            sum.value += from.value;
            sum.error += from.error;
            sum.magnitude += from.magnitude;
          };
          add(x - 1, y);
          add(x + 1, y);
          add(x, y - 1);
          add(x, y + 1);
          sum.error += 4 * rounding * sum.magnitude;  // of four additions, whatever their order
        }
    }
    for (int y = 0; y < high; ++y)
      for (int x = 0; x < wide; ++x) {
        const Cell& cell = cells[static_cast<std::size_t>(y * wide + x)];
        const double value = after(rule.place("first"), x / tile, y / tile, at(x, y));
        count(std::fabs(value - cell.value) <= cell.error, x / tile, y / tile, y % tile * tile + x % tile, value,
              cell.value, cell.error);
      }
  }

 private:
  Number words() const { return static_cast<Number>(setup_.memories.front().size()); }

  static std::uint32_t word32(const Formula& place, const hw::Sram& memory, Number at) {
    if (at < 0 || at + 1 >= static_cast<Number>(memory.size()))
      place.refuse(fmt::format("which leads to word {} of {}", at, memory.size()));
    return memory.read32(at);
  }
  std::size_t pe(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(file_.width) + static_cast<std::size_t>(x);
  }
  double before(const Formula& place, int x, int y, Number at) const {
    return hw::float_of(word32(place, setup_.memories[pe(x, y)], at));
  }
  double after(const Formula& place, int x, int y, Number at) const {
    return hw::float_of(word32(place, run_.pes[pe(x, y)].memory, at));
  }

  static bool within(double value, const Sum& expected) {
    return std::fabs(value - expected.value) <= expected.bound();
  }

  void compare(const Sum& expected, int x, int y, Number k, double value) {
    count(within(value, expected), x, y, k, value, expected.value, expected.bound());
  }

  void count(bool right, int x, int y, Number k, double value, double wanted, double bound) {
    ++result.values;
    if (std::fabs(value - wanted) > result.largest_error) result.largest_error = std::fabs(value - wanted);
    if (right) return;
    if (result.wrong++ == 0)
      result.first_wrong =
          fmt::format("PE ({}, {}), element {}: {:.9g}, expected {:.9g} within {:.2g}", x, y, k, value, wanted, bound);
  }

  std::vector<Vector> collect(const Operand& operand, bool after) const {
    std::vector<Vector> vectors;
    for (int y = 0; y < file_.height; ++y) {
      for (int x = 0; x < file_.width; ++x) {
        const std::vector<Number> values = file_.at(x, y);
        const bool edge = operand.side && hw::behind(setup_, x, y, *operand.side).edge >= 0;
        if ((operand.side && !edge) || !operand.where.holds(values)) continue;
        const auto all = edge ? passed(operand, x, y, after) : stored(operand, x, y, after);
        const auto n = static_cast<std::ptrdiff_t>(operand.n.within(values, 1, INT32_MAX));
        const auto size = static_cast<std::ptrdiff_t>(all.size());
        for (std::ptrdiff_t at = 0; at < size; at += n)
          vectors.push_back({x, y, {all.begin() + at, all.begin() + std::min(at + n, size)}});
      }
    }
    return vectors;
  }

  std::vector<std::uint32_t> stored(const Operand& operand, int x, int y, bool after) const {
    const std::vector<Number> values = file_.at(x, y);
    const int at = operand.at->within(values, 0, words());
    const Number n = operand.n.within(values, 1, words()) * operand.times.within(values, 0, words());
    const auto& memory = after ? run_.pes[pe(x, y)].memory : setup_.memories[pe(x, y)];
    std::vector<std::uint32_t> bits(static_cast<std::size_t>(n));
    for (Number k = 0; k < n; ++k) bits[static_cast<std::size_t>(k)] = word32(*operand.at, memory, at + 2 * k);
    return bits;
  }

  std::vector<std::uint32_t> passed(const Operand& operand, int x, int y, bool after) const {
    const std::vector<Number> values = file_.at(x, y);
    const int color = operand.color->within(values, 0, 31);
    const auto n = static_cast<std::size_t>(operand.n.within(values, 1, INT32_MAX)) *
                   static_cast<std::size_t>(operand.times.within(values, 0, INT32_MAX));
    const auto edge = static_cast<std::size_t>(hw::behind(setup_, x, y, *operand.side).edge);
    std::vector<std::uint32_t> bits;
    for (const hw::TimedWavelet& timed : after ? run_.edges[edge].left : setup_.edges[edge].source)
      if (timed.wavelet.color == color && !timed.wavelet.control && bits.size() < n) bits.push_back(timed.wavelet.data);
    return bits;
  }

  const FabricFile& file_;
  const hw::ArraySetup& setup_;
  const hw::ArrayRun& run_;
};

}  // namespace

CheckResult check(const CheckRule& rule, const FabricFile& file, const hw::ArraySetup& setup, const hw::ArrayRun& run) {
  Checker checker(file, setup, run);
  switch (rule.kind) {
    case CheckRule::Kind::sum:
    case CheckRule::Kind::copy:
      checker.sum(rule, rule.kind == CheckRule::Kind::copy);
      break;
    case CheckRule::Kind::matvec:
      checker.matvec(rule);
      break;
    case CheckRule::Kind::matmul:
      checker.matmul(rule);
      break;
    case CheckRule::Kind::matmul_shift:
      checker.matmul_shift(rule);
      break;
    case CheckRule::Kind::stencil:
      checker.stencil(rule);
      break;
    case CheckRule::Kind::stencil_7:
      checker.stencil_7(rule);
      break;
    case CheckRule::Kind::values:
      checker.values(rule);
      break;
  }
  return checker.result;
}

}  // namespace weft::sw
