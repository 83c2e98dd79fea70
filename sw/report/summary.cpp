// The text summary of a run.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "hw/spec/kernel_table.h"
#include "sw/report/evaluation.h"
#include "sw/report/roofline.h"
#include "sw/report/run_report.h"
#include "sw/report/simulated_share.h"
#include "sw/report/steady_state.h"
#include "sw/report/step_path.h"
#include "sw/report/step_words.h"
#include "sw/report/verdict.h"
#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

/// Launches of one kernel on layers that do the same.
struct Group {
  std::string kernel, pass;
  std::vector<int> layers;  ///< without repetition, in the order of launching
  int launch = 0;           ///< of the first layer
  std::int64_t count = 0;
  Cycle cycles = 0, predicted = 0, wait = 0;
  std::int64_t compute = 0;
  std::map<proto::Limiter, Cycle> limiters;

  double mean() const { return static_cast<double>(cycles) / static_cast<double>(count); }
};

void add(Group& group, const Group& other) {
  for (const int layer : other.layers)
    if (std::find(group.layers.begin(), group.layers.end(), layer) == group.layers.end()) group.layers.push_back(layer);
  group.count += other.count;
  group.cycles += other.cycles;
  group.predicted += other.predicted;
  group.wait += other.wait;
  group.compute += other.compute;
  for (const auto& [limiter, cycles] : other.limiters) group.limiters[limiter] += cycles;
}

/// Whether they are shown as one: equal predictions, means within 1 %.
bool alike(const Group& a, const Group& b) {
  return a.kernel == b.kernel && a.pass == b.pass && a.predicted * b.count == b.predicted * a.count &&
         std::fabs(a.mean() - b.mean()) <= 0.01 * a.mean();
}

/// Steps, by stage and number within it.
using Steps = std::set<std::pair<int, std::int64_t>>;

/// Many layers of one shape are one line.
std::vector<Group> groups_of(const RunReport& report, const Steps& counts) {
  std::vector<Group> groups;
  std::map<int, std::size_t> place;
  const PathReader limiters(report);
  for (const proto::CausedLaunch& launch : report.launches) {
    if (counts.count({launch.stage, launch.step}) == 0) continue;
    const auto [found, added] = place.try_emplace(launch.launch, groups.size());
    if (added) groups.push_back({launch.kernel, launch.pass, {}, launch.launch, 0, 0, 0, 0, 0, {}});
    Group one{launch.kernel,
              launch.pass,
              {launch.layer},
              launch.launch,
              1,
              launch.end - launch.start,
              launch.predicted,
              launch.wait,
              launch.classes[static_cast<std::size_t>(proto::TimeClass::compute)],
              {{limiters.limiter(launch), launch.end - launch.start}}};
    add(groups[found->second], one);
  }
  constexpr std::size_t most_lines = 48;  // about twelve layers
  if (groups.size() <= most_lines) return groups;
  std::vector<Group> shown;
  for (const Group& group : groups) {
    const auto same = std::find_if(shown.begin(), shown.end(), [&](const Group& one) { return alike(one, group); });
    if (same == shown.end())
      shown.push_back(group);
    else
      add(*same, group);
  }
  return shown;
}

std::string layers_text(const RunReport& report, const std::vector<int>& layers) {
  const std::string first = report.layers[static_cast<std::size_t>(layers.front())];
  return layers.size() == 1 ? first : fmt::format("{} +{}", first, layers.size() - 1);
}

