#include "hw/csx/csx.h"

#include <cstring>

namespace weft::hw {

using proto::BlockTag;

CsX::CsX(const sc_core::sc_module_name& name, int system, const SystemPlan& plan, RunControl& control,
         proto::Recorder& recorder)
    : sc_module(name),
      links(system, *plan.machine, recorder),
      system_(system),
      plan_(plan),
      placement_(*plan.job, *plan.machine),
      wafer_("wafer", *plan.machine, *plan.job, plan.mapping, plan.cut, *plan.pool),
      layout_(*plan.machine, plan.mapping),
      clock_(*plan.machine),
      timers_(*plan.machine, wafer_, layout_, plan.memo, plan.watch != nullptr, plan.job->stream_order, *plan.pool),
      line_timer_(*plan.machine),
      attention_timer_(*plan_.machine),
      watch_(plan.watch ? plan.watch(system) : std::make_unique<LaunchWatch>()),
      values_(system, plan.job->format, plan.job->gradient_wire, wafer_, *watch_),
      books_(system, *plan.job, *plan.machine, launch_gap(*plan.machine, plan.mapping), recorder),
      control_(control) {
  wafer_.allocate();
  SC_THREAD(run);
}

void CsX::run() {
  const Job& job = *plan_.job;
  for (std::size_t stage = 0; stage < job.stages.size(); ++stage)
    for (std::int64_t step = 0; step < job.stages[stage].steps; ++step) run_step(static_cast<int>(stage), step);
  links.wait_for_nothing();
}

void CsX::run_step(int stage, std::int64_t step) {
  const Job& job = *plan_.job;
  BlockTag tag;
  tag.stage = stage;
  tag.step = step;
  tag.train = job.stages[static_cast<std::size_t>(stage)].train;
  const ArrivedBlock begin = links.step_begin(tag);
  std::memcpy(&opening_, begin.payload->data(), StepOpening::bytes(job));
  books_.open_step(begin);
  const std::vector<Launch>& launches = job.launches(tag.train);
  for (tag.micro_batch = 0; tag.micro_batch < job.micro_batches; ++tag.micro_batch)
    for (tag.launch = 0; tag.launch < static_cast<int>(launches.size()); ++tag.launch) {
      tell_place(tag);
      run_launch(tag, launches[static_cast<std::size_t>(tag.launch)]);
    }
  const Picosecond end = books_.close_step(tag);
  if (system_ == 0 && plan_.step_ended) plan_.step_ended(stage, step, end);
}

void CsX::tell_place(const BlockTag& tag, int rounds_done, int rounds) {
  control_.at({system_, tag.stage, tag.step, tag.micro_batch, tag.launch, rounds_done, rounds});
}

}  // namespace weft::hw
