#pragma once
// How far a run is and how long it will still take, for who waits.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace weft::sw {

/// What a run is at, as one line of text. Times are the caller's.
class RunProgress {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RunProgress(Time now) : since_(now) {}
  /// What is done from now on, without a share: "reading the data".
  void doing(const std::string& what, Time now);
  /// Simulating: `share` of the run is done (0 to 1), it is at `where`. The first call after another doing starts the
  /// clock of what is left.
  void simulating(double share, const std::string& where, Time now);
  /// "reading the data, 3 s", "step 2 of 9, fc1 forward: 12.5 %, about 40 s left"; no line end.
  std::string line(Time now) const;

 private:
  std::string what_ = "starting";
  double share_ = -1;  ///< below 0: not simulating
  double first_share_ = 0;
  Time since_;  ///< of what is done, or of the first share
};

/// A thread of its own writes a line to stderr, every 2 s on a terminal and every 30 s elsewhere, whatever the run is
/// at: reading, planning, inside a step, writing. Nothing is written by a run that is shorter.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// See RunProgress; now.
  void doing(const std::string& what);
  void simulating(double share, const std::string& where);

 private:
  void write_lines();

  const std::chrono::steady_clock::duration period_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  RunProgress progress_;
  std::thread thread_;
};

/// Seconds until share 1 at the speed of the `seconds` from `first` to `now` (shares, now > first).
inline double seconds_left(double seconds, double first, double now) { return seconds / (now - first) * (1 - now); }

/// "45 s", "12 min", "3.4 h"
std::string time_left_text(double seconds);

}  // namespace weft::sw
