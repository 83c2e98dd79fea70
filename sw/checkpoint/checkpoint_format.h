#pragma once
// What every reader of our checkpoints asks first.
#include "sw/checkpoint/hdf5_file.h"

namespace weft::sw {

/// Throws UsageError where the file is no checkpoint, of a version that is not read, or not complete.
void require_checkpoint(const Hdf5Reader& file);

}  // namespace weft::sw
