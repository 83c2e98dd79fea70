#pragma once
// `weft budget`: what a step of a transformer asks of a machine, by arithmetic.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "sw/budget/budget.h"

namespace weft::sw {

class BudgetCommand {
 public:
  /// Adds the command and its flags to `app`; both must outlive the parsing.
  explicit BudgetCommand(CLI::App& app);

  bool chosen() const { return static_cast<bool>(*command_); }
  /// Returns the exit code 0. `root` holds hw/machines and sw/budget. Throws UsageError.
  int run(const std::filesystem::path& root) const;

 private:
  BudgetOptions options() const;

  CLI::App* command_;
  std::string model_ = "gpt3_13b", machine_ = "wse2", recompute_ = "auto", micro_batches_ = "auto";
  std::vector<std::string> sets_, machine_sets_;
  int systems_ = 1, batch_ = 128, activation_bytes_ = 2;
  Bytes gradient_bytes_ = BudgetOptions().gradient_bytes;
  int precision_opt_level_ = BudgetOptions().precision_opt_level;
  std::filesystem::path json_;
  bool list_ = false;
};

}  // namespace weft::sw
