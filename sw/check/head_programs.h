#pragma once
// A launch of attention on one lane as the PE programs of each head and sequence.
#include <map>
#include <utility>
#include <vector>

#include "hw/csx/launch_watch.h"

namespace weft::sw {

class HeadPrograms {
 public:
  /// A launch before its values change, with `settings` and `end_of` as the watch is told them (launch_watch.h).
  struct Opened {
    hw::Wafer& wafer;
    const hw::Job& job;
    const hw::Launch& launch;
    const hw::LineSettings& settings;
    const hw::LaunchWatch::EndInRectangle& end_of;
  };

  /// Takes the operands of `lane`. `of_lane`: what the programs of all its places have; to the name come the head and
  /// the sequence of the micro-batch, to the place that of the rectangle on the lane. All of `opened` but the settings
  /// and `end_of` outlives this.
  HeadPrograms(const Opened& opened, int lane, const hw::ProgramLaunch& of_lane);
  HeadPrograms(const HeadPrograms&) = delete;
  HeadPrograms& operator=(const HeadPrograms&) = delete;

  /// After the launch: with what it made. Head by head; valid as long as this object.
  const std::vector<hw::ProgramLaunch>& finish();

 private:
  /// A tensor of the lane as it stands.
  struct Whole {
    hw::FeatureBlock block;
    const hw::WaferTensor& form;
  };
  Whole whole(const hw::OperandTensors& tensors, hw::Operand operand);
  /// Of a place in a tensor, as of one head of queries.
  struct Rows {
    int first, count;
  };
  Rows rows_of(const hw::WaferTensor& form, const hw::HeadGrid::Place& place) const;
  /// Bits of a place's part, [rows][columns] of the tensor, or turned. Of what a tile's keys have, features or deltas,
  /// the tile's tokens alone.
  std::vector<std::uint32_t> part(const Whole& whole, const hw::HeadGrid::Place& place, bool turned) const;
  /// Scores that a product made which skips some.
  void append_windows(const Whole& made, const hw::HeadGrid::Place& place, hw::ProgramLaunch& program) const;
  void open_product();
  void open_line(const hw::LineSettings& settings);
  template <typename Visit>
  void each_place(Visit&& visit) {
    for (int index = 0; index < grid_.places(); ++index)
      visit(programs_[static_cast<std::size_t>(index)], grid_.place(index));
  }

  hw::Lane& lane_;
  const hw::Job& job_;
  hw::Launch launch_;
  hw::HeadGrid grid_;
  std::map<std::pair<int, int>, hw::LaunchMap> maps_;  ///< by width and height of a rectangle
  std::vector<hw::ProgramLaunch> programs_;            ///< [places]
  std::vector<hw::Operand> written_;                   ///< in the order of their results
};

}  // namespace weft::sw
