#pragma once
// `weft fabric FILE`: PE programs by hand.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace weft::sw {

class FabricCommand {
 public:
  /// Adds the command and its flags to `app`; both must outlive the parsing.
  explicit FabricCommand(CLI::App& app);

  bool chosen() const { return static_cast<bool>(*command_); }
  /// Returns the exit code: 0, or 1 if the result is wrong or the program does not end. `root` holds hw/machines and
  /// sw/fabric_programs. Throws UsageError and SimulationError.
  int run(const std::filesystem::path& root) const;

 private:
  CLI::App* command_;
  std::string program_, machine_ = "wse2";
  std::vector<std::string> sets_, machine_sets_;
  std::filesystem::path json_, dump_;
  bool rtl_ = false;
};

}  // namespace weft::sw
