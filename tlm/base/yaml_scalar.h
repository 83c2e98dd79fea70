#pragma once
// A scalar's text as a number or a truth, in every spelling that people and tools use. Pure functions.
#include <cstdint>
#include <optional>
#include <string>

namespace weft {

/// 0.001, 1e-3, +1.0e-3, 1_000; none for what is no finite number.
std::optional<double> parse_real(const std::string& text);

/// 1000, +1000, 1_000, 1e3, 1000.0; none for what is not whole or does not fit.
std::optional<std::int64_t> parse_integer(const std::string& text);

/// true, yes, on, y and their opposites, in any case.
std::optional<bool> parse_boolean(const std::string& text);

}  // namespace weft
