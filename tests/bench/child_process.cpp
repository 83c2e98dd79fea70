#include "tests/bench/child_process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "tlm/base/error.h"

extern char** environ;

namespace weft::bench {

namespace {

constexpr const char* kStarted = "WEFT_BENCH_STARTED";

/// The same in every process of this machine.
std::int64_t nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key + ":", 0) == 0) return std::stoll(line.substr(key.size() + 1)) * 1024;
  return 0;
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t count; (count = read(descriptor, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(count));
  return text;
}

}  // namespace

nlohmann::json run_child(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"weft_bench", "--child"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  if (pipe(ends) != 0) throw SimulationError("bench: no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  setenv(kStarted, fmt::format("{}", nanoseconds()).c_str(), 1);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  const std::string text = error == 0 ? read_all(ends[0]) : "";
  close(ends[0]);
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) != child || status != 0)
    throw SimulationError(fmt::format("bench: the process {} failed", fmt::join(arguments, " ")));
  return nlohmann::json::parse(text);
}

double seconds_since_start() {
  const char* started = std::getenv(kStarted);
  return started ? static_cast<double>(nanoseconds() - std::stoll(started)) * 1e-9 : 0;
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::int64_t resident_bytes() { return status_bytes("VmRSS"); }
std::int64_t peak_bytes() { return status_bytes("VmHWM"); }

void child_main(const std::vector<std::string>& arguments) {
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  nlohmann::json result;
  if (arguments.front() == "cluster") result = measure_cluster(rest);
  if (arguments.front() == "memory") result = measure_engine_memory(rest);
  if (arguments.front() == "events") result = measure_event_per_pe(rest);
  std::fputs((result.dump() + "\n").c_str(), stdout);
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace weft::bench
