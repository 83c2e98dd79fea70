#pragma once
// `weft sample CHECKPOINT_OR_RUN`: a text that a trained model writes.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "sw/driver/sample_run.h"

namespace weft::sw {

class SampleCommand {
 public:
  /// Adds the command and its flags to `app`; both must outlive the parsing.
  explicit SampleCommand(CLI::App& app);

  bool chosen() const { return static_cast<bool>(*command_); }
  /// Returns the exit code 0. `root` holds hw/machines, `data_root` the data sets. Throws UsageError.
  int run(const std::filesystem::path& root, const std::filesystem::path& data_root) const;

 private:
  CLI::App* command_;
  SampleSettings settings_;
};

}  // namespace weft::sw
