#include "sw/compiler/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "hw/spec/kernel_table.h"
#include "sw/compiler/attention_fit.h"
#include "sw/compiler/launch_kinds.h"
#include "sw/compiler/matched_model.h"
#include "sw/compiler/order_check.h"
#include "sw/compiler/plan_search.h"
#include "sw/compiler/plan_text.h"
#include "sw/compiler/tensor_sram.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

using Layers = std::vector<hw::MatrixLayer>;

std::vector<int> micro_batch_choices(int shard, const MicroBatch& wanted) {
  std::vector<int> choices;
  if (wanted.kind == MicroBatch::Kind::none) return {1};
  if (wanted.kind == MicroBatch::Kind::samples) {
    if (wanted.samples < 1 || shard % wanted.samples != 0)
      throw UsageError(
          fmt::format("runconfig.micro_batch_size: {} does not divide a system's {} samples", wanted.samples, shard));
    return {shard / wanted.samples};
  }
  for (int parts = 1; parts <= shard; ++parts)
    if (shard % parts == 0) choices.push_back(parts);
  return choices;
}

/// The best mapping for `tried`'s other choices, or, if none fits, the one that needs the least SRAM; and the best
/// plan.
void try_mappings(const MatchedModel& model, const hw::MachineSpec& machine, const MappingSearch& search, int tokens,
                  const PlanWishes& wishes, PlanAlternative& tried, std::optional<Plan>& best) {
  LaunchKinds kinds(model.layers, train_launches(model, tried.retain, tried.segment), true, wishes.gradient_wire);
  const LeastStep least(model.layers, machine, kinds.launches());
  const TensorSram tensors(model, kinds.launches());
  const bool chain = is_chain(model);
  for (const MappingFamily& family : search.families()) {
    for (int width : *family.widths) {
      PlanAlternative now = tried;
      now.mapping = {{width, family.height}, family.lanes, family.features_over};
      if (tried.predicted_step > 0 && least.of(now.mapping, tokens) * tried.micro_batches >= tried.predicted_step)
        break;
      if (!attention_fits(model, now.mapping, tokens)) continue;
      const std::vector<SramItem> sram =
          chain ? sram_map(model.layers, machine, now.mapping, tokens, true, tried.retain, tried.segment)
                : tensors.fullest(machine, now.mapping, tokens);
      now.sram_bytes = total_bytes(sram);
      if (now.sram_bytes > machine.pe.sram_bytes) {
        if (tried.predicted_step == 0 && (tried.sram_bytes == 0 || now.sram_bytes < tried.sram_bytes)) tried = now;
        break;
      }
      const Cycle gap = launch_gap(machine, now.mapping);
      const Cycle limit = ceil_div(tried.predicted_step, tried.micro_batches);
      if (!kinds.predict(machine, now.mapping, tokens, gap, limit)) continue;
      now.predicted_step = kinds.total(gap) * tried.micro_batches;
      if (tried.predicted_step == 0 || now.predicted_step < tried.predicted_step) tried = now;
      if (best && now.predicted_step >= best->predicted_step) continue;
      best = Plan{now.mapping, tokens, tried.micro_batches, tried.retain, tried.segment, wishes.stream_order,
                  kinds.all(), {},     now.predicted_step,  {},           sram,          {},
                  {},          {}};
    }
  }
}

