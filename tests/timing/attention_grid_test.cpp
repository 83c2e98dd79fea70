// Question: is the time of a product of attention on many heads and sequences that of all their PE programs in one
// array of PEs, at once? Do they leave each other alone?
#include <catch2/catch.hpp>

#include <numeric>
#include <random>

#include "hw/fabric/attention_timer.h"
#include "hw/pe/array_model.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/timing/random_machine.h"

using namespace weft;
using namespace weft::sw;

namespace {

using hw::HeadGrid;
using hw::KernelKind;
using proto::TimeClass;

constexpr KernelKind products[] = {KernelKind::attention_scores, KernelKind::attention_values,
                                   KernelKind::attention_keys};

/// The launch of each rectangle with operands of its own, and all of them in one array.
struct Lane {
  std::vector<PreparedCase> launches;  ///< [places]
  hw::ArraySetup array;
};

Lane lane_of(const hw::MachineSpec& machine, hw::Rectangle rectangle, KernelKind kind, const HeadGrid& grid) {
  Lane lane{{}, hw::ArraySetup(rectangle.width, rectangle.height, machine.pe.sram_bytes)};
  for (int index = 0; index < grid.places(); ++index) {
    const HeadGrid::Place place = grid.place(index);
    CrossCase c;
    c.kind = kind;
    c.inputs = grid.shape().head_size;
    c.outputs = c.tokens = grid.shape().length;
    c.rectangle = place.rectangle;
    c.seed = static_cast<std::uint32_t>(index + 1);
    lane.launches.push_back(prepare(machine, c));
    hw::ArraySetup& own = lane.launches.back().setup->array;
    REQUIRE(own.width == place.rectangle.width);
    REQUIRE(own.height == place.rectangle.height);
    for (int row = 0; row < own.height; ++row) {
      for (int column = 0; column < own.width; ++column) {
        const int x = place.first_column + column, y = place.first_row + row;
        lane.array.program(x, y) = own.program(column, row);
        lane.array.memory(x, y) = own.memory(column, row);
      }
    }
  }
  return lane;
}

/// What the PEs of a place did.
hw::ArrayRun part_of(const hw::ArrayRun& run, int width, const HeadGrid::Place& place) {
  hw::ArrayRun part;
  for (int row = 0; row < place.rectangle.height; ++row)
    for (int column = 0; column < place.rectangle.width; ++column)
      part.pes.push_back(
          run.pes[static_cast<std::size_t>((place.first_row + row) * width + place.first_column + column)]);
  return part;
}

bool no_wavelet_at_edges(const hw::ArrayRun& run) {
  return std::all_of(run.edges.begin(), run.edges.end(),
                     [](const hw::EdgeRun& edge) { return edge.left.empty() && edge.entered.empty(); });
}

/// PE-cycles that the books have in classes before they are closed: up to the main thread's end, and what a receiver
/// takes in later.
std::int64_t cycles_within_ends(const hw::ArrayRun& run) {
  std::int64_t cycles = 0;
  for (const hw::PeRun& pe : run.pes) {
    cycles += pe.end[0];
    for (const hw::CoreSlot& slot : pe.slots) cycles += slot.thread != 0 && slot.at >= pe.end[0];
  }
  return cycles;
}
std::int64_t receiver_slots(const hw::ArrayRun& run) {
  std::int64_t slots = 0;
  for (const hw::PeRun& pe : run.pes)
    slots += std::count_if(pe.slots.begin(), pe.slots.end(), [](const hw::CoreSlot& slot) { return slot.thread != 0; });
  return slots;
}

/// A lane of `rectangle`: recurrences against all programs at once, and each rectangle there against itself alone.
void compare(const hw::MachineSpec& machine, hw::Rectangle rectangle, const hw::HeadShape& shape) {
  const HeadGrid grid(rectangle, shape);
  hw::AttentionTimer timer(machine);
  hw::ArrayOptions options;
  options.slots = true;
  for (const KernelKind kind : products) {
    INFO(hw::kernel_name(kind) << ": " << shape.heads << " x " << shape.head_size << " over " << rectangle.height
                               << " rows, " << shape.sequences << " x " << shape.length << " over " << rectangle.width
                               << " columns, ramp " << machine.router.ramp_cycles << " link "
                               << machine.router.link_queue << " input " << machine.router.input_queue << " fill "
                               << machine.pe.vector_fill_cycles);
    const Lane lane = lane_of(machine, rectangle, kind, grid);
    const hw::ArrayRun all = hw::run_array(machine, lane.array, options);
    REQUIRE(all.finished);
    CHECK(no_wavelet_at_edges(all));
    std::int64_t mapped = 0;
    for (int index = 0; index < grid.places(); ++index) {
      const HeadGrid::Place place = grid.place(index);
      const PreparedCase& own = lane.launches[static_cast<std::size_t>(index)];
      const hw::ArrayRun alone = hw::run_array(machine, own.setup->array, options),
                         part = part_of(all, rectangle.width, place);
      CHECK(no_wavelet_at_edges(alone));
      CHECK(own.setup->results(part) == own.launch.results);
      for (std::size_t pe = 0; pe < part.pes.size(); ++pe) {
        CHECK(part.pes[pe].slots == alone.pes[pe].slots);
        CHECK(part.pes[pe].end == alone.pes[pe].end);
      }
      mapped += std::int64_t{place.rectangle.width} * place.rectangle.height;
    }
    hw::LaunchTimes times = timer.of(kind, grid);
    CHECK(times.end == LaunchCycle(all.end));
    CHECK(times.wavelet_hops == all.hops);
    CHECK(times.macs == std::int64_t{shape.features()} * shape.tokens() * shape.length);
    CHECK(times.mapped == mapped);
    CHECK(times.of(TimeClass::receive) == receiver_slots(all));
    CHECK(std::accumulate(times.classes.begin(), times.classes.end(), std::int64_t{0}) == cycles_within_ends(all));
    const std::int64_t pes = std::int64_t{rectangle.width} * rectangle.height;
    times.close(pes);
    CHECK(times.of(TimeClass::not_mapped) == (pes - mapped) * all.end);
    CHECK(std::accumulate(times.classes.begin(), times.classes.end(), std::int64_t{0}) == pes * all.end);
  }
}

}  // namespace

