#pragma once
// weft crosscheck: kernels on Verilated tiles, on the PE model and by recurrence.
#include <CLI/CLI.hpp>
#include <filesystem>

namespace weft::sw {

/// Adds the command to `app`; its callback leaves the exit code in `exit_code` (1: something does not agree).
/// `root` holds hw/machines.
void add_crosscheck_command(CLI::App& app, const std::filesystem::path& root, int& exit_code);

}  // namespace weft::sw
