#include "sw/fabric/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

constexpr int deepest = 100;  // brackets in brackets

constexpr Number lowest = std::numeric_limits<Number>::min();

[[noreturn]] void overflow() { throw UsageError("a number that does not fit 64 bits"); }

}  // namespace

// Recursive descent, one function a level of precedence where the levels differ, a table for the binary operators.
class ExpressionParser {
 public:
  ExpressionParser(Expression& expression, std::string_view text, const Names& names)
      : expression_(expression), text_(text), names_(names) {}

  int parse() {
    const int root = choice();
    skip();
    if (at_ < text_.size()) fail("an operator");
    return root;
  }

 private:
  using Operation = Expression::Operation;
  struct Binary {
    std::string_view sign;
    int level;
    Operation operation;
  };
  // Longer signs first, so that "<<" is not read as "<".
  static constexpr Binary binaries[] = {
      {"||", 0, Operation::either},     {"&&", 1, Operation::both},          {"==", 2, Operation::equal},
      {"!=", 2, Operation::different},  {"<<", 4, Operation::shift_left},    {">>", 4, Operation::shift_right},
      {"<=", 3, Operation::less_equal}, {">=", 3, Operation::greater_equal}, {"<", 3, Operation::less},
      {">", 3, Operation::greater},     {"+", 5, Operation::plus},           {"-", 5, Operation::minus},
      {"*", 6, Operation::times},       {"/", 6, Operation::over},           {"%", 6, Operation::modulo}};
  static constexpr int levels = 7;
  struct Function {
    std::string_view name;
    int arguments;
    Operation operation;
  };
  static constexpr Function functions[] = {{"min", 2, Operation::minimum},
                                           {"max", 2, Operation::maximum},
                                           {"bits", 1, Operation::bits},
                                           {"zeros", 1, Operation::zeros}};

  [[noreturn]] void fail(const std::string& expected) const {
    const std::string found = at_ < text_.size() ? fmt::format("'{}'", text_.substr(at_)) : "the end";
    throw UsageError(fmt::format("formula '{}': expected {}, found {}", text_, expected, found));
  }

  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool take(std::string_view sign) {
    skip();
    if (text_.substr(at_, sign.size()) != sign) return false;
    at_ += sign.size();
    return true;
  }

  int add(Operation operation, int a = -1, int b = -1, int c = -1, Number number = 0) {
    expression_.nodes_.push_back({operation, number, a, b, c});
    return static_cast<int>(expression_.nodes_.size()) - 1;
  }

  int choice() {
    if (++depth_ > deepest) fail(fmt::format("at most {} levels of brackets", deepest));
    int node = binary(0);
    if (take("?")) {
      const int yes = choice();
      if (!take(":")) fail("':'");
      node = add(Operation::choose, node, yes, choice());
    }
    --depth_;
    return node;
  }

  int binary(int level) {
    if (level == levels) return unary();
    int left = binary(level + 1);
    for (;;) {
      skip();
      const auto found = std::find_if(std::begin(binaries), std::end(binaries), [&](const Binary& candidate) {
        return text_.substr(at_, candidate.sign.size()) == candidate.sign;
      });
      if (found == std::end(binaries) || found->level != level) return left;
      at_ += found->sign.size();
      left = add(found->operation, left, binary(level + 1));
    }
  }

