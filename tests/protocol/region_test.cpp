// Question: do regions keep the contract of bursts and credits when the edge stalls at random, and does a rectangle of
// regions then do in every cycle what one region does?
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <random>

#include "hw/fabric/launch_times.h"
#include "hw/spec/machine_file.h"
#include "hw/wafer/region.h"
#include "tests/support/burst_checker.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;
using proto::Side;
using test::BurstChecker;

namespace {

int number = 0;  // SystemC wants names that differ

/// Regions in a grid with a checker in each direction of each seam.
struct Grid {
  Grid(const MachineSpec& machine, Rectangle rectangle, int rows, int columns) : timing(machine) {
    const int unique = number++;
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < columns; ++column)
        regions.push_back(std::make_unique<Region>(
            fmt::format("r{}_{}_{}", unique, row, column).c_str(), timing,
            RegionExtent{split_first(rectangle.height, rows, row), split_first(rectangle.height, rows, row + 1),
                         split_first(rectangle.width, columns, column),
                         split_first(rectangle.width, columns, column + 1)}));
    const auto seam = [&](Region& from, Side side, Region& to) {
      checkers.push_back(
          std::make_unique<BurstChecker>(fmt::format("c{}_{}", unique, checkers.size()).c_str(), timing.link_queue));
      from.out(side).bind(checkers.back()->in);
      checkers.back()->out.bind(to.in(opposite(side)));
    };
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < columns; ++column) {
        Region& here = *regions[static_cast<std::size_t>(row * columns + column)];
        if (column + 1 < columns) {
          Region& east = *regions[static_cast<std::size_t>(row * columns + column + 1)];
          seam(here, Side::east, east);
          seam(east, Side::west, here);
        }
        if (row + 1 < rows) {
          Region& south = *regions[static_cast<std::size_t>((row + 1) * columns + column)];
          seam(here, Side::south, south);
          seam(south, Side::north, here);
        }
      }
  }

  /// The launch with edges that stall as `seed` says.
  EngineTimes run(const LaunchMap& map, unsigned seed) {
    std::mt19937 random(seed);
    const auto late = [&random] {
      return random() % 4 == 0 ? static_cast<std::int32_t>(random() % 60) : std::int32_t{0};
    };
    std::vector<std::int32_t> edge(static_cast<std::size_t>(map.chain), -1);
    std::vector<std::int32_t> room(static_cast<std::size_t>(map.positions), 0);
    for (auto& region : regions) region->open_launch(map);
    for (auto& region : regions) region->begin_time({seed % 2 == 0, false});
    for (int round = 0; round < map.rounds; ++round) {
      for (std::int32_t& time : edge) time += late();
      for (std::int32_t& time : room) time += late() * 2;
      for (auto& region : regions) region->open_round(round, map.reduces && !map.returns ? room.data() : nullptr);
      const auto run_stream = [&](auto& region) {
        if (region->part().starts_stream(round)) region->run_stream(round, map.from_edge ? edge.data() : nullptr);
      };
      if (map.lines_are_rows) {
        std::for_each(regions.rbegin(), regions.rend(), run_stream);
      } else {
        std::for_each(regions.begin(), regions.end(), run_stream);
      }
      for (auto& region : regions)
        if (region->part().starts_sum()) region->run_sum(round);
      for (auto& region : regions) region->close_round(round);
    }
    EngineTimes times;
    for (auto& region : regions) region->add_times(times);
    return times;
  }

  std::int64_t bursts() const {
    std::int64_t sum = 0;
    for (const auto& checker : checkers) sum += checker->bursts;
    return sum;
  }

  FabricTiming timing;
  std::vector<std::unique_ptr<Region>> regions;
  std::vector<std::unique_ptr<BurstChecker>> checkers;
};

}  // namespace

TEST_CASE("random stalls at the edges, random cuts: the contract holds and no cycle differs") {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  std::mt19937 random(11);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  std::int64_t bursts = 0;
  for (unsigned seed = 0; seed < 90; ++seed) {
    machine.router.link_queue = any(2, 8);
    machine.router.input_queue = any(2, 8);
    machine.router.output_queue = any(2, 8);
    const Rectangle rectangle{any(1, 9), any(1, 9)};
    MatrixLayer layer{"fc1", any(1, 30), any(1, 20), "", 0};
    if (seed % 3 == 0) layer.half_sums = {true, true, true};
    const KernelKind kinds[] = {KernelKind::matmul_forward, KernelKind::matmul_delta, KernelKind::matmul_gradient,
                                KernelKind::retained_delta};
    const LaunchMap map(kinds[seed % 4], layer, rectangle, any(1, 40));
    Grid whole(machine, rectangle, 1, 1);
    Grid parts(machine, rectangle, any(1, std::min(4, rectangle.height)), any(1, std::min(4, rectangle.width)));
    const EngineTimes expected = whole.run(map, seed);
    const EngineTimes found = parts.run(map, seed);
    INFO("seed " << seed << ", " << parts.regions.size() << " regions, kernel " << seed % 4);
    CHECK(found.end == expected.end);
    CHECK(found.classes == expected.classes);
    CHECK(found.wavelet_hops == expected.wavelet_hops);
    bursts += parts.bursts();
  }
  REQUIRE(bursts > 1000);
}
