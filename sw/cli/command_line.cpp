#include "sw/cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <vector>

#include "tlm/base/named_file.h"
#include "tlm/base/nearest.h"
#include "tlm/base/yaml_scalar.h"

namespace weft::sw {

namespace {

const CLI::App& chosen_command(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return chosen.empty() ? app : *chosen.front();
}

/// Words that are nothing: flags with the nearest known one; an argument too many only where no flag can have meant it.
std::vector<std::string> strange_words(const CLI::App& app, const CLI::App& command) {
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back(name);
  std::vector<std::string> errors;
  bool after_flag = false;
  for (const std::string& word : app.remaining(true)) {
    if (word.size() > 1 && word[0] == '-') {
      after_flag = true;
      const std::string flag = word.substr(0, word.find('='));
      const std::optional<std::string> near = nearest(flag.substr(flag.find_first_not_of('-')), known);
      errors.push_back(fmt::format("no flag {}{}", flag, near ? "; nearest: --" + *near : ""));
    } else if (!after_flag) {
      errors.push_back(fmt::format("'{}': an argument too many", word));
    }
  }
  return errors;
}

std::vector<std::string> missing_arguments(const CLI::App& command, const NameFolders& folders) {
  std::vector<std::string> errors;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    const std::string name = option->get_name(true);
    std::string known;
    if (const auto folder = folders.find(name); folder != folders.end())
      known = fmt::format(" (known: {})", fmt::join(yaml_names(folder->second), ", "));
    errors.push_back(fmt::format("no {} given: {}{}", name, option->get_description(), known));
  }
  return errors;
}

}  // namespace

std::function<std::string(const std::string&)> number_between(double low, double high) {
  return [low, high](const std::string& text) -> std::string {
    const std::optional<double> number = parse_real(text);
    if (number && low <= *number && *number <= high) return {};
    return fmt::format("'{}'; allowed: a number, {:g} to {:g}", text, low, high);
  };
}

void set_common_rules(CLI::App& app) {
  const auto is_said = [](const std::string& text) -> std::string {
    return text.empty() ? "its value is empty (a variable that is not set?)" : "";
  };
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    for (CLI::Option* option : command->get_options()) {
      option->check(is_said);
      if (option->get_items_expected_max() == 1 && !option->get_positional()) option->take_last();
    }
}

std::string command_line_errors(const CLI::App& app, const CLI::ParseError& error, const NameFolders& folders) {
  const CLI::App& command = chosen_command(app);
  std::vector<std::string> errors = strange_words(app, command);
  if (&command != &app) {
    for (std::string& missing : missing_arguments(command, folders)) errors.push_back(std::move(missing));
  }
  const bool told = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr ||
                    dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (!told || errors.empty()) errors.emplace_back(error.what());
  const std::string who = &command == &app ? "weft" : "weft " + command.get_name();
  std::string text;
  for (const std::string& line : errors) text += fmt::format("{}: {}\n", who, line);
  return text + fmt::format("{} --help lists what there is\n", who);
}

}  // namespace weft::sw
