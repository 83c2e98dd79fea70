// Question: do the recurrences of attention's streams end in the PE model's cycle, whatever the shape, the mask and the
// queues?
// Tiles are not needed for it: tests/cosim holds them equal to the model.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <optional>
#include <random>

#include "hw/fabric/attention_times.h"
#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/support/paths.h"
#include "tests/timing/random_machine.h"

using namespace weft;
using namespace weft::sw;

namespace {

using hw::KernelKind;
using test::random_machine;

CrossCase random_case(KernelKind kind, std::mt19937& random) {
  const auto pick = [&](int most) { return 1 + static_cast<int>(random() % most); };
  const int most = random() % 2 == 0 ? 5 : 24;
  CrossCase c;
  c.kind = kind;
  c.inputs = pick(most);
  c.outputs = pick(most);
  c.tokens = pick(most);
  c.rectangle = {pick(8), pick(8)};
  c.seed = random();
  return c;
}

/// Causal mostly, and half of them with something more: near keys alone, or a sequence that is padded. Columns have
/// more tokens than without, so that something is left out of them.
void add_mask(CrossCase& c, std::mt19937& random) {
  const auto pick = [&](int most) { return 1 + static_cast<int>(random() % static_cast<unsigned>(most)); };
  c.tokens += pick(40);
  if (random() % 2 == 0) c.outputs = c.tokens;  // a token is a key
  c.mask.causal = random() % 8 != 0;
  if (random() % 4 == 0) c.mask.reach = pick(c.tokens);
  if (!c.mask.causal || random() % 4 == 0) c.mask.length = pick(c.tokens);
}

int longest_program(const KernelSetup& setup) {
  std::size_t longest = 0;
  for (const hw::Program& program : setup.array.programs) longest = std::max(longest, program.code.size());
  return static_cast<int>(longest);
}

/// Of a token's feature with a key's.
std::int64_t products(const hw::LaunchMap& map) {
  std::int64_t products = 0;
  for (int round = 0; round < map.rounds; ++round)
    for (int line = 0; line < map.chain; ++line)
      for (int position = 0; position < map.positions; ++position)
        products += std::int64_t{map.wavelets_of(round, line)} * map.elements_of(round, position);
  return products;
}

/// Bits, end, hops and products of recurrences and PE model. None if a program has more instructions than a PE holds.
std::optional<hw::LaunchTimes> compared(const hw::MachineSpec& machine, const CrossCase& c) {
  INFO(to_string(c) << " ramp " << machine.router.ramp_cycles << " link " << machine.router.link_queue << " input "
                    << machine.router.input_queue << " output " << machine.router.output_queue << " fill "
                    << machine.pe.vector_fill_cycles);
  const PreparedCase prepared = prepare(machine, c);
  if (longest_program(*prepared.setup) > hw::program_capacity) return std::nullopt;
  const hw::ArrayRun model = hw::run_array(machine, prepared.setup->array);
  REQUIRE(model.finished);
  CHECK(prepared.setup->results(model) == prepared.launch.results);
  CHECK(*prepared.recurrence == model.end);
  const hw::LaunchTimes times = attention_times(machine, *prepared.map);
  CHECK(times.wavelet_hops == model.hops);
  CHECK(times.macs == products(*prepared.map));
  return times;
}

}  // namespace

TEST_CASE("random attention launches, with and without a mask, end in the PE model's cycle") {
  std::mt19937 random(11);
  const int cases = std::getenv("WEFT_ATTENTION_LAUNCHES") ? std::atoi(std::getenv("WEFT_ATTENTION_LAUNCHES")) : 200;
  const bool masked = GENERATE(false, true);
  for (const KernelKind kind : {KernelKind::attention_scores, KernelKind::attention_values,
                                KernelKind::attention_values_tile, KernelKind::attention_keys}) {
    std::int64_t all = 0, done = 0;
    int too_long = 0;  // of many rows, whose sums have many owners
    for (int number = 0; number < cases; ++number) {
      const hw::MachineSpec machine = random_machine(random);
      CrossCase c = random_case(kind, random);
      if (masked) add_mask(c, random);
      if (const auto times = compared(machine, c)) {
        all += std::int64_t{c.inputs} * c.outputs * c.tokens;
        done += times->macs;
      } else {
        ++too_long;
      }
    }
    INFO(hw::kernel_name(kind) << ": " << done << " of " << all << " products");
    CHECK((masked ? 10 * done < 9 * all : done == all));
    CHECK(20 * too_long < cases);
  }
}

TEST_CASE("a window that shares no token with the one before does not wait for what that wrote") {
  // Windows of two tokens, which go back at each new owner; sums are at hand long after the next round has come.
  std::mt19937 random(12);
  hw::MachineSpec machine = random_machine(random);
  machine.router.ramp_cycles = 1;
  machine.router.input_queue = 2;
  machine.router.output_queue = 6;
  for (const KernelKind kind : {KernelKind::attention_scores, KernelKind::attention_values}) {
    for (int number = 0; number < 100; ++number) {
      machine.pe.vector_fill_cycles = 6 + number % 20;
      CrossCase c = random_case(kind, random);
      c.tokens = c.outputs = 10 + static_cast<int>(random() % 30);
      c.rectangle = {2 + number % 3, 1 + number % 4};
      c.mask = {true, 1, 0};
      CHECK(compared(machine, c));
    }
  }
}

TEST_CASE("returned sums that come back while their owner still sends its own, behind rounds that have no token") {
  std::mt19937 random(13);
  const hw::MachineSpec machine = hw::load_machine("mini", weft::test::source_path("hw/machines"));
  for (int number = 0; number < 400; ++number) {
    const auto pick = [&](int least, int most) { return least + static_cast<int>(random() % (most - least + 1)); };
    CrossCase c = random_case(KernelKind::attention_keys, random);
    c.rectangle = {pick(2, 4), pick(1, 3)};
    c.inputs = c.rectangle.height * pick(7, 9);  // some more than the queue holds
    c.tokens = c.outputs = pick(4, 20);
    c.mask.causal = number % 2 == 0;
    if (!c.mask.causal) c.mask.length = pick(1, c.tokens);
    CHECK(compared(machine, c));
  }
}

TEST_CASE("a PE that has long owned the stream meets the vectors of the rounds after it") {
  const hw::MachineSpec machine = hw::load_machine("mini", weft::test::source_path("hw/machines"));
  CrossCase c;
  c.kind = KernelKind::attention_values;
  c.inputs = 19, c.outputs = 27, c.tokens = 14;
  c.rectangle = {4, 3};
  CHECK(compared(machine, c));
  c.mask.causal = true;
  CHECK(compared(machine, c));
}
