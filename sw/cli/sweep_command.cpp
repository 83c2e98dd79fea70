#include "sw/cli/sweep_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "sw/driver/run_folder.h"
#include "sw/sweep/sweep_folder.h"
#include "sw/sweep/sweep_run.h"
#include "sw/sweep/sweep_svg.h"
#include "sw/sweep/sweep_table.h"
#include "tlm/base/error.h"
#include "tlm/base/json_text.h"
#include "tlm/base/named_file.h"

namespace weft::sw {

SweepCommand::SweepCommand(CLI::App& app)
    : command_(app.add_subcommand("sweep", "run the points of a sweep file, or one of them, or collect them")) {
  command_->add_option("sweep", file_, "a name in sw/sweeps or a YAML file")->required();
  command_->add_option("-o,--output", folder_, "folder of the points [sweeps/<name>]");
  command_->add_option("--jobs", jobs_, "points at a time [as many as this machine has processors]")
      ->check(CLI::Range(1, 4096));
  command_->add_option("--index", index_, "only this point [SLURM_ARRAY_TASK_ID or LSB_JOBINDEX, if set]");
  command_->add_flag("--collect", collect_, "write sweep.csv, .json, .txt, .svg of what there is, and show the table");
  command_->add_flag("--list", list_, "list the points and how they stand");
  command_->add_flag("--count", count_, "print how many points there are");
}

/// Which single point this process is for; none: all. A job that is no array has index 0 in LSF.
std::optional<int> SweepCommand::index(const Sweep& sweep) const {
  std::optional<int> index = index_;
  std::string said_by = "--index";
  for (const char* name : {"SLURM_ARRAY_TASK_ID", "LSB_JOBINDEX"}) {
    const char* value = std::getenv(name);
    if (index || !value || !*value || std::string(value) == "0") continue;
    char* end = nullptr;
    index = static_cast<int>(std::strtol(value, &end, 10));
    said_by = name;
    if (*end != '\0') throw UsageError(fmt::format("{}={}: expected a number", name, value));
  }
  if (index && (*index < 1 || *index > static_cast<int>(sweep.points.size())))
    throw UsageError(
        fmt::format("{} {}: allowed: 1 to {}, the points of {}", said_by, *index, sweep.points.size(), file_));
  return index;
}

int SweepCommand::run(const std::filesystem::path& root) const {
  const std::filesystem::path file = named_yaml("sweep", file_, root / "sw/sweeps");
  const Sweep sweep = read_sweep(file);
  const SweepFolder folder(folder_.empty() ? std::filesystem::path("sweeps") / file.stem() : folder_,
                           sweep.points.size());
  if (count_) {
    std::fputs(fmt::format("{}\n", sweep.points.size()).c_str(), stdout);
    return 0;
  }
  if (list_) {
    for (const SweepPoint& point : sweep.points)
      std::fputs(fmt::format("{}: {} ({})\n", point.number, point.text(), name_of(folder.state(point))).c_str(),
                 stdout);
    return 0;
  }
  if (collect_) {
    const SweepTable table = collect(sweep, folder);
    folder.make();
    write_whole(folder.path() / "sweep.csv", table.csv());
    write_whole(folder.path() / "sweep.json", json_text(table.json(), 2) + "\n");
    write_whole(folder.path() / "sweep.txt", table.text());
    write_whole(folder.path() / "sweep.svg", sweep_svg(table));
    std::fputs(table.text().c_str(), stdout);
    return table.complete() ? 0 : 1;
  }
  const std::optional<int> one = index(sweep);
  const std::vector<SweepPoint> points =
      one ? std::vector<SweepPoint>{sweep.points[static_cast<std::size_t>(*one) - 1]} : sweep.points;
  const int processors = static_cast<int>(std::thread::hardware_concurrency());
  const SweepCounts counts = run_points(points, folder, jobs_ > 0 ? jobs_ : std::max(1, processors));
  std::fputs(fmt::format("{} of {} points done, {} failed, {} run elsewhere; {}\n", counts.done, points.size(),
                         counts.failed, counts.running, folder.path().string())
                 .c_str(),
             stdout);
  if (counts.stopped_by != 0) return 128 + counts.stopped_by;
  return counts.failed == 0 ? 0 : 1;
}

}  // namespace weft::sw
