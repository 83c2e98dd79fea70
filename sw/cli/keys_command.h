#pragma once
// `weft keys`: the keys of model files.
#include <CLI/CLI.hpp>

namespace weft::sw {

class KeysCommand {
 public:
  /// Adds the command to `app`, which must outlive the parsing.
  explicit KeysCommand(CLI::App& app) : command_(app.add_subcommand("keys", "the keys of model files, as a page")) {}

  bool chosen() const { return static_cast<bool>(*command_); }
  /// Writes docs/model_files.md to stdout. Returns the exit code 0.
  static int run();

 private:
  CLI::App* command_;
};

}  // namespace weft::sw
