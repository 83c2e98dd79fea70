// Question: how far is the plan's closed form from the simulated launch? The table is printed; the bar is 5 %, and
// 16 cycles for launches that are so short that they are mostly latency.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdio>

#include "hw/csx/matrix_timer.h"
#include "hw/spec/kernel_table.h"
#include "hw/spec/machine_file.h"
#include "sw/compiler/prediction.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

TEST_CASE("closed form against simulated cycles, 27 layer shapes, all three passes and a norm's vectors") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  struct Shape {
    int inputs, outputs, tokens, width, height;
  };
  const Shape shapes[] = {
      {784, 500, 256, 32, 32}, {500, 300, 256, 32, 32}, {300, 10, 256, 32, 32},  {1, 1, 1, 1, 1},
      {1, 1, 32, 32, 32},      {1, 64, 32, 32, 32},     {64, 1, 32, 32, 32},     {97, 89, 31, 31, 29},
      {101, 103, 61, 32, 32},  {13, 7, 5, 5, 7},        {31, 33, 17, 16, 16},    {127, 257, 113, 32, 32},
      {50, 50, 128, 32, 32},   {784, 50, 128, 32, 32},  {50, 10, 128, 32, 32},   {2, 3, 4, 2, 2},
      {3, 2, 64, 8, 8},        {1024, 64, 32, 32, 32},  {64, 1024, 32, 32, 32},  {251, 241, 239, 30, 31},
      {17, 500, 4, 4, 17},     {500, 17, 100, 10, 20},  {40, 41, 640, 32, 32},   {800, 600, 640, 32, 32},
      {33, 32, 1000, 10, 32},  {511, 900, 128, 32, 32}, {1023, 900, 128, 32, 32}};
  ThreadPool pool(1);
  int number = 0;
  double worst = 0;
  const bool half_sums = GENERATE(false, true);
  for (const Shape& shape : shapes)
    for (KernelKind kind : {KernelKind::matmul_forward, KernelKind::matmul_delta, KernelKind::matmul_gradient,
                            KernelKind::load_vectors}) {
      if (half_sums && kernel_of(kind).stores()) continue;
      Job job;
      job.layers = {{"fc", shape.inputs, shape.outputs, "", 0}};
      job.layers.front().half_sums = {half_sums, half_sums, half_sums};
      if (kernel_of(kind).stores()) {
        job.layers.front().outputs = 2;
        job.layers.front().bias = false;
        job.layers.front().kind = LayerKind::norm;
      }
      job.batch = shape.tokens;
      const Rectangle rectangle{shape.width, shape.height};
      Lane lane(fmt::format("lane{}", number++).c_str(), machine, job, rectangle, shape.tokens, {1, 1}, pool);
      const LaunchMap map(kind, job.layers[0], rectangle, shape.tokens);
      MatrixTimer timer(machine, lane, EdgeLayout(machine, {rectangle}), nullptr, false);
      lane.begin_launch(map, {kind, 0});
      // Vectors take no longer than their way through the channels, unless that is behind them.
      const RunCycle start(kernel_of(kind).stores() ? 1'000'000 : 0);
      timer.open(map, {kind, 0, 0, shape.tokens, nullptr}, start);
      constexpr RunCycle long_before(-100'000'000);
      if (map.from_edge) {
        timer.feed(long_before, map.rounds);
      } else {
        timer.drain(map.rounds);
      }
      const Cycle simulated = timer.close().end.since(),
                  predicted = sw::predict_matrix(machine, EdgeLayout(machine, {rectangle}), map);
      const double deviation = 100.0 * static_cast<double>(simulated - predicted) / static_cast<double>(predicted);
      std::fputs(fmt::format("{:>4} x {:<4} {:>4} tokens on {:>2} x {:<2} {:<16}{} {:>7} predicted {:>7} {:>7.2f} %\n",
                             shape.inputs, shape.outputs, shape.tokens, shape.width, shape.height, kernel_name(kind),
                             half_sums ? " half sums" : "", simulated, predicted, deviation)
                     .c_str(),
                 stdout);
      const bool good = std::fabs(deviation) <= (half_sums ? 5.5 : 5.0) || std::llabs(simulated - predicted) <= 16;
      CHECK(good);
      if (predicted >= 100) worst = std::max(worst, std::fabs(deviation));
    }
  std::fputs(fmt::format("worst of the launches of 100 cycles and more: {:.2f} %\n", worst).c_str(), stdout);
}
