#include "sw/sweep/sweep_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "sw/sweep/sweep_axes.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"
#include "tlm/base/yaml_source.h"

namespace weft::sw {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_points = 100'000;

/// Flags whose value is a file or a folder, so that it can stand beside the sweep file.
bool names_file(const std::string& key) {
  static const std::set<std::string> keys = {"model", "machine", "plan", "data", "checkpoint_path", "initial_weights"};
  return keys.count(key) > 0;
}

std::string why_not(const std::string& key) {
  static const std::set<std::string> own = {"o", "model_dir", "resume", "overwrite"};
  return own.count(key) > 0 ? "the sweep says in which folder a point runs, and whether it goes on there" : "";
}

class Reader {
 public:
  explicit Reader(const fs::path& file) : file_(file), source_(read_text_file(file), file) {}

  Sweep read() {
    Sweep sweep;
    const YamlTree& root = source_.root();
    for (const YamlEntry& entry : root.entries) know(entry);
    const YamlTree* title = root.find("title");
    sweep.title = title ? sweep_text(*title) : file_.stem().string();
    if (const YamlTree* run = root.find("run")) common_ = sweep_leaves(*run, refuse());
    std::vector<AxisPlace> places(1);
    const YamlTree* axes = root.find("axes");
    if (!axes || !axes->is_list()) {
      note(root.place, "axes: expected a list, e.g. - grid: {num_csx: [1, 2]}");
    } else {
      for (const YamlEntry& entry : axes->entries) multiply(places, axis_places(entry.value, refuse()), entry.value);
    }
    for (const AxisPlace& place : places)
      for (const SweepValue& value : place)
        if (!contains(sweep.axes, value.first)) sweep.axes.push_back(value.first);
    check_keys(axes ? axes->place : root.place, sweep.axes, places);
    if (errors_.empty()) {
      for (const AxisPlace& place : places)
        sweep.points.push_back(point(place, static_cast<int>(sweep.points.size()) + 1));
      sweep.picture = picture(root.find("picture"), sweep);
    }
    if (!errors_.empty()) throw UsageError(fmt::format("{}", fmt::join(errors_, "\n")));
    return sweep;
  }

 private:
  SweepErrors refuse() {
    return [this](const YamlTree& value, const std::string& why) { note(value.place, why); };
  }

  void note(const YamlPlace& place, const std::string& why) {
    errors_.push_back(fmt::format("{}: {}", source_.where(place), why));
  }

  void know(const YamlEntry& entry) {
    static const std::vector<std::string> known = {"title", "run", "axes", "picture"};
    if (!contains(known, entry.key) && !source_.lends(entry.key))
      note(entry.key_place, fmt::format("{}: no section of a sweep{}", entry.key, suggest(entry.key, known)));
  }

  void multiply(std::vector<AxisPlace>& places, const std::vector<AxisPlace>& axis, const YamlTree& at) {
    if (axis.empty()) return;
    if (places.size() * axis.size() > most_points) {
      note(at.place, fmt::format("{} points and more; allowed: {}", places.size() * axis.size(), most_points));
      return;
    }
    std::vector<AxisPlace> longer;
    for (const AxisPlace& place : places)
      for (const AxisPlace& more : axis) {
        longer.push_back(place);
        longer.back().insert(longer.back().end(), more.begin(), more.end());
      }
    places = std::move(longer);
  }

  static bool contains(const std::vector<std::string>& keys, const std::string& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }

  /// Each key once, and none that is the sweep's own; a model from somewhere.
  void check_keys(const YamlPlace& at, const std::vector<std::string>& axes, const std::vector<AxisPlace>& places) {
    std::vector<std::string> all = axes;
    for (const auto& [key, node] : common_) {
      if (contains(all, key)) note(node->place, fmt::format("{}: set twice; an axis or `run` sets it once", key));
      all.push_back(key);
      if (const std::string why = why_not(key); !why.empty()) note(node->place, fmt::format("{}: {}", key, why));
    }
    for (const std::string& key : axes) {
      if (const std::string why = why_not(key); !why.empty()) note(at, fmt::format("{}: {}", key, why));
      const auto twice = [&key](const AxisPlace& place) {
        return std::count_if(place.begin(), place.end(), [&key](const SweepValue& v) { return v.first == key; }) > 1;
      };
      if (std::any_of(places.begin(), places.end(), twice)) note(at, fmt::format("{}: set by two axes", key));
    }
    if (!contains(all, "model")) note(at, "no model: run: {model: fc_mnist}, or an axis of models");
  }

  std::string resolved(const std::string& key, const std::string& value) const {
    if (!names_file(key)) return value;
    const bool is_path = value.find('/') != std::string::npos || fs::path(value).has_extension();
    std::error_code none;
    const fs::path beside = fs::absolute(file_).parent_path() / value;
    return is_path && fs::exists(beside, none) ? beside.lexically_normal().string() : value;
  }

  void add_argument(SweepPoint& point, const std::string& key, const std::string& value) const {
    std::vector<std::string>& arguments = point.arguments;
    const std::size_t dot = key.find('.');
    const std::string flag = key.substr(0, dot);
    if (key == "model") {
      arguments.insert(arguments.begin(), resolved(key, value));
    } else if (dot != std::string::npos) {
      arguments.push_back(fmt::format("--{}={}={}", flag, key.substr(dot + 1), value));
    } else if (value == "true") {
      arguments.push_back("--" + key);
    } else if (value != "false") {
      arguments.push_back(fmt::format("--{}={}", key, resolved(key, value)));
    }
  }

  SweepPoint point(const AxisPlace& place, int number) const {
    SweepPoint made;
    made.number = number;
    made.values = place;
    for (const auto& [key, node] : common_) add_argument(made, key, sweep_text(*node));
    for (const auto& [key, value] : place) add_argument(made, key, value);
    return made;
  }

  /// Scaling is drawn along num_csx if it is an axis; else a picture of what moves the step most.
  SweepPicture picture(const YamlTree* written, const Sweep& sweep) {
    const bool scales = contains(sweep.axes, "num_csx");
    if (!written) return scales ? SweepPicture::scaling : SweepPicture::tornado;
    const std::string word = sweep_text(*written);
    if (word == "tornado") return SweepPicture::tornado;
    if (word != "scaling") note(written->place, fmt::format("picture: {}: allowed: scaling, tornado", word));
    if (word == "scaling" && !scales) note(written->place, "picture: scaling needs num_csx among the axes");
    return SweepPicture::scaling;
  }

  fs::path file_;
  YamlSource source_;
  std::vector<SweepLeaf> common_;
  std::vector<std::string> errors_;
};

}  // namespace

std::string SweepPoint::text() const {
  std::vector<std::string> words;
  for (const auto& [key, value] : values) words.push_back(fmt::format("{}={}", key, value));
  return words.empty() ? "as it is" : fmt::format("{}", fmt::join(words, ", "));
}

std::string SweepPoint::value(const std::string& axis) const {
  for (const auto& [key, value] : values)
    if (key == axis) return value;
  return "";
}

Sweep read_sweep(const fs::path& file) { return Reader(file).read(); }

}  // namespace weft::sw
