#pragma once
// Launches of a running training, executed as PE programs on the same operands: by the PE model, or with Verilated
// tiles in the place of a rectangle of PEs. Their bits must be those of the wafer's arithmetic; their time counts.
#include <cstdint>
#include <string>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/spec/linear_bias.h"
#include "tlm/base/half.h"
#include "tlm/base/instant.h"

namespace weft::hw {

/// Of a layer in training; probability 0: none.
struct Dropout {
  double probability = 0;
  std::uint64_t key = 0;
  std::uint32_t first_sample = 0;  ///< of the launch's tokens
  std::uint32_t first_feature = 0;

  /// That of a part of the launch whose first element is so much further on.
  Dropout from(int feature, int token) const {
    return {probability, key, first_sample + static_cast<std::uint32_t>(token),
            first_feature + static_cast<std::uint32_t>(feature)};
  }
};

/// Of rotary positions: which angle a pair of features has at a token.
struct RotarySettings {
  int head_size = 2;  ///< features whose pairs have angles of their own, even
  int length = 1;     ///< tokens of a sequence, whose first one has position 0
  float base = 1e4F;
  int turned = 0;  ///< of these features, from the first on, even; the others' angle is 0. 0: all

  int turning() const { return turned > 0 ? turned : head_size; }
};

/// What a launch tells a line kernel (hw/kernels) besides its operands.
struct LineSettings {
  HalfFormat format = HalfFormat::fp16;  ///< of its halves; no cycle depends on it
  bool train = true;                     ///< of a loss: with deltas,
  float loss_scale = 1.0F;               ///< times this
  Dropout dropout;                       ///< of an activation or what else is dropped, and of its backward pass
  float epsilon = 1e-5F;                 ///< of a norm, added to the variance or the mean square
  float score_scale = 1.0F;              ///< of attention's softmax: of the scores, above 0
  AttentionMask mask;  ///< of attention's softmax; either its `length`, which leaves out keys, or the others
  std::shared_ptr<const ScoreWindows> windows;  ///< of a line kernel on scores that have some
  int tiles = 0, tile = 0;  ///< of attention in tiles of keys: which one; with the first the tokens' state begins
  int queries = 1;    ///< heads of queries to a head of keys; of softmax and rotary positions: so many features that
                      ///< stand together are the same one of each
  int id = 0;         ///< of a table: which of a token's ids
  int label_id = -1;  ///< of a loss: MatrixLayer::label_id
  RotarySettings rotary;
  LinearBias bias;  ///< of attention's softmax
};

/// As a layer says; dropout and loss scale are a run's. No time and no size depends on `format`.
inline LineSettings line_settings(const MatrixLayer& layer, bool train, HalfFormat format = HalfFormat::fp16) {
  LineSettings settings;
  settings.format = format;
  settings.train = train;
  settings.epsilon = layer.epsilon;
  settings.score_scale = layer.attention.scale;
  settings.mask = layer.attention.mask;
  if (layer.attention.padded) settings.mask.length = layer.attention.length;
  settings.queries = layer.attention.queries;
  settings.tiles = layer.attention.tiles;
  settings.id = layer.id;
  settings.label_id = layer.label_id;
  if (layer.attention.linear_bias) settings.bias.heads = layer.attention.heads * layer.attention.queries;
  if (layer.attention.rotary_base > 0) {
    const int size = layer.features() / (layer.attention.heads * layer.attention.queries);
    settings.rotary = {size, layer.attention.length, layer.attention.rotary_base, layer.attention.rotary_features};
  }
  return settings;
}

/// One launch, all PEs of a lane; of attention those of one head of one sequence (head_grid.h).
/// Features include the bias where a map has it.
///
///   kernel              stream                         resident                        results
///   forward, delta      [rounds][features]             [features][tokens]              [rounds][tokens]
///   retain forward      [rounds][features]             [features][tokens]              [rounds][tokens], then for
///                                                                                      each column the weights
///                                                                                      [rounds][features], no bias
///   gradient            deltas [rounds][tokens]        [features][tokens]              [rounds][features], fp32
///   retained delta      deltas [rounds][tokens]        weights [rounds][features]      [features][tokens]
///   load vectors        [rounds][features]             -                               for each column the same
///   load input          samples [tokens][features]     -                               [features][tokens], then the
///                                                                                      labels for each row that owns
///                                                                                      outputs
///   attention_scores    [keys][features]               [features][tokens]              [keys][tokens], fp32
///   attention_values    [keys][features]               scores [keys][tokens]           [features][tokens]
///   attention_keys      scores [keys][tokens]          [features][tokens]              [keys][features]
///   load tokens         ids [tokens][ids]              -                               for each row [ids][tokens],
///                                                                                      then the labels as above
///   line kernels        -                              -                               what leaves row 0, fp32,
///                                                                                      then what it writes
struct ProgramLaunch {
  std::string name;  ///< "step 3, fc1 matmul_forward", for messages
  int system = 0;
  std::int64_t step = 0;  ///< global
  int layer = 0;
  int first_row = 0, first_column = 0;  ///< of its PEs, among the plan's
  KernelKind kind = KernelKind::matmul_forward;
  const LaunchMap* map = nullptr;                    ///< of a matrix kernel
  LineSettings line;                                 ///< of a line kernel; its format of every kernel
  std::vector<std::vector<std::uint32_t>> operands;  ///< of a line kernel, each that its program reads: half or fp32
                                                     ///< bits [features][tokens], or [features], labels [tokens],
                                                     ///< of heads [queries][tokens]
  BlockMap block;                                    ///< of the others
  bool keeps_fp32 = false;                           ///< sums stay fp32 (logits); else they are rounded to halves
  const MatrixLayer* sparse_layer = nullptr;  ///< of a matrix kernel whose layer has a mask: streams have zeros where
                                              ///< no weight is kept, a gradient's results the kept ones alone
  std::vector<std::uint16_t> stream;
  std::vector<std::uint16_t> resident;
  std::vector<std::uint32_t> sums;     ///< fp32 [features][tokens] that attention_values begins with; empty: 0
  std::vector<std::uint16_t> labels;   ///< load input: [tokens]; none = 0xffff
  int outputs = 0;                     ///< load input: of the last layer, whose rows take the labels
  std::vector<std::int32_t> edge;      ///< [rounds][chain], load input [rows], lists [rounds][rows]: cycle before the
                                       ///< first wavelet may enter
  std::vector<std::uint32_t> results;  ///< what the wafer computed: half or fp32 bits; of a NaN any
  RunCycle start;
  LaunchCycle end;  ///< of these PEs: what the recurrences say

  /// Of a matrix kernel: whether the weight at `place` of a round is kept.
  bool keeps(int round, int place) const {
    return !sparse_layer || sparse_layer->keeps(kernel_of(kind).by_input, round, place);
  }
};

/// As the log counts: a training step, or the evaluation after so many.
struct CountedStep {
  std::int64_t number = 0;
  bool train = true;

  friend bool operator==(const CountedStep& a, const CountedStep& b) {
    return a.number == b.number && a.train == b.train;
  }
};

class LaunchPrograms {
 public:
  virtual ~LaunchPrograms() = default;
  /// False: launches of this step are not run, and nothing need be collected for it.
  virtual bool wants(int /*system*/, const CountedStep& /*step*/) const { return true; }
  /// The last PE's end. Throws SimulationError if a bit of a result is another one
  /// (all NaNs are one), or if the programs cannot go on (says who waits for whom).
  virtual LaunchCycle run(const ProgramLaunch& launch) = 0;
};

}  // namespace weft::hw