std::string stage_table(const RunReport& report, const std::set<int>& stages, bool train, const SteadyState& steady) {
  Steps counts;
  for (const StepRecord& step : report.steps)
    if (stages.count(step.stage) > 0 && (step.train != steady.train || steady.counts(step)))
      counts.emplace(step.stage, step.step);
  const std::vector<Group> groups = groups_of(report, counts);
  if (groups.empty()) return "";
  const bool without_first = train == steady.train && !steady.extrapolated;
  const std::string which =
      stages.size() == 1 ? fmt::format("stage {}", *stages.begin()) : fmt::format("{} stages", stages.size());
  std::string text = fmt::format("\n{} ({}), mean per launch, system 0{}\n", which, train ? "train" : "eval",
                                 without_first ? ", without the first step" : "");
  text += fmt::format("{:<19} {:<9} {:>10} {:>11} {:>6} {:>5} {:<}\n", "kernel", "layer", "cycles", "predicted",
                      "dev %", "PE %", "limiter");
  for (const Group& group : groups) {
    const double busy = 100.0 * static_cast<double>(group.compute) /
                        (static_cast<double>(report.pes) * static_cast<double>(group.cycles));
    // What waited for its words does not compare with a closed form that has them in time; nor what has none.
    const bool compares = group.wait == 0 && group.predicted > 0 && !hw::loads_samples(group.kernel);
    const std::string deviation =
        compares         ? fmt::format("{:.2f}", 100.0 * static_cast<double>(group.cycles - group.predicted) /
                                                     static_cast<double>(group.predicted))
        : group.wait > 0 ? "waits"
                         : "-";
    const auto most = std::max_element(group.limiters.begin(), group.limiters.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    text += fmt::format(
        "{:<19} {:<9} {:>10.0f} {:>11} {:>6} {:>5.1f} {}\n", shortened(launch_words(group.kernel, group.pass), 19, "~"),
        shortened(layers_text(report, group.layers), 9, "~"), group.mean(), group.predicted / group.count, deviation,
        busy, std::string(proto::key_of(most->first)).substr(0, 14));
  }
  return text +
         wrapped("", 0,
                 "predicted: the plan's closed form with every word at the edge in time. A launch that waits for words "
                 "takes longer, and one whose samples came before it shorter; these two are not compared with it.");
}

std::string works_text(const RunReport& report, const SteadyState& steady) {
  if (report.works.all.empty() || !steady.train) return "";
  std::string text =
      fmt::format("\n{:<46} {:>14} {:>14}\n", "works all through a step, cycles", "predicted", "measured");
  for (const StepWorkload& work : report.works.all)
    text += fmt::format("  {:<44} {:>14} {:>14}\n", shortened(work.what, 44, "~"), work.predicted, work.measured);
  return text + fmt::format("  {:<44} {:>14} {:>14.0f}\n",
                            steady.extrapolated ? "the step, extrapolated" : "the step, all waiting for each other",
                            report.works.walk, steady.step_cycles);
}

std::string roofline_text(const RunReport& report) {
  const std::vector<RooflineRow> rows = roofline(report);
  if (rows.empty()) return "";
  std::string text = fmt::format("\n{:<19} {:<12} {:>13} {:<11} {:>13} {:>7}\n", "roofline", "layer", "cycles", "roof",
                                 "of the roof", "share");
  std::vector<std::pair<RooflineRow, int>> shown;
  for (const RooflineRow& row : rows) {
    const auto same = std::find_if(shown.begin(), shown.end(), [&](const auto& one) {
      return rows.size() > 36 && one.first.kernel == row.kernel && one.first.pass == row.pass &&
             one.first.macs == row.macs && one.first.roof == row.roof &&
             std::fabs(one.first.share() - row.share()) <= 0.01;
    });
    if (same == shown.end())
      shown.emplace_back(row, 1);
    else
      ++same->second;
  }
  for (const auto& [row, count] : shown) {
    std::string layer = report.layers[static_cast<std::size_t>(row.layer)];
    if (count > 1) layer += fmt::format(" +{}", count - 1);
    const double percent = 100 * row.share();
    text += fmt::format("{:<19} {:<12} {:>13.0f} {:<11} {:>13.0f} {:>5} %\n",
                        shortened(launch_words(row.kernel, row.pass), 19, "~"), shortened(layer, 12, "~"), row.cycles,
                        row.roof, row.roof_cycles, percent < 999.5 ? fmt::format("{:.1f}", percent) : ">999");
  }
  if (std::any_of(rows.begin(), rows.end(), [](const RooflineRow& row) { return row.share() > 1; }))
    text += "above 100 %: words of a launch go on after its end, beside later ones\n";
  return text;
}

std::string steady_text(const RunReport& report, const SteadyState& steady) {
  const StepRecord* first = nullptr;
  StepIdle idle;
  for (const StepRecord& step : report.steps) {
    if (step.train == steady.train && !first) first = &step;
    if (!steady.counts(step)) continue;
    idle.samples += step.idle.samples;
    idle.weights += step.idle.weights;
    idle.update += step.idle.update;
    idle.between += step.idle.between;
  }
  const char* what = steady.train ? "step" : "batch";
  std::string text = wrapped("", 0, verdict_of(report, steady).text);
  if (steady.extrapolated) {
    text += wrapped(fmt::format("the only {:<12}", what), 21,
                    fmt::format("{} cycles, {} before its first launch; it began with everything empty, and the steady "
                                "values below are extrapolated from it",
                                first->period, first->start.since()));
  } else {
    text += wrapped(fmt::format("steady {:<14}", what), 21,
                    fmt::format("{:.0f} cycles (predicted {}), the mean of {} from {} on", steady.step_cycles,
                                steady.train ? fmt::format("{}", report.plan.value("predicted_step", Cycle{0})) : "-",
                                steady.steps, steady.first));
    text += fmt::format("the first, not in it {} cycles, {} before its first launch\n", first->period,
                        first->start.since());
  }
  const double samples = steady.samples_per_second(report);
  text += report.batch.of_sequences()
              ? fmt::format("rate                 {:.0f} samples/s; a sample is {} tokens: {:.0f} tokens/s\n", samples,
                            report.batch.sample_tokens, samples * report.batch.sample_tokens)
              : fmt::format("rate                 {:.0f} samples/s; a sample is one token\n", samples);
  text += fmt::format("arithmetic           {:.3g} Tflop/s; MFU {:.1f} %, HFU {:.1f} %; PEs compute {:.1f} %\n",
                      1e-12 * steady.flop_per_second(report), 100 * steady.mfu(report), 100 * steady.hfu(report),
                      100 * steady.pe_compute_share);
  const auto share = [&](Cycle cycles) {
    return 100 * static_cast<double>(cycles) / static_cast<double>(steady.steps) /
           (steady.extrapolated ? static_cast<double>(first->period) : steady.step_cycles);
  };
  return text + wrapped(fmt::format("{:<21}", steady.extrapolated ? "idle in that step" : "idle"), 21,
                        fmt::format("waits for samples {:.1f} %, weights {:.1f} %, updates {:.1f} %; between launches "
                                    "{:.1f} %",
                                    share(idle.samples), share(idle.weights), share(idle.update), share(idle.between)));
}

/// Of steps that dynamic loss scaling left out; empty if it left out none.
std::string refused_text(const RunReport& report) {
  std::set<std::int64_t> refused, all;
  for (const proto::UpdateRecord& update : report.updates) {
    all.insert(update.train_step);
    if (!update.applied) refused.insert(update.train_step);
  }
  if (refused.empty()) return "";
  return fmt::format("updates refused      in {} of {} steps: gradients not finite, loss scale halved\n",
                     refused.size(), all.size());
}

/// Empty: nothing was rounded.
std::string rounding_text(const RunReport& report) {
  const HalfLosses all = report.rounding ? report.rounding->all() : HalfLosses();
  if (all.values == 0) return "";
  std::string text = fmt::format("{} values rounded: {} became 0, {} infinite", all.values, all.zeros, all.infinities);
  const std::vector<RoundedLaunches> lossy = report.rounding->lossy();
  if (!lossy.empty()) {
    const RoundedLaunches& most = lossy.front();
    text += fmt::format("; largest share: {} {}, {} of {}", report.layers[static_cast<std::size_t>(most.layer)],
                        launch_words(most.kernel, most.pass), most.losses.zeros + most.losses.infinities,
                        most.losses.values);
  }
  const std::int64_t deltas = report.rounding->lost_deltas();
  if (deltas > 0 && !report.rounding->dynamic_loss_scale)
    text += fmt::format(
        "; {} deltas became 0: --set optimizer.loss_scaling_factor=dynamic, or in the model file "
        "loss_scaling_factor: dynamic of its optimizer, makes them larger",
        deltas);
  text = wrapped("to 16 bits           ", 21, text);
  if (!report.rounding->gradients) return text;
  const auto part = [](const char* what, const HalfLosses& losses) {
    return fmt::format("{} {}: {} became 0, {} infinite", losses.values, what, losses.zeros, losses.infinities);
  };
  const RoundedGradients& gradients = *report.rounding->gradients;
  return text + wrapped("gradients to 16 bits ", 21,
                        part("values that left a system", sum_of(gradients.edge)) + "; " +
                            part("sums in SwarmX", sum_of(gradients.swarmx)));
}

/// The training step whose loss is the first that is no number; null if all are.
const StepRecord* diverged(const RunReport& report) {
  if (report.timing_only()) return nullptr;
  const auto found = std::find_if(report.steps.begin(), report.steps.end(),
                                  [](const StepRecord& step) { return step.train && !std::isfinite(step.loss); });
  return found == report.steps.end() ? nullptr : &*found;
}

/// All of a model's attention takes tiles of the same length.
std::string tiles_text(const nlohmann::ordered_json& plan) {
  if (!plan.contains("layers")) return "";
  for (const auto& layer : plan["layers"])
    if (layer.contains("tile_keys"))
      return fmt::format("attention            in tiles of about {} keys\n", layer["tile_keys"].get<int>());
  return "";
}

}  // namespace

