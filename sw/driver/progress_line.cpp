#include "sw/driver/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace weft::sw {

namespace {

using Clock = std::chrono::steady_clock;

Clock::duration period() { return std::chrono::seconds(isatty(STDERR_FILENO) != 0 ? 2 : 30); }

double seconds_from(RunProgress::Time begin, RunProgress::Time end) {
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

std::string time_left_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  return seconds < 7200 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

void RunProgress::doing(const std::string& what, Time now) {
  what_ = what;
  share_ = -1;
  since_ = now;
}

void RunProgress::simulating(double share, const std::string& where, Time now) {
  if (share_ < 0) {
    since_ = now;
    first_share_ = share;
  }
  share_ = share;
  what_ = where;
}

std::string RunProgress::line(Time now) const {
  const double seconds = seconds_from(since_, now);
  if (share_ < 0) return fmt::format("{}, {:.0f} s", what_, seconds);
  std::string left;
  if (share_ > first_share_)
    left = fmt::format(", about {} left", time_left_text(seconds_left(seconds, first_share_, share_)));
  return fmt::format("{}: {:.1f} %{}", what_, 100 * share_, left);
}

ProgressLine::ProgressLine() : period_(period()), progress_(Clock::now()) {
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
  progress_.doing(what, Clock::now());
}

void ProgressLine::simulating(double share, const std::string& where) {
  const std::lock_guard lock(mutex_);
  progress_.simulating(share, where, Clock::now());
}

void ProgressLine::write_lines() {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, period_, [this] { return end_; }))
    std::fputs((progress_.line(Clock::now()) + "\n").c_str(), stderr);
}

}  // namespace weft::sw
