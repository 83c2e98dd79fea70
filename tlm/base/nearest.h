#pragma once
// Which known name did the user mean? For every message about a name that is not known.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other, each counted 1
/// (optimal string alignment). Letters' case does not count.
int edit_distance(std::string_view a, std::string_view b);

/// The candidate with the smallest distance, the first of equals; none if the nearest one differs in more than
/// half of its letters (then naming it would mislead).
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates);

/// End of a message: "; nearest: mini (known: mini, wse2, wse3)", without the first part if nothing is near.
std::string suggest(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace weft