TEST_CASE("2 heads and 2 sequences on 6 x 6 PEs, and on a lane with a row and a column to spare") {
  const hw::MachineSpec machine = hw::load_machine("mini", test::source_path("hw/machines"));
  compare(machine, {6, 6}, {2, 6, 2, 9});
  compare(machine, {7, 7}, {2, 3, 2, 3});
}

TEST_CASE("heads and sequences on rectangles of several sizes end with the last of them") {
  const hw::MachineSpec machine = hw::load_machine("mini", test::source_path("hw/machines"));
  // 2 rows of 3 features and 3 of 2; 2 columns of 3 tokens and 3 of 2.
  const hw::HeadShape shape{2, 6, 2, 6};
  REQUIRE(HeadGrid({5, 5}, shape).kinds().size() == 4);
  compare(machine, {5, 5}, shape);
}

TEST_CASE("random grids on random machines") {
  std::mt19937 random(31);
  const auto any = [&](int most) { return 1 + static_cast<int>(random() % static_cast<unsigned>(most)); };
  for (int number = 0; number < 40; ++number) {
    const hw::MachineSpec machine = test::random_machine(random);
    const hw::HeadShape shape{any(3), any(9), any(3), any(13)};
    compare(machine,
            {hw::best_columns(shape.sequences + any(9), shape.sequences, shape.length),
             hw::best_rows(shape.heads + any(9), shape.heads, shape.head_size)},
            shape);
  }
}

TEST_CASE("a timer remembers a shape, and another shape or kernel is another time") {
  const hw::MachineSpec machine = hw::load_machine("mini", test::source_path("hw/machines"));
  hw::AttentionTimer timer(machine);
  const HeadGrid grid({6, 4}, {2, 4, 3, 8}), longer({6, 4}, {2, 4, 3, 10}), larger({6, 4}, {2, 6, 3, 8}),
      fewer({4, 4}, {2, 4, 2, 8});
  const LaunchCycle end = timer.of(KernelKind::attention_scores, grid).end;
  CHECK(timer.of(KernelKind::attention_scores, longer).end > end);
  CHECK(timer.of(KernelKind::attention_scores, larger).end > end);
  CHECK(timer.of(KernelKind::attention_keys, grid).end != end);
  const hw::LaunchTimes of_three = timer.of(KernelKind::attention_scores, grid),
                        of_two = timer.of(KernelKind::attention_scores, fewer);
  CHECK(of_three.end == end);
  CHECK(of_two.end == end);
  CHECK(2 * of_three.wavelet_hops == 3 * of_two.wavelet_hops);
}
