#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tlm/base/yaml_source.h"

namespace weft::sw {

/// Turns what the trainer style says by structure into keys, so that every value has a path of its own: a list of one
/// trainer or loader into that one; callbacks, a list of {Name: settings}, into a section; an optimizer {Name:
/// settings} into optimizer_type beside its settings; a rate beside schedulers away. What is taken
/// away goes to `taken_away` with the reason. Errors go to `source`. Without a section `trainer` nothing happens.
void flatten_trainer(YamlSource& source, std::vector<std::pair<YamlTree, std::string>>& taken_away);

}  // namespace weft::sw
