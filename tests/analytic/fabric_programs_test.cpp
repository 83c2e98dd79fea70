// Question: how far are the shipped fabric programs from closed forms and from measured tables? Prints the deviations.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <map>

#include "hw/spec/machine_file.h"
#include "sw/fabric/fabric_run.h"
#include "tests/analytic/measured_rows.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::sw;

namespace {

const hw::MachineSpec& machine_of(const std::string& name) {
  static std::map<std::string, hw::MachineSpec> machines;
  if (machines.count(name) == 0) machines[name] = hw::load_machine(name, weft::test::source_path("hw/machines"));
  return machines[name];
}

FabricOutcome outcome_of(const std::string& program, const std::map<std::string, int>& parameters,
                         const std::string& machine = "wse2") {
  std::vector<std::string> sets;
  for (const auto& [name, value] : parameters) sets.push_back(fmt::format("{}={}", name, value));
  const FabricOutcome outcome =
      run_fabric_file(weft::test::source_path("sw/fabric_programs/") + program + ".yaml", sets, machine_of(machine));
  INFO(outcome.text());
  REQUIRE(outcome.good());
  return outcome;
}

double percent(double value, double reference) { return 100 * (value / reference - 1); }

struct Bar {
  double percent, cycles;
};

const std::vector<int> sizes = {4, 8, 16, 32, 64, 128, 256, 512};
const std::vector<int> lengths = {1, 2, 4, 16, 64, 256, 1024, 4096};

/// One table: rows P, columns B; the bar holds for each.
void hold(const std::string& program, int group, const Bar& bar, std::int64_t most_hops = INT64_MAX) {
  fmt::print("{}{}: cycles above the closed form (percent)\n{:>8}", program,
             group > 0 ? fmt::format(" S = {}", group) : "", "P \\ B");
  for (const int length : lengths) fmt::print("{:>16}", length);
  fmt::print("\n");
  for (const int size : sizes) {
    if (2 * group > size) continue;
    fmt::print("{:>8}", size);
    for (const int length : lengths) {
      // Of the star, which has the most.
      const std::int64_t star_hops = std::int64_t{size} * size / 2 * length;
      if (star_hops > most_hops) {
        fmt::print("{:>16}", "-");
        continue;
      }
      std::map<std::string, int> parameters = {{"P", size}, {"B", length}};
      if (group > 0) parameters["S"] = group;
      const FabricOutcome outcome = outcome_of(program, parameters);
      const double off = static_cast<double>(outcome.cycles) - outcome.closed_form->cycles;
      fmt::print("{:>16}", fmt::format("{:+.0f} ({:+.2f} %)", off, outcome.deviation_percent()));
      INFO(outcome.text());
      CHECK((std::fabs(off) <= bar.cycles || std::fabs(outcome.deviation_percent()) <= bar.percent));
    }
    fmt::print("\n");
  }
}

}  // namespace

TEST_CASE("broadcast, message, chain and all-reduce are within 2 % or 5 cycles of their closed forms") {
  for (const char* program : {"broadcast", "message", "reduce_chain", "all_reduce"}) hold(program, 0, {2, 5});
}

TEST_CASE("two-phase reduce is within 2 % or 5 cycles of its closed form, for any size of group") {
  for (const int group : {2, 4, 16, 64, 256}) hold("reduce_two_phase", group, {2, 5});
}

// Each PE of the line sends all its words to the first: hops grow with P^2 B, so the largest are left out here. What is
// above the form is the same for all sizes, and more than 5 % where B (P - 1) is below 55: the send's issue, a cycle
// that the chain's form has between core and core and the star's has not (P = 2 is the same message in both), and the
// control wavelet that turns the first switch while the second vector waits behind it.
TEST_CASE("star reduce is three cycles above its closed form") { hold("reduce_star", 0, {0, 3}, 20'000'000); }

// The send of a round waits for the additions before it and has an issue of its own, which the closed form has not: a
// cycle a round. Where vectors are short that is more than 5 %: up to 6.1 % (P = 64, B = 1).
TEST_CASE("tree reduce is within 5 % of its closed form, or a cycle a round") {
  hold("reduce_tree", 0, {5, 6});
  for (const int size : sizes) {
    const FabricOutcome outcome = outcome_of("reduce_tree", {{"P", size}, {"B", 1}});
    CHECK(static_cast<double>(outcome.cycles) - outcome.closed_form->cycles == std::log2(size));
  }
}

