#include "sw/sweep/sweep_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <list>
#include <sstream>

#include "sw/sweep/point_process.h"
#include "tlm/base/error.h"

namespace weft::sw {
namespace fs = std::filesystem;

namespace {

using HostClock = std::chrono::steady_clock;

std::string last_lines(const fs::path& file, std::size_t from, std::size_t most) {
  std::ifstream in(file);
  in.seekg(static_cast<std::streamoff>(from));
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
    if (lines.size() > most) lines.pop_front();
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

std::size_t size_of(const fs::path& file) {
  std::error_code none;
  const std::uintmax_t size = fs::file_size(file, none);
  return none ? 0 : static_cast<std::size_t>(size);
}

bool has_checkpoint(const fs::path& run) {
  std::error_code none;
  return std::any_of(fs::directory_iterator(run, none), fs::directory_iterator(),
                     [](const fs::directory_entry& entry) { return entry.path().extension() == ".mdl"; });
}

/// Starts processes as others end, at most `jobs` at a time.
class Pool {
 public:
  struct Running {
    const SweepPoint* point;
    pid_t process;
    fs::path log;
    std::size_t log_before;
    HostClock::time_point begin;
    std::optional<PointClaim> claim;

    double seconds() const { return std::chrono::duration<double>(HostClock::now() - begin).count(); }
  };

  explicit Pool(int jobs) : jobs_(static_cast<std::size_t>(jobs)) {}

  bool full() const { return running_.size() >= jobs_; }
  bool empty() const { return running_.empty(); }

  void start(const SweepPoint& point, std::vector<std::string> arguments, const fs::path& log,
             std::optional<PointClaim> claim) {
    arguments.insert(arguments.begin(), "train");
    const std::size_t before = size_of(log);
    running_.push_back({&point, start_process(arguments, log), log, before, HostClock::now(), std::move(claim)});
  }

  std::pair<Running, int> wait() {
    std::vector<pid_t> processes;
    for (const Running& running : running_) processes.push_back(running.process);
    const EndedProcess ended = SweepSignals::wait(processes);
    const auto at = std::find_if(running_.begin(), running_.end(),
                                 [&ended](const Running& running) { return running.process == ended.process; });
    std::pair<Running, int> result{std::move(*at), ended.exit_code};
    running_.erase(at);
    return result;
  }

 private:
  std::size_t jobs_;
  std::list<Running> running_;
};

/// Nothing is started if one of the points is refused. A task of an array knows no other point: its own then has
/// failed.
void check(const std::vector<const SweepPoint*>& points, const SweepFolder& folder, int jobs, bool alone) {
  std::vector<std::string> errors;
  Pool pool(jobs);
  const auto take = [&] {
    const auto [ended, code] = pool.wait();
    if (code != 0 && SweepSignals::arrived() == 0) {
      const std::string why = last_lines(ended.log, ended.log_before, 20);
      errors.push_back(fmt::format("point {} ({}): {}", ended.point->number, ended.point->text(), why));
      if (alone) folder.write(ended.point->number, {ended.point->arguments, code, ended.seconds(), why});
    }
    std::error_code none;
    fs::remove(ended.log, none);
  };
  for (const SweepPoint* point : points) {
    if (SweepSignals::arrived() != 0) break;
    if (pool.full()) take();
    std::vector<std::string> arguments = point->arguments;
    arguments.emplace_back("--validate_only");
    pool.start(*point, arguments, fs::path(folder.log(point->number)) += ".check", {});
  }
  while (!pool.empty()) take();
  if (!errors.empty()) throw UsageError(fmt::format("{}", fmt::join(errors, "\n")));
}

/// What a killed run left is taken up where it has a checkpoint, else taken away.
std::vector<std::string> arguments_in(const SweepPoint& point, const fs::path& run) {
  std::vector<std::string> arguments = point.arguments;
  arguments.insert(arguments.end(), {"-o", run.string()});
  if (has_checkpoint(run)) {
    arguments.emplace_back("--resume");
  } else {
    std::error_code none;
    fs::remove_all(run, none);
  }
  return arguments;
}

}  // namespace

SweepCounts run_points(const std::vector<SweepPoint>& points, const SweepFolder& folder, int jobs) {
  SweepCounts counts;
  std::vector<const SweepPoint*> todo;
  for (const SweepPoint& point : points) {
    switch (folder.state(point)) {
      case PointState::done:
        ++counts.done;
        break;
      case PointState::running:
        ++counts.running;
        break;
      default:
        todo.push_back(&point);
    }
  }
  folder.make();
  const SweepSignals signals;
  check(todo, folder, jobs, points.size() == 1);

  Pool pool(jobs);
  const auto take = [&] {
    const auto [ended, code] = pool.wait();
    if (SweepSignals::arrived() != 0) return;
    const std::string error = code == 0 ? "" : last_lines(ended.log, ended.log_before, 5);
    folder.write(ended.point->number, {ended.point->arguments, code, ended.seconds(), error});
    const bool good = folder.state(*ended.point) == PointState::done;
    ++(good ? counts.done : counts.failed);
    std::fputs(fmt::format("weft sweep: point {} {} after {:.1f} s ({}); {} of {} done\n", ended.point->number,
                           good ? "done" : fmt::format("failed with exit code {}", code), ended.seconds(),
                           ended.point->text(), counts.done, points.size())
                   .c_str(),
               stderr);
  };
  for (const SweepPoint* point : todo) {
    if (pool.full()) take();
    if (SweepSignals::arrived() != 0) break;
    std::optional<PointClaim> claim = folder.claim(point->number);
    if (!claim) {
      ++counts.running;
      continue;
    }
    if (folder.state(*point) == PointState::done) {  // by another process, since we looked
      ++counts.done;
      continue;
    }
    const fs::path run = folder.run(point->number);
    pool.start(*point, arguments_in(*point, run), folder.log(point->number), std::move(claim));
  }
  while (!pool.empty()) take();
  counts.stopped_by = SweepSignals::arrived();
  return counts;
}

}  // namespace weft::sw
