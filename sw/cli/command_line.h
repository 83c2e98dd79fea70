#pragma once
// What is wrong with a command line, in the words of this program rather than of the library that parses it.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <string>

namespace weft::sw {

/// Folders of YAML files whose names an argument takes, by the argument's name: {"model", root/sw/models}.
using NameFolders = std::map<std::string, std::filesystem::path>;

/// All errors of a command line that `app` could not parse, one a line: unknown flags with the nearest one, missing
/// arguments with what they are and the names known in their folder, and what `error` says if it is something else.
std::string command_line_errors(const CLI::App& app, const CLI::ParseError& error, const NameFolders& folders);

}  // namespace weft::sw
