#pragma once
// The suite's one table: each row a number, what it is set beside, the ratio, and the bar if it has one.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace weft::bench {

struct Bar {
  bool at_most = true;
  double limit = 0;
  std::string text;  ///< "<= 2"
};
Bar at_most(double limit, const std::string& text);
Bar at_least(double limit, const std::string& text);

struct BenchRow {
  std::string group;  ///< a to i
  std::string what;
  double value = 0;
  std::string unit = {};
  std::string beside = {};           ///< what the ratio is to; empty: none
  std::optional<double> ratio = {};  ///< value over that
  std::optional<Bar> bar = {};
  bool bar_on_ratio = false;
  std::string skipped = {};  ///< why there is no value

  bool missed() const;
};

class BenchTable {
 public:
  void add(BenchRow row) { rows_.push_back(std::move(row)); }
  /// 80 columns.
  std::string text() const;
  nlohmann::ordered_json json() const;
  int missed() const;

 private:
  std::vector<BenchRow> rows_;
};

}  // namespace weft::bench
