// Question: is what 16 bits lost put together by kernel, pass and layer, the worst first?
#include "sw/report/rounding.h"

#include <catch2/catch.hpp>

using namespace weft;

namespace {

proto::CausedLaunch launch(const char* kernel, int layer, const HalfLosses& rounded, const char* pass = "forward") {
  proto::CausedLaunch one;
  one.kernel = kernel;
  one.layer = layer;
  one.pass = pass;
  one.rounded = rounded;
  return one;
}

}  // namespace

TEST_CASE("sums of all systems by kernel and layer, the largest share first, equal ones in turn") {
  sw::Rounding rounding;
  rounding.add({launch("matmul_forward", 0, {100, 0, 0}), launch("matmul_delta", 1, {50, 1, 0}),
                launch("matmul_delta", 0, {10, 1, 2})});
  rounding.add({launch("matmul_delta", 1, {50, 0, 1}), launch("gelu", 1, {200, 2, 2}), launch("gelu", 2, {0, 0, 0})});
  CHECK((rounding.all().values == 410 && rounding.all().zeros == 4 && rounding.all().infinities == 5));
  const std::vector<sw::RoundedLaunches> lossy = rounding.lossy();
  REQUIRE(lossy.size() == 3);
  CHECK((lossy[0].kernel == "matmul_delta" && lossy[0].layer == 0));
  CHECK((lossy[1].kernel == "matmul_delta" && lossy[1].layer == 1));
  const HalfLosses& second = lossy[1].losses;
  CHECK((second.values == 100 && second.zeros == 1 && second.infinities == 1));
  CHECK((lossy[2].kernel == "gelu" && lossy[2].layer == 1));
  CHECK(sw::Rounding().lossy().empty());
}

TEST_CASE(
    "forward and backward launches of one kernel on a layer are two, and lost deltas are those of loss and delta") {
  sw::Rounding rounding;
  rounding.add({launch("attention_values", 3, {100, 1, 0}), launch("attention_values", 3, {100, 40, 0}, "delta"),
                launch("softmax_loss", 4, {10, 2, 1}, "loss"), launch("attention_values", 3, {100, 2, 0})});
  const std::vector<sw::RoundedLaunches> lossy = rounding.lossy();
  REQUIRE(lossy.size() == 3);
  CHECK((lossy[0].pass == "delta" && lossy[0].losses.values == 100 && lossy[0].losses.zeros == 40));
  CHECK((lossy[1].pass == "loss" && lossy[1].kernel == "softmax_loss"));
  CHECK((lossy[2].pass == "forward" && lossy[2].losses.values == 200 && lossy[2].losses.zeros == 3));
  CHECK(rounding.lost_deltas() == 42);
}
