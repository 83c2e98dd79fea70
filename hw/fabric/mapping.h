#pragma once
// How a plan lies on the wafer: which PEs, what runs over their rows and columns, and the way between them and the
// channels at the edge.
#include "hw/fabric/split.h"
#include "hw/spec/machine.h"

namespace weft::hw {

/// PEs of one lane. Features over its height, tokens over its width.
struct Rectangle {
  int width = 0, height = 0;
};

/// Which lines of the wafer a lane's height runs over. The launches are the same: ports and colors turn with it.
enum class FeatureAxis { rows, columns };

/// Lanes are stripes of rows, each with all features and an equal share of the tokens. They get the same weights in the
/// same cycles; the network side of the channels copies weights to them and sums what they send, lane 0 first.
struct Mapping {
  Rectangle lane;
  int lanes = 1;
  FeatureAxis features_over = FeatureAxis::rows;

  /// The first lanes get one more where tokens do not divide.
  int lane_tokens(int tokens, int lane) const { return split_count(tokens, lanes, lane); }
  int lane_first_token(int tokens, int lane) const { return split_first(tokens, lanes, lane); }
};

/// Rows from a lane's first to the next one's: a lane begins with a channel of its own.
int lane_pitch(const MachineSpec& machine, const Mapping& mapping);

/// PEs between the plan's corners, as the wafer counts them.
Rectangle on_wafer(const MachineSpec& machine, const Mapping& mapping);

/// True when the plan and, with features over columns, a band of rows at each end for their words fit the user
/// rectangle.
bool fits(const MachineSpec& machine, const Mapping& mapping);

/// How a lane's lines meet channels. Channels stand at the west and east edges. With features over rows each serves
/// the rows beside it. With features over columns the words travel along a band of rows north (in) or south (out) of
/// the PEs: half of the rows that the plan leaves free, whose channels share the columns.
class EdgeLayout {
 public:
  /// Precondition: fits(machine, mapping).
  EdgeLayout(const MachineSpec& machine, const Mapping& mapping);

  int lines_per_channel() const { return lines_per_channel_; }
  int channel(int line) const { return line / lines_per_channel_; }
  /// True for the first line of a channel.
  bool opens_channel(int line) const { return line % lines_per_channel_ == 0; }
  int channels(int lines) const { return static_cast<int>(ceil_div(lines, lines_per_channel_)); }
  /// Cycles from a line's channel to its first PE, and back from its last.
  std::int32_t way_in(int line) const { return way(line, line); }
  std::int32_t way_out(int line) const { return way(line, lines_ - 1 - line); }

 private:
  /// `along`: columns between the edge and the line, where it is a column.
  std::int32_t way(int line, int along) const {
    return hop_ * (band_ ? along + 1 + channel(line) * rows_per_channel_ : line % lines_per_channel_);
  }

  bool band_;
  int lines_, rows_per_channel_, lines_per_channel_;
  std::int32_t hop_;
};

/// Cycles from the end of a launch to the begin of the next: a control wavelet has crossed the plan's PEs and come
/// back, so routes and switches are set.
Cycle launch_gap(const MachineSpec& machine, const Mapping& mapping);

}  // namespace weft::hw