  int unary() {
    int signs = 0;
    std::string kinds;
    for (skip(); at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '!'); skip()) {
      kinds.push_back(text_[at_++]);
      if (++signs > deepest) fail("fewer signs");
    }
    int node = primary();
    for (; !kinds.empty(); kinds.pop_back())
      node = add(kinds.back() == '-' ? Operation::negate : Operation::invert, node);
    return node;
  }

  int primary() {
    skip();
    if (take("(")) {
      const int node = choice();
      if (!take(")")) fail("')'");
      return node;
    }
    const std::size_t begin = at_;
    const auto in_word = [&] {
      return at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_');
    };
    while (in_word()) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.empty()) fail("a number, a name or '('");
    if (std::isdigit(static_cast<unsigned char>(word.front())) != 0) {
      Number number = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      at_ = begin;
      if (error != std::errc() || end != word.data() + word.size()) fail("a whole number");
      at_ = begin + word.size();
      return add(Operation::constant, -1, -1, -1, number);
    }
    for (const Function& function : functions)
      if (function.name == word) return call(function);
    const auto name = std::find(names_.begin(), names_.end(), word);
    if (name == names_.end())
      throw UsageError(fmt::format("formula '{}': unknown name {}{}", text_, word, suggest(word, names_)));
    return add(Operation::variable, -1, -1, -1, name - names_.begin());
  }

  int call(const Function& function) {
    if (!take("(")) fail("'('");
    const int first = choice();
    int second = -1;
    if (function.arguments == 2) {
      if (!take(",")) fail("','");
      second = choice();
    }
    if (!take(")")) fail("')'");
    return add(function.operation, first, second);
  }

  Expression& expression_;
  std::string_view text_;
  const Names& names_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

Expression::Expression(const std::string& text, const Names& names) {
  root_ = ExpressionParser(*this, text, names).parse();
}

Number Expression::value_of(int index, const std::vector<Number>& values) const {
  const Node& node = nodes_[static_cast<std::size_t>(index)];
  switch (node.operation) {
    case Operation::constant:
      return node.number;
    case Operation::variable:
      return values[static_cast<std::size_t>(node.number)];
    case Operation::choose:
      return value_of(value_of(node.a, values) != 0 ? node.b : node.c, values);
    case Operation::either:
      return value_of(node.a, values) != 0 || value_of(node.b, values) != 0 ? 1 : 0;
    case Operation::both:
      return value_of(node.a, values) != 0 && value_of(node.b, values) != 0 ? 1 : 0;
    default:
      break;
  }
  const Number a = value_of(node.a, values), b = node.b < 0 ? 0 : value_of(node.b, values);
  Number result = 0;
  switch (node.operation) {
    case Operation::negate:
      if (a == lowest) overflow();
      return -a;
    case Operation::invert:
      return a == 0 ? 1 : 0;
    case Operation::equal:
      return a == b ? 1 : 0;
    case Operation::different:
      return a != b ? 1 : 0;
    case Operation::less:
      return a < b ? 1 : 0;
    case Operation::less_equal:
      return a <= b ? 1 : 0;
    case Operation::greater:
      return a > b ? 1 : 0;
    case Operation::greater_equal:
      return a >= b ? 1 : 0;
    case Operation::shift_left:
      if (b < 0 || b > 62 || a < 0 || a > (std::numeric_limits<Number>::max() >> b)) overflow();
      return a << b;
    case Operation::shift_right:
      if (b < 0) throw UsageError(fmt::format("a shift by {}", b));
      return a < 0 ? throw UsageError(fmt::format("{} >> {}: at least 0", a, b)) : b > 62 ? 0 : a >> b;
    case Operation::plus:
      if (__builtin_add_overflow(a, b, &result)) overflow();
      return result;
    case Operation::minus:
      if (__builtin_sub_overflow(a, b, &result)) overflow();
      return result;
    case Operation::times:
      if (__builtin_mul_overflow(a, b, &result)) overflow();
      return result;
    case Operation::over:
    case Operation::modulo:
      if (b == 0) throw UsageError("a division by zero");
      if (a == lowest && b == -1) overflow();
      return node.operation == Operation::over ? a / b : a % b;
    case Operation::minimum:
      return std::min(a, b);
    case Operation::maximum:
      return std::max(a, b);
    case Operation::bits:
      for (Number rest = a; rest > 0; rest >>= 1) ++result;
      return result;
    default:
      for (Number rest = a; rest > 0 && rest % 2 == 0; rest >>= 1) ++result;
      return result;
  }
}

}  // namespace weft::sw
