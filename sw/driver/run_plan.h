#pragma once
// The plan of a run: made now, or read from a file that --compile_only wrote.
#include "hw/spec/machine_file.h"
#include "sw/compiler/planner.h"
#include "sw/driver/run_settings.h"

namespace weft::sw {

/// Samples of a step over all systems that a plan is made for.
int batch_of_run(const ModelConfig& config);

/// Throws UsageError if nothing fits, the plan file is damaged, or it was made for another model or machine.
/// `layers`: of the run; the wire of sparse ones (sw/compiler/wire_choice.h) is set.
Plan plan_of(const ModelFile& model, const hw::MachineFile& machine, std::vector<hw::MatrixLayer>& layers,
             const RunSettings& settings);

/// --validate_only: the table of operations and kernels.
std::string validation_text(const ModelFile& model);

/// --compile_only: plans, writes <run folder>/plan.json and returns what to show.
std::string compile(const ModelFile& written, const hw::MachineFile& machine, const RunSettings& settings);

}  // namespace weft::sw
