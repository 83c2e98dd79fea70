// Question: does an edge send in its time, one a cycle and with room, and hand on no sooner than it is told?
#include "hw/pe/edge_player.h"

#include <catch2/catch.hpp>

using namespace weft;
using namespace weft::hw;

namespace {

constexpr int depth = 3;

RouterSpec router() {
  RouterSpec spec;
  spec.colors = 24;
  spec.link_queue = depth;
  return spec;
}

}  // namespace

TEST_CASE("a source sends at its time, then one a cycle, then with the room it is given") {
  ArrayEdge edge;
  for (int number = 0; number < depth + 1; ++number) edge.source.push_back({5, {number == 1 ? 8U : 7U, 2, false}});
  edge.source.push_back({40, {9, 1, false}});
  EdgePlayer player(router(), edge);
  REQUIRE(player.next() == 5);
  REQUIRE(player.send(5).data == 7);
  REQUIRE(player.next() == 6);
  REQUIRE(player.send(6).data == 8);
  REQUIRE(player.send(7).data == 7);
  REQUIRE(player.next() == never);
  player.give_credit(2, 20);
  REQUIRE(player.next() == 20);
  player.send(20);
  REQUIRE(!player.exhausted());
  REQUIRE(player.next() == 40);
  player.send(40);
  REQUIRE(player.exhausted());
  REQUIRE(player.next() == never);
}

TEST_CASE("a sink hands on the n-th wavelet of a color in the n-th cycle at the earliest, one a cycle") {
  ArrayEdge edge;
  edge.sink[4] = {10, 3, 1000};
  edge.sink[4].pop_back();  // whoever reads past the end finds 1000
  EdgePlayer player(router(), edge);
  REQUIRE(player.take(4, 2) == 11);
  REQUIRE(player.take(4, 4) == 12);
  REQUIRE(player.take(4, 5) == 13);  // past the end: at once
  REQUIRE(player.take(4, 30) == 31);
  REQUIRE(player.take(5, 0) == 1);
  REQUIRE(player.take(5, 0) == 2);
}
