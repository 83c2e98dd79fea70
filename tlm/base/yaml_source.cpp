#include "tlm/base/yaml_source.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "tlm/base/error.h"
#include "tlm/base/yaml_guard.h"

namespace weft {
namespace {

/// Refuses what a configuration must not hold: a key twice, a key that is no name, a value that stands in two
/// places (an alias; an override would change both).
class TreeCheck {
 public:
  explicit TreeCheck(std::string where) : where_(std::move(where)) {}

  void visit(const YAML::Node& node) {
    if (node.IsNull()) return;
    if (!seen_.emplace(node.Type(), node.Mark().pos).second) refuse(node, "aliases are not supported");
    if (node.IsSequence()) {
      for (const auto& item : node) visit(item);
    }
    if (node.IsMap()) visit_map(node);
  }

 private:
  void visit_map(const YAML::Node& map) {
    std::map<std::string, int> lines;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) refuse(entry.first, "a key must be a name");
      const auto& key = entry.first.Scalar();
      const int line = entry.first.Mark().line + 1;
      const auto [first, is_new] = lines.emplace(key, line);
      if (!is_new) refuse(entry.first, fmt::format("key '{}' stands twice, first on line {}", key, first->second));
      visit(entry.second);
    }
  }

  [[noreturn]] void refuse(const YAML::Node& node, const std::string& why) const {
    throw UsageError(fmt::format("{}:{}:{}: {}", where_, node.Mark().line + 1, node.Mark().column + 1, why));
  }

  std::string where_;
  std::set<std::pair<YAML::NodeType::value, int>> seen_;
};

YAML::Node parse_one(const std::string& text, const std::string& where) {
  if (!check_yaml(text, where)) throw UsageError(fmt::format("{}: is empty", where));
  const YAML::Node document = YAML::Load(text);
  TreeCheck(where).visit(document);
  return document;
}

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> keys;
  std::size_t begin = 0;
  for (auto dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    keys.push_back(path.substr(begin, dot - begin));
    begin = dot + 1;
  }
  keys.push_back(path.substr(begin));
  return keys;
}

/// Is `path` equal to `outer`, or a key or item inside it?
bool is_within(const std::string& path, const std::string& outer) {
  if (path.compare(0, outer.size(), outer) != 0) return false;
  return path.size() == outer.size() || path[outer.size()] == '.' || path[outer.size()] == '[';
}

}  // namespace

YamlSource::YamlSource(const std::string& text, const std::filesystem::path& name,
                       const std::vector<std::string>& overrides)
    : name_(name), root_(parse_one(text, name.string())) {
  if (!root_.IsMap()) throw UsageError(fmt::format("{}: must be a section of keys and values", name.string()));
  for (const auto& flag : overrides) apply(flag);
}

void YamlSource::apply(const std::string& override_text) {
  const auto equals = override_text.find('=');
  const std::string where = "flag " + override_text;
  if (equals == std::string::npos) throw UsageError(where + ": must be path.to.key=value");
  const std::string path = override_text.substr(0, equals);
  const YAML::Node value = parse_one(override_text.substr(equals + 1), where);

  const auto keys = split_path(path);
  YAML::Node section = root_;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].empty()) throw UsageError(where + ": an empty name in the path");
    if (!section.IsMap()) throw UsageError(fmt::format("{}: '{}' is not a section", where, keys[i - 1]));
    if (i + 1 == keys.size()) break;
    if (!section[keys[i]].IsDefined() || section[keys[i]].IsNull()) section[keys[i]] = YAML::Node(YAML::NodeType::Map);
    section.reset(section[keys[i]]);
  }
  section[keys.back()] = value;
  flags_[path] = override_text;
}

const std::string* YamlSource::flag_of(const std::string& path) const {
  const std::string* found = nullptr;
  for (const auto& [flag_path, text] : flags_) {
    if (is_within(path, flag_path)) found = &text;
  }
  return found;
}

const std::string* YamlSource::flag_inside(const std::string& path) const {
  for (const auto& [flag_path, text] : flags_) {
    if (is_within(flag_path, path)) return &text;
  }
  return nullptr;
}

std::string YamlSource::where(const std::string& path, const YAML::Node& node) const {
  const auto* flag = flag_of(path);
  const bool is_in_file = !node.Mark().is_null();
  if (flag == nullptr && !is_in_file) flag = flag_inside(path);
  if (flag != nullptr) return "flag " + *flag;
  if (!is_in_file) return name_.string();
  return fmt::format("{}:{}:{}", name_.string(), node.Mark().line + 1, node.Mark().column + 1);
}

std::string YamlSource::origin(const std::string& path, const YAML::Node& node) const {
  if (flag_of(path) != nullptr) return "flag";
  return fmt::format("{}:{}", name_.filename().string(), node.Mark().line + 1);
}

std::string read_text_file(const std::filesystem::path& file) {
  std::error_code unreadable;
  constexpr std::uintmax_t kMaxBytes = 1 << 20;
  if (!std::filesystem::is_regular_file(file, unreadable)) {
    throw UsageError(fmt::format("{}: no such file", file.string()));
  }
  if (std::filesystem::file_size(file, unreadable) > kMaxBytes) {
    throw UsageError(fmt::format("{}: larger than {} bytes", file.string(), kMaxBytes));
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw UsageError(fmt::format("{}: cannot be read", file.string()));
  return text;
}

}  // namespace weft
