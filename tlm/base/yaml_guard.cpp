#include "tlm/base/yaml_guard.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <vector>

#include "tlm/base/error.h"

namespace weft {

namespace {

constexpr std::size_t deepest = 64;
constexpr std::uint64_t most_values = 20'000;

/// Counts what the parser meets; nothing is built.
class Counter final : public YAML::EventHandler {
 public:
  explicit Counter(const std::string& where) : where_(where) {}

  bool is_empty() const { return is_empty_; }

  void OnDocumentStart(const YAML::Mark&) override { open_ = {{YAML::NullAnchor, 0}}; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    is_empty_ &= open_.size() == 1;
    leaf(mark, anchor, 1);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = sizes_.find(anchor);
    if (target == sizes_.end()) refuse(mark, "an alias inside what it stands for");
    leaf(mark, YAML::NullAnchor, target->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string&) override {
    is_empty_ = false;
    leaf(mark, anchor, 1);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(mark, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(mark, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    YAML::anchor_t anchor;
    std::uint64_t values;
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& why) const {
    throw UsageError(fmt::format("{}:{}:{}: {}", where_, mark.line + 1, mark.column + 1, why));
  }
  void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, std::uint64_t values) {
    if (anchor != YAML::NullAnchor) sizes_[anchor] = values;
    open_.back().values += values;
    if (open_.back().values > most_values)
      refuse(mark,
             fmt::format("more than {} values, what aliases stand for counted; that is no configuration", most_values));
  }
  void begin(const YAML::Mark& mark, YAML::anchor_t anchor) {
    is_empty_ = false;
    if (open_.size() > deepest) refuse(mark, fmt::format("nested deeper than {}", deepest));
    leaf(mark, YAML::NullAnchor, 1);
    open_.push_back({anchor, 0});
    last_ = mark;
  }
  void end() {
    const Open closed = open_.back();
    open_.pop_back();
    if (closed.anchor != YAML::NullAnchor) sizes_[closed.anchor] = closed.values + 1;
    leaf(last_, YAML::NullAnchor, closed.values);
  }

  const std::string& where_;
  std::vector<Open> open_ = {{YAML::NullAnchor, 0}};
  std::map<YAML::anchor_t, std::uint64_t> sizes_;
  YAML::Mark last_;
  bool is_empty_ = true;
};

/// What the parser does not say, wherever it stumbled.
std::string tab_hint(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    if (line.find('\t') < indent) return fmt::format(" (line {} is indented with a tab; YAML takes blanks)", number);
  }
  return {};
}

}  // namespace

bool check_yaml(const std::string& text, const std::string& where) {
  std::istringstream stream(text);
  try {
    YAML::Parser parser(stream);
    Counter counter(where);
    if (!parser.HandleNextDocument(counter)) return false;
    // Where a text goes on without a new document the parser stands still for ever: it is asked only once more.
    Counter rest(where);
    if (parser.HandleNextDocument(rest))
      throw UsageError(where + ": holds more than one document, or goes on after its end (a bracket too many?)");
    return !counter.is_empty();
  } catch (const YAML::Exception& error) {
    throw UsageError(fmt::format("{}:{}:{}: not valid YAML: {}{}", where, error.mark.line + 1, error.mark.column + 1,
                                 error.msg, tab_hint(text)));
  }
}

}  // namespace weft
