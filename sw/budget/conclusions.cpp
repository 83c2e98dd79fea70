// Sentences that are true for the numbers at hand: each is chosen by a comparison, none is a fixed text.
#include <fmt/format.h>

#include <algorithm>

#include "sw/budget/budget_page.h"
#include "sw/budget/mapped_step.h"
#include "sw/budget/page_lines.h"

namespace weft::sw {

namespace {

double number(std::int64_t value) { return static_cast<double>(value); }

std::string memory_sentence(const Transformer& model, const MachineBudget& wafer, const BudgetOptions& options,
                            const Budget& budget) {
  const double unit = number(budget.tokens) * model.hidden * model.layers * options.activation_bytes;
  const double room = number(wafer.sram - wafer.code);
  const std::string numbers =
      fmt::format("{} of SRAM beside the code; the batch's activations are {}, the layers' inputs alone {}",
                  bytes_text(room), bytes_text(16 * unit), bytes_text(unit));
  if (unit > room)
    return "SRAM forbids the whole batch at once, even if all but the layers' inputs is recomputed: " + numbers +
           ". Micro-batches are needed, and each streams all weights again.";
  if (16 * unit > room)
    return "SRAM forbids keeping the whole batch's activations: " + numbers +
           ". Either something is recomputed or weights are streamed again.";
  return "The whole batch's activations fit: " + numbers + ".";
}

std::string binding_sentence(const StepBudget& way) {
  double links = 0;
  std::string names;
  for (const PassBudget& pass : way.passes)
    if (pass.stream_binds()) {
      links += pass.seconds();
      names += (names.empty() ? "" : ", ") + pass.name;
    }
  const std::string begin = fmt::format("The shortest that fits: recompute {}, {} micro-batch(es), {}. ",
                                        name_of(way.recompute), way.micro_batches, seconds_text(way.seconds));
  if (names.empty()) return begin + "Compute binds in every pass.";
  return begin + fmt::format("{} binds: the links limit {} ({:.0f} % of the step).",
                             links > way.seconds / 2 ? "The stream" : "Compute", names, 100 * links / way.seconds);
}

std::string others_sentence(const Budget& budget, const StepBudget& best) {
  std::string text;
  for (const StepBudget& way : budget.ways) {
    if (&way == &best) continue;
    text += text.empty() ? "Otherwise: " : "; ";
    text += way.fits ? fmt::format("recompute {} needs {} micro-batches and {}", name_of(way.recompute),
                                   way.micro_batches, seconds_text(way.seconds))
                     : fmt::format("recompute {} has no room", name_of(way.recompute));
  }
  return text.empty() ? text : text + ".";
}

std::string measured_sentence(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options,
                              const Budget& budget, const StepBudget& best, const MeasuredStep& measured) {
  const double attention = attention_flop(model, budget.tokens, best.recompute) / MachineBudget(machine).flops;
  const double with = best.compute_seconds + attention;
  const double least = step_budget(model, machine, options, Recompute::none, 1).compute_seconds;
  std::string text = fmt::format(
      "Measured {}. This way computes for {} at {} MHz and {} multiply-adds a cycle{}, {} with attention: "
      "{:.0f} % of the measured time. Nothing recomputed would be {} ({:.0f} %). ",
      seconds_text(measured.seconds), seconds_text(best.compute_seconds), machine.clock.mega_hertz,
      machine.pe.lanes.fmac_mixed, best.half_sums ? fmt::format(", of 16-bit sums {}", machine.pe.lanes.fmac_fp16) : "",
      seconds_text(with), 100 * with / measured.seconds, seconds_text(least), 100 * least / measured.seconds);
  if (best.seconds > measured.seconds)
    text += fmt::format(
        "Its bound with the links, {}, is above the measured time: the real machine holds more tokens at a "
        "time than this SRAM allows, or sends less. ",
        seconds_text(best.seconds));
  if (with >= 0.95 * measured.seconds)
    text +=
        "There is no room for any loss, so the real machine recomputes less, accumulates partly at a higher rate, "
        "or runs a faster clock; the bound cannot tell which.";
  else
    text += fmt::format("The rest, {}, is what losses of the mapping and what is left out may take.",
                        seconds_text(measured.seconds - with));
  return text;
}

std::string next_sentence(const Transformer& model, const hw::MachineSpec& machine, const Budget& budget,
                          const StepBudget& best) {
  const MappedStep mapped = mapped_step(model, machine, best);
  struct Need {
    double seconds;
    std::string text;
  };
  std::vector<Need> needs;
  needs.push_back({mapped.seconds - best.compute_seconds,
                   "a mapping that comes nearer to the compute bound (longer vectors, a cheaper column sum)"});
  for (const Omission& omission : omissions(model, machine, best, budget.tokens))
    if (omission.seconds >= 0.002 * best.seconds) needs.push_back({omission.seconds, omission.name});
  std::stable_sort(needs.begin(), needs.end(), [](const Need& a, const Need& b) { return a.seconds > b.seconds; });
  std::string text;
  for (const Need& need : needs)
    if (need.seconds > 0)
      text += fmt::format("{}{} ({})", text.empty() ? "" : "; ", need.text, seconds_text(need.seconds));
  return "What Weft lacks for this model, by what it is worth a step: " + text + ".";
}

}  // namespace

std::vector<std::string> conclusions(const Transformer& model, const hw::MachineSpec& machine,
                                     const BudgetOptions& options, const Budget& budget) {
  const MachineBudget wafer(machine);
  std::vector<std::string> list{memory_sentence(model, wafer, options, budget)};
  if (budget.best < 0) {
    list.push_back(fmt::format("Nothing that was tried fits {} of SRAM.", bytes_text(number(wafer.sram))));
    return list;
  }
  const StepBudget& best = budget.ways[static_cast<std::size_t>(budget.best)];
  list.push_back(binding_sentence(best));
  if (const std::string others = others_sentence(budget, best); !others.empty()) list.push_back(others);
  if (const MeasuredStep* measured = measured_step(model, machine, options))
    list.push_back(measured_sentence(model, machine, options, budget, best, *measured));
  list.push_back(next_sentence(model, machine, budget, best));
  return list;
}

}  // namespace weft::sw
