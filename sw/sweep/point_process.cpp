#include "sw/sweep/point_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "tlm/base/error.h"

namespace weft::sw {

namespace {

constexpr std::array signals = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

// A signal handler can reach nothing but an object of static storage.
volatile std::sig_atomic_t first_signal = 0;

void note_signal(int signal) {
  if (first_signal == 0) first_signal = signal;
}

}  // namespace

pid_t start_process(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  std::vector<std::string> words = {"weft"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> raw;
  raw.reserve(words.size() + 1);
  for (std::string& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) throw SimulationError(fmt::format("no new process: {}", std::strerror(errno)));
  if (process > 0) return process;
  // In the child only what may be called between fork and exec.
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // NOLINT(cppcoreguidelines-pro-type-vararg)
  if (getppid() != parent) _exit(3);
  for (const int signal : signals) std::signal(signal, SIG_DFL);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);  // NOLINT(cppcoreguidelines-pro-type-vararg)
  if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0) _exit(3);
  execv("/proc/self/exe", raw.data());
  _exit(3);
}

SweepSignals::SweepSignals() {
  first_signal = 0;
  struct sigaction action = {};
  action.sa_handler = note_signal;  // without SA_RESTART: waitpid returns
  for (const int signal : signals) sigaction(signal, &action, nullptr);
}

SweepSignals::~SweepSignals() {
  for (const int signal : signals) std::signal(signal, SIG_DFL);
}

int SweepSignals::arrived() { return first_signal; }

EndedProcess SweepSignals::wait(const std::vector<pid_t>& processes) {
  bool told = false;
  while (true) {
    if (first_signal != 0 && !told) {
      for (const pid_t process : processes) kill(process, first_signal == SIGINT ? SIGTERM : first_signal);
      told = true;
    }
    int status = 0;
    const pid_t process = waitpid(-1, &status, 0);
    if (process > 0) return {process, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)};
    if (errno != EINTR) throw SimulationError(fmt::format("waiting for a point: {}", std::strerror(errno)));
  }
}

}  // namespace weft::sw
