#pragma once
// Signals that ask a run to end: HUP (the terminal is gone), INT, TERM, USR1 and USR2 (schedulers warn), PIPE (who
// reads the log is gone).
#include <string>

namespace weft::sw {

/// While it lives the signals are taken, but those that the process was started to ignore (nohup). One at a time.
/// The first asks the run to end, the second to end where it is, a third ends the process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool requested() const;
  /// Since the first; 0 before it.
  double seconds_since() const;
  bool urgent() const;
  /// "signal TERM"
  std::string name() const;
};

}  // namespace weft::sw
