#pragma once
// Whole-number formulas of a fabric program file: "x % S == 0 && x + S < P".
//   ?:  ||  &&  == !=  < <= > >=  << >>  + -  * / %  unary - !  ( )  min(a, b)  max(a, b)
//   bits(n): binary digits of n (0 has none), so log2 rounded up of P is bits(P - 1); zeros(n): trailing zero bits
// Comparisons give 0 or 1. / rounds towards zero. 64 bits; what does not fit is an error.
#include <cstdint>
#include <string>
#include <vector>

namespace weft::sw {

using Number = std::int64_t;

/// Names of the values that a formula may use; the position of a name is that of its value.
using Names = std::vector<std::string>;

class Expression {
 public:
  /// Throws UsageError that names what is wrong, and the nearest name.
  Expression(const std::string& text, const Names& names);

  /// `values`: at least as many as there were names. Throws UsageError for a division by zero or an overflow.
  Number evaluate(const std::vector<Number>& values) const { return value_of(root_, values); }

 private:
  friend class ExpressionParser;
  enum class Operation : std::uint8_t {
    constant,
    variable,
    negate,
    invert,
    choose,
    either,
    both,
    equal,
    different,
    less,
    less_equal,
    greater,
    greater_equal,
    shift_left,
    shift_right,
    plus,
    minus,
    times,
    over,
    modulo,
    minimum,
    maximum,
    bits,
    zeros
  };
  struct Node {
    Operation operation = Operation::constant;
    Number number = 0;  ///< constant, or position of the variable
    int a = -1, b = -1, c = -1;
  };

  Number value_of(int node, const std::vector<Number>& values) const;

  std::vector<Node> nodes_;
  int root_ = -1;
};

}  // namespace weft::sw
