#include "sw/graph/initializer.h"

#include <fmt/format.h>

#include <cmath>

namespace weft::sw {

namespace {

using Form = Initializer::Form;
using Drawn = Initializer::Drawn;

constexpr double widest = 1000, close_enough = 1e-6;

Form read_form(YamlSection& section, const std::string& key) {
  return section.choice<Form>(key, {{"truncated_normal", Form::truncated_normal}, {"normal", Form::normal}});
}

/// A form alone, or a section of name, mean, std, and where it ends, a and b.
Drawn read_drawn(YamlSection& section, const std::string& key, const Drawn& fallback) {
  if (!section.has(key)) return fallback;
  if (!section.is_section(key)) return {read_form(section, key), fallback.std};
  YamlSection of = section.section(key);
  Drawn drawn{read_form(of, "name"), of.real("std", {0, widest}, fallback.std)};
  of.real("mean", {0, 0, "the others are not there"}, 0.0);
  for (const auto& [end, sign] : {std::pair("a", -1), std::pair("b", 1)}) {
    if (drawn.form != Form::truncated_normal) {
      of.not_used(end, "a normal distribution ends nowhere");
      continue;
    }
    const double wanted = sign * 2 * drawn.std, there = of.real(end, {-widest, widest}, wanted);
    if (std::fabs(there - wanted) > close_enough * drawn.std && of.good(end))
      of.reject(end, fmt::format("allowed: {:g}, two deviations", wanted));
  }
  return drawn;
}

}  // namespace

Initializer read_initializer(YamlSection& section, int layers) {
  constexpr double published = 0.02;
  const bool any =
      section.has("initializer_range") || section.has("initializer") || section.has("output_layer_initializer");
  if (!any) return {};
  const double range = section.real("initializer_range", {0, widest}, published);
  Initializer initializer;
  initializer.matrices = read_drawn(section, "initializer", {Form::truncated_normal, range});
  const bool says_added = section.has("output_layer_initializer");
  Drawn added = initializer.matrices;
  if (!says_added) added.std /= std::sqrt(2.0 * std::max(layers, 1));
  initializer.added = read_drawn(section, "output_layer_initializer", added);
  return initializer;
}

}  // namespace weft::sw
