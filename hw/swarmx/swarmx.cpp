#include "hw/swarmx/swarmx.h"

#include <fmt/format.h>

#include <numeric>

#include "hw/swarmx/tree_shape.h"
#include "tlm/base/error.h"

namespace weft::hw {

Swarmx::Swarmx(const sc_core::sc_module_name& module_name, const MachineSpec& machine, int systems, bool share,
               const GradientWire& wire, proto::Recorder& recorder, proto::Joints& joints)
    : sc_module(module_name), fan_out_(machine.swarmx.fan_out), systems_(systems), share_(share) {
  if (fan_out_ < 2) throw UsageError(fmt::format("machine swarmx.fan_out: {} is below 2", fan_out_));
  shape_ = swarmx_levels(systems, fan_out_);
  const auto levels = static_cast<int>(shape_.size());
  lanes_.resize(machine.io.ethernet_links);
  for (int lane = 0; lane < machine.io.ethernet_links; ++lane) {
    for (int level = 0; level < levels; ++level) {
      const int below = share ? 1 : level == 0 ? systems : shape_[level - 1];
      Level& nodes = lanes_[lane].emplace_back();
      for (int node = 0; node < (share ? 1 : shape_[level]); ++node) {
        const std::string node_name = fmt::format("lane{}_level{}_node{}", lane, level, node);
        nodes.push_back(std::make_unique<SwarmxNode>(node_name.c_str(), machine, swarmx_children(below, fan_out_, node),
                                                     SwarmxPlace{level == levels - 1, level == 0}, wire, recorder));
        if (level == 0) continue;
        SwarmxNode& parent = *nodes.back();
        for (std::size_t child = 0; child < parent.child_in.size(); ++child) {
          SwarmxNode& below_node = *lanes_[lane][level - 1][node * fan_out_ + child];
          joints.join(parent.child_out[child], below_node.parent_in);
          joints.join(below_node.parent_out, parent.child_in[child]);
        }
      }
    }
  }
}

int Swarmx::nodes() const { return std::accumulate(shape_.begin(), shape_.end(), 0); }

std::vector<proto::LimitingLink> Swarmx::link_records() const {
  std::vector<proto::LimitingLink> records;
  for (const auto& levels : lanes_)
    for (const Level& level : levels)
      for (const auto& node : level)
        for (proto::LimitingLink& record : node->link_records()) records.push_back(std::move(record));
  return share_ ? records_of_all(records) : records;
}

// Of each level there are two records, up and down0, under the name of node 0.
std::vector<proto::LimitingLink> Swarmx::records_of_all(const std::vector<proto::LimitingLink>& shared) const {
  std::vector<proto::LimitingLink> all;
  auto up = shared.begin();
  for (int lane = 0; lane < lanes(); ++lane)
    for (std::size_t level = 0; level < shape_.size(); ++level, up += 2) {
      const std::string stem = up->name.substr(0, up->name.size() - std::string("0.up").size());
      const int below = level == 0 ? systems_ : shape_[level - 1];
      for (int node = 0; node < shape_[level]; ++node) {
        all.push_back(*up);
        all.back().name = fmt::format("{}{}.up", stem, node);
        for (int child = 0; child < swarmx_children(below, fan_out_, node); ++child) {
          all.push_back(*(up + 1));
          all.back().name = fmt::format("{}{}.down{}", stem, node, child);
        }
      }
    }
  return all;
}

LayerLosses Swarmx::losses() const {
  LayerLosses all;
  for (const auto& levels : lanes_)
    for (const Level& level : levels)
      for (const auto& node : level) add_losses(all, node->losses());
  return all;
}

std::string Swarmx::waiting_for() const {
  for (const auto& levels : lanes_)
    for (const Level& level : levels)
      for (const auto& node : level)
        if (std::string text = node->waiting_for(); !text.empty()) return text;
  return "";
}

}  // namespace weft::hw
