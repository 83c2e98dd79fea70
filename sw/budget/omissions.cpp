#include "sw/budget/omissions.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/pe/special_sequences.h"

namespace weft::sw {

namespace {

/// Passes over a layer's elementwise kernels: forward, again, and backward, which is counted as two.
int passes(Recompute recompute) { return recompute == Recompute::none ? 3 : 4; }

}  // namespace

std::vector<Omission> omissions(const Transformer& model, const hw::MachineSpec& machine, const StepBudget& way,
                                std::int64_t all_tokens) {
  const MachineBudget wafer(machine);
  const hw::LaneSpec& lanes = machine.pe.lanes;
  const auto tokens = static_cast<double>(all_tokens);
  const double rate = static_cast<double>(wafer.pes) * static_cast<double>(machine.clock.mega_hertz) * 1e6;
  const double token_layers = tokens * model.layers, special = hw::exponential_cycles(machine.pe);
  const int times = passes(way.recompute);
  std::vector<Omission> list;

  const double attention = attention_flop(model, all_tokens, way.recompute);
  list.push_back({"attention products", attention / wafer.flops,
                  fmt::format("{:.3g} flop / {:.3g}; 2 S h L B S forward (causal half), x {}", attention, wafer.flops,
                              way.recompute == Recompute::layer ? "4" : "3.5")});
  const double score_cycles = special + 1.0 / lanes.max_fp32 + 1.0 / lanes.add_fp32 + 1.0 / lanes.mul_fp32;
  const double scores = token_layers * model.heads * model.sequence / 2;
  list.push_back({"attention softmax", scores * score_cycles * times / rate,
                  fmt::format("{:.3g} scores (B S L heads S / 2) x {:.3g} cycles x {} / {:.3g} PE-cycles/s", scores,
                              score_cycles, times, rate)});
  const double inner = token_layers * 4 * model.hidden;
  list.push_back({"activation function", inner * special * times / rate,
                  fmt::format("{:.3g} values (4 h L B S) x {:.3g} cycles, as an exponential, x {} / {:.3g}", inner,
                              special, times, rate)});
  const double norm_cycles = 1.0 / lanes.add_fp32 + 2.0 / lanes.fmac_fp32 + 1.0 / lanes.convert;
  const double normed = token_layers * 2 * model.hidden;
  list.push_back(
      {"layer norm", normed * norm_cycles * times / rate,
       fmt::format("{:.3g} values (2 h L B S) x {:.3g} cycles x {} / {:.3g}", normed, norm_cycles, times, rate)});
  const double sum_latency = machine.fabric.user_height * (2.0 * machine.router.ramp_cycles +
                                                           machine.router.hop_cycles + 1 + machine.router.hop_cycles);
  const double sums = 2.0 * model.layers * times * way.micro_batches;
  list.push_back({"layer norm, column sums", machine.clock.seconds(static_cast<Cycle>(sums * sum_latency)),
                  fmt::format("{:.0f} sums (2 L x {} x {}) x {:.0f} cycles down and up {} rows", sums, times,
                              way.micro_batches, sum_latency, machine.fabric.user_height)});
  const double logits = tokens * model.vocabulary;
  list.push_back({"softmax of the loss", logits * score_cycles / rate,
                  fmt::format("{:.3g} logits (V B S) x {:.3g} cycles / {:.3g}", logits, score_cycles, rate)});
  const double embedded = tokens * model.hidden * (2 + static_cast<double>(way.gradient_bytes));
  list.push_back(
      {"embedding on the links", embedded / wafer.stream,
       fmt::format("{:.3g} bytes (B S h x (2 in + {} out)) / {:.3g} B/s", embedded, way.gradient_bytes, wafer.stream)});
  const double update =
      12.0 * model.hidden * model.hidden / (machine.memoryx.weight_servers * machine.memoryx.update_params_per_s);
  list.push_back({"turn of the step", update,
                  fmt::format("layer 1's update: 12 h h / ({} x {:.2g} parameters/s)", machine.memoryx.weight_servers,
                              machine.memoryx.update_params_per_s)});
  std::stable_sort(list.begin(), list.end(),
                   [](const Omission& a, const Omission& b) { return a.seconds > b.seconds; });
  return list;
}

}  // namespace weft::sw
