#pragma once
// --help for a terminal of 80 columns.
#include <CLI/CLI.hpp>
#include <string>

namespace weft::sw {

class HelpFormat : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;
};

}  // namespace weft::sw
