#include "sw/compiler/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "hw/spec/kernel_names.h"
#include "sw/compiler/kernel_matching.h"
#include "sw/compiler/order_check.h"
#include "sw/compiler/prediction.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

using Layers = std::vector<hw::MatrixLayer>;

/// Line counts to try, the largest first.
using Lines = std::set<int, std::greater<>>;

/// Line counts at which the largest share of `n` changes, up to `limit`: between two of them only the rectangle grows.
void add_shares(Lines& counts, int n, int limit) {
  for (int lines = std::min(n, limit); lines >= 1;) {
    const std::int64_t share = ceil_div(n, lines);
    lines = static_cast<int>(ceil_div(n, share));  // the fewest with this share
    counts.insert(lines);
    --lines;
  }
}

std::vector<PlannedLaunch> planned(const Layers& layers, const hw::MachineSpec& machine,
                                   const std::vector<hw::Launch>& launches, bool train, hw::Rectangle rectangle,
                                   int tokens) {
  std::vector<PlannedLaunch> result;
  result.reserve(launches.size());
  for (const hw::Launch& launch : launches) {
    // A launch of the same kind on a layer of the same shape takes the same time.
    const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.layer)];
    const auto alike = std::find_if(result.begin(), result.end(), [&](const PlannedLaunch& other) {
      const hw::MatrixLayer& others = layers[static_cast<std::size_t>(other.launch.layer)];
      return other.launch.kind == launch.kind && others.inputs == layer.inputs && others.outputs == layer.outputs &&
             others.dropout == layer.dropout;
    });
    if (alike != result.end()) {
      result.push_back({launch, alike->predicted, alike->stream});
    } else {
      result.push_back({launch, predict_launch(machine, layers, launch, train, rectangle, tokens),
                        predict_stream(machine, layers, launch)});
    }
  }
  return result;
}

/// No plan on this rectangle is faster: the samples, and the products of the fullest PE, one after the other.
Cycle least_step(const Layers& layers, const hw::MachineSpec& machine, const std::vector<hw::Launch>& launches,
                 hw::Rectangle rectangle, int tokens, int micro_batches) {
  const int lanes = machine.pe.lanes.fmac_mixed, wide = hw::split_count(tokens, std::min(rectangle.width, tokens), 0);
  Cycle step = 0;
  for (const hw::Launch& launch : launches) {
    const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.layer)];
    const int from = hw::split_count(layer.inputs, rectangle.height, 0),
              to = hw::split_count(layer.outputs, rectangle.height, 0);
    switch (launch.kind) {
      case hw::KernelKind::matmul_forward:
      case hw::KernelKind::retain_forward:
        step += static_cast<Cycle>(layer.outputs) * from * ceil_div(wide, lanes);
        break;
      case hw::KernelKind::matmul_delta:
        step += static_cast<Cycle>(layer.inputs) * to * ceil_div(wide, lanes);
        break;
      case hw::KernelKind::matmul_gradient:
        step += static_cast<Cycle>(layer.outputs) * wide * ceil_div(from, lanes);
        break;
      case hw::KernelKind::load_input:
        step += predict_launch(machine, layers, launch, true, rectangle, tokens);
        break;
      default:
        break;
    }
  }
  return step * micro_batches;
}

Cycle step_of(const std::vector<PlannedLaunch>& launches, int micro_batches, Cycle gap) {
  Cycle step = 0;
  for (const PlannedLaunch& launch : launches) step += std::max(launch.predicted, launch.stream) + gap;
  return step * micro_batches;
}

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

/// The best rectangle for `tried`'s other choices, or, if none fits, the one that needs the least SRAM; and the best
/// plan.
void try_rectangles(const Layers& layers, const hw::MachineSpec& machine, const Lines& heights, int tokens,
                    const hw::StreamOrder& order, PlanAlternative& tried, std::optional<Plan>& best) {
  Lines widths{std::min(machine.fabric.user_width, tokens)};
  add_shares(widths, tokens, machine.fabric.user_width);
  const std::vector<hw::Launch> launches = train_launches(static_cast<int>(layers.size()), tried.retain, tried.segment);
  for (int height : heights) {
    for (int width : widths) {
      const hw::Rectangle rectangle{width, height};
      const std::vector<SramItem> sram =
          sram_map(layers, machine, rectangle, tokens, true, tried.retain, tried.segment);
      PlanAlternative now = tried;
      now.rectangle = rectangle;
      now.sram_bytes = total_bytes(sram);
      if (now.sram_bytes > machine.pe.sram_bytes) {
        if (tried.predicted_step == 0 && (tried.sram_bytes == 0 || now.sram_bytes < tried.sram_bytes)) tried = now;
        break;  // narrower rectangles hold more tokens a column
      }
      if (tried.predicted_step > 0 &&
          least_step(layers, machine, launches, rectangle, tokens, tried.micro_batches) >= tried.predicted_step)
        break;  // and narrower ones have more to do
      std::vector<PlannedLaunch> train = planned(layers, machine, launches, true, rectangle, tokens);
      now.predicted_step = step_of(train, tried.micro_batches, launch_gap(machine, rectangle));
      if (tried.predicted_step == 0 || now.predicted_step < tried.predicted_step) tried = now;
      if (best && now.predicted_step >= best->predicted_step) continue;
      best = Plan{rectangle,
                  tokens,
                  tried.micro_batches,
                  tried.retain,
                  tried.segment,
                  order,
                  std::move(train),
                  {},
                  now.predicted_step,
                  sram,
                  {},
                  {},
                  {}};
    }
  }
}

