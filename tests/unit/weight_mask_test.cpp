// Question: does a mask keep the share of weights that was asked for, the same ones every time, and count them right?
#include <catch2/catch.hpp>
#include <numeric>

#include "hw/fabric/round_counts.h"
#include "hw/spec/weight_mask.h"

using namespace weft::hw;

namespace {

int counted(const WeightMask& mask, int output, int first, int last) {
  int count = 0;
  for (int input = first; input < last; ++input) count += mask.kept(output, input) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a drawn mask has the density, depends on its key alone, and its edges keep all or nothing") {
  const WeightMask mask = WeightMask::random(300, 500, 0.9, 7);
  CHECK(mask.density() == Approx(0.1).margin(0.005));
  CHECK(mask == WeightMask::random(300, 500, 0.9, 7));
  CHECK_FALSE(mask == WeightMask::random(300, 500, 0.9, 8));
  CHECK(WeightMask::random(20, 70, 0, 1).kept() == 20 * 70);
  CHECK(WeightMask::random(20, 70, 1, 1).kept() == 0);
}

TEST_CASE("a checkpoint's mask keeps what is not zero") {
  const WeightMask mask = WeightMask::nonzero(2, 3, {0, 1, -0.0F, 1e-40F, 0, -2});
  CHECK(mask.kept() == 3);
  CHECK((mask.kept(0, 1) && mask.kept(1, 0) && mask.kept(1, 2)));
}

TEST_CASE("counts of ranges, rows and columns are those of the bits") {
  for (int inputs : {1, 63, 64, 65, 130}) {
    const WeightMask mask = WeightMask::random(9, inputs, 0.6, static_cast<std::uint64_t>(inputs));
    std::int64_t before = 0;
    for (int output = 0; output < 9; ++output) {
      for (int first = 0; first <= inputs; first += 13)
        for (int last = first; last <= inputs; last += 17) {
          CHECK(mask.count(output, first, last) == counted(mask, output, first, last));
          int visited = 0;
          mask.for_each(output, first, last, [&](int input) {
            CHECK((input >= first && input < last && mask.kept(output, input)));
            ++visited;
          });
          CHECK(visited == counted(mask, output, first, last));
        }
      CHECK(mask.before_output()[static_cast<std::size_t>(output)] == before);
      before += counted(mask, output, 0, inputs);
    }
    CHECK(mask.before_input().back() == before);
  }
}

TEST_CASE("wavelets of each row and round: the bias with the last row of a forward pass, none in a delta pass") {
  MatrixLayer layer{"fc1", 11, 5, "", 0};
  layer.sparsity = 0.5;
  layer.mask = std::make_shared<const WeightMask>(WeightMask::random(5, 11, 0.5, 3));
  const RoundCounts forward(layer, false, 3), delta(layer, true, 3);
  CHECK(forward.at(2, 0) == counted(*layer.mask, 2, 0, 4));
  CHECK(forward.at(2, 2) == counted(*layer.mask, 2, 8, 11) + 1);
  CHECK(delta.at(7, 1) == (layer.mask->kept(2, 7) ? 1 : 0) + (layer.mask->kept(3, 7) ? 1 : 0));
  const auto all = [](const RoundCounts& counts, int rounds) {
    return std::accumulate(counts.round(0), counts.round(rounds), std::int64_t{0});
  };
  CHECK(all(forward, 5) == layer.kept_parameters());
  CHECK(all(delta, 11) == layer.mask->kept());
}
