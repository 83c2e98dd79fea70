// Question: do the recurrences of attention's streams end in the PE model's cycle, whatever the shape, the mask and the
// queues?
// Tiles are not needed for it: tests/cosim holds them equal to the model.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <random>

#include "hw/fabric/vector_stage.h"
#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::sw;

namespace {

using hw::KernelKind;

/// Mini with queues, ways and vectors of other lengths, wide enough that a returned sum is never held up
/// (stream_reduce.h).
hw::MachineSpec random_machine(std::mt19937& random) {
  hw::MachineSpec machine = hw::load_machine("mini", weft::test::source_path("hw/machines"));
  const auto pick = [&](int least, int most) { return least + static_cast<int>(random() % (most - least + 1)); };
  if (random() % 3 == 0) return machine;
  machine.router.ramp_cycles = pick(1, 3);
  machine.router.link_queue = pick(2, 5);
  machine.router.input_queue = pick(2 * machine.router.ramp_cycles, 6);
  machine.router.output_queue = 2 * machine.router.ramp_cycles + pick(2, 5);
  machine.pe.vector_fill_cycles = pick(1, 9);
  return machine;
}

/// Causal, and half of them with something more: near keys alone, or a sequence that is padded.
hw::AttentionMask random_mask(std::mt19937& random) {
  hw::AttentionMask mask;
  mask.causal = random() % 8 != 0;
  if (random() % 4 == 0) mask.reach = 1 + static_cast<int>(random() % 12);
  if (!mask.causal || random() % 4 == 0) mask.length = 1 + static_cast<int>(random() % 24);
  return mask;
}

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

}  // namespace

TEST_CASE("random attention launches, with and without a mask, end in the PE model's cycle") {
  std::mt19937 random(11);
  const int cases = std::getenv("WEFT_ATTENTION_LAUNCHES") ? std::atoi(std::getenv("WEFT_ATTENTION_LAUNCHES")) : 200;
  const bool masked = GENERATE(false, true);
  for (const KernelKind kind :
       {KernelKind::attention_scores, KernelKind::attention_values, KernelKind::attention_keys}) {
    for (int number = 0; number < cases; ++number) {
      const hw::MachineSpec machine = random_machine(random);
      CrossCase c = random_case(kind, random);
      if (masked) c.mask = random_mask(random);
      INFO(to_string(c) << " ramp " << machine.router.ramp_cycles << " link " << machine.router.link_queue << " input "
                        << machine.router.input_queue << " output " << machine.router.output_queue << " fill "
                        << machine.pe.vector_fill_cycles);
      const PreparedCase prepared = prepare(machine, c);
      const hw::ArrayRun model = hw::run_array(machine, prepared.setup->array);
      REQUIRE(model.finished);
      CHECK(prepared.setup->results(model) == prepared.launch.results);
      if (!prepared.recurrence) continue;
      CHECK(*prepared.recurrence == model.end);
      if (!prepared.map->vector_owners.any()) continue;
      hw::VectorStage stage(hw::FabricTiming(machine), *prepared.map, machine.pe.lanes.fmac_mixed);
      const hw::LaunchTimes times = stage.run();
      CHECK(times.wavelet_hops == model.hops);
      CHECK(times.macs == std::int64_t{c.inputs} * c.outputs * c.tokens);
    }
  }
}