/// `least`: of what was tried, what needs the least SRAM.
[[noreturn]] void refuse(const MatchedModel& model, const hw::MachineSpec& machine, int shard_tokens,
                         const PlanAlternative& least) {
  const Layers& layers = model.layers;
  const int tokens = shard_tokens / least.micro_batches;
  const auto map_of = [&](const Layers& some) {
    return sram_map(some, machine, least.mapping, tokens, true, least.retain, least.segment);
  };
  const std::vector<SramItem> map = training_sram(model, machine, least.mapping, tokens, least.retain, least.segment);
  std::string text = fmt::format(
      "the model does not fit machine {}: even with {} token{} on {} a PE needs {} of {} bytes of SRAM:\n",
      machine.name, tokens, tokens == 1 ? "" : "s", pes_text(least.mapping), total_bytes(map), machine.pe.sram_bytes);
  const SramItem* largest = &map.at(1);  // the first is no tensor
  for (const SramItem& item : map) {
    text += fmt::format("  {:<40} {:>8}\n", item.name, item.bytes);
    if (item.bytes > largest->bytes && item.name != map.front().name) largest = &item;
  }
  if (!is_chain(model))
    throw DoesNotFit(text + fmt::format("the largest tensor is {}", largest->name), least.sram_bytes);
  // The widest network of this shape that fits: all hidden widths scaled together; samples and classes stay.
  int low = 0, high = 1000;
  while (low + 1 < high) {
    const int middle = (low + high) / 2;
    Layers scaled = layers;
    for (hw::MatrixLayer& layer : scaled) {
      const auto narrow = [middle](int width) { return static_cast<int>(std::int64_t{width} * middle / 1000); };
      if (&layer != &scaled.front()) layer.inputs = std::max(1, narrow(layer.inputs));
      if (&layer != &scaled.back()) layer.outputs = std::max(1, narrow(layer.outputs));
    }
    (total_bytes(map_of(scaled)) <= machine.pe.sram_bytes ? low : high) = middle;
  }
  text += fmt::format("the largest tensor is the {}; ", largest->name) +
          (low > 0 ? fmt::format("all hidden layers at {:.1f} % of their widths would fit", low / 10.0)
                   : "no narrower hidden layers would fit: it has too many input features or classes");
  throw DoesNotFit(text, least.sram_bytes);
}

std::vector<PlanKind> kinds_of(const PlanWishes& wishes, bool attention) {
  std::vector<PlanKind> kinds;
  const bool rows = wishes.features_over != FeaturesOver::columns,
             columns = wishes.features_over != FeaturesOver::rows && !attention;
  if (rows && wishes.lanes <= 1) kinds.push_back(PlanKind::one_lane);
  if (rows && wishes.lanes != 1) kinds.push_back(PlanKind::several_lanes);
  if (columns && wishes.lanes <= 1) kinds.push_back(PlanKind::features_over_columns);
  if (kinds.empty())
    throw UsageError(
        fmt::format("runconfig.lanes: {} lanes with features over columns; allowed: 1, since all words "
                    "come through one band of rows",
                    wishes.lanes));
  return kinds;
}

/// Cycles of a step by kernel, all micro-batches.
std::map<std::string, Cycle> by_kernel(const std::vector<PlannedLaunch>& launches, int micro_batches) {
  std::map<std::string, Cycle> cycles;
  for (const PlannedLaunch& launch : launches)
    cycles[hw::kernel_name(launch.launch.kind)] += micro_batches * launch.cycles();
  return cycles;
}

double percent(Cycle part, Cycle whole) { return 100.0 * static_cast<double>(part) / static_cast<double>(whole); }

std::string longest_launch(const Plan& plan, const Layers& layers) {
  const PlannedLaunch* longest = &plan.train.front();
  for (const PlannedLaunch& launch : plan.train)
    if (launch.cycles() > longest->cycles()) longest = &launch;
  return fmt::format("longest launch: {} of {} ({}), {:.0f} % of them", hw::kernel_name(longest->launch.kind),
                     layers[static_cast<std::size_t>(longest->launch.layer)].name,
                     longest->stream > longest->predicted ? "its stream over Ethernet" : "on the wafer",
                     percent(longest->cycles() * plan.micro_batches, plan.predicted_step));
}

