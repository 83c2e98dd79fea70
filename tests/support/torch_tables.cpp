#include "tests/support/torch_tables.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/support/paths.h"

namespace weft::test {

namespace {

const nlohmann::json& filled(const nlohmann::json& table) {
  if (table.empty()) throw std::runtime_error("torch_tables.json: an empty table");
  return table;
}

TorchTables read_tables() {
  std::ifstream file(source_path("tests/unit/data/torch_tables.json"));
  const nlohmann::json json = nlohmann::json::parse(file);
  TorchTables tables;
  for (const auto& row : filled(json.at("rates")))
    tables.rates.push_back({row.at("learning_rate"), filled(row.at("rates"))});
  filled(json.at("start")).get_to(tables.start);
  filled(json.at("step_gradients")).get_to(tables.step_gradients);
  for (const auto& row : filled(json.at("weights")))
    tables.weights.push_back({row.at("optimizer"), filled(row.at("weights"))});
  filled(json.at("unclipped")).get_to(tables.unclipped);
  for (const auto& row : filled(json.at("clipped")))
    tables.clipped.push_back({row.at("max_norm"), row.at("max_value"), row.at("norm"), filled(row.at("gradients"))});
  return tables;
}

}  // namespace

const TorchTables& torch_tables() {
  static const TorchTables tables = read_tables();
  return tables;
}

}  // namespace weft::test
