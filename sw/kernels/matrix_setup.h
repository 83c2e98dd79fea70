#pragma once
// A stream launch with a chain of sums (all but the retained delta) as what its PEs are given: programs, routes, memory
// and edge streams. The compiler's map of the launch (hw/fabric/launch_map.h) says which PE holds what; this file says
// with which instructions, colors and addresses. hw/pe/array_model.h and rtl/cosim run it; hw/fabric/stream_reduce.h is
// its time as a recurrence.
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include "sw/kernels/kernel_setup.h"
#include "sw/kernels/matrix_colors.h"
#include "sw/kernels/round_program.h"

namespace weft::sw {

/// Values as fp16 bits, in the order of the launch.
///   lines are rows     stream [rounds][features of the lines], resident [features of the lines][tokens]
///   lines are columns  stream [rounds][tokens], resident [features of the rows][tokens]
/// "Features" counts the constant one of the bias where the map has it; its row of `resident` must be ones.
struct MatrixValues {
  std::vector<std::uint16_t> stream, resident;
  /// Whether the weight at a place of a round's stream (gradient: of its sums) is kept; empty: all are.
  std::function<bool(int round, int place)> keeps;
};

/// Word addresses, the same in every PE of a launch.
struct MatrixAddresses {
  std::uint16_t accumulators = 0;  ///< fp32 or fp16 [elements]
  std::uint16_t resident = 0;      ///< fp16 [features of the PE][tokens of the PE]
  std::uint16_t kept = 0;          ///< fp16 [rounds][features of the PE], where weights are kept
  std::uint16_t sent = 0;          ///< fp16 [rounds whose stream the PE owns][scalars of its line]
  std::uint16_t owned = 0;    ///< fp16 or fp32 [rounds whose sums the PE owns][elements of the PE, or of the round's
                              ///< window]
  std::uint16_t list = 0;     ///< indices of the elements that are kept in a round
  std::uint16_t windows = 0;  ///< [rounds of the PE that have a window]{first, count}
};

class MatrixSetup : public KernelSetup {
 public:
  /// Throws UsageError if a PE's operands do not fit into its SRAM (names the PE and the words needed).
  /// `keeps_fp32`: returned sums are stored as fp32, else rounded to fp16. `retains`: a retain_forward, whose PEs keep
  /// the weights of their inputs, without the bias.
  MatrixSetup(const hw::MachineSpec& machine, const hw::LaunchMap& map, const MatrixValues& values,
              bool keeps_fp32 = false, bool retains = false);

  MatrixAddresses addresses;

  /// When the edge may send round `round` to `line`: wavelet number n not before `first` + n. Rounds in order.
  /// Precondition: the stream of the map comes from the edge.
  void feed(int line, int round, Cycle first);
  /// The same of a position's list. Precondition: the map has lists.
  void feed_list(int position, int round, Cycle first);
  std::vector<std::uint32_t> results(const hw::ArrayRun& run) const override;
  bool results_are_fp32() const override { return keeps_fp32_ || !map_.returns; }
  /// fp32 bits of the sum that left the edge, or fp16 bits of the returned sum, of `round` at `position`'s element.
  std::uint32_t result(const hw::ArrayRun& run, int round, int position, int element) const;

 private:
  void place(const MatrixValues& values);
  void add_main_thread(hw::Program& program, int line, int position) const;
  void add_receiver(hw::Program& program, int line, int position) const;
  void add_sum_routes(hw::Program& program, int line, int elements) const;
  std::vector<RoundBody> rounds_of(int line, int position) const;
  hw::Instruction take(int line, int position) const;
  hw::Instruction give(int line, int position, const RoundBody& round) const;
  hw::Instruction drain(int line, int elements) const;
  hw::Instruction keep(int elements, int owned_round) const;
  /// Whether a PE takes a window before the round.
  bool has_window(const RoundBody& round) const {
    return map_.windowed_elements() || (map_.windowed_scalars() && round.gives >= 0);
  }
  /// Elements of the rounds whose sums `line` keeps, to `round`.
  int owned_elements(int line, int position, int round) const;
  /// Weights of a round that a PE of the row keeps.
  int kept_features(int line) const {
    return map_.wavelets[static_cast<std::size_t>(line)] - (map_.bias && line + 1 == map_.chain ? 1 : 0);
  }
  int words_of_sum() const { return keeps_fp32_ ? 2 : 1; }
  int scalars_of_round() const { return std::accumulate(map_.wavelets.begin(), map_.wavelets.end(), 0); }

  hw::LaunchMap map_;
  int input_queue_;
  bool keeps_fp32_, retains_;
  std::vector<std::uint16_t> stream_;
  std::function<bool(int round, int place)> keeps_;
  std::vector<int> line_first_;      ///< LaunchMap::stream_firsts()
  std::vector<int> position_first_;  ///< [positions + 1]
};

}  // namespace weft::sw
