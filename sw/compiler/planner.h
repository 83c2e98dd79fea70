#pragma once
// Chooses how a network lies on the wafer: the PEs of a lane, the lanes, the axis, the micro-batches, whether the
// output layer's weights stay and which activations are computed again in the backward pass, for the shortest predicted
// step that fits the SRAM of every PE.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "sw/compiler/matched_model.h"
#include "sw/compiler/sram_map.h"
#include "sw/graph/model_file.h"
#include "tlm/base/error.h"
#include "tlm/stats/limiter_cycles.h"

namespace weft::sw {

struct PlannedLaunch {
  hw::Launch launch;
  Cycle predicted = 0;         ///< on the wafer, words in time
  Cycle stream = 0;            ///< Ethernet time of its stream
  proto::LimiterCycles parts;  ///< of `predicted`
  Cycle in_step = 0;           ///< on the wafer in a steady step (step_walk.h); 0: not known, or words come late

  Cycle cycles() const { return std::max(predicted, stream); }
};

/// Plans that differ only in the PEs of a lane and the number of further lanes.
enum class PlanKind { one_lane, several_lanes, features_over_columns };

/// The best plan of its kind; if none fits, the one that needs the least SRAM.
struct PlanAlternative {
  PlanKind kind = PlanKind::one_lane;
  hw::Mapping mapping;
  int micro_batches = 1;
  bool retain = false;
  int segment = 0;
  Cycle predicted_step = 0;  ///< launches one after the other; 0: does not fit
  Bytes sram_bytes = 0;
};

/// What works all through a training step, which cannot be shorter.
struct StepBound {
  std::string what;
  proto::Limiter limiter = proto::Limiter::wafer;
  Cycle cycles = 0;
};

struct Plan {
  hw::Mapping mapping;
  int tokens = 0;  ///< on the wafer at a time
  int micro_batches = 1;
  bool retain = false;
  int segment = 0;                         ///< layers; the input of each segment is kept, the others computed again
  hw::StreamOrder order;                   ///< of every weight stream; shown to be free of deadlock
  std::vector<PlannedLaunch> train, eval;  ///< one micro-batch
  Cycle predicted_step = 0;                ///< of a steady training step, all micro-batches: the longest bound
  std::vector<StepBound> bounds;           ///< the first: the launches one after the other; see step_bounds.h
  std::vector<SramItem> sram;              ///< of the fullest PE
  std::vector<std::string> colors;         ///< "0 weights, eastwards" ...
  std::string reason;
  std::vector<PlanAlternative> alternatives;  ///< what was tried
  Cycle walk = 0;                             ///< of a step, launches, words and updates waiting for each other
  int sample_tokens = 1;  ///< PlanWishes::sample_tokens; `tokens` are so many times as many as samples
  hw::GradientWire gradient_wire = {};
  int samples() const { return tokens / sample_tokens; }
};

/// Nothing that was tried fits the SRAM of every PE: which tensor is too large, and what would fit.
class DoesNotFit : public UsageError {
 public:
  DoesNotFit(const std::string& text, Bytes least) : UsageError(text), least_(least) {}
  /// What a PE needs in that of them that needs the least.
  Bytes least() const { return least_; }

 private:
  Bytes least_;
};

/// A pure function. `systems` shares of `batch` samples, each of PlanWishes::sample_tokens tokens; `wishes` as the
/// model file asks, of which retain_output_layer is in the model section. Throws UsageError: a batch that does not
/// divide, DoesNotFit, or a stream order that can deadlock.
Plan make_plan(const MatchedModel& model, const hw::MachineSpec& machine, int batch, int systems,
               RetainOutput retain = RetainOutput::automatic, const PlanWishes& wishes = {});

/// Throws UsageError that names the launch and who would wait for whom, if `plan.order` can deadlock in one of them.
void require_free_of_deadlock(const hw::MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers,
                              const Plan& plan);

/// Closed forms of every launch of a plan; `wire`: of gradients.
std::vector<PlannedLaunch> predict_launches(const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                                            const std::vector<hw::Launch>& launches, bool train,
                                            const hw::Mapping& mapping, int tokens, const hw::GradientWire& wire = {});

}  // namespace weft::sw
