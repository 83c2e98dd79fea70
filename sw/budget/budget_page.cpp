#include "sw/budget/budget_page.h"

#include <fmt/format.h>

#include "sw/budget/mapped_step.h"
#include "sw/budget/page_lines.h"
#include "sw/compiler/plan_text.h"

namespace weft::sw {

namespace {

double real(std::int64_t value) { return static_cast<double>(value); }

void print_model(PageLines& page, const Transformer& model, const BudgetOptions& options, const Budget& budget) {
  page.heading(fmt::format("Model: L = {} layers, h = {}, {} heads, V = {}, S = {} tokens a sequence", model.layers,
                           model.hidden, model.heads, model.vocabulary, model.sequence));
  page.line("weights P", fmt::format("{:.4g}", real(model.weights())), "12 L h h + V h: what every token meets");
  page.line("parameters", fmt::format("{:.4g}", real(model.parameters())), "P + 13 L h + S h + 2 h");
  page.line("tokens a step", fmt::format("{}", budget.tokens),
            fmt::format("B S / systems = {} x {} / {}", options.batch, model.sequence, options.systems));
}

void print_machine(PageLines& page, const hw::MachineSpec& machine, const BudgetOptions& options) {
  const MachineBudget wafer(machine);
  page.heading(fmt::format("Machine: {}, each system", machine.description));
  page.line("PEs", fmt::format("{}", wafer.pes),
            fmt::format("user rectangle {} x {}", machine.fabric.user_width, machine.fabric.user_height));
  page.line("peak flop/s", fmt::format("{:.3g}", wafer.flops),
            fmt::format("2 x {} multiply-adds x {} MHz x PEs", machine.pe.lanes.fmac_mixed, machine.clock.mega_hertz));
  if (options.precision_opt_level > 0)
    page.line("  of sums in 16 bits", fmt::format("{:.3g}", wafer.half_flops),
              fmt::format("2 x {}: forward, and deltas but the output layer's", machine.pe.lanes.fmac_fp16));
  page.line("links, each direction", bytes_text(wafer.stream) + "/s",
            fmt::format("{} x {} Gb/s / 8", machine.io.ethernet_links, machine.io.ethernet_gbps));
  page.line("SRAM", bytes_text(real(wafer.sram)), fmt::format("PEs x {} B", machine.pe.sram_bytes));
  page.line("  of it code", bytes_text(real(wafer.code)), fmt::format("PEs x {} B", machine.pe.code_bytes));
  page.line("tokens that hide weights", fmt::format("{:.0f}", wafer.flops / wafer.stream),
            fmt::format("peak / links: 2 flop a token cover 2 B (fp16); gradients ({} B) need {}",
                        options.gradient_bytes, options.gradient_bytes == 2 ? "as many" : "twice as many"));
}

void print_memory(PageLines& page, const Transformer& model, const BudgetOptions& options, const Budget& budget) {
  page.heading("SRAM for the whole batch at once: what must be recomputed or sent again");
  for (const Recompute recompute : kRecomputes) {
    const double kept = real(budget.tokens) * model.hidden * model.layers * kept_widths(recompute);
    page.line(fmt::format("recompute {}", name_of(recompute)), bytes_text(kept * options.activation_bytes),
              fmt::format("{} h L B S x {} B", kept_widths(recompute), options.activation_bytes));
  }
}

void print_ways(PageLines& page, const hw::MachineSpec& machine, const BudgetOptions& options, const Budget& budget) {
  page.heading("The best of each kind; bound: of each pass the longer, summed");
  page.row("  recompute    micro-batches    tokens       SRAM   compute     links     bound");
  for (const StepBudget& way : budget.ways) {
    double links = 0;
    for (const PassBudget& pass : way.passes) links += pass.stream_seconds;
    page.row(fmt::format("  {:<12} {:>13} {:>9} {:>10} {:>9} {:>9} {:>9}", name_of(way.recompute), way.micro_batches,
                         way.tokens, bytes_text(real(way.sram.total())), seconds_text(way.compute_seconds),
                         seconds_text(links), way.fits ? seconds_text(way.seconds) : "no room"));
  }
  page.row(fmt::format("  SRAM there is {}. Each micro-batch: weights 2 B in, gradients {} B out.",
                       bytes_text(real(MachineBudget(machine).sram)), options.gradient_bytes));
}

void print_way(PageLines& page, const Transformer& model, const BudgetOptions& options, const StepBudget& way,
               int rows) {
  page.heading(fmt::format("Pass by pass: recompute {}, M = {} micro-batches of T = {} tokens", name_of(way.recompute),
                           way.micro_batches, way.tokens));
  page.row("  pass              flop   compute  stream           links     takes   binds");
  for (const PassBudget& pass : way.passes)
    page.row(fmt::format("  {:<13} {:>8.3g} {:>9}  {:>8} {:<3} {:>9} {:>9}   {}", pass.name, pass.flop,
                         seconds_text(pass.compute_seconds), bytes_text(pass.bytes), pass.inwards ? "in" : "out",
                         seconds_text(pass.stream_seconds), seconds_text(pass.seconds()),
                         pass.stream_binds() ? "links" : "compute"));
  page.row(fmt::format("  flop = 2 P B S (again: 2 x 12 L h h B S); stream = M P x 2 B in, x {} B out.",
                       options.gradient_bytes));
  const SramBudget& sram = way.sram;
  page.line("SRAM: code", bytes_text(real(sram.code)), "as above");
  page.line("  kept", bytes_text(real(sram.kept)),
            fmt::format("{} h L T x {} B", kept_widths(way.recompute), options.activation_bytes));
  page.line("  accumulators", bytes_text(real(sram.accumulators)), fmt::format("4 B x T x {} rows", rows));
  page.line("  backward, one layer", bytes_text(real(sram.backward)),
            fmt::format("{} h T x {} B: deltas 5 h{}", way.recompute == Recompute::layer ? 14 : 5,
                        options.activation_bytes, way.recompute == Recompute::layer ? ", recomputed 9 h" : ""));
  page.line("  or loss", bytes_text(real(sram.loss)), fmt::format("4 B x V x T, V = {}", model.vocabulary));
}

void print_measured(PageLines& page, const Transformer& model, const hw::MachineSpec& machine, const Budget& budget,
                    const BudgetOptions& options, const MeasuredStep& measured) {
  page.heading(fmt::format("Against the measured step, {} ({})", seconds_text(measured.seconds), measured.source));
  page.row("  multiply-adds that a PE must do each cycle, with no loss anywhere else");
  page.row("  recompute           clock  matrices  + attention   the machine file has");
  for (const Recompute recompute : {Recompute::none, Recompute::layer})
    for (const auto& [name, clock] : machine.clock_profiles) {
      const StepBudget way = step_budget(model, machine, options, recompute, 1);
      const double per_cycle = 2.0 * real(MachineBudget(machine).pes) * real(clock.mega_hertz) * 1e6 * measured.seconds;
      const double attention = attention_flop(model, budget.tokens, recompute);
      page.row(fmt::format("  {:<12} {:>8} MHz {:>9.2f} {:>12.2f} {:>22}", name_of(recompute), clock.mega_hertz,
                           way.flop / per_cycle, (way.flop + attention) / per_cycle, machine.pe.lanes.fmac_mixed));
    }
}

void print_omissions(PageLines& page, const Transformer& model, const hw::MachineSpec& machine, const Budget& budget,
                     const StepBudget& way) {
  page.heading("Left out of the bound; work on all PEs, nothing hidden behind anything");
  for (const Omission& omission : omissions(model, machine, way, budget.tokens))
    page.line(omission.name, seconds_text(omission.seconds), omission.formula);
  const MappedStep mapped = mapped_step(model, machine, way);
  page.heading(fmt::format("Matrix kernels as Weft would map them: {} (closed forms)", pes_text(mapped.mapping)));
  page.line("matrix launches", seconds_text(mapped.seconds),
            fmt::format("{} launches; the compute bound is {:.0f} % of it", mapped.launches,
                        100 * way.compute_seconds / mapped.seconds));
  page.line("  of it between launches", seconds_text(mapped.gaps), "one sweep of the rectangle each");
}

}  // namespace

const MeasuredStep* measured_step(const Transformer& model, const hw::MachineSpec& machine,
                                  const BudgetOptions& options) {
  for (const MeasuredStep& step : model.measured)
    if (step.machine == machine.name && step.batch == options.batch && options.systems == 1) return &step;
  return nullptr;
}

std::string budget_page(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options,
                        const Budget& budget) {
  PageLines page;
  page.paragraph("", fmt::format("{} on {} x {}: a step of B = {} sequences, by arithmetic", model.title,
                                 options.systems, machine.name, options.batch));
  print_model(page, model, options, budget);
  print_machine(page, machine, options);
  print_memory(page, model, options, budget);
  print_ways(page, machine, options, budget);
  if (budget.best >= 0) {
    const StepBudget& way = budget.ways[static_cast<std::size_t>(budget.best)];
    print_way(page, model, options, way, machine.fabric.user_height);
    print_omissions(page, model, machine, budget, way);
  }
  if (const MeasuredStep* measured = measured_step(model, machine, options))
    print_measured(page, model, machine, budget, options, *measured);
  page.heading("What follows");
  int number = 0;
  for (const std::string& text : conclusions(model, machine, options, budget))
    page.paragraph(fmt::format("  {}. ", ++number), text);
  return page.text();
}

}  // namespace weft::sw
