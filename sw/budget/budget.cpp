#include "sw/budget/budget.h"

#include <fmt/format.h>

#include <algorithm>

#include "tlm/base/error.h"

namespace weft::sw {

namespace {

constexpr int kWeightBytes = 2, kAccumulatorBytes = 4, kLogitBytes = 4;

/// `half_flop`: of it, with sums of 16 bits.
PassBudget pass(const MachineBudget& wafer, std::string name, double flop, double half_flop, double bytes,
                bool inwards) {
  const double seconds = (flop - half_flop) / wafer.flops + half_flop / wafer.half_flops;
  return {std::move(name), flop, bytes, inwards, seconds, bytes / wafer.stream};
}

double peak_of(const hw::MachineSpec& machine, std::int64_t pes, bool half_sums) {
  return 2.0 * machine.pe.lanes.multiply_adds(half_sums) * static_cast<double>(pes) *
         static_cast<double>(machine.clock.mega_hertz) * 1e6;
}

SramBudget sram_budget(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options,
                       Recompute recompute, std::int64_t tokens) {
  const Bytes width = tokens * model.hidden * options.activation_bytes;
  const int again = recompute == Recompute::layer ? kept_widths(Recompute::elementwise) - 1 : 0;
  constexpr int deltas = 1 + 4;  // both sides of a feed-forward matrix
  SramBudget sram;
  sram.code = MachineBudget(machine).code;
  sram.kept = width * kept_widths(recompute) * model.layers;
  sram.accumulators = tokens * machine.fabric.user_height * kAccumulatorBytes;
  sram.backward = width * (deltas + again);
  sram.loss = tokens * model.vocabulary * kLogitBytes;
  return sram;
}

/// The shortest way that fits; if none fits, the one with the smallest memory.
StepBudget best_way(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options,
                    Recompute recompute, std::int64_t sequences) {
  StepBudget best;
  for (int parts = 1; parts <= sequences; ++parts) {
    if (sequences % parts != 0 || (options.micro_batches > 0 && parts != options.micro_batches)) continue;
    StepBudget way = step_budget(model, machine, options, recompute, parts);
    if (best.passes.empty() || !best.fits || (way.fits && way.seconds < best.seconds)) best = std::move(way);
  }
  return best;
}

}  // namespace

const char* name_of(Recompute recompute) {
  switch (recompute) {
    case Recompute::none:
      return "none";
    case Recompute::elementwise:
      return "elementwise";
    default:
      return "layer";
  }
}

int kept_widths(Recompute recompute) {
  // Layer input 1, its norm 1, queries, keys and values 3, attention 1, residual 1, its norm 1, feed-forward 4 + 4.
  if (recompute == Recompute::none) return 16;
  return recompute == Recompute::elementwise ? 16 - 2 - 4 : 1;
}

MachineBudget::MachineBudget(const hw::MachineSpec& machine)
    : pes(static_cast<std::int64_t>(machine.fabric.user_width) * machine.fabric.user_height),
      flops(peak_of(machine, pes, false)),
      half_flops(peak_of(machine, pes, true)),
      stream(machine.io.ethernet_links * machine.io.ethernet_gbps * 1e9 / 8),
      sram(pes * machine.pe.sram_bytes),
      code(pes * machine.pe.code_bytes) {}

double attention_flop(const Transformer& model, std::int64_t tokens, Recompute recompute) {
  const double forward = 2.0 * model.sequence * model.hidden * model.layers * static_cast<double>(tokens);
  // Backward is twice the forward. Probabilities are not kept: at least the first of the two products is done again.
  return forward * (recompute == Recompute::layer ? 1 + 1 + 2 : 1 + 0.5 + 2);
}

StepBudget step_budget(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options,
                       Recompute recompute, int micro_batches) {
  const MachineBudget wafer(machine);
  const std::int64_t all_tokens = static_cast<std::int64_t>(options.batch / options.systems) * model.sequence;
  const auto tokens = static_cast<double>(all_tokens);
  const auto weights = static_cast<double>(model.weights()), blocks = static_cast<double>(model.block_weights());
  StepBudget way;
  way.recompute = recompute;
  way.micro_batches = micro_batches;
  way.gradient_bytes = options.gradient_bytes;
  way.half_sums = options.precision_opt_level > 0;
  way.tokens = all_tokens / micro_batches;
  way.sram = sram_budget(model, machine, options, recompute, way.tokens);
  way.fits = way.sram.total() <= wafer.sram;
  const double in = kWeightBytes * micro_batches, out = static_cast<double>(options.gradient_bytes) * micro_batches;
  const double halves = way.half_sums ? 2 * tokens : 0;  // of each weight
  way.passes.push_back(pass(wafer, "forward", 2 * weights * tokens, weights * halves, weights * in, true));
  if (recompute == Recompute::layer)
    way.passes.push_back(pass(wafer, "forward again", 2 * blocks * tokens, blocks * halves, blocks * in, true));
  way.passes.push_back(pass(wafer, "delta", 2 * weights * tokens, blocks * halves, weights * in, true));
  way.passes.push_back(pass(wafer, "gradient", 2 * weights * tokens, 0, weights * out, false));
  for (const PassBudget& part : way.passes) {
    way.seconds += part.seconds();
    way.compute_seconds += part.compute_seconds;
    way.flop += part.flop;
  }
  return way;
}

Budget make_budget(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options) {
  if (options.systems < 1 || options.systems > machine.max_systems)
    throw UsageError(fmt::format("--num_csx {}: {} has 1 to {}", options.systems, machine.name, machine.max_systems));
  if (options.batch < 1 || options.batch % options.systems != 0)
    throw UsageError(fmt::format("--batch {}: does not divide among {} systems; nearest: {}", options.batch,
                                 options.systems, std::max(1, options.batch / options.systems) * options.systems));
  Budget budget;
  budget.sequences = options.batch / options.systems;
  budget.tokens = budget.sequences * model.sequence;
  if (options.micro_batches < 0 || (options.micro_batches > 0 && budget.sequences % options.micro_batches != 0)) {
    int nearest = static_cast<int>(budget.sequences);
    for (int parts = 1; parts <= budget.sequences; ++parts)
      if (budget.sequences % parts == 0 &&
          std::abs(parts - options.micro_batches) < std::abs(nearest - options.micro_batches))
        nearest = parts;
    throw UsageError(fmt::format("--micro_batches {}: does not divide {} sequences of a system; nearest: {}",
                                 options.micro_batches, budget.sequences, nearest));
  }
  for (const Recompute recompute : options.tried) {
    budget.ways.push_back(best_way(model, machine, options, recompute, budget.sequences));
    const auto index = static_cast<int>(budget.ways.size()) - 1;
    const StepBudget& way = budget.ways.back();
    if (way.fits && (budget.best < 0 || way.seconds < budget.ways[static_cast<std::size_t>(budget.best)].seconds))
      budget.best = index;
  }
  return budget;
}

}  // namespace weft::sw
