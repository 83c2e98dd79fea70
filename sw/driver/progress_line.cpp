#include "sw/driver/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace weft::sw {

namespace {

using Clock = std::chrono::steady_clock;

Clock::duration period() { return std::chrono::seconds(isatty(STDERR_FILENO) != 0 ? 2 : 30); }

double seconds_since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

}  // namespace

std::string time_left_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  return seconds < 7200 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

ProgressLine::ProgressLine() : period_(period()), since_(Clock::now()) {
  // Signals are for the thread that simulates.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { write_lines(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ProgressLine::~ProgressLine() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void ProgressLine::doing(const std::string& what) {
  const std::lock_guard lock(mutex_);
  what_ = what;
  share_ = -1;
  since_ = Clock::now();
}

void ProgressLine::simulating(double share, const std::string& where) {
  const std::lock_guard lock(mutex_);
  if (share_ < 0) {
    simulating_since_ = Clock::now();
    first_share_ = share;
  }
  share_ = share;
  what_ = where;
}

std::string ProgressLine::line() const {
  if (share_ < 0) return fmt::format("{}, {:.0f} s\n", what_, seconds_since(since_));
  std::string left;
  if (share_ > first_share_)
    left = fmt::format(", about {} left",
                       time_left_text(seconds_left(seconds_since(simulating_since_), first_share_, share_)));
  return fmt::format("{}: {:.1f} %{}\n", what_, 100 * share_, left);
}

void ProgressLine::write_lines() {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, period_, [this] { return end_; })) std::fputs(line().c_str(), stderr);
}

}  // namespace weft::sw