/// The best plan that differs from the chosen one in more than the width, and the kernel that it loses most with.
std::string runner_up(const Plan& plan, const MatchedModel& model, const hw::MachineSpec& machine) {
  const PlanAlternative* next = nullptr;
  for (const PlanAlternative& tried : plan.alternatives) {
    const bool chosen = tried.micro_batches == plan.micro_batches && tried.retain == plan.retain &&
                        tried.mapping.lanes == plan.mapping.lanes &&
                        tried.mapping.features_over == plan.mapping.features_over;
    if (tried.predicted_step > 0 && !chosen && (!next || tried.predicted_step < next->predicted_step)) next = &tried;
  }
  if (!next) return "nothing else that was tried fits";
  const std::vector<hw::Launch> launches = train_launches(model, next->retain, next->segment);
  const std::map<std::string, Cycle> ours = by_kernel(plan.train, plan.micro_batches),
                                     theirs = by_kernel(
                                         predict_launches(model.layers, machine, launches, true, next->mapping,
                                                          plan.tokens * plan.micro_batches / next->micro_batches,
                                                          plan.gradient_wire),
                                         next->micro_batches);
  std::string kernel;
  Cycle lost = 0;
  for (const auto& [name, cycles] : theirs) {
    const auto here = ours.find(name);
    const Cycle more = cycles - (here == ours.end() ? 0 : here->second);
    if (!kernel.empty() && more <= lost) continue;
    kernel = name;
    lost = more;
  }
  return fmt::format("next: {}, {} micro-batch{}{}, {:.1f} % longer, {} cycles of it in {}", pes_text(next->mapping),
                     next->micro_batches, next->micro_batches == 1 ? "" : "es",
                     next->retain  ? ", output weights retained"
                     : plan.retain ? ", output weights streamed again"
                                   : "",
                     percent(next->predicted_step - plan.predicted_step, plan.predicted_step), lost, kernel);
}

std::string reason_of(const Plan& plan, const MatchedModel& model, const hw::MachineSpec& machine, std::size_t tried) {
  return fmt::format("shortest launches among {} pairs of height and lanes and the widths that change a share; {}; {}",
                     tried, longest_launch(plan, model.layers), runner_up(plan, model, machine));
}

}  // namespace

std::vector<PlannedLaunch> predict_launches(const Layers& layers, const hw::MachineSpec& machine,
                                            const std::vector<hw::Launch>& launches, bool train,
                                            const hw::Mapping& mapping, int tokens, const hw::GradientWire& wire) {
  LaunchKinds kinds(layers, launches, train, wire);
  kinds.predict(machine, mapping, tokens);
  return kinds.all();
}

void require_free_of_deadlock(const hw::MachineSpec& machine, const Layers& layers, const Plan& plan) {
  const hw::EdgeLayout layout(machine, plan.mapping);
  for (const std::vector<PlannedLaunch>* launches : {&plan.train, &plan.eval})
    for (const PlannedLaunch& planned : *launches) {
      const hw::Launch& launch = planned.launch;
      if (!hw::consumes_weights(launch.kind)) continue;
      const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.layer)];
      const hw::LaunchMap map(launch.kind, layer, plan.mapping.lane, plan.mapping.lane_tokens(plan.tokens, 0));
      require_free_of_deadlock(machine, layout, map, plan.order,
                               fmt::format("{} of {}", hw::kernel_name(launch.kind), layer.name));
    }
}

