#pragma once
// What is wrong with a command line, in the words of this program rather than of the library that parses it.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace weft::sw {

/// Folders of YAML files whose names an argument takes, by the argument's name: {"model", root/sw/models}.
using NameFolders = std::map<std::string, std::filesystem::path>;

/// A check of an option: a number in this range, in any spelling of the model files; NaN is none.
std::function<std::string(const std::string&)> number_between(double low, double high);

/// What holds for every flag of every command: a value is not empty (a variable that is not set must not read as "no
/// such flag"), and of a flag given twice the later one counts.
void set_common_rules(CLI::App& app);

/// All errors of a command line that `app` could not parse, one a line: unknown flags with the nearest one, missing
/// arguments with what they are and the names known in their folder, and what `error` says if it is something else.
std::string command_line_errors(const CLI::App& app, const CLI::ParseError& error, const NameFolders& folders);

}  // namespace weft::sw
