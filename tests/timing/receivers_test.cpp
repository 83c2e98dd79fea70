// Question: in which cycles does a returned sum keep the ramp, and which cycles of the main thread are taken? At the
// gate and a cycle beside it.
#include <catch2/catch.hpp>

#include "hw/fabric/receivers.h"

using namespace weft::hw;

namespace {

constexpr std::int32_t ramp = 2;
constexpr int memory = 2;

/// One PE with elements of a returned sum that come to its router in these cycles.
Receivers with(const std::vector<std::int32_t>& at_router) {
  Receivers receivers(1, 1, 1, ramp, memory);
  for (const std::int32_t cycle : at_router) {
    const std::int32_t at_core = cycle + ramp;
    receivers.receive(0, &at_core, 0, 1);
  }
  return receivers;
}

std::int32_t free_cycle(Receivers& receivers, std::int32_t from) {
  std::int32_t wait = 0, waited_from = from;
  return receivers.next_free_cycle(0, 0, from, waited_from, &wait);
}

}  // namespace

TEST_CASE("another wavelet crosses the ramp in the first cycle in which no returned element does") {
  const Receivers receivers = with({50, 51, 53});
  const std::pair<std::int32_t, std::int32_t> crossings[] = {{49, 49}, {50, 52}, {51, 52},
                                                             {52, 52}, {53, 54}, {54, 54}};
  for (const auto& [from, crosses] : crossings) CHECK(receivers.first_free(0, 0, from) == crosses);
}

TEST_CASE("a returned element takes the core's cycle in which it is there, and no other") {
  for (const std::int32_t asked : {51, 52, 53}) {
    Receivers receivers = with({50});
    CHECK(free_cycle(receivers, asked) == (asked == 51 ? 51 : asked + 1));
    CHECK(receivers.wait_at(0) == (asked < 52));
  }
  Receivers receivers = with({50, 51, 52});
  CHECK(receivers.occupy(0, 0, 52, 4) == 52 + 4 + 3);
  CHECK(receivers.received_late(0, 0) == 0);
}

TEST_CASE("what the core has passed keeps the ramp for as many rounds as a wavelet can meet it") {
  Receivers receivers = with({50});
  for (int round = 0; round <= memory; ++round) {
    receivers.end_round(0);
    CHECK(receivers.first_free(0, 0, 50) == 51);
  }
  REQUIRE(receivers.occupy(0, 0, 40, 20) == 61);
  for (int round = 0; round <= memory; ++round) {
    CHECK(receivers.known_at(0));
    CHECK(receivers.first_free(0, 0, 50) == 51);
    receivers.end_round(0);
  }
  CHECK_FALSE(receivers.known_at(0));
  CHECK(receivers.first_free(0, 0, 50) == 50);
}

TEST_CASE("positions that received more than others keep nothing longer") {
  Receivers receivers(1, 1, 2, ramp, memory);
  for (const std::int32_t at_core : {52, 53}) {
    const std::int32_t times[] = {at_core, at_core};
    receivers.receive(0, times, 0, at_core == 52 ? 2 : 1);
  }
  REQUIRE(receivers.occupy(0, 0, 40, 20) == 62);
  REQUIRE(receivers.occupy(0, 1, 40, 20) == 61);
  for (int round = 0; round <= memory; ++round) {
    CHECK(receivers.first_free(0, 0, 50) == 52);
    CHECK(receivers.first_free(0, 1, 50) == 51);
    receivers.end_round(0);
  }
  CHECK_FALSE(receivers.known_at(0));
}

TEST_CASE("a line without a main thread receives at once") {
  Receivers receivers(2, 1, 1, ramp, memory);
  const std::int32_t at_core = 70;
  receivers.receive(1, &at_core, 0, 1);
  CHECK(receivers.end(1, 0) == 71);
  CHECK(receivers.received(1, 0) == 1);
  CHECK(receivers.received_late(1, 0) == 1);
  CHECK_FALSE(receivers.wait_at(1));
}

TEST_CASE("positions are alike that have the same elements, passed alike, a shift later") {
  constexpr std::int32_t shift = 3;
  struct Second {
    std::int32_t at, passes_until;
    bool alike;
  };
  for (const Second& second : {Second{53, 60, true}, Second{54, 60, false}, Second{53, 52, false}}) {
    Receivers receivers(1, 1, 2, ramp, memory);
    const std::int32_t at_core[] = {50, second.at};
    receivers.receive(0, at_core, 0, 2);
    receivers.occupy(0, 0, 40, 17);
    receivers.occupy(0, 1, 40, second.passes_until - 40);
    std::vector<std::int32_t> differs(2, 0);
    receivers.compare_positions(shift, differs);
    CHECK(differs[0] == 0);
    CHECK((differs[1] == 0) == second.alike);
  }
}
