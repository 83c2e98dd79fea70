#pragma once
#include <string>

namespace weft::sw {

/// Of the machine that the program runs on; "unknown" if the system does not say.
std::string host_name();

}  // namespace weft::sw