TEST_CASE("broadcast and reduce over a rectangle are within 2 % or 5 cycles of their closed forms") {
  const std::string program = GENERATE("broadcast_2d", "reduce_2d");
  for (const auto& [width, height, length] : {std::tuple{2, 2, 1}, {3, 7, 5}, {16, 16, 64}, {40, 9, 1000}}) {
    const FabricOutcome outcome = outcome_of(program, {{"W", width}, {"H", height}, {"B", length}});
    fmt::print("{} {} x {}, B = {}: {} cycles, {:+.2f} %\n", program, width, height, length, outcome.cycles,
               outcome.deviation_percent());
    CHECK((std::fabs(static_cast<double>(outcome.cycles) - outcome.closed_form->cycles) <= 5 ||
           std::fabs(outcome.deviation_percent()) <= 2));
  }
}

// Between the first time stamp and the first word of a program by hand.
constexpr int calls_before = 3;

TEST_CASE("two-phase reduce over 512 PEs is within 20 cycles of the vendor's simulator") {
  for (const measured::ReduceLine& row : measured::reduce_line) {
    const FabricOutcome outcome =
        outcome_of("reduce_two_phase", {{"P", row.pes}, {"B", row.words}, {"S", row.group}, {"calls", calls_before}});
    const double off = static_cast<double>(outcome.cycles) - row.cycles;
    fmt::print("reduce_line P = {} B = {} S = {}: {} cycles, measured {:.0f}, {:+.0f}\n", row.pes, row.words, row.group,
               outcome.cycles, row.cycles, off);
    CHECK(std::fabs(off) <= 20);
  }
}

TEST_CASE("ragged groups: the last one has fewer, down to one PE") {
  for (const auto& [size, group] : {std::pair{9, 4}, {10, 4}, {11, 4}, {3, 2}, {17, 5}, {512, 100}}) {
    const FabricOutcome outcome = outcome_of("reduce_two_phase", {{"P", size}, {"B", 64}, {"S", group}});
    INFO(outcome.text());
    CHECK((std::fabs(static_cast<double>(outcome.cycles) - outcome.closed_form->cycles) <= 5 ||
           std::fabs(outcome.deviation_percent()) <= 2));
  }
}

TEST_CASE("the fp32 matrix-vector product of one PE is within 5 cycles a product of the vendor's simulator") {
  for (const measured::PeMatvec& row : measured::pe_matvec) {
    const FabricOutcome outcome = outcome_of("matvec", {{"n", row.n}, {"T", row.iterations}, {"calls", calls_before}});
    const double off = (static_cast<double>(outcome.cycles) - row.cycles) / row.iterations;
    fmt::print("pe_matvec n = {}: {} cycles, measured {:.0f}, {:+.1f} a product\n", row.n, outcome.cycles, row.cycles,
               off);
    CHECK(std::fabs(off) <= 5);
  }
}

// docs/validation.md says what its two sizes of tile tell of clashes and of the library.
TEST_CASE("SUMMA: cycles a panel beside a CS-2, whatever the size of the grid") {
  std::map<int, double> panel;
  for (const auto& [size, tile] : {std::pair{4, 16}, {8, 16}, {16, 16}, {32, 16}, {1, 46}, {2, 46}, {4, 46}, {8, 46}}) {
    const FabricOutcome outcome = outcome_of("summa", {{"P", size}, {"t", tile}});
    const double cycles = static_cast<double>(outcome.cycles) / size;
    fmt::print("summa P = {} t = {}: {:.1f} cycles a panel\n", size, tile, cycles);
    if (size > 1 && panel.count(tile) == 0) panel[tile] = cycles;
    // One PE alone has no broadcasts.
    if (size > 1) CHECK(std::fabs(percent(cycles, panel[tile])) < 0.1);
    for (const measured::Summa& row : measured::summa)
      if (row.p == size && row.t == tile) CHECK(std::fabs(percent(cycles, row.cycles_per_panel())) <= 20);
  }
  for (const measured::Summa& row : measured::summa) {
    const double off = percent(panel[row.t], row.cycles_per_panel());
    fmt::print("summa P = {} t = {}: measured {:.1f} cycles a panel, model {:+.2f} %\n", row.p, row.t,
               row.cycles_per_panel(), off);
    CHECK(std::fabs(off) <= 15);
  }
}

// Of a tile: one that hands the edges on, one that adds.
constexpr int calls_a_pass = 2;

