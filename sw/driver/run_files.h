#pragma once
// The two files that every run reads.
#include "hw/spec/machine_file.h"
#include "sw/driver/run_settings.h"
#include "sw/graph/model_file.h"

namespace weft::sw {

struct RunFiles {
  hw::MachineFile machine;
  ModelFile model;  ///< its data folder is --data's, if there is one
};

/// Throws one UsageError with the mistakes of both files and of the flags that change them.
RunFiles read_run_files(const RunSettings& settings);

}  // namespace weft::sw
