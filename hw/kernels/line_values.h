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

  /// Columns [first, last), west to east from call to call.
  void run(int first, int last);
  /// Totals that leave the rows, fp32 bits, north first; empty: none do.
  std::vector<std::uint32_t> totals() const;

 private:
  void run_alike(int first, int columns);
  void load(int row, int first, LineImage& image);
  void store(int row, int first, LineImage& image);
  /// Of images that stand there, north first. Precondition: in the column.
  void meet(const std::vector<std::size_t>& at, int first);
  void leave(std::size_t row, const Instruction& instruction);
  const LineProgram& program(int row, int column) { return programs_.of(row, column); }

  LinePrograms& programs_;
  LineMemory& memory_;
  std::vector<LineImage> images_;  ///< of each row, or one of PEs that do not speak
  std::vector<std::uint32_t> passing_;
  std::vector<std::vector<std::uint32_t>> totals_;  ///< of each row
  std::vector<std::uint16_t> halves_;
};

}  // namespace weft::hw
