#include "hw/spec/configuration_echo.h"

namespace weft::hw {

nlohmann::json echo(const std::vector<ResolvedValue>& values) {
  auto result = nlohmann::json::object();
  for (const auto& resolved : values) {
    auto& entry = result[resolved.path];
    entry["value"] = resolved.is_text ? nlohmann::json(resolved.value) : nlohmann::json::parse(resolved.value);
    entry["origin"] = resolved.origin;
    if (!resolved.source.empty()) entry["source"] = resolved.source;
  }
  return result;
}

}  // namespace weft::hw
