#include "hw/kernels/tanh.h"

#include "hw/kernels/activation_plain.h"
#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

/// P and Q by powers of x^2, highest first: relative error 4e-8 up to `most`, fitted by weighted least squares whose
/// weights grow where the error is large.
struct Ratio {
  static constexpr float most = 4.75F;
  static constexpr float highest = 5.34025048e-6F;
  static constexpr std::array<float, 3> others = {0.00253377110F, 0.125728026F, 0.999999940F};
  static constexpr float highest_below = 0.000172092434F;
  static constexpr std::array<float, 3> others_below = {0.0222214386F, 0.459060967F, 1.0F};
};

/// Arrays of a program, fp32 [features][tokens]. Two kinds, in other banks: most of what is read together is of both.
struct TanhWork {
  int a, b;  ///< of one
  int x, y;  ///< of the other
  int end;

  TanhWork(int from, int elements)
      : a(first_banks(from)),
        b(array_behind(a, elements)),
        x(other_banks(array_behind(b, elements))),
        y(array_behind(x, elements)),
        end(y + 2 * elements) {}
};

class TanhCode : public LineCode {
 public:
  TanhCode(const LinePe& pe, int work_from, const LineSettings& settings)
      : LineCode(pe, end_of_dropout(pe, settings, TanhWork(work_from, pe.elements()).end)),
        n_(pe.elements()),
        work_(work_from, n_) {}

  const TanhWork& work() const { return work_; }
  /// y = tanh of the halves at `values`.
  void tangent(int values) {
    // Both ends are cut by a maximum, between which the sign is turned, and once more by P's coefficients.
    widen(work_.x, values, n_);
    fill(work_.a, n_, -Ratio::most);
    combine(Opcode::max32, work_.x, work_.a, n_);
    fill(work_.b, n_, 0.0F);
    multiply_add(Opcode::fmac32, work_.b, work_.x, n_, {-1.0F});
    move(work_.x, work_.a, n_);
    combine(Opcode::max32, work_.x, work_.b, n_);
    move(work_.b, work_.x, n_);
    combine(Opcode::mul32, work_.b, work_.x, n_);
    fill(work_.y, n_, -Ratio::highest);
    const auto& [second, third, last] = Ratio::others;
    multiply_add(Opcode::horner32, work_.y, work_.b, n_, {-second, -third, -last});
    combine(Opcode::mul32, work_.y, work_.x, n_);
    fill(work_.a, n_, Ratio::highest_below);
    multiply_add(Opcode::horner32, work_.a, work_.b, n_, {Ratio::others_below.begin(), Ratio::others_below.end()});
    append_reciprocals(*this, work_.a, work_.x, work_.b, n_);
    combine(Opcode::mul32, work_.y, work_.b, n_);
  }
  /// y = e / (1 + e)^2
  void slope(int values) {
    widen(work_.x, values, n_, 2.0F);
    widen(work_.a, values, n_, -2.0F);
    combine(Opcode::max32, work_.x, work_.a, n_);
    fill(work_.a, n_, 0.0F);
    multiply_add(Opcode::fmac32, work_.a, work_.x, n_, {-1.0F});
    append_exponentials(*this, work_.a, work_.x, work_.y, n_);
    fill(work_.a, n_, 1.0F);
    combine(Opcode::add32, work_.a, work_.y, n_);
    append_reciprocals(*this, work_.a, work_.x, work_.b, n_);
    combine(Opcode::mul32, work_.y, work_.b, n_);
    combine(Opcode::mul32, work_.y, work_.b, n_);
  }

 private:
  int n_;
  TanhWork work_;
};

/// A program's steps, of one element.
struct TanhElement {
  static std::uint32_t product(HalfFormat format, float factor, std::uint16_t x) {
    return fused_multiply_add(format, float_to_half(format, factor), x, 0);
  }
  static std::uint32_t turned(std::uint32_t x) { return special::fma32(-1.0F, x, 0); }
  static std::uint32_t reciprocal(std::uint32_t x) { return result_bits(machine_reciprocal(float_of(x))); }
};

}  // namespace

std::uint16_t machine_tanh(HalfFormat format, std::uint16_t x) {
  using Element = TanhElement;
  const std::uint32_t least = result_bits(-Ratio::most);
  const std::uint32_t turned = maximum(least, Element::turned(maximum(Element::product(format, 1.0F, x), least)));
  const std::uint32_t square = multiply(turned, turned);
  const auto& [second, third, last] = Ratio::others;
  const std::uint32_t above =
      multiply(special::polynomial(-Ratio::highest, std::array{-second, -third, -last}, square), turned);
  const std::uint32_t below = special::polynomial(Ratio::highest_below, Ratio::others_below, square);
  return to_half(format, multiply(above, Element::reciprocal(below)));
}

std::uint16_t machine_tanh_delta(HalfFormat format, std::uint16_t delta, std::uint16_t x, float scale) {
  using Element = TanhElement;
  const std::uint32_t size = maximum(Element::product(format, 2.0F, x), Element::product(format, -2.0F, x));
  const std::uint32_t power = result_bits(machine_exp(float_of(Element::turned(size))));
  const std::uint32_t part = Element::reciprocal(add(result_bits(1.0F), power));
  const std::uint32_t slope = multiply(multiply(power, part), part);
  return to_half(format, multiply(Element::product(format, 4 * scale, delta), slope));
}

LineProgram tanh_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements(), result = settings.train ? n : 0;
  TanhCode code(pe, result + n, settings);
  code.reads({Operand::values, LineFormat::half, 0});
  if (settings.train) code.writes({Operand::kept, LineFormat::half, 0});
  code.writes({Operand::values, LineFormat::half, result});
  code.tangent(0);
  code.combine(Opcode::to_half16, result, code.work().y, n);
  append_dropout_scale(code, pe, settings.dropout, result);
  append_dropout_mask(code, pe, settings, result, code.work().end);
  return code.finish();
}

LineProgram tanh_backward_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements(), values = other_banks(n);
  TanhCode code(pe, values + n, settings);
  const LineOperand deltas{Operand::deltas, LineFormat::half, 0};
  code.reads({Operand::kept, LineFormat::half, values});
  code.reads(deltas);
  code.writes(deltas);
  append_dropout_mask(code, pe, settings, 0, code.work().end);
  code.slope(values);
  code.widen(code.work().a, 0, n, 4 * kept_scale(settings));
  code.combine(Opcode::mul32, code.work().a, code.work().y, n);
  code.combine(Opcode::to_half16, 0, code.work().a, n);
  return code.finish();
}

std::vector<std::uint32_t> tanh_plain(const ProgramLaunch& launch) {
  return activation_plain(launch, [&](std::uint16_t x) { return machine_tanh(launch.line.format, x); });
}

std::vector<std::uint32_t> tanh_backward_plain(const ProgramLaunch& launch) {
  return activation_backward_plain(launch, [&](std::uint16_t delta, std::uint16_t x) {
    return machine_tanh_delta(launch.line.format, delta, x, kept_scale(launch.line));
  });
}

}  // namespace weft::hw
