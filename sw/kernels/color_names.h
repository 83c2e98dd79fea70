#pragma once
// What a kernel's colors carry, in a word each (ARCHITECTURE.md has the table of their ways).
#include <string>

#include "hw/spec/job.h"

namespace weft::sw {

/// E.g. "weights"; "color_9" for one that the kernel does not use.
std::string color_name(hw::KernelKind kind, int color);

}  // namespace weft::sw
