// Question: is a token a column that is 1 in the row of its id alone, wherever that row is, and zeros without one?
#include "hw/kernels/one_hot.h"

#include <catch2/catch.hpp>

#include "hw/kernels/line_values.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr std::uint32_t one = 0x3c00;  ///< fp16

ProgramLaunch launch_of(const std::vector<std::uint32_t>& ids, int rows, Rectangle rectangle) {
  ProgramLaunch launch;
  launch.kind = KernelKind::one_hot;
  launch.block = {rectangle, rows, static_cast<int>(ids.size())};
  launch.operands = {ids};
  return launch;
}

/// Two ids a token, of which the launch takes one.
class Memory : public LineMemory {
 public:
  Memory(const std::vector<std::uint32_t>& ids, int rows)
      : tokens(ids.size()), ids_(2 * tokens, 1.0F), columns(static_cast<std::size_t>(rows) * tokens, 7.0F) {
    std::copy(ids.begin(), ids.end(), ids_.begin() + static_cast<std::ptrdiff_t>(tokens));
  }
  const float* read(Operand operand, int feature, int token) override {
    REQUIRE(operand == Operand::ids);
    return ids_.data() + static_cast<std::size_t>(feature) * tokens + token;
  }
  float* written(Operand, int feature, int token) override {
    return columns.data() + static_cast<std::size_t>(feature) * tokens + token;
  }
  const std::int32_t* labels(int) override { return nullptr; }

 private:
  std::size_t tokens;
  std::vector<float> ids_;

 public:
  std::vector<float> columns;
};

}  // namespace

TEST_CASE("columns by hand: an id twice, one that no row has, none") {
  CHECK(one_hot_plain(launch_of({2, 0, 2, 3, 0xffff}, 3, {2, 2})) == std::vector<std::uint32_t>{0, one, 0, 0, 0,  //
                                                                                                0, 0, 0, 0, 0,    //
                                                                                                one, 0, one, 0, 0});
}

TEST_CASE("the one of each format") {
  for (const auto& [format, bits] : {std::pair(HalfFormat::bf16, 0x3f80U), std::pair(HalfFormat::cb16, 0x3e00U)}) {
    ProgramLaunch launch = launch_of({1}, 2, {1, 1});
    launch.line.format = format;
    CHECK(one_hot_plain(launch) == std::vector<std::uint32_t>{0, bits});
  }
}

TEST_CASE("the program's columns are those of the plain loops on any rectangle, to the last id of 16 bits") {
  for (const int rows : {1, 2, 7, 65'535})
    for (const Rectangle rectangle : {Rectangle{1, 1}, Rectangle{3, 5}, Rectangle{2, 900}}) {
      if (rows > 100 && rectangle.height < 900) continue;
      const std::vector<std::uint32_t> ids{0, static_cast<std::uint32_t>(rows - 1), 0xffff, 0,
                                           static_cast<std::uint32_t>(rows / 2)};
      ProgramLaunch launch = launch_of(ids, rows, rectangle);
      launch.line.id = 1;
      LinePrograms programs(launch);
      Memory memory(ids, rows);
      LineValues(programs, memory).run(0, launch.block.columns());
      const std::vector<std::uint32_t> plain = one_hot_plain(launch);
      bool same = true;
      for (std::size_t at = 0; at < plain.size(); ++at) same &= memory.columns[at] == (plain[at] == one ? 1.0F : 0.0F);
      CHECK(same);
    }
}
