#pragma once
// A process of this program, with its output in a file.
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace weft::sw {

/// Starts this program with `arguments`; stdout and stderr are appended to `log`. It is told to end (TERM) if this
/// process dies. Returns its number. Throws SimulationError if there can be no more processes.
pid_t start_process(const std::vector<std::string>& arguments, const std::filesystem::path& log);

struct EndedProcess {
  pid_t process = 0;
  int exit_code = 0;  ///< 128 and the signal, if one ended it
};

/// Signals that ask a sweep to stop, taken while it lives. One at a time.
class SweepSignals {
 public:
  SweepSignals();
  ~SweepSignals();
  SweepSignals(const SweepSignals&) = delete;
  SweepSignals& operator=(const SweepSignals&) = delete;

  /// The first signal that came; 0: none.
  static int arrived();
  /// Waits until one of the started processes ends. Meanwhile the first signal that comes is sent on to `processes`.
  static EndedProcess wait(const std::vector<pid_t>& processes);
};

}  // namespace weft::sw
