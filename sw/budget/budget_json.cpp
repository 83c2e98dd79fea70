#include <nlohmann/json.hpp>

#include "sw/budget/budget_page.h"
#include "sw/budget/mapped_step.h"
#include "tlm/base/json_text.h"

namespace weft::sw {

using nlohmann::ordered_json;

namespace {

ordered_json json_of(const StepBudget& way) {
  ordered_json passes = ordered_json::array();
  for (const PassBudget& pass : way.passes)
    passes.push_back({{"name", pass.name},
                      {"flop", pass.flop},
                      {"bytes", pass.bytes},
                      {"direction", pass.inwards ? "in" : "out"},
                      {"compute_seconds", pass.compute_seconds},
                      {"stream_seconds", pass.stream_seconds}});
  return {{"recompute", name_of(way.recompute)},
          {"micro_batches", way.micro_batches},
          {"tokens", way.tokens},
          {"fits", way.fits},
          {"seconds", way.seconds},
          {"compute_seconds", way.compute_seconds},
          {"sram",
           {{"code", way.sram.code},
            {"kept", way.sram.kept},
            {"accumulators", way.sram.accumulators},
            {"backward", way.sram.backward},
            {"loss", way.sram.loss},
            {"total", way.sram.total()}}},
          {"passes", passes}};
}

}  // namespace

std::string budget_json(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options,
                        const Budget& budget) {
  const MachineBudget wafer(machine);
  ordered_json ways = ordered_json::array();
  for (const StepBudget& way : budget.ways) ways.push_back(json_of(way));
  ordered_json json{{"schema", "weft-budget-1"},
                    {"model", model.name},
                    {"machine", machine.name},
                    {"systems", options.systems},
                    {"batch", options.batch},
                    {"weights", model.weights()},
                    {"parameters", model.parameters()},
                    {"tokens", budget.tokens},
                    {"pes", wafer.pes},
                    {"peak_flops", wafer.flops},
                    {"link_bytes_per_second", wafer.stream},
                    {"sram_bytes", wafer.sram},
                    {"best", budget.best},
                    {"ways", ways}};
  if (budget.best >= 0) {
    const StepBudget& best = budget.ways[static_cast<std::size_t>(budget.best)];
    ordered_json left_out = ordered_json::object();
    for (const Omission& omission : omissions(model, machine, best, budget.tokens))
      left_out[omission.name] = omission.seconds;
    json["left_out_seconds"] = left_out;
    const MappedStep mapped = mapped_step(model, machine, best);
    json["mapped"] = {{"seconds", mapped.seconds}, {"gap_seconds", mapped.gaps}, {"launches", mapped.launches}};
  }
  if (const MeasuredStep* measured = measured_step(model, machine, options))
    json["measured"] = {{"seconds", measured->seconds}, {"source", measured->source}};
  json["conclusions"] = conclusions(model, machine, options, budget);
  return json_text(json, 2) + "\n";
}

}  // namespace weft::sw
