#include "tlm/base/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <utility>

#include "tlm/base/error.h"
#include "tlm/base/yaml_guard.h"

namespace weft {
namespace {

class TreeBuilder {
 public:
  TreeBuilder(std::string where, const std::string* flag) : where_(std::move(where)) {
    if (flag) flag_ = std::make_shared<const std::string>(*flag);
  }

  YamlTree build(const YAML::Node& node, const std::string& path) {
    YamlTree tree;
    tree.place = place(node);
    tree.path = path;
    if (node.IsScalar()) {
      tree.kind = YamlTree::Kind::scalar;
      tree.scalar = node.Scalar();
    } else if (node.IsSequence()) {
      tree.kind = YamlTree::Kind::list;
      for (std::size_t i = 0; i < node.size(); ++i)
        tree.entries.push_back({"", place(node[i]), build(node[i], fmt::format("{}[{}]", path, i))});
    } else if (node.IsMap()) {
      tree.kind = YamlTree::Kind::map;
      read_map(node, tree);
    }
    return tree;
  }

 private:
  YamlPlace place(const YAML::Node& node) const {
    if (flag_) return {0, 0, flag_};
    return node.Mark().is_null() ? YamlPlace{} : YamlPlace{node.Mark().line + 1, node.Mark().column + 1, nullptr};
  }

  void read_map(const YAML::Node& map, YamlTree& tree) {
    std::map<std::string, int> lines;
    std::vector<YAML::Node> merged;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) refuse(entry.first, "a key must be a name");
      const auto& key = entry.first.Scalar();
      const int line = entry.first.Mark().line + 1;
      const auto [first, is_new] = lines.emplace(key, line);
      if (!is_new) refuse(entry.first, fmt::format("key '{}' stands twice, first on line {}", key, first->second));
      if (key == "<<") {
        merged = sources_of(entry.second);
      } else {
        tree.entries.push_back({key, place(entry.first), build(entry.second, inside(tree.path, key))});
      }
    }
    for (const YAML::Node& source : merged) {
      for (YamlEntry& entry : build(source, tree.path).entries)
        if (!tree.find(entry.key)) tree.entries.push_back(std::move(entry));
    }
  }

  /// What `<<` names: a section, or a list of sections of which the first that has a key gives it.
  std::vector<YAML::Node> sources_of(const YAML::Node& value) const {
    if (value.IsMap()) return {value};
    std::vector<YAML::Node> sources;
    for (std::size_t i = 0; value.IsSequence() && i < value.size(); ++i) {
      if (!value[i].IsMap()) refuse(value[i], "'<<' merges sections only");
      sources.push_back(value[i]);
    }
    if (!value.IsSequence()) refuse(value, "'<<' merges a section or a list of sections");
    return sources;
  }

  static std::string inside(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
  }

  [[noreturn]] void refuse(const YAML::Node& node, const std::string& why) const {
    throw UsageError(fmt::format("{}:{}:{}: {}", where_, node.Mark().line + 1, node.Mark().column + 1, why));
  }

  std::string where_;
  std::shared_ptr<const std::string> flag_;
};

}  // namespace

const YamlTree* YamlTree::find(const std::string& key) const {
  if (!is_map()) return nullptr;
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

YamlTree* YamlTree::find(const std::string& key) {
  return const_cast<YamlTree*>(static_cast<const YamlTree*>(this)->find(key));
}

YamlTree& YamlTree::at(const std::string& key) {
  if (is_null()) kind = Kind::map;
  if (YamlTree* found = find(key)) return *found;
  YamlTree value;
  value.path = path.empty() ? key : path + "." + key;
  entries.push_back({key, {}, std::move(value)});
  return entries.back().value;
}

bool YamlTree::erase(const std::string& key) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const YamlEntry& entry) { return entry.key == key; });
  if (!is_map() || found == entries.end()) return false;
  entries.erase(found);
  return true;
}

bool YamlTree::same_values(const YamlTree& other) const {
  return kind == other.kind && scalar == other.scalar &&
         std::equal(
             entries.begin(), entries.end(), other.entries.begin(), other.entries.end(),
             [](const YamlEntry& a, const YamlEntry& b) { return a.key == b.key && a.value.same_values(b.value); });
}

std::string written(const YamlTree& value) {
  if (value.is_scalar()) return "'" + value.scalar + "'";
  if (value.is_list()) return "a list";
  return value.is_map() ? "a section" : "not written";
}

YamlTree parse_yaml(const std::string& text, const std::string& where, const std::string* flag,
                    const std::string& path) {
  if (!check_yaml(text, where)) return {};
  return TreeBuilder(where, flag).build(YAML::Load(text), path);
}

}  // namespace weft