std::string summary_text(const RunReport& report) {
  const StepRecord* last = nullptr;
  for (const StepRecord& step : report.steps)
    if (step.train) last = &step;
  const BatchSize& batch = report.batch;
  std::string text = fmt::format("{} on {}, {} system{}, batch {}{}, {} micro-batch{}\n", report.model, report.machine,
                                 report.systems, report.systems == 1 ? "" : "s", batch.samples,
                                 batch.of_sequences() ? fmt::format(" x {} tokens", batch.sample_tokens) : "",
                                 report.micro_batches, report.micro_batches == 1 ? "" : "es");
  const bool timed_only = report.timing_only();
  if (timed_only) text += "timed only, no values\n";
  if (last && !timed_only)
    text += fmt::format("last training loss   {:.5f}{} (step {})\n", last->loss,
                        last->next_sentence ? fmt::format(", of next sentences {:.5f}", last->next_sentence->loss) : "",
                        last->global_step);
  if (const StepRecord* step = diverged(report))
    text += fmt::format("the training diverged: its loss is no number from step {} on\n", step->global_step);
  if (const auto evaluation = last_evaluation(report); evaluation && !timed_only) {
    text += fmt::format("evaluation           {}\n", evaluation_text(*evaluation));
    if (evaluation->of_tokens) text += fmt::format("perplexity           {:.4f}\n", evaluation->perplexity());
    if (evaluation->next_sentence) text += fmt::format("next sentences       {}\n", next_sentence_text(*evaluation));
  }
  text += wrapped("simulated            ", 21,
                  fmt::format("{} cycles = {:.6f} s at {} MHz, start-up and all", report.cycles, report.seconds(),
                              report.clock_mhz));
  const std::optional<SteadyState> steady = steady_state(report);
  if (steady) text += steady_text(report, *steady);
  if (report.clips) text += clip_text(*report.clips);
  text += refused_text(report);
  text += rounding_text(report);
  if (report.plan.contains("sram_bytes"))
    text += fmt::format("SRAM, fullest PE     {} of {} bytes, by the plan\n", report.plan["sram_bytes"].get<Bytes>(),
                        report.configuration.at("machine").at("pe.sram_bytes").at("value").get<Bytes>());
  text += tiles_text(report.plan);
  if (report.plan.contains("layers"))
    for (const auto& layer : report.plan["layers"])
      if (layer.contains("density"))
        text += fmt::format("{:<20} {:.2f} % of the weights kept{}\n", "sparse " + layer["name"].get<std::string>(),
                            100 * layer["density"].get<double>(),
                            layer.contains("zeros_travel") ? ", sent among the zeros" : "");
  std::map<bool, std::set<int>> stages;  // evaluations like the trainings between them are one table
  for (const StepRecord& step : report.steps) stages[!step.train].insert(step.stage);
  for (const auto& [evaluation, of] : stages) text += stage_table(report, of, !evaluation, *steady);

  if (steady) text += works_text(report, *steady) + roofline_text(report);
  text += "\nPE-cycles of system 0, the whole run\n";
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
  for (const proto::LimitingLink& link : report.links) {
    LinkSum& sum = sums[link.link_class];
    ++sum.links;
    sum.bytes += link.bytes;
    sum.busy = std::max(sum.busy, link.step_busy);
  }
  text += fmt::format("\n{:<28} {:>6} {:>18} {:>22}\n", "links", "count", "bytes of the run", "busiest busy in a step");
  const double step_ps = steady ? steady->seconds(report) * 1e12 : 0;
  for (const auto& [name, sum] : sums)
    text += fmt::format("{:<28} {:>6} {:>18} {:>20.2f} %\n", name, sum.links, sum.bytes,
                        step_ps > 0 ? 100.0 * static_cast<double>(sum.busy) / step_ps : 0.0);
  if (report.programs) {
    const proto::ProgramTotals& programs = *report.programs;
    text += fmt::format(
        "\nPE programs: {} launches, {} sums equal bit by bit\n"
        "             {} cycles, recurrences {}\n"
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
