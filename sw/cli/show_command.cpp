#include "sw/cli/show_command.h"

#include <cstdio>

#include "sw/driver/kept_outputs.h"
#include "sw/driver/run_folder.h"
#include "sw/report/report_file.h"
#include "sw/report/step_svg.h"
#include "sw/report/step_text.h"
#include "sw/report/step_view.h"
#include "tlm/base/error.h"

namespace weft::sw {

ShowCommand::ShowCommand(CLI::App& app) : command_(app.add_subcommand("show", "show where the time of a step went")) {
  command_->add_option("report", report_, "report.json, or a run's folder")->required();
  command_->add_option("--step", step_, "training step; in a run that only evaluates, its batch [the last]");
  command_->add_option("--svg", svg_, "write a picture to this file instead of text");
}

namespace {

/// Of a folder whose run went on, also a step of a report that was kept.
StepView view_of(const std::filesystem::path& path, std::optional<std::int64_t> step) {
  try {
    return step_view(load_report(report_in(path)), path, step);
  } catch (const UsageError&) {
    const auto kept = step ? kept_report(path, *step) : std::nullopt;
    if (!kept) throw;
    return step_view(load_report(*kept), *kept, step);
  }
}

}  // namespace

int ShowCommand::run() const {
  const StepView view = view_of(report_, step_);
  if (svg_.empty()) {
    std::fputs(step_text(view).c_str(), stdout);
  } else {
    write_whole(svg_, step_svg(view));
  }
  return 0;
}

}  // namespace weft::sw
