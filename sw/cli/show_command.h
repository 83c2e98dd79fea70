#pragma once
// `weft show report.json`: a picture of one step.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace weft::sw {

class ShowCommand {
 public:
  /// Adds the command and its flags to `app`; both must outlive the parsing.
  explicit ShowCommand(CLI::App& app);

  bool chosen() const { return static_cast<bool>(*command_); }
  /// Returns the exit code 0. Throws UsageError.
  int run() const;

 private:
  CLI::App* command_;
  std::filesystem::path report_, svg_;
  std::optional<std::int64_t> step_;
};

}  // namespace weft::sw
