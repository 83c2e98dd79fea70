#pragma once
#include <tlm>

namespace weft::proto {

/// How two off-wafer sockets are joined. Another way stands something between them: a checker, a monitor.
class Joints {
 public:
  virtual ~Joints() = default;
  virtual void join(tlm::tlm_initiator_socket<>& from, tlm::tlm_target_socket<>& to) { from.bind(to); }

  /// Nothing between them.
  static Joints& direct() {
    static Joints joints;
    return joints;
  }
};

}  // namespace weft::proto
