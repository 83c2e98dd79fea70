#pragma once
// A comparison for people, for programs and for a pull request.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sw/compare/comparison.h"

namespace weft::sw {

/// At most 80 columns; the verdict first.
std::string comparison_text(const Comparison& comparison);
nlohmann::ordered_json comparison_json(const Comparison& comparison);
std::string comparison_markdown(const Comparison& comparison);

/// More than two: a line each, against the first.
std::string table_text(const std::vector<Comparison>& against_first);
nlohmann::ordered_json table_json(const std::vector<Comparison>& against_first);
std::string table_markdown(const std::vector<Comparison>& against_first);

}  // namespace weft::sw
