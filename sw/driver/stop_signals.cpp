#include "sw/driver/stop_signals.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

namespace weft::sw {

namespace {

constexpr std::array<std::pair<int, const char*>, 7> taken{{{SIGHUP, "HUP"},
                                                            {SIGINT, "INT"},
                                                            {SIGTERM, "TERM"},
                                                            {SIGUSR1, "USR1"},
                                                            {SIGUSR2, "USR2"},
                                                            {SIGXCPU, "XCPU"},
                                                            {SIGPIPE, "PIPE"}}};

// A signal handler can reach nothing but objects of static storage.
volatile std::sig_atomic_t stops_requested = 0;
volatile std::sig_atomic_t first_signal = 0;
timespec first_at;  // written once, before stops_requested is seen

void set(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // a log line or a file is not cut short
  sigaction(signal, &action, nullptr);
}

bool on_terminal = false;  // of the progress line; written before a handler is set

void say(int file, const char* text) {  // printf may not be used in a handler
  [[maybe_unused]] const ssize_t written = write(file, text, std::strlen(text));
}

void leave(int signal) {
  if (on_terminal) say(STDERR_FILENO, "\n");
  say(STDOUT_FILENO, "Stopped as asked: signal ");
  for (const auto& [other, name] : taken)
    if (other == signal) say(STDOUT_FILENO, name);
  say(STDOUT_FILENO, ", before the first step; there are no results\n");
  _exit(0);
}

void request_stop(int signal) {
  const int saved = errno;
  if (stops_requested == 0) {
    clock_gettime(CLOCK_MONOTONIC, &first_at);
    first_signal = signal;
  }
  // Past its limit of processor time a process is told each second; once is enough.
  if (signal == SIGXCPU) set(SIGXCPU, SIG_IGN);
  // The log's reader goes once; whoever presses Ctrl-C in a pipeline has asked once.
  if (signal == SIGPIPE) {
    set(SIGPIPE, SIG_IGN);
    if (stops_requested == 0) stops_requested = 1;
  } else {
    stops_requested = stops_requested + 1;
    if (stops_requested == 2)
      for (const auto& [other, name] : taken)
        if (other != SIGPIPE) set(other, SIG_DFL);
    say(STDERR_FILENO,
        stops_requested == 1
            ? "\nweft: stopping after this step, or inside it if it takes long; once more stops at once\n"
            : "\nweft: stopping inside this step; once more ends the process and loses the run\n");
  }
  errno = saved;
}

/// A pipe that nobody reads matters to a run alone.
void take(void (*handler)(int)) {
  for (const auto& [signal, name] : taken) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (signal == SIGPIPE ? handler == request_stop : before.sa_handler != SIG_IGN) set(signal, handler);
  }
}

}  // namespace

StopSignals::StopSignals() {
  stops_requested = 0;
  first_signal = 0;
  on_terminal = isatty(STDERR_FILENO) == 1;
  take(leave);
}

void StopSignals::begin_run() { take(request_stop); }

StopSignals::~StopSignals() {
  for (const auto& [signal, name] : taken) {
    struct sigaction now {};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler == request_stop || now.sa_handler == leave) set(signal, SIG_DFL);
  }
  set(SIGPIPE, SIG_IGN);  // what is still to be flushed ends in an exit code
}

bool StopSignals::requested() const { return stops_requested != 0; }
bool StopSignals::urgent() const { return stops_requested > 1; }

double StopSignals::seconds_since() const {
  if (!requested()) return 0;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec - first_at.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec - first_at.tv_nsec);
}

std::string StopSignals::name() const {
  for (const auto& [signal, name] : taken)
    if (signal == first_signal) return std::string("signal ") + name;
  return "no signal";
}

}  // namespace weft::sw
