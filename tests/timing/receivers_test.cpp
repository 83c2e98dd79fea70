// Question: who crosses the ramp first, and which cycles of the main thread are taken? At the gate and a cycle beside
// it.
#include <catch2/catch.hpp>

#include "hw/fabric/receivers.h"

using namespace weft::hw;

namespace {

constexpr std::int32_t ramp = 2;

/// One PE with elements of a returned sum that come to its router in these cycles.
Receivers with(const std::vector<std::int32_t>& at_router) {
  Receivers receivers(1, 1, 1, ramp);
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

TEST_CASE("the older one crosses first; at equal age the returned sum") {
  for (const std::int32_t age : {49, 50, 51}) {
    Receivers receivers = with({50});
    CHECK(receivers.cross_ramp(0, 0, age, std::max(age, 50)) == (age == 50 ? 51 : std::max(age, 50)));
    CHECK(receivers.end(0, 0) == (age < 50 ? 51 : 50) + ramp + 1);
  }
}

TEST_CASE("one that is older but may not leave yet lets the younger go") {
  Receivers receivers = with({50, 51, 52});
  CHECK(receivers.cross_ramp(0, 0, 40, 52) == 52);
  CHECK(receivers.cross_ramp(0, 0, 53, 53) == 54);
  CHECK(receivers.end(0, 0) == 53 + ramp + 1);
}

TEST_CASE("a returned element takes the core's cycle in which it is there, and no other") {
  for (const std::int32_t asked : {51, 52, 53}) {
    Receivers receivers = with({50});
    CHECK(free_cycle(receivers, asked) == (asked == 52 ? 53 : asked));
    CHECK(receivers.wait_at(0) == (asked < 52));
  }
  Receivers receivers = with({50, 51, 52});
  CHECK(receivers.occupy(0, 0, 52, 4) == 52 + 4 + 3);
  CHECK(receivers.received_late(0, 0) == 0);
}

TEST_CASE("what the core has been told stays: a wavelet that is timed later does not delay it") {
  Receivers receivers = with({50, 51, 52});
  CHECK(free_cycle(receivers, 53) == 55);  // two are at the core in 53 and 54
  CHECK(receivers.cross_ramp(0, 0, 40, 50) == 50);
  CHECK(receivers.end(0, 0) == 52 + ramp + 1);
}

TEST_CASE("an element held up on the ramp takes a later cycle of the core") {
  Receivers receivers = with({50});
  CHECK(receivers.cross_ramp(0, 0, 48, 50) == 50);
  CHECK(free_cycle(receivers, 52) == 52);
  CHECK(free_cycle(receivers, 53) == 54);
}

TEST_CASE("a line without a main thread receives at once") {
  Receivers receivers(2, 1, 1, ramp);
  const std::int32_t at_core = 70;
  receivers.receive(1, &at_core, 0, 1);
  CHECK(receivers.end(1, 0) == 71);
  CHECK(receivers.received(1, 0) == 1);
  CHECK(receivers.received_late(1, 0) == 1);
  CHECK_FALSE(receivers.wait_at(1));
}
