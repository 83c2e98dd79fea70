#pragma once
// `weft sweep FILE`: many trainings.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>

#include "sw/sweep/sweep_file.h"

namespace weft::sw {

class SweepCommand {
 public:
  /// Adds the command and its flags to `app`; both must outlive the parsing.
  explicit SweepCommand(CLI::App& app);

  bool chosen() const { return static_cast<bool>(*command_); }
  /// Returns the exit code: 0; 1 if a point failed or, with --collect, is missing; 128 and the signal that stopped it.
  /// `root` holds sw/sweeps. Throws UsageError.
  int run(const std::filesystem::path& root) const;

 private:
  std::optional<int> index(const Sweep& sweep) const;

  CLI::App* command_;
  std::string file_;
  std::filesystem::path folder_;
  int jobs_ = 0;
  std::optional<int> index_;
  bool collect_ = false, list_ = false, count_ = false;
};

}  // namespace weft::sw
