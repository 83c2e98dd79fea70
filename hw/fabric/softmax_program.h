#pragma once
// Softmax with cross entropy as the program of a PE: the maximum up the column and back, exponentials and the label's
// logit, their sums up, in training the deltas with what comes back; in row 0 the losses, summed eastwards.
// No two of these streams meet in a PE: each begins when the one before has been taken everywhere.
#include "hw/pe/vector_code.h"

namespace weft::hw {

struct SoftmaxColors {
  /// Up the columns, by the row that sends; back; along row 0, by the column that sends.
  static constexpr int sums_even = 1, sums_odd = 2, returned = 3, totals_even = 5, totals_odd = 6;
  static constexpr int sums_of(int row) { return row % 2 == 0 ? sums_even : sums_odd; }
  static constexpr int totals_of(int column) { return column % 2 == 0 ? totals_even : totals_odd; }
};

/// What a PE holds and where it is.
struct SoftmaxPe {
  int features = 1, tokens = 1;
  int first_feature = 0;
  int row = 0, rows = 1;  ///< rows that hold features
  int column = 0;
  bool train = true;
  float loss_scale = 1.0F;  ///< in training
};

class SoftmaxProgram {
 public:
  /// Throws UsageError if the PE holds more than 65,535 logits.
  explicit SoftmaxProgram(const SoftmaxPe& pe);

  /// Ends with HALT. In every PE of a column, the n-th instruction that meets the fabric belongs to the same stream.
  const std::vector<Instruction>& code() const { return code_.code(); }
  /// fp32 or integers of 32 bits, from the word `constants_at` on.
  const std::vector<std::uint32_t>& constants() const { return code_.constants(); }
  int constants_at() const { return constants_; }
  /// Words that the PE needs.
  int words() const { return constants_ + 2 * static_cast<int>(code_.constants().size()); }

  // Word addresses: logits fp32 [features][tokens], labels [tokens] (none = 0xffff), deltas fp16 [features][tokens].
  static constexpr int logits = 0;
  int labels() const { return labels_; }
  static int deltas(int elements);

 private:
  void reduce(Opcode opcode, int address, int n);
  void send_back(int address);
  void take_back(int address);
  void keep_label(int address);
  void drop_padding(int address, int vectors);
  void add_maximum();
  void add_sums();
  void add_deltas();
  void add_losses();

  SoftmaxPe pe_;
  int elements_;
  /// Arrays of all elements, whose place others of [tokens] take when they are not needed; two of [tokens].
  int scratch_, powers_, sums_, totals_, labels_, constants_;
  VectorCode code_;
};

}  // namespace weft::hw
