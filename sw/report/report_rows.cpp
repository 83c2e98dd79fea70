#include "sw/report/report_rows.h"

#include <stdexcept>

namespace weft::sw {

using Json = nlohmann::ordered_json;

std::int64_t integer(const Json& value) {
  constexpr std::int64_t largest = std::int64_t{1} << 53;
  if (!value.is_number_integer()) throw std::out_of_range(value.dump() + " is not an integer");
  if (value.is_number_unsigned() ? value.get<std::uint64_t>() > largest : value.get<std::int64_t>() < 0)
    throw std::out_of_range(value.dump() + " is not from 0 to 2^53");
  return value.get<std::int64_t>();
}

bool truth(const Json& value) { return value.get<bool>(); }
std::string text(const Json& value) { return value.get<std::string>(); }

Rows::Rows(const Json& table) : rows_(table.at("rows")) {
  std::size_t index = 0;
  for (const Json& name : table.at("columns")) columns_[text(name)] = index++;
}

const Json& Rows::at(std::size_t row, const std::string& column) const {
  const auto found = columns_.find(column);
  if (found == columns_.end()) throw std::out_of_range("column " + column + " is missing");
  return rows_.at(row).at(found->second);
}

std::pair<double, double> Rows::span(std::size_t row, const std::string& from, const std::string& to) const {
  const std::int64_t first = whole(row, from), last = whole(row, to);
  if (first > last) throw std::out_of_range(from + " is after " + to);
  return {static_cast<double>(first), static_cast<double>(last)};
}

}  // namespace weft::sw
