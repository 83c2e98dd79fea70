#include "hw/swarmx/swarmx.h"

#include <fmt/format.h>

#include "hw/swarmx/tree_shape.h"
#include "tlm/base/error.h"

namespace weft::hw {

Swarmx::Swarmx(const sc_core::sc_module_name& module_name, const MachineSpec& machine, int systems,
               proto::Recorder& recorder)
    : sc_module(module_name), fan_out_(machine.swarmx.fan_out) {
  if (fan_out_ < 2) throw UsageError(fmt::format("machine swarmx.fan_out: {} is below 2", fan_out_));
  const std::vector<int> shape = swarmx_levels(systems, fan_out_);
  const auto levels = static_cast<int>(shape.size());
  lanes_.resize(machine.io.ethernet_links);
  for (int lane = 0; lane < machine.io.ethernet_links; ++lane) {
    for (int level = 0; level < levels; ++level) {
      const int below = level == 0 ? systems : shape[level - 1];
      Level& nodes = lanes_[lane].emplace_back();
      for (int node = 0; node < shape[level]; ++node) {
        const std::string node_name = fmt::format("lane{}_level{}_node{}", lane, level, node);
        nodes.push_back(std::make_unique<SwarmxNode>(node_name.c_str(), machine, swarmx_children(below, fan_out_, node),
                                                     SwarmxPlace{level == levels - 1, level == 0}, recorder));
        if (level == 0) continue;
        SwarmxNode& parent = *nodes.back();
        for (std::size_t child = 0; child < parent.child_in.size(); ++child) {
          SwarmxNode& below_node = *lanes_[lane][level - 1][node * fan_out_ + child];
          parent.child_out[child].bind(below_node.parent_in);
          below_node.parent_out.bind(parent.child_in[child]);
        }
      }
    }
  }
}

int Swarmx::nodes() const {
  int count = 0;
  for (const Level& level : lanes_.front()) count += static_cast<int>(level.size());
  return count;
}

std::vector<proto::LinkRecord> Swarmx::link_records() const {
  std::vector<proto::LinkRecord> records;
  for (const auto& levels : lanes_)
    for (const Level& level : levels)
      for (const auto& node : level)
        for (proto::LinkRecord& record : node->link_records()) records.push_back(std::move(record));
  return records;
}

std::string Swarmx::waiting_for() const {
  for (const auto& levels : lanes_)
    for (const Level& level : levels)
      for (const auto& node : level)
        if (std::string text = node->waiting_for(); !text.empty()) return text;
  return "";
}

}  // namespace weft::hw
