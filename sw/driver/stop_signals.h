#pragma once
// Signals that ask a run to end: HUP (the terminal is gone), INT, TERM, USR1 and USR2 (schedulers warn), PIPE (who
// reads the log is gone).
#include <string>

namespace weft::sw {

/// While it lives the signals are taken, but those that the process was started to ignore (nohup). One at a time.
/// Before the run begins nothing has been written: a signal then ends the process with a word, as a stopped run does,
/// with code 0. Of the run the first asks it to end, the second to end where it is, a third ends the process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  /// From now on there is something to keep.
  void begin_run();
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