// Cycles a pass in the steady state: those that more passes take. A pass does not depend on the size of the grid; that
// of the tiles has 5 x 5 cells of 37 x 37 in 8 x 8 PEs.
TEST_CASE("star stencils: cycles a pass against the vendor's simulator") {
  for (const measured::Stencil& row : measured::stencil) {
    const bool cell = row.tile == 1;
    const auto cycles = [&](int passes) {
      std::map<std::string, int> parameters = {{"W", cell ? 8 : 4}, {"H", cell ? 8 : 4}, {"T", passes}};
      if (!cell) parameters["t"] = row.tile, parameters["calls"] = calls_a_pass;
      return static_cast<double>(outcome_of(cell ? "stencil_cell" : "stencil_tile", parameters, row.machine).cycles);
    };
    const double pass = cell ? (cycles(32) - cycles(16)) / 16 : (cycles(6) - cycles(2)) / 4;
    fmt::print("stencil {} grid {} tile {}: {:.1f} cycles a pass, measured {:.0f}, {:+.1f} %\n", row.machine, row.grid,
               row.tile, pass, row.cycles, percent(pass, row.cycles));
    // On WSE-3 5 x 5 cells were measured at 13 cycles more than 2 x 2: no cost a cell, row or pass makes that.
    const double bar = std::string(row.machine) == "wse3" && row.tile == 5 ? 40 : 20;
    CHECK((cell ? std::fabs(pass - row.cycles) <= 2 : std::fabs(percent(pass, row.cycles)) <= bar));
  }
}

// The form counts the slots of an inner PE's two threads, which share its core. Above it: a receiver that waits for a
// word of each of four senders in turn, which send while they have no words to take; 2 x 2 PEs have two and wait for
// none.
TEST_CASE("7-point stencil: a fifth to 30 % above the slots of an inner PE, whatever the grid") {
  for (const auto& [width, height, cells, passes] :
       {std::tuple{4, 4, 16, 4}, {6, 5, 64, 4}, {3, 3, 256, 2}, {12, 12, 100, 10}}) {
    const FabricOutcome outcome = outcome_of("stencil_7", {{"W", width}, {"H", height}, {"Z", cells}, {"T", passes}});
    fmt::print("stencil_7 {} x {} x {}, T = {}: {} cycles, {:+.2f} %\n", width, height, cells, passes, outcome.cycles,
               outcome.deviation_percent());
    CHECK(outcome.deviation_percent() > 15);
    CHECK(outcome.deviation_percent() < 30);
  }
  const FabricOutcome four = outcome_of("stencil_7", {{"W", 2}, {"H", 2}, {"Z", 256}, {"T", 2}});
  CHECK(std::fabs(percent(static_cast<double>(four.cycles), 2 * 13 * 256)) < 1);
}

TEST_CASE("GEMM by shifting is within 0.5 % or 5 cycles of its closed form") {
  for (const auto& [size, tile] : {std::pair{2, 2}, {2, 8}, {3, 16}, {4, 32}, {8, 16}, {16, 8}}) {
    const FabricOutcome outcome = outcome_of("gemm_shift", {{"P", size}, {"t", tile}});
    fmt::print("gemm_shift P = {} t = {}: {} cycles, {:+.2f} %\n", size, tile, outcome.cycles,
               outcome.deviation_percent());
    CHECK((std::fabs(static_cast<double>(outcome.cycles) - outcome.closed_form->cycles) <= 5 ||
           std::fabs(outcome.deviation_percent()) <= 0.5));
  }
}

TEST_CASE("7-point stencils, GEMM by shifting and owners in turn are right at any size, on both generations") {
  const std::string machine = GENERATE("wse2", "wse3");
  for (const auto& [width, height, cells] : {std::tuple{2, 2, 1}, {2, 5, 3}, {5, 2, 4}, {3, 3, 31}})
    outcome_of("stencil_7", {{"W", width}, {"H", height}, {"Z", cells}, {"T", 6}}, machine);
  for (const auto& [size, tile] : {std::pair{2, 2}, {3, 2}, {4, 6}, {5, 4}, {7, 8}})
    outcome_of("gemm_shift", {{"P", size}, {"t", tile}}, machine);
  for (const auto& [size, length, tiles] : {std::tuple{2, 1, 1}, {2, 30, 4}, {3, 1, 9}, {9, 20, 3}})
    outcome_of("owners_in_turn", {{"P", size}, {"B", length}, {"R", tiles}}, machine);
}

TEST_CASE("star stencils of any grid and tile are right") {
  for (const auto& [width, height] : {std::pair{2, 1}, {1, 2}, {1, 5}, {5, 1}, {2, 2}, {3, 4}})
    outcome_of("stencil_cell", {{"W", width}, {"H", height}, {"T", 5}});
  for (const auto& [width, height, tile] : {std::tuple{2, 2, 2}, {3, 2, 7}, {2, 4, 30}})
    outcome_of("stencil_tile", {{"W", width}, {"H", height}, {"t", tile}, {"T", 3}});
}
