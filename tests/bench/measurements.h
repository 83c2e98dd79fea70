#pragma once
// What was measured, by name: each number is the median of its repetitions.
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weft::bench {

class Measurements {
 public:
  void add(const std::string& name, double value) { values_[name].push_back(value); }
  /// None if nothing of that name was measured.
  std::optional<double> get(const std::string& name) const;
  void fail(const std::string& name, const std::string& why) { failures_[name] = why; }
  const std::map<std::string, std::string>& failures() const { return failures_; }

 private:
  std::map<std::string, std::vector<double>> values_;
  std::map<std::string, std::string> failures_;
};

/// Runs the Google benchmarks whose names match `filter`; name/counter of each goes into `into`. Progress on stderr.
void run_benchmarks(const std::string& filter, double seconds_each, Measurements& into);

}  // namespace weft::bench