Plan make_plan(const MatchedModel& model, const hw::MachineSpec& machine, int batch, int systems, RetainOutput retain,
               const PlanWishes& wishes) {
  if (systems > machine.max_systems || systems < 1)
    throw UsageError(
        fmt::format("num_csx: {} systems; machine {} allows 1 to {}", systems, machine.name, machine.max_systems));
  if (batch % systems != 0)
    throw UsageError(fmt::format("train_input.batch_size: {} samples do not divide among {} systems", batch, systems));
  const Layers& layers = model.layers;
  const int shard = batch / systems, depth = static_cast<int>(layers.size());
  const int shard_tokens = shard * wishes.sample_tokens;
  const bool chain = is_chain(model);
  if (!chain && (retain == RetainOutput::yes || (wishes.recompute > 0 && wishes.recompute < depth)))
    throw UsageError(
        fmt::format("{}: not of a transformer yet, only of layers that stand one behind the other; allowed: auto",
                    retain == RetainOutput::yes ? "model.retain_output_layer: true" : "runconfig.recompute"));
  require_room_for_heads(model, machine, wishes);
  LineCounts segments{std::min(wishes.recompute == 0 ? depth : wishes.recompute, depth)};
  if (wishes.recompute == 0 && chain) add_shares(segments, depth, depth);
  const std::vector<PlanKind> kinds = kinds_of(wishes, has_attention(model));
  std::optional<Plan> best;
  std::vector<PlanAlternative> tried;
  std::size_t families = 0;
  const std::vector<int> choices = micro_batch_choices(shard, wishes.micro_batch_size);
  for (int parts : choices) {
    for (PlanKind kind : kinds) {
      const int tokens = shard_tokens / parts;
      const MappingSearch search(layers, machine, kind, tokens, wishes.lanes);
      if (search.families().empty()) continue;
      families += search.families().size();
      for (bool keep : {false, true}) {
        if (keep ? retain == RetainOutput::no || depth < 2 || layers.back().sparse() || !chain
                 : retain == RetainOutput::yes && depth > 1)
          continue;
        tried.push_back({kind, {}, parts, keep, depth, 0, 0});
        // To compute less again is faster: the longest segment that fits.
        for (int segment : segments) {
          tried.back().segment = segment;
          try_mappings(model, machine, search, tokens, wishes, tried.back(), best);
          if (tried.back().predicted_step > 0) break;
        }
        if (tried.back().mapping.lane.width == 0) tried.pop_back();  // heads and sequences fit none of its lanes
      }
    }
    // More parts stream all weights again: once a plan fits, the next can only win by a better fit of the tokens.
    if (best && parts >= 2 * best->micro_batches) break;
  }
  if (tried.empty() && has_attention(model))
    refuse_sequences(model, machine, shard / choices.front(), shard / choices.back(), wishes);
  if (tried.empty())
    throw UsageError(fmt::format(
        "runconfig.lanes: {} lanes on machine {} with at most {} tokens a wafer; allowed: 1 to {}", wishes.lanes,
        machine.name, shard_tokens,
        std::min<std::int64_t>(shard_tokens, ceil_div(machine.fabric.user_height, machine.io.rows_per_channel))));
  if (!best)
    refuse(model, machine, shard_tokens,
           *std::min_element(tried.begin(), tried.end(),
                             [](const auto& a, const auto& b) { return a.sram_bytes < b.sram_bytes; }));
  best->sample_tokens = wishes.sample_tokens;
  best->gradient_wire = wishes.gradient_wire;
  best->eval = predict_launches(layers, machine, eval_launches(model), false, best->mapping, best->tokens);
  require_free_of_deadlock(machine, layers, *best);
  best->alternatives = std::move(tried);
  const bool turned = best->mapping.features_over == hw::FeatureAxis::columns;
  best->colors = {fmt::format("0 returned sums, {}", turned ? "eastwards" : "southwards"),
                  "1 partial sums of even rows or columns",
                  "2 partial sums of odd rows or columns",
                  fmt::format("3 weights and samples, {}; deltas, {} from their owner",
                              turned ? "southwards" : "eastwards", turned ? "west and east" : "north and south"),
                  "4 lists of what a sparse layer's gradient keeps",
                  "5 losses of even columns",
                  "6 losses of odd columns"};
  if (static_cast<std::size_t>(machine.router.colors) < best->colors.size())
    throw UsageError(fmt::format("router.colors: the kernels need {}, machine {} has {}", best->colors.size(),
                                 machine.name, machine.router.colors));
  best->reason = reason_of(*best, model, machine, families);
  return *best;
}

}  // namespace weft::sw
