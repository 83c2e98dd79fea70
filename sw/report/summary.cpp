// The text summary of a run.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "sw/report/run_report.h"
#include "sw/report/simulated_share.h"
#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

/// All launches of one kernel on one layer in the stage, in the order of the first.
struct Group {
  std::string kernel;
  int layer = 0;
  std::int64_t count = 0;
  Cycle cycles = 0, predicted = 0;
  std::int64_t macs = 0, compute = 0, waits = 0;
  std::map<std::string, std::int64_t> bound_by;  ///< launches
};

std::vector<Group> groups_of(const RunReport& report, const std::set<int>& stages) {
  std::vector<Group> groups;
  std::map<int, std::size_t> place;
  for (const proto::LaunchRecord& launch : report.launches) {
    if (stages.count(launch.stage) == 0) continue;
    const auto [found, added] = place.try_emplace(launch.launch, groups.size());
    if (added) groups.push_back({launch.kernel, launch.layer, 0, 0, 0, 0, 0, 0, {}});
    Group& group = groups[found->second];
    ++group.count;
    group.cycles += launch.end - launch.start;
    group.predicted += launch.predicted;
    group.macs += launch.macs;
    group.compute += launch.classes[static_cast<std::size_t>(proto::TimeClass::compute)];
    ++group.bound_by[launch.bound_by];
  }
  return groups;
}

std::string most_frequent(const std::map<std::string, std::int64_t>& counts) {
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

std::string stage_table(const RunReport& report, const std::set<int>& stages, bool train) {
  const std::string which =
      stages.size() == 1 ? fmt::format("stage {}", *stages.begin()) : fmt::format("{} stages", stages.size());
  std::string text = fmt::format("\n{} ({}), mean per launch, system 0\n", which, train ? "train" : "eval");
  text += fmt::format("{:<20} {:<8} {:>10} {:>10} {:>7} {:>6} {:<8}\n", "kernel", "layer", "cycles", "predicted",
                      "dev %", "PE %", "bound by");
  for (const Group& group : groups_of(report, stages)) {
    const double deviation = group.predicted ? 100.0 * static_cast<double>(group.cycles - group.predicted) /
                                                   static_cast<double>(group.predicted)
                                             : 0;
    const double busy = group.cycles ? 100.0 * static_cast<double>(group.compute) /
                                           (static_cast<double>(report.pes) * static_cast<double>(group.cycles))
                                     : 0;
    text += fmt::format("{:<20} {:<8} {:>10} {:>10} {:>7.2f} {:>6.1f} {:<8}\n", group.kernel,
                        report.layers[static_cast<std::size_t>(group.layer)], group.cycles / group.count,
                        group.predicted / group.count, deviation, busy, most_frequent(group.bound_by));
  }
  return text +
         wrapped("", 0,
                 "predicted: the plan's closed form with every word at the edge in time; a launch that waits for "
                 "its words takes longer.");
}

/// Mean of the training steps but the first, which starts with empty buffers; of that one if it is the only one.
double mean_of(const std::vector<StepRecord>& steps, Cycle (*value)(const StepRecord&)) {
  double first = 0, sum = 0;
  std::int64_t count = 0;
  for (const StepRecord& step : steps) {
    if (!step.train) continue;
    (count++ == 0 ? first : sum) += static_cast<double>(value(step));
  }
  return count > 1 ? sum / static_cast<double>(count - 1) : first;
}

std::string step_text(const RunReport& report) {
  const StepRecord* first = nullptr;
  std::int64_t count = 0;
  for (const StepRecord& step : report.steps) {
    if (!step.train) continue;
    if (count++ == 0) first = &step;
  }
  if (!first) return "";
  std::string text = fmt::format("training step        {:.0f} cycles (closed form {}), {:.0f} idle at its turn\n",
                                 mean_of(report.steps, [](const StepRecord& step) { return step.end - step.start; }),
                                 report.plan.value("predicted_step", Cycle{0}),
                                 mean_of(report.steps, [](const StepRecord& s) { return s.bubble; }));
  if (count > 1)
    text += fmt::format("the first, not in it {} cycles, {} before it\n", first->end - first->start, first->start);
  return text;
}

/// The training step whose loss is the first that is no number; null if all are.
const StepRecord* diverged(const RunReport& report) {
  if (report.timing_only) return nullptr;
  const auto found = std::find_if(report.steps.begin(), report.steps.end(),
                                  [](const StepRecord& step) { return step.train && !std::isfinite(step.loss); });
  return found == report.steps.end() ? nullptr : &*found;
}

}  // namespace

