#pragma once
// What held up launches inside, for people.
#include <string>
#include <vector>

#include "tlm/stats/launch_explanation.h"

namespace weft::sw {

/// Each launch's length by limiter, with the PEs, links and edges that held up most of it. At most 80 columns.
std::string explain_text(const std::vector<proto::LaunchExplanation>& launches);

}  // namespace weft::sw
