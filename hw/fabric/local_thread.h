#pragma once
// The time of a PE's main thread whose PE has no other: its program as far as it stays in memory, its elements as the
// fabric lets it (line_times.h). Each cycle is in one class.
#include <algorithm>
#include <vector>

#include "hw/fabric/launch_times.h"
#include "hw/fabric/launch_windows.h"
#include "hw/pe/pe_window.h"
#include "hw/pe/vector_words.h"

namespace weft::hw {

class LocalThread {
 public:
  /// `windows`: those that its WINDOWs take, in order.
  explicit LocalThread(const PeSpec& pe, std::vector<TokenWindow> windows = {})
      : pe_(&pe), windows_(std::move(windows)) {
    take(proto::TimeClass::overhead, pe.task_dispatch_cycles);
  }

  LaunchCycle end() const { return end_; }

  /// `code` from `at` on, to the first instruction that meets the fabric or HALT, which it returns.
  std::size_t run(const std::vector<Instruction>& code, std::size_t at);
  /// Issue of the instruction that run() returned, whose elements meet the fabric.
  void issue() { issue(next_, place_of(next_, 0, 0)); }
  /// So many of them, a cycle each.
  void elements(int count) { take(proto::TimeClass::compute, count); }
  /// One of them. It returns the element's cycle.
  LaunchCycle element() {
    elements(1);
    return end_ - 1;
  }
  void wait(LaunchCycle until, proto::TimeClass why) { take(why, std::max<Cycle>(0, until - end_)); }

  /// Books of `pes` such PEs.
  void add_to(LaunchTimes& times, std::int64_t pes) const;

 private:
  std::int64_t& of(proto::TimeClass which) { return classes_[static_cast<std::size_t>(which)]; }
  void issue(const Instruction& instruction, const VectorPlace& place);
  void vector(const Instruction& instruction, const VectorPlace& place);
  void vector_of_window(const Instruction& instruction);
  void take_window();
  void take(proto::TimeClass which, Cycle cycles) {
    of(which) += cycles;
    end_ += cycles;
  }

  const PeSpec* pe_;
  std::vector<TokenWindow> windows_;
  PeWindow window_;
  LaunchCycle end_, ready_;  ///< ready_: what the last vector that writes wrote can be read
  WordRange written_;        ///< by that
  Instruction next_;
  proto::ClassCycles classes_{};
};

}  // namespace weft::hw