[[noreturn]] void refuse(const Layers& layers, const hw::MachineSpec& machine, int tokens, int segment) {
  const hw::Rectangle whole{machine.fabric.user_width, machine.fabric.user_height};
  const std::vector<SramItem> map = sram_map(layers, machine, whole, tokens, true, false, segment);
  std::string text = fmt::format(
      "the model does not fit machine {}: even with {} token{} on {} x {} PEs a PE needs {} of {} bytes of SRAM:\n",
      machine.name, tokens, tokens == 1 ? "" : "s", whole.width, whole.height, total_bytes(map), machine.pe.sram_bytes);
  const SramItem* largest = &map.front();
  for (const SramItem& item : map) {
    text += fmt::format("  {:<40} {:>8}\n", item.name, item.bytes);
    if (item.bytes > largest->bytes && item.name != map.front().name) largest = &item;
  }
  // The widest network of this shape that fits: all widths scaled together.
  int low = 0, high = 1000;
  while (low + 1 < high) {
    const int middle = (low + high) / 2;
    Layers scaled = layers;
    for (hw::MatrixLayer& layer : scaled) {
      layer.inputs = std::max(1, static_cast<int>(static_cast<std::int64_t>(layer.inputs) * middle / 1000));
      layer.outputs = std::max(1, static_cast<int>(static_cast<std::int64_t>(layer.outputs) * middle / 1000));
    }
    (total_bytes(sram_map(scaled, machine, whole, tokens, true, false, segment)) <= machine.pe.sram_bytes ? low
                                                                                                          : high) =
        middle;
  }
  text += fmt::format("the largest tensor is the {}; all layers at {:.1f} % of their widths would fit", largest->name,
                      low / 10.0);
  throw UsageError(text);
}

}  // namespace

void require_free_of_deadlock(const hw::MachineSpec& machine, const Layers& layers, const Plan& plan) {
  for (const std::vector<PlannedLaunch>* launches : {&plan.train, &plan.eval})
    for (const PlannedLaunch& planned : *launches) {
      const hw::Launch& launch = planned.launch;
      if (!hw::consumes_weights(launch.kind)) continue;
      const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.layer)];
      require_free_of_deadlock(machine, hw::LaunchMap(launch.kind, layer, plan.rectangle, plan.tokens), plan.order,
                               fmt::format("{} of {}", hw::kernel_name(launch.kind), layer.name));
    }
}

