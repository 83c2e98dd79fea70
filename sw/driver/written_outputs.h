#pragma once
// The files that a run leaves at its end, each whatever becomes of the others.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sw/report/run_report.h"
#include "tlm/stats/launch_explanation.h"
#include "tlm/trace/trace_file.h"

namespace weft::sw {

class WrittenOutputs {
 public:
  /// Calls `write`; what it throws is kept for rethrow().
  void attempt(const std::function<void()>& write);
  /// report.json, summary.txt (also to stdout) and the trace.
  void write(const RunReport& report, const std::filesystem::path& folder, proto::TraceFile& trace);
  /// explain.txt, also to stdout.
  void write(const std::vector<proto::LaunchExplanation>& explanations, const std::filesystem::path& folder);
  /// Throws once for all that failed: SimulationError if one of them was more than a file that cannot be written, else
  /// UsageError. Returns if all went well.
  void rethrow() const;

 private:
  std::vector<std::string> failures_;
  bool only_files_ = true;
};

}  // namespace weft::sw
