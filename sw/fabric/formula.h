#pragma once
// A formula that stands in a file: its errors name the place.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/fabric/expression.h"
#include "tlm/base/error.h"
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

class Formula {
 public:
  /// Reads the text at `key`; without `fallback` the key must be there. Throws UsageError.
  Formula(YamlSection section, const std::string& key, const Names& names,
          const std::optional<std::string>& fallback = {})
      : section_(std::move(section)), key_(key), expression_(parsed(section_, key, names, fallback)) {}

  Number at(const std::vector<Number>& values) const {
    try {
      return expression_.evaluate(values);
    } catch (const UsageError& error) {
      section_.refuse(key_, error.what());
    }
  }
  bool holds(const std::vector<Number>& values) const { return at(values) != 0; }
  /// Throws UsageError that gives the value, `who` it is for, and the range, if the value lies outside.
  int within(const std::vector<Number>& values, Number low, Number high, const std::string& who = {}) const {
    const Number value = at(values);
    if (value < low || value > high)
      section_.refuse(key_, fmt::format("which is {}{}; allowed {} to {}", value, who, low, high));
    return static_cast<int>(value);
  }
  [[noreturn]] void refuse(const std::string& why) const { section_.refuse(key_, why); }

 private:
  static Expression parsed(YamlSection& section, const std::string& key, const Names& names,
                           const std::optional<std::string>& fallback) {
    const std::string text = section.text(key, fallback);
    try {
      return {text, names};
    } catch (const UsageError& error) {
      section.refuse(key, error.what());
    }
  }

  YamlSection section_;
  std::string key_;
  Expression expression_;
};

}  // namespace weft::sw