std::string summary_text(const RunReport& report) {
  std::int64_t correct = 0, eval_samples = 0;
  double eval_loss = 0;
  const StepRecord* last = nullptr;
  int last_evaluation = 0;  // stage
  for (const StepRecord& step : report.steps)
    if (!step.train) last_evaluation = step.stage;
  for (const StepRecord& step : report.steps) {
    if (step.train) {
      last = &step;
      continue;
    }
    if (step.stage != last_evaluation) continue;
    eval_samples += step.samples;
    correct += step.correct;
    eval_loss += step.loss * static_cast<double>(step.samples);
  }
  std::string text = fmt::format("{} on {}, {} system{}, batch {}, {} micro-batch{}\n", report.model, report.machine,
                                 report.systems, report.systems == 1 ? "" : "s", report.batch, report.micro_batches,
                                 report.micro_batches == 1 ? "" : "es");
  const bool timed_only = report.timing_only;
  if (timed_only) text += "timed only, no values\n";
  if (last && !timed_only)
    text += fmt::format("last training loss   {:.5f} (step {})\n", last->loss, last->global_step);
  if (const StepRecord* step = diverged(report))
    text += fmt::format("the training diverged: its loss is no number from step {} on\n", step->global_step);
  if (eval_samples && !timed_only)
    text += fmt::format("evaluation           loss {:.5f}, {} of {} correct ({:.2f} %)\n",
                        eval_loss / static_cast<double>(eval_samples), correct, eval_samples,
                        100.0 * static_cast<double>(correct) / static_cast<double>(eval_samples));
  text += fmt::format("simulated            {} cycles = {:.6f} s at {} MHz, {:.0f} samples/s\n", report.cycles,
                      report.seconds(), report.clock_mhz, report.samples_per_second());
  text += step_text(report);
  if (report.clips) text += clip_text(*report.clips);
  if (report.plan.contains("sram_bytes"))
    text += fmt::format("SRAM, fullest PE     {} of {} bytes, by the plan\n", report.plan["sram_bytes"].get<Bytes>(),
                        report.configuration.at("machine").at("pe.sram_bytes").at("value").get<Bytes>());
  if (report.plan.contains("layers"))
    for (const auto& layer : report.plan["layers"])
      if (layer.contains("density"))
        text += fmt::format("{:<20} {:.2f} % of the weights kept\n", "sparse " + layer["name"].get<std::string>(),
                            100 * layer["density"].get<double>());
  std::map<bool, std::set<int>> stages;  // evaluations like the trainings between them are one table
  for (const StepRecord& step : report.steps) stages[!step.train].insert(step.stage);
  for (const auto& [evaluation, of] : stages) text += stage_table(report, of, !evaluation);

  text += "\nPE-cycles of system 0\n";
  const double all = static_cast<double>(report.pes) * static_cast<double>(report.cycles);
  for (std::size_t which = 0; which < report.classes.size(); ++which)
    text += fmt::format("  {:<18} {:>20} {:>6.2f} %\n", proto::time_class_names[which], report.classes[which],
                        100.0 * static_cast<double>(report.classes[which]) / all);
  struct LinkSum {
    int links = 0;
    Bytes bytes = 0;
    Picosecond busy = 0;
  };
  std::map<std::string, LinkSum> sums;
  for (const proto::LinkRecord& link : report.links) {
    LinkSum& sum = sums[link.link_class];
    ++sum.links;
    sum.bytes += link.bytes;
    sum.busy = std::max(sum.busy, link.busy);
  }
  text += fmt::format("\n{:<28} {:>6} {:>16} {:>14}\n", "links, to their end", "count", "bytes", "busiest busy %");
  for (const auto& [name, sum] : sums)
    text += fmt::format("{:<28} {:>6} {:>16} {:>14.2f}\n", name, sum.links, sum.bytes,
                        100.0 * static_cast<double>(sum.busy) / static_cast<double>(report.end_ps()));
  if (report.programs) {
    const proto::ProgramTotals& programs = *report.programs;
    text += fmt::format(
        "\nPE programs: {} launches, {} sums equal bit by bit; {} cycles, recurrences {}\n"
        "             worst launch {} cycles or {:.3f} % apart; {} cycles of RTL tiles\n",
        programs.launches, programs.sums, programs.program_cycles, programs.recurrence_cycles, programs.worst_deviation,
        programs.worst_percent, programs.clocked_cycles);
  }
  for (const std::string& line : provenance_lines(report.host.provenance)) text += "\n" + line;
  if (report.host.ended != "completed") text += wrapped("\n", 0, report.host.ended);
  text += fmt::format("\nsimulated in {:.2f} s, {:.3g} cycles/s, on {} thread{}, {:.0f} MiB, fast-forward {}\n",
                      report.host.wall_seconds, static_cast<double>(report.cycles) / report.host.wall_seconds,
                      report.host.threads, report.host.threads == 1 ? "" : "s", report.host.peak_memory_mib,
                      report.host.fast_forward ? "on" : "off");
  if (report.host.systems < report.systems)
    text += fmt::format("{} of {} systems simulated; the others are its copies\n", report.host.systems, report.systems);
  text +=
      fmt::format("{:<15} {:<13} {:>8} {:>12}  of these simulated\n", "kernel", "layers", "launches", "rounds x PEs");
  for (const SimulatedShare& share : simulated_shares(report.launches)) {
    std::string layers = report.layers[static_cast<std::size_t>(share.layers.front())];
    if (share.layers.size() > 1) layers += fmt::format(" and {}", share.layers.size() - 1);
    text +=
        fmt::format("{:<15} {:<13} {:>8} {:>12} {:>6.2f} % {}\n", share.kernel, layers, share.launches, share.pe_rounds,
                    100.0 * static_cast<double>(share.pe_rounds_simulated) / static_cast<double>(share.pe_rounds),
                    share.simulated.substr(0, share.simulated.find(':')));
  }
  return text;
}

}  // namespace weft::sw
