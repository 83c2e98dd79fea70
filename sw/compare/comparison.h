#pragma once
// Whether a report may take the place of another one, and why it is slower or faster.
#include <optional>
#include <string>
#include <vector>

#include "sw/compare/attribution.h"
#include "sw/compare/digest.h"

namespace weft::sw {

struct CompareRules {
  double tolerance = 0;          ///< percent by which the step may be longer
  double loss_tolerance = 0.01;  ///< by which a loss may differ
  bool any_model = false;        ///< another model, and other launches, are no failure
};

struct Comparison {
  Digest before, after;
  ChangeTable step;
  std::vector<std::string> differences;   ///< of version, machine, model, plan; with origins
  std::vector<std::string> missing;       ///< rows that one side lacks, with the side
  std::vector<std::string> failures;      ///< why it fails; empty: it does not
  std::optional<std::int64_t> loss_step;  ///< the last of whose loss both know
  bool failed() const { return !failures.empty(); }
  std::string verdict() const;  ///< "FAIL: step +6.9 %, +18.6 M cycles: updates at MemoryX, fc1"
};

/// A loss, or an accuracy, that both reports have.
struct LossChange {
  std::string what;  ///< "loss of step 20", "evaluation's loss, pairs"
  double before, after;
  bool is_held;  ///< to CompareRules::loss_tolerance
};
std::vector<LossChange> loss_changes(const Comparison& comparison);

Comparison compare(Digest before, Digest after, const CompareRules& rules);

}  // namespace weft::sw
