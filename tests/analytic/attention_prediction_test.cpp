// Question: how far is the closed form of attention's products from their recurrences?
#include "sw/compiler/attention_prediction.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>

#include "hw/fabric/attention_times.h"
#include "hw/fabric/head_grid.h"
#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"

using namespace weft;
using K = hw::KernelKind;

TEST_CASE("attention's products in a head's rectangle, with and without what a causal mask leaves out") {
  const bool skips = GENERATE(false, true);
  struct Shape {
    int head_size, length, width, height;
  };
  double worst = 0, sum = 0;
  int launches = 0;
  for (const char* name : {"mini", "wse2", "wse3"}) {
    const hw::MachineSpec machine = hw::load_machine(name, test::source_path("hw/machines"));
    for (const Shape& shape :
         {Shape{8, 16, 4, 2}, Shape{8, 16, 16, 4}, Shape{32, 128, 8, 8}, Shape{32, 128, 16, 4}, Shape{64, 128, 8, 4},
          Shape{64, 256, 16, 8}, Shape{64, 256, 32, 16}, Shape{128, 128, 4, 4}, Shape{128, 256, 16, 6},
          Shape{25, 40, 7, 3}, Shape{64, 512, 32, 6}})
      for (const K kind : {K::attention_scores, K::attention_values, K::attention_keys}) {
        hw::HeadShape heads{1, shape.head_size, 1, shape.length};
        heads.mask.causal = skips;
        heads.queue = skips ? machine.router.input_queue : 0;
        const hw::HeadGrid grid({shape.width, shape.height}, heads);
        const hw::LaunchMap map = grid.map(kind, {shape.width, shape.height});
        const Cycle simulated = hw::attention_times(machine, map).end.since();
        const Cycle predicted = sw::attention_parts(machine, map).total();
        const double deviation = 100.0 * static_cast<double>(simulated - predicted) / static_cast<double>(predicted);
        std::fputs(
            fmt::format(
                "{:<5} head of {:>3}, {:>3} tokens on {:>2} x {:<2} {:<17} {:<6} {:>7} predicted {:>7} {:>7.2f} %\n",
                name, shape.head_size, shape.length, shape.width, shape.height, hw::kernel_name(kind),
                skips ? "causal" : "", simulated, predicted, deviation)
                .c_str(),
            stdout);
        worst = std::max(worst, std::fabs(deviation));
        sum += std::fabs(deviation);
        ++launches;
        CHECK(std::fabs(deviation) <= 15.0);
      }
  }
  std::fputs(fmt::format("mean {:.2f} %, worst {:.2f} %\n", sum / launches, worst).c_str(), stdout);
  CHECK(sum / launches <= (skips ? 3.0 : 2.5));
}
