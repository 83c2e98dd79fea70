#pragma once
// The code of one task as a text that scales: instructions in the assembler's form, with {formula} where a number
// stands, and around them
//   repeat FORMULA counter=N   ...  end     a LOOP of so many passes; 0: nothing, 1: without the LOOP
//   unroll FORMULA             ...  end     so many copies; `i` is the number of the copy
//   if FORMULA                 ...  end     once, or not where the formula is 0
// HALT is added. "#" begins a comment.
#include <string>
#include <vector>

#include "hw/pe/program.h"
#include "sw/fabric/expression.h"

namespace weft::sw {

class ThreadText {
 public:
  /// `names` holds "i"; `first_line` is where the text stands in its file. Throws UsageError that begins with "line N:
  /// ".
  ThreadText(const std::string& text, const Names& names, int first_line = 1);

  /// Appends the code to `program`. Throws UsageError as above.
  void append(hw::Program& program, std::vector<Number> values) const;

 private:
  struct Piece {
    std::string text;                 ///< before
    std::vector<Expression> formula;  ///< the number; at most one
  };
  struct Line {
    enum class Kind : std::uint8_t { instruction, repeat, unroll, choice, end } kind = Kind::instruction;
    int number = 0;
    std::vector<Piece> pieces;      ///< instruction
    std::vector<Expression> count;  ///< repeat, unroll, choice: one
    int counter = 0;
    std::size_t end = 0;  ///< of a block: line of its end
  };

  void read_line(const std::string& text, int number, const Names& names);
  void emit(std::size_t first, std::size_t end, hw::Program& program, std::vector<Number>& values) const;
  void emit_block(const Line& line, std::size_t first, hw::Program& program, std::vector<Number>& values) const;

  std::vector<Line> lines_;
  std::size_t copy_ = 0;  ///< position of "i"
};

}  // namespace weft::sw
