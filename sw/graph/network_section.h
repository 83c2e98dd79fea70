#pragma once
// The section `model` of a model file: which network it is, and what all networks have.
#include <string>

#include "sw/graph/model_file.h"
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

/// `data`: what it is trained on, which some keys follow; `file_name`: its name where it says none. A value that is not
/// allowed is rejected by the section, and told with all others.
NetworkConfig read_network(YamlSection section, const DataConfig& data, const std::string& file_name);

}  // namespace weft::sw
