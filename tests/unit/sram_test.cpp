// Question: is a PE's memory whole to who reads, writes and compares it, though only what was written takes memory?
#include <catch2/catch.hpp>

#include "hw/pe/sram.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;

TEST_CASE("words that were never written are 0, those outside are refused") {
  Sram memory(100);
  CHECK(memory.size() == 50);
  CHECK(memory.read16(49) == 0);
  memory.write32(10, 0x12345678);
  CHECK(memory.read16(10) == 0x5678);
  CHECK(memory.read16(11) == 0x1234);
  CHECK(memory.read32(11) == 0x1234);  // the word behind is 0
  CHECK(memory[49] == 0);
  memory.write16(49, 7);
  CHECK(memory.read16(49) == 7);
  CHECK(memory.read16(30) == 0);
  for (const std::int64_t outside : {-1, 50, 1 << 20}) {
    CHECK_THROWS_AS(memory.read16(outside), SimulationError);
    CHECK_THROWS_AS(memory.write16(outside, 0), SimulationError);
    CHECK_THROWS_AS(memory.write16(outside, 1), SimulationError);
  }
  CHECK_THROWS_AS(memory.read32(49), SimulationError);
}

TEST_CASE("two memories are equal where all their words are, whatever was written before") {
  Sram a(100), b(100);
  a.write16(20, 5);
  CHECK_FALSE(a == b);
  b.write16(20, 5);
  b.write16(40, 1);
  CHECK_FALSE(a == b);
  CHECK_FALSE(b == a);
  b.write16(40, 0);
  CHECK(a == b);
  CHECK(b == a);
  CHECK_FALSE(a == Sram(98));
  std::vector<std::uint16_t> words(50);
  words[20] = 5;
  CHECK(Sram(words) == a);
}
