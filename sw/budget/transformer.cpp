#include "sw/budget/transformer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

namespace {

constexpr double kLongestStep = 1e6;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw UsageError(fmt::format("{}: cannot be read", file.string()));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The source that the reader found beside the last value.
std::string last_source(const YamlReader& reader) {
  return reader.values().empty() ? "" : reader.values().back().source;
}

Transformer read_model(YamlReader& reader, YamlSection section, const std::string& name) {
  Transformer model;
  model.name = name;
  model.title = section.text("title");
  model.layers = section.integer("layers", {1, 1000});
  model.hidden = section.integer("hidden", {1, 1'000'000});
  model.heads = section.integer("heads", {1, 10'000});
  model.vocabulary = section.integer("vocabulary", {1, 10'000'000});
  model.sequence = section.integer("sequence", {1, 10'000'000});
  if (section.good("hidden") && section.good("heads") && model.hidden % model.heads != 0)
    section.reject("heads", fmt::format("does not divide the hidden width {}", model.hidden));
  if (!section.has("measured")) return model;
  for (YamlSection& row : section.sections("measured")) {
    MeasuredStep step;
    step.machine = row.text("machine");
    step.batch = row.integer("batch", {1, 10'000'000});
    step.seconds = row.real("seconds", {1e-9, kLongestStep});
    step.source = last_source(reader);
    model.measured.push_back(step);
  }
  return model;
}

}  // namespace

std::vector<std::string> transformer_names(const std::filesystem::path& file) {
  YamlReader reader(text_of(file), file);
  return reader.root().section("models").keys();
}

Transformer read_transformer(const std::string& name, const std::filesystem::path& file,
                             const std::vector<std::string>& overrides) {
  const std::vector<std::string> names = transformer_names(file);
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw UsageError(fmt::format("model {}: not in {}{}", name, file.filename().string(), suggest(name, names)));
  std::vector<std::string> full;
  full.reserve(overrides.size());
  for (const std::string& value : overrides) full.push_back(fmt::format("models.{}.{}", name, value));
  YamlReader reader(text_of(file), file, full);
  YamlSection models = reader.root().section("models");
  Transformer chosen;
  for (const std::string& key : models.keys()) {
    Transformer model = read_model(reader, models.section(key), key);
    if (key == name) chosen = std::move(model);
  }
  YamlSection sources = reader.root().section("sources");
  for (const std::string& key : sources.keys()) {
    YamlSection source = sources.section(key);
    source.text("title");
    source.text("where");
  }
  reader.finish();
  if (overrides.empty()) return chosen;
  chosen.measured.clear();  // they were measured on the shape as it is written
  const bool named = std::any_of(overrides.begin(), overrides.end(),
                                 [](const std::string& value) { return value.rfind("title=", 0) == 0; });
  if (!named) chosen.title = fmt::format("{} with {}", name, fmt::join(overrides, ", "));
  return chosen;
}

}  // namespace weft::sw
