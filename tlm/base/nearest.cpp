#include "tlm/base/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace weft {
namespace {

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

}  // namespace

int edit_distance(std::string_view a, std::string_view b) {
  const auto columns = b.size() + 1;
  std::vector<int> before(columns), above(columns), row(columns);
  for (std::size_t j = 0; j < columns; ++j) row[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j < columns; ++j) {
      const int replaced = above[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates) {
  const auto closest = std::min_element(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) {
    return edit_distance(name, a) < edit_distance(name, b);
  });
  if (closest == candidates.end()) return std::nullopt;
  const auto longest = static_cast<int>(std::max(name.size(), closest->size()));
  if (2 * edit_distance(name, *closest) > longest) return std::nullopt;
  return *closest;
}

std::string suggest(std::string_view name, const std::vector<std::string>& candidates) {
  const auto close = nearest(name, candidates);
  const auto known = candidates.empty() ? std::string{"none"} : fmt::format("{}", fmt::join(candidates, ", "));
  return close ? fmt::format("; nearest: {} (known: {})", *close, known) : fmt::format("; known: {}", known);
}

}  // namespace weft
