#include "sw/cli/compare_command.h"

#include <algorithm>
#include <cstdio>

#include "sw/cli/command_line.h"
#include "sw/compare/compare_page.h"
#include "sw/driver/run_folder.h"
#include "tlm/base/error.h"
#include "tlm/base/json_text.h"

namespace weft::sw {

CompareCommand::CompareCommand(CLI::App& app)
    : command_(app.add_subcommand("compare", "why one report's step is longer than another's; exit code 1 if it is")) {
  command_->add_option("reports", reports_, "report.json or folder of the old run, then of newer ones")->required();
  command_->add_option("--tolerance", rules_.tolerance, "percent by which the step may be longer")
      ->check(number_between(0, 1e30))
      ->capture_default_str();
  command_->add_option("--loss_tolerance", rules_.loss_tolerance, "by how much a loss may differ")
      ->check(number_between(0, 1e30))
      ->capture_default_str();
  command_->add_flag("--any_model", rules_.any_model, "compare different models too");
  command_->add_flag("--json", json_, "write JSON");
  command_->add_flag("--markdown", markdown_, "write Markdown, for a pull request");
}

int CompareCommand::run() const {
  if (reports_.size() < 2) throw UsageError("compare: at least two reports");
  if (json_ && markdown_) throw UsageError("compare: --json and --markdown exclude each other");
  const Digest first = digest_of(report_in(reports_.front()));
  std::vector<Comparison> comparisons;
  for (std::size_t index = 1; index < reports_.size(); ++index)
    comparisons.push_back(compare(first, digest_of(report_in(reports_[index])), rules_));
  std::string text;
  if (comparisons.size() == 1) {
    const Comparison& one = comparisons.front();
    text = json_       ? json_text(comparison_json(one), 1) + "\n"
           : markdown_ ? comparison_markdown(one)
                       : comparison_text(one);
  } else {
    text = json_       ? json_text(table_json(comparisons), 1) + "\n"
           : markdown_ ? table_markdown(comparisons)
                       : table_text(comparisons);
  }
  std::fputs(text.c_str(), stdout);
  return std::any_of(comparisons.begin(), comparisons.end(), [](const Comparison& one) { return one.failed(); }) ? 1
                                                                                                                 : 0;
}

}  // namespace weft::sw
