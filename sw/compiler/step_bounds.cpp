#include "sw/compiler/step_bounds.h"

#include <algorithm>
#include <cmath>

#include "sw/compiler/step_walk.h"
#include "sw/compiler/step_work.h"

namespace weft::sw {

void bound_step(Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                const Surroundings& around) {
  using proto::Limiter;
  const StepWork work = step_work(plan, layers, machine, around);
  const StepWalk walk = walk_step(plan, layers, machine, around);
  Cycle launches = 0;
  for (std::size_t index = 0; index < plan.train.size(); ++index) {
    PlannedLaunch& planned = plan.train[index];
    const WalkedLaunch& walked = walk.launches[index];
    planned.in_step = walked.waits ? 0 : walked.length;
    launches +=
        (walked.waits ? std::min(planned.predicted, walked.length) : walked.length) + launch_gap(machine, plan.mapping);
  }
  const auto bound = [&](const char* what, Limiter limiter, double cycles) {
    plan.bounds.push_back({what, limiter, static_cast<Cycle>(std::ceil(cycles))});
  };
  const double times = plan.micro_batches;
  plan.bounds = {{"launches on the wafer", Limiter::wafer, launches * plan.micro_batches}};
  bound("samples made by the input servers", Limiter::input_servers, work.samples_made * times);
  bound("samples on their link", Limiter::sample_link, work.samples_sent * times);
  const auto fullest = [](const std::vector<double>& all) { return *std::max_element(all.begin(), all.end()); };
  bound("weights read at MemoryX", Limiter::memoryx_reader, fullest(work.read));
  bound("gradients summed and weights updated at MemoryX", Limiter::memoryx_update, fullest(work.optimize));
  bound("weights on Ethernet", Limiter::ethernet_down, fullest(work.down));
  bound("gradients on Ethernet", Limiter::ethernet_up, fullest(work.up));
  plan.predicted_step = 0;
  for (const StepBound& longest : plan.bounds) plan.predicted_step = std::max(plan.predicted_step, longest.cycles);
  // A walk that is bound by one of them takes as long, but for its rounding.
  plan.walk = walk.period;
  if (plan.walk > plan.predicted_step + plan.predicted_step / 10'000) plan.predicted_step = plan.walk;
}

}  // namespace weft::sw
