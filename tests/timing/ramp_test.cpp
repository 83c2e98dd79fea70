// Question: how far are the recurrences from the PE model where colors share the ramp into a core? Tiles are not needed
// for it: tests/cosim holds them equal to the model.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdio>

#include "hw/spec/machine_file.h"
#include "sw/crosscheck/cross_table.h"

using namespace weft;
using namespace weft::sw;

namespace {

Cycle model_end(const hw::MachineSpec& machine, const PreparedCase& prepared) {
  return hw::run_array(machine, prepared.setup->array, {}).end;
}

}  // namespace

TEST_CASE("a returned sum that meets its owner's last partial sums: the same cycle") {
  const hw::MachineSpec machine = hw::load_machine("mini", WEFT_SOURCE_DIR "/hw/machines");
  for (const CrossCase& c : {CrossCase{hw::KernelKind::matmul_forward, 11, 2, 13, {1, 4}, Stalls::none, 1177929111},
                             CrossCase{hw::KernelKind::matmul_delta, 2, 5, 17, {1, 5}, Stalls::none, 126759138},
                             CrossCase{hw::KernelKind::matmul_forward, 7, 3, 13, {1, 6}, Stalls::none, 2982230771}}) {
    INFO(to_string(c));
    const PreparedCase prepared = prepare(machine, c);
    CHECK(*prepared.recurrence == model_end(machine, prepared));
  }
}

TEST_CASE("random launches: nearly all within max(2 %, 2 cycles), none far from it") {
  const hw::MachineSpec machine = hw::load_machine("mini", WEFT_SOURCE_DIR "/hw/machines");
  constexpr int cases = 6000, largest = 8;
  const std::vector<hw::KernelKind> chains = {hw::KernelKind::matmul_forward, hw::KernelKind::matmul_delta,
                                              hw::KernelKind::matmul_gradient};
  CycleErrors single, arrays;
  for (int index = 0; index < cases; ++index) {
    const CrossCase c = sweep_case(5, index, largest, chains);
    if (c.stalls == Stalls::wavelets) continue;
    const PreparedCase prepared = prepare(machine, c);
    CycleErrors& errors = c.single_pe() && c.stalls == Stalls::none ? single : arrays;
    errors.add(c, model_end(machine, prepared), *prepared.recurrence);
  }
  std::fputs(fmt::format("arrays: {} cases, {} equal, {} above the bar, worst {:.2f} %: {}\n", arrays.cases,
                         arrays.equal, arrays.above_bar, arrays.worst_percent, arrays.worst_case)
                 .c_str(),
             stdout);
  CHECK(single.equal == single.cases);
  CHECK(arrays.equal > 0.95 * static_cast<double>(arrays.cases));
  CHECK(arrays.above_bar <= 4);
  CHECK(arrays.worst_percent < 4);
}
