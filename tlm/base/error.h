#pragma once
// The two ways a run can fail, and the exit code that each stands for.
#include <stdexcept>
#include <string>

namespace weft {

/// Something the user wrote or gave cannot be used (flag, file, value). Exit code 2.
/// The text names the file and line or the object path, the value, the allowed range and the nearest valid name.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The simulation cannot go on, or a check of its own books failed. Exit code 1.
class SimulationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace weft
