#pragma once
// Values of a report that somebody may have damaged.
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace weft::sw {

/// These throw what `nlohmann::json` throws at a value of another type, or std::out_of_range: an integer is neither
/// negative nor above 2^53, up to which a double is exact.
std::int64_t integer(const nlohmann::ordered_json& value);
bool truth(const nlohmann::ordered_json& value);
std::string text(const nlohmann::ordered_json& value);

/// A table of a report: names of columns, then rows. Refers to it. Throws like the functions above.
class Rows {
 public:
  explicit Rows(const nlohmann::ordered_json& table);

  bool has(const std::string& column) const { return columns_.count(column) > 0; }
  std::size_t size() const { return rows_.size(); }
  const nlohmann::ordered_json& at(std::size_t row, const std::string& column) const;
  std::int64_t whole(std::size_t row, const std::string& column) const { return integer(at(row, column)); }
  /// Two times, the first not after the second.
  std::pair<double, double> span(std::size_t row, const std::string& from, const std::string& to) const;

 private:
  const nlohmann::ordered_json& rows_;
  std::map<std::string, std::size_t> columns_;
};

}  // namespace weft::sw
