#include "sw/cli/help_format.h"

#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

/// `name` on the left, `text` beside it, or below a name that is too long.
std::string entry(const std::string& name, const std::string& text) {
  constexpr std::size_t column = 26;
  const std::string left = "  " + name;
  if (left.size() < column) return wrapped(left + std::string(column - left.size(), ' '), column, text);
  return wrapped(left, column, "") + (text.empty() ? "" : wrapped(std::string(column, ' '), column, text));
}

}  // namespace

std::string HelpFormat::make_option(const CLI::Option* option, bool is_positional) const {
  return entry(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormat::make_subcommand(const CLI::App* command) const {
  return entry(command->get_name(), command->get_description());
}

std::string HelpFormat::make_description(const CLI::App* app) const {
  return app->get_description().empty() ? "" : wrapped("", 0, app->get_description());
}

std::string HelpFormat::make_footer(const CLI::App* app) const {
  return app->get_footer().empty() ? "" : wrapped("", 0, app->get_footer());
}

}  // namespace weft::sw
