// Question: are launches put together by how they were simulated, and each counted once?
#include <catch2/catch.hpp>

#include "sw/report/simulated_share.h"

using namespace weft;

namespace {

proto::CausedLaunch launch(const char* kernel, int layer, Cycle start, Cycle end, std::int64_t rounds,
                           std::int64_t simulated, const char* how) {
  proto::CausedLaunch one;
  one.kernel = kernel;
  one.layer = layer;
  one.start = RunCycle(start);
  one.end = RunCycle(end);
  one.pe_rounds = rounds;
  one.pe_rounds_simulated = simulated;
  one.simulated = how;
  return one;
}

}  // namespace

TEST_CASE("launches of a kernel that were treated alike, in the order of the first, those without rounds left out") {
  const std::vector<sw::SimulatedShare> shares = sw::simulated_shares(
      {launch("load_input", 0, 0, 50, 0, 0, "all"), launch("matmul_forward", 0, 50, 60, 1, 1, "all"),
       launch("matmul_forward", 1, 60, 90, 7, 2, "some"), launch("matmul_forward", 2, 90, 100, 6, 6, "all"),
       launch("matmul_delta", 2, 100, 140, 9, 9, "all"), launch("matmul_forward", 0, 140, 155, 4, 4, "all")});
  REQUIRE(shares.size() == 3);
  CHECK((shares[0].kernel == "matmul_forward" && shares[0].simulated == "all"));
  CHECK(shares[0].layers == std::vector<int>{0, 2});
  CHECK((shares[0].launches == 3 && shares[0].cycles == 35));
  CHECK((shares[0].pe_rounds == 11 && shares[0].pe_rounds_simulated == 11));
  CHECK((shares[1].kernel == "matmul_forward" && shares[1].simulated == "some"));
  CHECK((shares[1].launches == 1 && shares[1].cycles == 30 && shares[1].pe_rounds_simulated == 2));
  CHECK((shares[2].kernel == "matmul_delta" && shares[2].layers == std::vector<int>{2}));
}
