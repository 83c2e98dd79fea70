#pragma once
// `weft compare old new ...`: what changed between reports, and whether it may.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <vector>

#include "sw/compare/comparison.h"

namespace weft::sw {

class CompareCommand {
 public:
  /// Adds the command and its flags to `app`; both must outlive the parsing.
  explicit CompareCommand(CLI::App& app);

  bool chosen() const { return static_cast<bool>(*command_); }
  /// Returns the exit code: 1 if a report fails against the first. Throws UsageError.
  int run() const;

 private:
  CLI::App* command_;
  std::vector<std::filesystem::path> reports_;
  CompareRules rules_;
  bool json_ = false, markdown_ = false;
};

}  // namespace weft::sw