Plan make_plan(const Layers& layers, const hw::MachineSpec& machine, int batch, int systems, RetainOutput retain,
               const MicroBatch& micro_batch, int recompute, const hw::StreamOrder& order) {
  if (systems > machine.max_systems || systems < 1)
    throw UsageError(
        fmt::format("num_csx: {} systems; machine {} allows 1 to {}", systems, machine.name, machine.max_systems));
  if (batch % systems != 0)
    throw UsageError(fmt::format("train_input.batch_size: {} samples do not divide among {} systems", batch, systems));
  const int shard = batch / systems, depth = static_cast<int>(layers.size());
  Lines heights{machine.fabric.user_height};
  for (const hw::MatrixLayer& layer : layers) {
    add_shares(heights, layer.inputs, machine.fabric.user_height);
    add_shares(heights, layer.outputs, machine.fabric.user_height);
  }
  Lines segments{std::min(recompute == 0 ? depth : recompute, depth)};
  if (recompute == 0) add_shares(segments, depth, depth);
  std::optional<Plan> best;
  std::vector<PlanAlternative> tried;
  for (int parts : micro_batch_choices(shard, micro_batch)) {
    for (bool keep : {false, true}) {
      if (keep ? retain == RetainOutput::no || depth < 2 : retain == RetainOutput::yes && depth > 1) continue;
      const PlanAlternative choice{{}, parts, keep, depth, 0, 0};
      tried.push_back(choice);
      // To compute less again is faster: the longest segment that fits.
      for (int segment : segments) {
        tried.back().segment = segment;
        try_rectangles(layers, machine, heights, shard / parts, order, tried.back(), best);
        if (tried.back().predicted_step > 0) break;
      }
    }
    // More parts stream all weights again: once a plan fits, the next can only win by a better fit of the tokens.
    if (best && parts >= 2 * best->micro_batches) break;
  }
  if (!best)
    refuse(
        layers, machine,
        micro_batch.kind == MicroBatch::Kind::automatic ? 1 : shard / micro_batch_choices(shard, micro_batch).front(),
        *segments.rbegin());
  best->eval = planned(layers, machine, eval_launches(depth), false, best->rectangle, best->tokens);
  require_free_of_deadlock(machine, layers, *best);
  best->alternatives = std::move(tried);
  best->colors = {"0 weights and samples, eastwards", "1 partial sums of even rows or columns",
                  "2 partial sums of odd rows or columns", "3 returned sums, southwards",
                  "4 deltas, north and south from their owner"};
  std::string slowest;
  Cycle slowest_cycles = 0;
  for (const PlannedLaunch& launch : best->train) {
    const Cycle cycles = std::max(launch.predicted, launch.stream);
    if (cycles <= slowest_cycles) continue;
    slowest_cycles = cycles;
    slowest = fmt::format("{} of {} ({})", hw::kernel_name(launch.launch.kind),
                          layers[static_cast<std::size_t>(launch.launch.layer)].name,
                          launch.stream > launch.predicted ? "its stream over Ethernet" : "on the wafer");
  }
  best->reason = fmt::format(
      "shortest predicted step among {} heights and the widths that change a share; longest launch: {}, {:.0f} % of "
      "the step",
      heights.size(), slowest,
      100.0 * static_cast<double>(slowest_cycles * best->micro_batches) / static_cast<double>(best->predicted_step));
  return *best;
}

std::string plan_text(const Plan& plan, const Layers& layers, const hw::MachineSpec& machine) {
  std::string text =
      fmt::format("plan on {}: {} x {} PEs of {} x {} (features over rows, tokens over columns)\n", machine.name,
                  plan.rectangle.width, plan.rectangle.height, machine.fabric.user_width, machine.fabric.user_height);
  text +=
      fmt::format("tokens on the wafer {} ({} micro-batch{}), at most {} per column; 1 lane\n", plan.tokens,
                  plan.micro_batches, plan.micro_batches == 1 ? "" : "es", ceil_div(plan.tokens, plan.rectangle.width));
  text += fmt::format("weight streams {}, free of deadlock\n", order_text(plan.order));
  text += fmt::format("output layer's weights {}\n",
                      plan.retain ? "retained for its delta" : "streamed again for its delta");
  text += plan.segment < static_cast<int>(layers.size())
              ? fmt::format("activations: the input of every {} layers kept, the others computed again\n", plan.segment)
              : std::string("activations all kept\n");
  text += fmt::format("\n{:<22} {:<10} {:>14} {:>18}\n", "launch", "layer", "wafer cycles", "Ethernet cycles");
  for (const PlannedLaunch& launch : plan.train)
    text += fmt::format("{:<22} {:<10} {:>14} {:>18}\n", hw::kernel_name(launch.launch.kind),
                        layers[static_cast<std::size_t>(launch.launch.layer)].name, launch.predicted, launch.stream);
  text += fmt::format("predicted step: {} cycles = {:.3f} ms at {} MHz\n", plan.predicted_step,
                      1e3 * machine.clock.seconds(plan.predicted_step), machine.clock.mega_hertz);
  text += fmt::format("\nSRAM of the fullest PE: {} of {} bytes\n", total_bytes(plan.sram), machine.pe.sram_bytes);
  for (const SramItem& item : plan.sram) text += fmt::format("  {:<44} {:>8}\n", item.name, item.bytes);
  text += "\ncolors\n";
  for (const std::string& color : plan.colors) text += "  " + color + "\n";
  text += "\ntried: rectangle, micro-batches, output weights, layers a segment, predicted step,\n       SRAM\n";
  for (const PlanAlternative& tried : plan.alternatives)
    text +=
        fmt::format("  {:>4} x {:<4} {:>4} {:<9} {:>4} {:>14} {:>8}\n", tried.rectangle.width, tried.rectangle.height,
                    tried.micro_batches, tried.retain ? "retained" : "streamed", tried.segment,
                    tried.predicted_step ? std::to_string(tried.predicted_step) : "does not fit", tried.sram_bytes);
  text += "why: " + plan.reason + "\n";
  return text;
}

}  // namespace weft::sw
