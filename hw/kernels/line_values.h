#pragma once
// The values of a line kernel's launch: its programs' instructions on the memories of many PEs at once.
#include <vector>

#include "hw/kernels/line_image.h"
#include "hw/kernels/line_kernels.h"

namespace weft::hw {

/// Where a lane's tensors are between launches. fp16 values are the floats they stand for.
class LineMemory {
 public:
  virtual ~LineMemory() = default;
  /// Of a feature the values of `token` and those behind it, as many as the columns of one run() hold.
  /// Where there is one of each feature, that, whatever the token.
  virtual const float* read(Operand operand, int feature, int token) = 0;
  virtual float* written(Operand operand, int feature, int token) = 0;
  /// The same of labels; below 0: none.
  virtual const std::int32_t* labels(int token) = 0;
};

class LineValues {
 public:
  /// Both outlive it.
  LineValues(LinePrograms& programs, LineMemory& memory) : programs_(programs), memory_(memory) {}

  /// Columns [first, last), west to east from call to call. Behind the programs' block others like it stand side by
  /// side, each with the tokens behind those of the one before. Precondition of more than one: nothing leaves the rows.
  void run(int first, int last);
  /// Totals that leave the rows, fp32 bits, north first; empty: none do.
  std::vector<std::uint32_t> totals() const;
  /// What rounding to halves did in all runs.
  const HalfLosses& losses() const { return losses_; }

 private:
  void run_alike(int first, int columns);
  void load(int row, int first, LineImage& image);
  void load_windows(int row, int first, const LineOperand& operand, LineImage& image);
  void store(int row, int first, LineImage& image);
  /// Of images that stand there, north first. Precondition: in the column.
  void meet(const std::vector<std::size_t>& at, int first);
  void leave(std::size_t row, const Instruction& instruction);
  const LineProgram& program(int row, int column) { return programs_.of(row, column % columns()); }
  /// Of a block.
  int columns() const { return programs_.block().columns(); }
  int tokens_of(int column) const { return programs_.block().tokens_of(column % columns()); }
  int step_of(int column) const { return programs_.block().order().column(column % columns()).step; }
  int first_token(int column) const {
    const BlockMap& block = programs_.block();
    return column / columns() * block.tokens + block.first_token(column % columns());
  }

  LinePrograms& programs_;
  LineMemory& memory_;
  std::vector<LineImage> images_;  ///< of each row, or one of PEs that do not speak
  std::vector<std::uint32_t> passing_;
  std::vector<std::vector<std::uint32_t>> totals_;  ///< of each row
  std::vector<std::uint16_t> halves_;
  HalfLosses losses_;
};

}  // namespace weft::hw
