#pragma once
// Stands between every two sockets that it joins and holds both sides to the base protocol.
#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/base_protocol.h"
#include "tlm/base/error.h"
#include "tlm/block/joints.h"

namespace weft::test {

class CheckedJoint : public sc_core::sc_module {
 public:
  CheckedJoint(const sc_core::sc_module_name& name, const std::string& joined) : sc_module(name), joined_(joined) {
    in.register_b_transport(this, &CheckedJoint::pass);
  }

  tlm_utils::passthrough_target_socket<CheckedJoint> in{"in"};
  tlm_utils::simple_initiator_socket<CheckedJoint> out{"out"};

  /// The initiator's name.
  const std::string& joined() const { return joined_; }
  std::int64_t transactions() const { return transactions_; }

 private:
  void pass(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++transactions_;
    if (!under_way_.insert(&payload).second) refuse("is sent again before its answer");
    refuse(fault_before(payload));
    const SeenPayload before(payload);
    const sc_core::sc_time delay_before = delay;
    out->b_transport(payload, delay);
    refuse(fault_after(before, payload, delay_before, delay));
    under_way_.erase(&payload);
  }
  void refuse(const std::string& fault) const {
    if (!fault.empty()) throw SimulationError(joined_ + ": a transaction " + fault);
  }

  std::string joined_;
  std::int64_t transactions_ = 0;
  std::set<const tlm::tlm_generic_payload*> under_way_;
};

/// A breach is a SimulationError that names the initiator.
class CheckedJoints : public proto::Joints {
 public:
  void join(tlm::tlm_initiator_socket<>& from, tlm::tlm_target_socket<>& to) override {
    joints_.push_back(std::make_unique<CheckedJoint>(sc_core::sc_gen_unique_name("joint"), from.name()));
    from.bind(joints_.back()->in);
    joints_.back()->out.bind(to);
  }
  const std::vector<std::unique_ptr<CheckedJoint>>& all() const { return joints_; }

 private:
  std::vector<std::unique_ptr<CheckedJoint>> joints_;
};

}  // namespace weft::test
