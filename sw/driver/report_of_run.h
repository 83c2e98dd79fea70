#pragma once
// From what the cluster holds to the run's report.
#include <vector>

#include "hw/cluster/cluster.h"
#include "sw/driver/prepared_run.h"
#include "sw/report/run_report.h"

namespace weft::sw {

/// `steps`: whose loss arrived. One of which a launch is missing, because the run ended inside it, is left out; its
/// launches are there. `wall_seconds`: of the host, since the program began.
RunReport report_of_run(const PreparedRun& run, const hw::Cluster& cluster, std::vector<StepRecord> steps,
                        double wall_seconds);

}  // namespace weft::sw
