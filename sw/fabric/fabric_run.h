#pragma once
// Runs a fabric program and says what came out.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hw/pe/clocked_pe.h"
#include "sw/fabric/fabric_check.h"

namespace weft::sw {

struct FabricOutcome {
  std::string program, description, machine, engine;
  std::vector<std::pair<std::string, Number>> parameters;
  int width = 0, height = 0;
  Cycle cycles = 0;       ///< from the launch to the end of the last thread
  std::int64_t hops = 0;  ///< wavelets that left a router for a link
  bool finished = false;
  std::string waiting;  ///< where not: who waits for what, a line each
  std::string races;    ///< threads of a PE that used the same words at once, a line a PE
  std::optional<ClosedForm> closed_form;
  std::vector<CheckResult> checks;  ///< empty if not finished
  std::string dump;                 ///< dump_text(), where the file names dumps and the run finished

  bool good() const;
  /// Of the closed form, in percent. Precondition: there is one.
  double deviation_percent() const;
  std::string text() const;
  std::string json() const;
};

/// On the event model, or on `tiles`. Throws UsageError as read_fabric_file() and build_array(), SimulationError as
/// hw::run_array().
FabricOutcome run_fabric_file(const std::filesystem::path& path, const std::vector<std::string>& sets,
                              const hw::MachineSpec& machine, const hw::ClockedSource& tiles = {});

}  // namespace weft::sw
