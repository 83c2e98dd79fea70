#pragma once
// The way of samples and labels through the edge channels of a lane into its PEs, chunk by chunk of columns.
#include <vector>

#include "hw/fabric/fabric_timing.h"
#include "hw/fabric/launch_times.h"
#include "hw/spec/sample_chunks.h"

namespace weft::hw {

/// Wavelets that carry `count` fp16 values or labels, two each.
inline std::int64_t pair_words(std::int64_t count) { return ceil_div(count, std::int64_t{2}); }

/// The samples of a micro-batch in chunks of whole columns, at most `chunk_bytes` each (at least a column).
SampleChunks sample_chunks(int features, const Mapping& mapping, int tokens, Bytes chunk_bytes);

/// A chunk's words wait at the channels from when it came. A channel gives them to its rows in turn, `
/// channel_bits_per_cycle` a cycle; a row takes a word a cycle, when its channel has begun to give it so that it never
/// waits for the next, and none before the launch. A PE of the nearest column first takes its words, pair_words() of
/// samples and of labels (in the rows that own outputs), then a silent control wavelet passes it. Exact where a task
/// begins before the queues in front of it are full.
class SampleFeed {
 public:
  /// Of one lane, from the begin of a launch at absolute cycle `start`. `channel_free`: absolute, as EdgeFeed's, which
  /// shares the channels; it grows to as many as there are.
  SampleFeed(const MachineSpec& machine, const EdgeLayout& layout, int features, int outputs, Rectangle lane,
             int tokens, Cycle start, std::vector<Cycle>& channel_free);

  /// The words of columns [first, first + columns) are at the channels from absolute cycle `ready`; chunks in order.
  /// Returns the absolute cycle in which the last of them has entered a row.
  Cycle chunk(int first, int columns, Cycle ready);
  /// Per row that takes samples or labels, of the last chunk: the cycle before its first word enters, relative to the
  /// launch.
  std::vector<Cycle> entered_after() const;
  /// Books of the launch so far.
  const LaunchTimes& times() const { return times_; }

 private:
  struct Row {
    Cycle begin = -1;  ///< the cycle before the first word of the last chunk enters
    Cycle sent = -1;   ///< the last word so far has entered
  };
  /// Channels whose rows have equal counts and that are free at the same cycle: one of them is timed.
  struct Kind {
    std::vector<int> channels;
    int first_row = 0;
    std::vector<Row> rows;
  };

  Cycle words_of(int row, int tokens) const;
  void take(Row& row, int index, int first, int columns, std::int64_t copies);

  FabricTiming timing_;
  EdgeLayout layout_;
  int channel_bits_;
  BlockMap samples_, labels_;
  Cycle start_;
  std::vector<Cycle>& channel_free_;
  int rows_;
  std::vector<Kind> kinds_;
  LaunchTimes times_;
};

}  // namespace weft::hw
