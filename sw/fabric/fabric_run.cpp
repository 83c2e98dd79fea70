#include "sw/fabric/fabric_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "hw/pe/array_model.h"
#include "sw/fabric/fabric_setup.h"
#include "sw/fabric/word_dump.h"
#include "tlm/base/json_text.h"

namespace weft::sw {

namespace {

constexpr int shown_lines = 12;  // of those who wait

std::string beginning(const std::string& lines) {
  std::istringstream stream(lines);
  std::string text, line;
  int count = 0;
  for (; std::getline(stream, line); ++count)
    if (count < shown_lines) text += "  " + line + "\n";
  if (count > shown_lines) text += fmt::format("  and {} more\n", count - shown_lines);
  return text;
}

}  // namespace

bool FabricOutcome::good() const {
  return finished && races.empty() &&
         std::all_of(checks.begin(), checks.end(), [](const CheckResult& check) { return check.good(); });
}

double FabricOutcome::deviation_percent() const {
  return 100 * (static_cast<double>(cycles) / closed_form->cycles - 1);
}

std::string FabricOutcome::text() const {
  std::string given;
  for (const auto& [name, value] : parameters)
    given += fmt::format("{}{} = {}", given.empty() ? "" : ", ", name, value);
  std::string text = fmt::format("{}: {}\n", program, description);
  text += fmt::format("{:<14}{} x {} PEs of {}, {}, {}\n", "grid", width, height, machine, given, engine);
  text += fmt::format("{:<14}{} from launch to the last slot, {} hops\n", "cycles", cycles, hops);
  if (closed_form && finished)
    text += fmt::format("{:<14}{:.0f} = {}, deviation {:+.0f} ({:+.2f} %)\n", "closed form", closed_form->cycles,
                        closed_form->text, static_cast<double>(cycles) - closed_form->cycles, deviation_percent());
  for (const CheckResult& check : checks) {
    text += fmt::format("{:<14}{}: ", "check", check.name);
    text += check.good()
                ? fmt::format("{} values right, largest error {:.2g}\n", check.values, check.largest_error)
                : fmt::format("{} of {} values wrong; first {}\n", check.wrong, check.values, check.first_wrong);
  }
  if (!races.empty()) text += "race; what a PE finds is an accident of time:\n" + beginning(races);
  if (!finished) text += "stuck; who waits for whom:\n" + beginning(waiting);
  return text;
}

std::string FabricOutcome::json() const {
  nlohmann::ordered_json json;
  json["program"] = program;
  json["machine"] = machine;
  json["engine"] = engine;
  for (const auto& [name, value] : parameters) json["parameters"][name] = value;
  json["width"] = width;
  json["height"] = height;
  json["cycles"] = cycles;
  json["hops"] = hops;
  json["finished"] = finished;
  if (closed_form)
    json["closed_form"] = {{"name", closed_form->name},
                           {"text", closed_form->text},
                           {"cycles", closed_form->cycles},
                           {"deviation_percent", deviation_percent()}};
  json["checks"] = nlohmann::ordered_json::array();
  for (const CheckResult& check : checks)
    json["checks"].push_back({{"name", check.name},
                              {"values", check.values},
                              {"wrong", check.wrong},
                              {"largest_error", check.largest_error},
                              {"first_wrong", check.first_wrong}});
  json["waiting"] = waiting;
  json["races"] = races;
  json["good"] = good();
  return json_text(json, 2) + "\n";
}

FabricOutcome run_fabric_file(const std::filesystem::path& path, const std::vector<std::string>& sets,
                              const hw::MachineSpec& machine, const hw::ClockedSource& tiles) {
  const FabricFile file = read_fabric_file(path, sets, machine);
  const hw::ArraySetup setup = build_array(file, machine);
  hw::ArrayOptions options;
  hw::ClockedRectangle clocked;
  if (tiles) {
    clocked = tiles(0, 0, setup.width, setup.height);
    options.clocked = &clocked;
  }
  const hw::ArrayRun run = hw::run_array(machine, setup, options);
  FabricOutcome outcome;
  outcome.program = file.name;
  outcome.description = file.description;
  outcome.machine = machine.name;
  outcome.engine = tiles ? "RTL tiles" : "event model";
  outcome.parameters = file.parameters;
  outcome.width = file.width;
  outcome.height = file.height;
  outcome.cycles = run.end;
  outcome.hops = run.hops;
  outcome.finished = run.finished;
  outcome.closed_form = file.closed_form;
  // The tiles do and stop at the same, but only the model says why.
  const hw::ArrayRun model = tiles ? hw::run_array(machine, setup) : hw::ArrayRun();
  const hw::ArrayRun& told = tiles ? model : run;
  outcome.races = told.races;
  if (!run.finished) outcome.waiting = told.waiting;
  if (run.finished && !file.dumps.empty()) outcome.dump = dump_text(file, run);
  if (run.finished)
    for (const CheckRule& rule : file.checks) outcome.checks.push_back(check(rule, file, setup, run));
  return outcome;
}

}  // namespace weft::sw
