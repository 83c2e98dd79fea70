// `weft bench`: runs the suite and prints its one table. Exit codes: 0; 1 a measurement failed, or with --strict a bar
// was missed; 2 usage.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <systemc>

#include "tests/bench/bench_groups.h"
#include "tests/bench/child_process.h"
#include "tlm/base/error.h"
#include "tlm/base/host_stack.h"
#include "tlm/base/nearest.h"

namespace weft::bench {

const std::vector<Group>& groups() {
  static const std::vector<Group> list{{"recurrences", "a, b, c: PE-steps and wavelet-hops a second", run_recurrences},
                                       {"wafer", "d, e, f: a whole wafer's round, memory, start-up", run_wafer},
                                       {"dense", "g: arithmetic in the defined order beside OpenBLAS", run_dense},
                                       {"growth", "h: exponents with PEs, layers, systems", run_growth},
                                       {"tiles", "i: joined RTL tiles beside a bare loop", run_tiles}};
  return list;
}

namespace {

std::vector<Group> chosen_groups(const std::vector<std::string>& names) {
  if (names.empty()) return groups();
  std::vector<std::string> known;
  for (const Group& group : groups()) known.push_back(group.name);
  std::vector<Group> chosen;
  for (const std::string& name : names) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) throw UsageError(fmt::format("group {}: unknown{}", name, suggest(name, known)));
    chosen.push_back(groups()[static_cast<std::size_t>(found - known.begin())]);
  }
  return chosen;
}

int run_suite(int argc, char* argv[]) {
  CLI::App app("weft bench: how fast the simulator is on this machine, one core", "weft bench");
  std::vector<std::string> names;
  std::string json;
  GroupOptions options;
  bool strict = false;
  std::string text = "groups [all]:";
  for (const Group& group : groups()) text += fmt::format("\n{} ({})", group.name, group.question);
  app.add_option("groups", names, text);
  app.add_option("--json", json, "write the table here as well");
  app.add_option("--seconds", options.seconds_each, "least time of each repetition; there are three")
      ->check(CLI::Range(0.001, 60.0))
      ->capture_default_str();
  app.add_flag("--quick", options.quick, "smaller clusters in the group growth");
  app.add_flag("--strict", strict, "exit code 1 if a bar is missed");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const std::vector<Group> chosen = chosen_groups(names);
  std::ofstream file;
  if (!json.empty()) {
    file.open(json);
    if (!file) throw UsageError(fmt::format("--json {}: cannot be written", json));
  }
  BenchTable table;
  for (const Group& group : chosen) group.run(options, table);
  std::fputs(table.text().c_str(), stdout);
  if (!json.empty()) file << table.json().dump(2) << '\n';
  return strict && table.missed() > 0 ? 1 : 0;
}

}  // namespace
}  // namespace weft::bench

int sc_main(int argc, char* argv[]) {
  int code = 0;
  try {
    if (argc > 2 && std::string(argv[1]) == "--child") weft::bench::child_main({argv + 2, argv + argc});
    code = weft::bench::run_suite(argc, argv);
  } catch (const weft::UsageError& error) {
    std::fputs(fmt::format("weft bench: {}\n", error.what()).c_str(), stderr);
    code = 2;
  } catch (const std::exception& error) {
    std::fputs(fmt::format("weft bench: {}\n", error.what()).c_str(), stderr);
    code = 1;
  }
  weft::back_on_host_stack();
  return code;
}

int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
