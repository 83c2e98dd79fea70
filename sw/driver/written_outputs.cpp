#include "sw/driver/written_outputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>

#include "sw/driver/run_folder.h"
#include "sw/report/explain_text.h"
#include "tlm/base/error.h"
#include "tlm/base/json_text.h"

namespace weft::sw {

void WrittenOutputs::attempt(const std::function<void()>& write) {
  try {
    write();
  } catch (const UsageError& error) {
    failures_.emplace_back(error.what());
  } catch (const std::exception& error) {
    failures_.emplace_back(error.what());
    only_files_ = false;
  }
}

void WrittenOutputs::write(const RunReport& report, const std::filesystem::path& folder, proto::TraceFile& trace) {
  attempt([&] { write_whole(folder / "report.json", json_text(to_json(report)) + "\n"); });
  std::string summary;
  attempt([&] { summary = summary_text(report); });
  attempt([&] { write_whole(folder / "summary.txt", summary); });
  attempt([&] { trace.finish(); });
  std::fputs(("\n" + summary).c_str(), stdout);
}

void WrittenOutputs::write(const std::vector<proto::LaunchExplanation>& explanations,
                           const std::filesystem::path& folder) {
  const std::string text = explain_text(explanations);
  attempt([&] { write_whole(folder / "explain.txt", text); });
  std::fputs(("\n" + text).c_str(), stdout);
}

void WrittenOutputs::rethrow() const {
  if (failures_.empty()) return;
  const std::string text = fmt::format("{}", fmt::join(failures_, "\n"));
  if (only_files_) throw UsageError(text);
  throw SimulationError(text);
}

}  // namespace weft::sw
