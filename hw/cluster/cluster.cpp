#include "hw/cluster/cluster.h"

#include <fmt/format.h>

#include "tlm/base/error.h"
#include "tlm/base/host_stack.h"

namespace weft::hw {

Cluster::Cluster(const sc_core::sc_module_name& name, const SystemPlan& plan, const TrainingState& initial,
                 SampleSource& source, RunControl& control, RunObserver& observer, proto::Recorder& recorder,
                 proto::Joints& joints)
    : sc_module(name),
      control_(control),
      results_(observer, inputs_),
      user_("user_node", *plan.job, results_),
      memoryx_("memoryx", *plan.job, *plan.machine, initial, control, recorder),
      swarmx_("swarmx", *plan.machine, plan.job->systems, plan.job->share_systems, plan.job->gradient_wire, recorder,
              joints),
      copies_(plan.job->systems - plan.job->simulated_systems()) {
  if (!plan.job->timing_only)
    memoryx_.unlabelled = [&source](int stage, std::int64_t step) { return source.without_label(stage, step); };
  joints.join(memoryx_.user_out, user_.memoryx_in);
  for (int lane = 0; lane < swarmx_.lanes(); ++lane) {
    joints.join(memoryx_.lane_out[static_cast<std::size_t>(lane)], swarmx_.memoryx_in(lane));
    joints.join(swarmx_.memoryx_out(lane), memoryx_.lane_in[static_cast<std::size_t>(lane)]);
  }
  for (int system = 0; system < plan.job->simulated_systems(); ++system) {
    systems_.push_back(std::make_unique<CsX>(fmt::format("system{}", system).c_str(), system, plan, control, recorder));
    inputs_.push_back(std::make_unique<InputServer>(fmt::format("input{}", system).c_str(), *plan.job, *plan.machine,
                                                    system, source, recorder));
    CsX& csx = *systems_.back();
    joints.join(inputs_.back()->system_out, csx.links.input_in);
    joints.join(csx.links.input_out, inputs_.back()->credit_in);
    for (int lane = 0; lane < swarmx_.lanes(); ++lane) {
      joints.join(swarmx_.system_out(lane, system), csx.links.ethernet_in[static_cast<std::size_t>(lane)]);
      joints.join(csx.links.ethernet_out[static_cast<std::size_t>(lane)], swarmx_.system_in(lane, system));
    }
  }
}

void Cluster::Results::on_step(const StepResult& result) {
  observer_.on_step(result);
  for (const auto& input : inputs_) input->take_result(result.at);
}

void Cluster::run() {
  try {
    sc_core::sc_start();
    back_on_host_stack();
  } catch (const sc_core::sc_report& report) {  // what a thread of the simulation threw
    back_on_host_stack();
    if (control_.left()) return;
    throw SimulationError(report.get_msg());
  }
  if (!memoryx_.finished()) throw SimulationError("the simulation cannot go on:\n" + waiting_for());
}

std::vector<proto::LimitingLink> Cluster::link_records() const {
  std::vector<proto::LimitingLink> all = memoryx_.link_records();
  const auto add = [&all](std::vector<proto::LimitingLink> records) {
    all.insert(all.end(), records.begin(), records.end());
  };
  // What stands for others has number 0.
  const auto add_copies = [&](const std::vector<proto::LimitingLink>& records, const std::string& what) {
    for (int copy = 1; copy <= copies_; ++copy)
      for (proto::LimitingLink record : records) {
        record.name.replace(record.name.find(what) + what.size(), 1, std::to_string(copy));
        all.push_back(std::move(record));
      }
  };
  add(swarmx_.link_records());
  for (const auto& system : systems_) add(system->links.records());
  add_copies(systems_.front()->links.records(), "system");
  for (const auto& input : inputs_) add(input->link_records());
  add_copies(inputs_.front()->link_records(), "input");
  return all;
}

std::string Cluster::waiting_for() const {
  std::string text;
  const auto add = [&text](const std::string& line) {
    if (!line.empty()) text += "  " + line + "\n";
  };
  add(user_.waiting_for());
  add(memoryx_.waiting_for());
  add(swarmx_.waiting_for());
  for (const auto& system : systems_) add(system->links.waiting_for());
  for (const auto& input : inputs_) add(input->waiting_for());
  return text;
}

}  // namespace weft::hw
