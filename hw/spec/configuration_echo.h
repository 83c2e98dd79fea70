#pragma once
// The effective configuration, as every result carries it.
#include <nlohmann/json.hpp>
#include <vector>

#include "tlm/base/yaml_reader.h"

namespace weft::hw {

/// {"pe.banks": {"value": 8, "origin": "wse2.yaml:30", "source": "APP"}, ...}; "source" only where there is one.
/// For machine and model alike.
nlohmann::json echo(const std::vector<ResolvedValue>& values);

}  // namespace weft::hw
