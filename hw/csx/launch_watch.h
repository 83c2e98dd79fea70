#pragma once
// Who is shown what passes between a system's edge and its wafer, launch by launch. The system knows no more of it.
#include <cstdint>
#include <functional>
#include <vector>

#include "hw/fabric/head_grid.h"
#include "hw/fabric/launch_programs.h"
#include "hw/wafer/wafer.h"
#include "tlm/base/instant.h"

namespace weft::hw {

/// Of each launch one open, then what passes, then close. Here all do nothing.
class LaunchWatch {
 public:
  virtual ~LaunchWatch() = default;

  /// Before the values of the matrix launch that `wafer` has open change.
  virtual void open_matrix(Wafer& /*wafer*/, const Launch& /*launch*/, const CountedStep& /*step*/,
                           RunCycle /*start*/) {}
  /// The same of a line kernel; `settings` of the whole wafer's tokens.
  virtual void open_line(Wafer& /*wafer*/, const Launch& /*launch*/, const LineSettings& /*settings*/,
                         const CountedStep& /*step*/, RunCycle /*start*/) {}
  /// When a launch of attention ends in a rectangle of a lane's grid.
  using EndInRectangle = std::function<LaunchCycle(const HeadGrid& grid, Rectangle rectangle)>;
  /// The same of a launch of attention, see in_heads(); `settings` of a line kernel.
  virtual void open_attention(Wafer& /*wafer*/, const Launch& /*launch*/, const LineSettings& /*settings*/,
                              const EndInRectangle& /*end_of*/, const CountedStep& /*step*/, RunCycle /*start*/) {}
  /// Samples [tokens][features] and labels [tokens] of all lanes on their way in.
  virtual void open_load(Wafer& /*wafer*/, const Launch& /*launch*/, const std::uint16_t* /*samples*/,
                         const std::int32_t* /*labels*/, const CountedStep& /*step*/, RunCycle /*start*/) {}
  /// Words of the stream as the edge had them, in order.
  virtual void stream(const std::uint16_t* /*halves*/, std::size_t /*count*/) {}
  /// Sums that left a lane, in order.
  virtual void leaving(int /*lane*/, const float* /*sums*/, std::size_t /*count*/) {}
  /// ProgramLaunch::edge of a lane.
  using EdgeOfLane = std::function<std::vector<std::int32_t>(int lane)>;
  /// `edge` null: no words from the edge. Returns when the launch ended: not before `end`, up to which the books are
  /// kept.
  virtual LaunchCycle close(const EdgeOfLane& /*edge*/, LaunchCycle end) { return end; }
};

}  // namespace weft::hw
