#pragma once
// `weft export CHECKPOINT_OR_RUN -o model.safetensors`: a trained transformer for other programs.
#include <CLI/CLI.hpp>
#include <filesystem>

namespace weft::sw {

class ExportCommand {
 public:
  /// Adds the command to `app`; both must outlive the parsing.
  explicit ExportCommand(CLI::App& app);

  bool chosen() const { return static_cast<bool>(*command_); }
  /// Returns the exit code 0. Throws UsageError.
  int run() const;

 private:
  CLI::App* command_;
  std::filesystem::path checkpoint_, to_;
};

}  // namespace weft::sw
