// Question: how many operands fit beside a PE's code, what is said of those that do not, and which results are made
// canonical?
#include <catch2/catch.hpp>

#include "sw/kernels/kernel_setup.h"
#include "tlm/base/error.h"

using namespace weft;

TEST_CASE("operands fill what the code leaves, and one word more is refused with all three numbers") {
  hw::MachineSpec machine;
  machine.pe.sram_bytes = 100;
  machine.pe.code_bytes = 40;
  CHECK_NOTHROW(sw::check_room(machine, 30));
  CHECK_THROWS_WITH(sw::check_room(machine, 31),
                    "launch: a PE needs 62 bytes for its operands; 60 of its 100 bytes are for data");
}

TEST_CASE("every NaN of fp32 results is the machine's one, other numbers and two halves stay as they are") {
  const std::vector<std::uint32_t> bits{0x7f800001, 0xffc00000, 0x80000000, 0x3f800000, 0x7f800000};
  CHECK(sw::canonical(bits, true) ==
        std::vector<std::uint32_t>{0x7fc00000, 0x7fc00000, 0x80000000, 0x3f800000, 0x7f800000});
  CHECK(sw::canonical(bits, false) == bits);
}
