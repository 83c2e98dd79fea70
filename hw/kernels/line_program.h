#pragma once
// A line kernel: work on the elements of each PE, sums or maxima up the columns, broadcasts back down them, sums along
// rows (of the loss row 0 alone) that leave at their east ends. A kernel says its PE's program and operands, no more:
// its time (column_times.h), values (line_values.h) and routes follow from the program. No two of its streams meet in a
// PE: each begins when the one before has been taken everywhere.
#include <vector>

#include "hw/fabric/launch_programs.h"
#include "hw/pe/vector_code.h"
#include "hw/spec/operand.h"

namespace weft::hw {

/// How much a PE holds and where it stands; the rest of the place is in PlacedConstant.
struct LinePe {
  int features = 1, tokens = 1;
  int row = 0, rows = 1;  ///< rows that hold features
  int column = 0;
  int all_features = 1;  ///< of all rows
  HalfFormat format = HalfFormat::fp16;
  int token_step = 1;  ///< from the number of a token to that of the next (token_order.h)

  int elements() const { return features * tokens; }
  /// Of grouped queries: a token of each head is one of the PE's.
  LinePe grouped(int queries) const {
    LinePe all = *this;
    all.features /= queries;
    all.all_features /= queries;
    all.tokens *= queries;
    return all;
  }
};

/// A half and fp32 of each element, a half of each feature, 16 bits of each token: a label or an id; fp32 of the tokens
/// of each key's window, one behind the other (ScoreWindows::stored); fp32 of each token, of grouped queries of each
/// head's tokens one behind the other, in row 0 alone: its program alone names them, behind all others.
enum class LineFormat { half, fp32, feature, label, windows, of_heads };

/// 16 bits each, of one of its numbers.
int words_of(LineFormat format);

struct LineOperand {
  Operand tensor;
  LineFormat format;
  int address;      ///< word
  int feature = 0;  ///< of a label's format: which of the tensor
};

/// Ends with HALT. In every PE of a column, the n-th instruction that meets the fabric belongs to the same meeting.
struct LineProgram {
  std::vector<Instruction> code;
  std::vector<PlacedConstant> constants;  ///< 32 bits each, from word `constants_at` on
  int constants_at = 0;
  std::vector<LineOperand> reads, writes;
  HalfFormat format = HalfFormat::fp16;
  int windows_at = -1;  ///< word of the windows of LinePrograms::windows(), none: -1
  int keys_at = -1;     ///< the same of the numbers of the PE's keys, fp32
  int rows_at = -1;     ///< of its features, scores of a tile: which they are among those of all keys, fp32
  int words() const { return constants_at + 2 * static_cast<int>(constants.size()); }
  /// Words besides its operands. `stored`: scores of the PE in windows.
  int scratch_words(const LinePe& pe, int stored = 0) const;
};

/// In plain loops: an element of an operand in fp32 [features][tokens]; where scores stand in windows that have it not,
/// +0.
std::uint32_t stored_element(const ProgramLaunch& launch, std::size_t operand, std::size_t at);

struct LineColors {
  /// Up the columns, by the row that sends; back; along a row, by the column that sends.
  static constexpr int sums_even = 1, sums_odd = 2, returned = 3, totals_even = 5, totals_odd = 6;
  static constexpr int sums_of(int row) { return row % 2 == 0 ? sums_even : sums_odd; }
  static constexpr int totals_of(int column) { return column % 2 == 0 ? totals_even : totals_odd; }
};

/// What an instruction that meets the fabric takes part in: partial results up a column, a broadcast down it, totals
/// along a row to the east edge.
enum class LineMeeting { up, down, east };
LineMeeting meeting_of(const Instruction& instruction);
inline bool meets(const Instruction& instruction) { return instruction.fabric_in || instruction.fabric_out; }

/// Writes a LineProgram. Of a column of one row nothing goes up or down.
class LineCode : public VectorCode {
 public:
  LineCode(const LinePe& pe, int constants_at) : VectorCode(constants_at, pe.format), pe_(pe) {}

  void reads(const LineOperand& operand) { reads_.push_back(operand); }
  void writes(const LineOperand& operand) { writes_.push_back(operand); }
  /// a[f][t] = a[f][t] op of_token[t], fp32, as what follows.
  void of_tokens(Opcode opcode, int a, int of_token);
  /// result[t] = result[t] op a[f][t], feature by feature of the PE's own.
  void over_features(Opcode opcode, int result, int a);
  /// a[s n + k] = a[k], 32 bits, k < n, s < times; as many instructions as times has binary digits.
  void repeat(int a, int n, int times);
  /// Where the table of the PE's windows stands, of each key two words, once for each list that is taken; its numbers
  /// of keys, two words each; LineProgram::rows_at.
  void windows(int at) { windows_at_ = at; }
  void keys(int at) { keys_at_ = at; }
  void rows(int at) { rows_at_ = at; }
  /// sums[f][t] = fma(numbers[f], of_token[t], sums[f][t]), f < features.
  void add_numbers(int sums, int of_token, int numbers, int features);
  /// The next window of each key: to[key][window] = from[word behind word], 32 bits, or with `step` 0 from[0].
  void move_windows(int to, int from, int step);
  /// n partial results in fp32 up the column; those of the whole column stay in row 0.
  void reduce(Opcode opcode, int address, int n);
  /// n values in fp32 from row 0 to every row.
  void give_down(int address, int n);
  /// Sums of n values in fp32 along the row, out at its east end. The last meeting of a program; of row 0 or of all
  /// rows.
  void leave_east(int address, int n);
  LineProgram finish();

 private:
  LinePe pe_;
  std::vector<LineOperand> reads_, writes_;
  int windows_at_ = -1, keys_at_ = -1, rows_at_ = -1;
};

}  // namespace weft::hw
