#pragma once
// How many wavelets and elements the rounds of a part have: the one under way, those before; and which positions have
// still something to do.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "hw/fabric/fabric_timing.h"
#include "hw/fabric/stream_shape.h"

namespace weft::hw {

struct LineSource;

class RoundSizes {
 public:
  /// Neighbouring positions of equal vector length; where positions differ each by itself.
  struct Group {
    int first, last;
    int most;                                       ///< elements, with every weight kept
    int elements;                                   ///< of this round
    std::int64_t summed = 0, begin_summed = 0;      ///< elements of all rounds before; at begin()
    std::int64_t axpy_cycles = 0, begin_axpys = 0;  ///< of an AXPY of each round before; at begin()
  };

  RoundSizes(const FabricTiming& timing, const StreamReduceShape& shape);

  /// Of a round that differs: data wavelets [chain] or, where positions differ, elements [positions]; null: as before.
  void begin_round(const std::uint16_t* wavelets, const std::uint16_t* elements);
  void close_round();
  /// wavelets_taken(), elements_summed(), axpy_cycles() and first_round() count from here on.
  void begin();
  /// As after so many rounds. Of rounds that differ, how many wavelets and elements there were is all the same to those
  /// that follow.
  void set_rounds(std::int64_t rounds);
  /// After each round whose stream an owner sent: those to come are positions from `first` on. A PE without elements
  /// before them has ended.
  void owners_to_come(int first) { owners_from_ = first; }

  // ---- the round under way -----------------------------------------------------------------------------------------
  int chain() const { return static_cast<int>(data_.size()); }  ///< lines
  int data(int line) const { return data_[static_cast<std::size_t>(line)]; }
  const std::vector<Group>& groups() const { return groups_; }
  /// Precondition: position < active().
  const Group& group_at(int position) const;
  int max_elements() const { return max_elements_; }
  /// Elements of a round, of any position, that may come to the line above before its stream has ended.
  int early_elements() const { return std::min(max_elements_, input_queue_); }
  /// The same of a group.
  int early(const Group& group) const { return std::min(group.elements, depth(group)); }
  /// Of the queue of partial sums to the core: no more than a round's, with every weight kept.
  int depth(const Group& group) const { return std::min(group.most, input_queue_); }
  /// Cycles of an AXPY, [positions].
  const std::int32_t* length() const { return length_.data(); }

  // ---- the rounds before -------------------------------------------------------------------------------------------
  std::int64_t rounds() const { return rounds_; }
  std::int64_t wavelets_before(int line) const { return sent_[static_cast<std::size_t>(line)]; }
  std::int64_t first_round() const { return first_round_; }  ///< rounds before begin()
  /// Since begin(): data wavelets of a line, elements of a position, cycles of an AXPY of each round there.
  std::int64_t wavelets_taken(int line) const;
  std::int64_t elements_summed(int position) const;
  std::int64_t axpy_cycles(int position) const;

  // ---- positions ---------------------------------------------------------------------------------------------------
  int positions() const { return positions_; }
  int active() const { return active_; }  ///< with elements; they come first
  /// The first of those without elements that are still to send.
  int first_sender() const { return std::min(std::max(active_, owners_from_), positions_); }
  /// Whether visit(first, last) says so of all positions that have still something to do.
  template <typename Visit>
  bool all_at_work(Visit&& visit) const {
    return visit(0, active_) && visit(first_sender(), positions_);
  }

  // ---- a field of a state; time_rings.h ----------------------------------------------------------------------------
  void compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const;
  bool line_follows(int line, std::int32_t shift, const RoundSizes& sizes) const;
  void take_lines(const RoundSizes& from, const std::vector<LineSource>& sources);
  void take_positions(const RoundSizes& from, const std::vector<int>& chosen);

 private:
  int positions_, lanes_, issue_, input_queue_;
  bool each_by_itself_;                             ///< a group is a position
  std::vector<int> most_wavelets_, most_elements_;  ///< [chain], [positions] with every weight kept
  std::vector<int> data_;
  std::vector<std::int32_t> length_;
  std::vector<Group> groups_;
  int active_ = 0, max_elements_ = 0;
  int owners_from_ = std::numeric_limits<int>::max();
  std::int64_t rounds_ = 0, first_round_ = 0;
  std::vector<std::int64_t> sent_, begin_sent_;  ///< [chain] wavelets of the rounds before; at begin()
};

}  // namespace weft::hw
