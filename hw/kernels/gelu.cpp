#include "hw/kernels/gelu.h"

#include "hw/kernels/activation_plain.h"
#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

/// P(normal > c) = e^(-c^2 / 2) t P(t), t = 1 / (1 + 0.3 c), relative error 2.2e-6 up to c = 9: a minimax fit (Remez,
/// 40 digits).
struct NormalTail {
  static constexpr float place = 0.3F;
  static constexpr float highest = -0.0818371028F;  ///< coefficient of t^6
  static constexpr std::array<float, 6> others = {0.230585605F, -0.0340369828F, 0.153750658F,
                                                  0.111210592F, 0.120327711F,   0.0F};
  static constexpr float density = 0.398942280F;  ///< 1 / sqrt(2 pi)
};

/// In PE and plain loops x / 2 and c / 2 are at hand: so c is written as twice the half, c^3 as eight times.
struct OfHalf {
  static constexpr float place = 2 * NormalTail::place, density = 2 * NormalTail::density;
};

/// P = 1 / (1 + e^u), u = linear c / 2 + cubic (c / 2)^3: of the tanh form 2 sqrt(2 / pi) (c + 0.044715 c^3), of SiLU
/// c.
struct LogisticTail {
  float linear, cubic;

  explicit constexpr LogisticTail(GeluForm form)
      : linear(form == GeluForm::tanh ? 2 * 1.59576912F : 2.0F),
        cubic(form == GeluForm::tanh ? 8 * 0.0713548163F : 0) {}
};

/// What a program works in, fp32 [features][tokens]. Two kinds of arrays, in other banks: most of what is read together
/// is of both.
struct GeluWork {
  int size;  ///< c / 2
  int a, b;  ///< of its kind
  int x, y;  ///< of the other
  int end;

  GeluWork(int from, int elements)
      : size(first_banks(from)),
        a(array_behind(size, elements)),
        b(array_behind(a, elements)),
        x(other_banks(array_behind(b, elements))),
        y(array_behind(x, elements)),
        end(y + 2 * elements) {}
};

/// A program's steps, of n elements.
class GeluCode : public LineCode {
 public:
  GeluCode(const LinePe& pe, GeluForm form, int work_from, const LineSettings& settings)
      : LineCode(pe, end_of_dropout(pe, settings, GeluWork(work_from, pe.elements()).end)),
        form_(form),
        n_(pe.elements()),
        work_(work_from, n_) {}

  const GeluWork& work() const { return work_; }
  /// y = q of the halves at `values`.
  void probability(int values) {
    power(values);
    if (form_ == GeluForm::error_function) {
      error_function_tail();
      combine(Opcode::mul32, work_.y, work_.x, n_);
    } else {
      logistic();
      combine(Opcode::mul32, work_.y, work_.b, n_);
    }
  }
  /// y = gelu'(-c).
  void slope(int values) {
    power(values);
    if (form_ == GeluForm::error_function) {
      error_function_tail();
      multiply_add(Opcode::fmac32, work_.x, work_.size, n_, {-OfHalf::density});
    } else {
      logistic();
      combine(Opcode::mul32, work_.y, work_.b, n_);
      times_size(work_.x, work_.a, 3);
      combine(Opcode::mul32, work_.x, work_.b, n_);
      fill(work_.a, n_, 1.0F);
      combine(Opcode::add32, work_.x, work_.a, n_);
    }
    combine(Opcode::mul32, work_.y, work_.x, n_);
  }

 private:
  /// size = c / 2, y = e^(-c^2 / 2) or e^-u.
  void power(int values) {
    widen(work_.x, values, n_, 0.5F);
    widen(work_.size, values, n_, -0.5F);
    combine(Opcode::max32, work_.size, work_.x, n_);
    if (form_ == GeluForm::error_function) {
      widen(work_.a, values, n_, -1.0F);
      combine(Opcode::mul32, work_.a, work_.x, n_);
    } else {
      times_size(work_.a, work_.x, 1);
    }
    append_exponentials(*this, work_.a, work_.x, work_.y, n_);
  }
  /// x = t P(t).
  void error_function_tail() {
    fill(work_.a, n_, 1.0F);
    multiply_add(Opcode::fmac32, work_.a, work_.size, n_, {OfHalf::place});
    append_reciprocals(*this, work_.a, work_.x, work_.b, n_);
    fill(work_.x, n_, NormalTail::highest);
    multiply_add(Opcode::horner32, work_.x, work_.b, n_, {NormalTail::others.begin(), NormalTail::others.end()});
  }
  /// b = 1 / (1 + e^-u).
  void logistic() {
    fill(work_.a, n_, 1.0F);
    combine(Opcode::add32, work_.a, work_.y, n_);
    append_reciprocals(*this, work_.a, work_.x, work_.b, n_);
  }
  /// result = -(linear c / 2 + factor cubic (c / 2)^3).
  void times_size(int result, int scratch, float factor) {
    const LogisticTail tail(form_);
    if (tail.cubic == 0) {
      fill(result, n_, -tail.linear);
    } else {
      move(scratch, work_.size, n_);
      combine(Opcode::mul32, scratch, work_.size, n_);
      fill(result, n_, -factor * tail.cubic);
      multiply_add(Opcode::horner32, result, scratch, n_, {-tail.linear});
    }
    combine(Opcode::mul32, result, work_.size, n_);
  }

  GeluForm form_;
  int n_;
  GeluWork work_;
};

/// The same, one element.
class GeluElement {
 public:
  GeluElement(HalfFormat format, std::uint16_t x, GeluForm form)
      : form_(form), half_(product(format, 0.5F, x)), size_(maximum(product(format, -0.5F, x), half_)) {
    if (form == GeluForm::error_function) {
      power_ = exponential(multiply(product(format, -1.0F, x), half_));
      tail_ = reciprocal(special::fma32(OfHalf::place, size_, one));
      scaled_ = special::polynomial(NormalTail::highest, NormalTail::others, tail_);
    } else {
      power_ = exponential(times_size(1));
      tail_ = reciprocal(add(one, power_));
    }
  }

  /// max(x, 0)
  std::uint32_t positive() const { return add(half_, size_); }
  std::uint32_t size() const { return size_; }
  std::uint32_t probability() const { return multiply(power_, form_ == GeluForm::error_function ? scaled_ : tail_); }
  std::uint32_t slope() const {
    if (form_ == GeluForm::error_function) return multiply(power_, special::fma32(-OfHalf::density, size_, scaled_));
    return multiply(probability(), add(multiply(times_size(3), tail_), one));
  }

 private:
  static constexpr std::uint32_t one = 0x3f800000;

  static std::uint32_t product(HalfFormat format, float factor, std::uint16_t x) {
    return fused_multiply_add(format, float_to_half(format, factor), x, 0);
  }
  static std::uint32_t exponential(std::uint32_t x) { return result_bits(machine_exp(float_of(x))); }
  static std::uint32_t reciprocal(std::uint32_t x) { return result_bits(machine_reciprocal(float_of(x))); }
  std::uint32_t times_size(float factor) const {
    const LogisticTail tail(form_);
    const std::uint32_t linear = result_bits(-tail.linear);
    if (tail.cubic == 0) return multiply(linear, size_);
    return multiply(fused_multiply_add32(result_bits(-factor * tail.cubic), multiply(size_, size_), linear), size_);
  }

  GeluForm form_;
  std::uint32_t half_, size_;
  std::uint32_t power_ = 0, tail_ = 0, scaled_ = 0;
};

}  // namespace

std::uint16_t machine_gelu(HalfFormat format, std::uint16_t x, GeluForm form) {
  const GeluElement element(format, x, form);
  const std::uint32_t lost = multiply(element.probability(), element.size());
  return to_half(format, special::fma32(-2.0F, lost, element.positive()));
}

std::uint16_t machine_gelu_delta(HalfFormat format, std::uint16_t delta, std::uint16_t x, GeluForm form, float scale) {
  const bool passes = with_arithmetic(format, [x](auto halves) { return decltype(halves)::is_positive(x); });
  const std::uint16_t passed = passes ? delta : std::uint16_t{0};
  const auto with = [format, scale](float factor, std::uint16_t half, std::uint32_t sum) {
    return fused_multiply_add(format, float_to_half(format, factor * scale), half, sum);
  };
  const std::uint32_t turned = with(-2.0F, passed, with(1.0F, delta, 0));
  return to_half(format, with(1.0F, passed, multiply(turned, GeluElement(format, x, form).slope())));
}

template <GeluForm form>
LineProgram gelu_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements(), result = settings.train ? n : 0;
  GeluCode code(pe, form, result + n, settings);
  const GeluWork& work = code.work();
  code.reads({Operand::values, LineFormat::half, 0});
  if (settings.train) code.writes({Operand::kept, LineFormat::half, 0});
  code.writes({Operand::values, LineFormat::half, result});
  code.probability(0);
  code.combine(Opcode::mul32, work.y, work.size, n);
  code.widen(work.x, 0, n, 0.5F);
  code.combine(Opcode::add32, work.x, work.size, n);
  code.multiply_add(Opcode::fmac32, work.x, work.y, n, {-2.0F});
  code.combine(Opcode::to_half16, result, work.x, n);
  append_dropout_scale(code, pe, settings.dropout, result);
  append_dropout_mask(code, pe, settings, result, work.end);
  return code.finish();
}

// gelu'(c) = 1 - gelu'(-c): the delta where x is above zero, and what is left of it, turned there, times the slope.
template <GeluForm form>
LineProgram gelu_backward_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements(), values = other_banks(n);
  const float scale = kept_scale(settings);
  GeluCode code(pe, form, values + n, settings);
  const GeluWork& work = code.work();
  const LineOperand deltas{Operand::deltas, LineFormat::half, 0};
  code.reads({Operand::kept, LineFormat::half, values});
  code.reads(deltas);
  code.writes(deltas);
  append_dropout_mask(code, pe, settings, 0, work.end);
  code.slope(values);
  code.widen(work.a, 0, n, scale);
  code.add(LineCode::vector(Opcode::relu_back16, 0, values, n));
  code.add_halves(work.a, 0, n, -2 * scale);
  code.combine(Opcode::mul32, work.a, work.y, n);
  code.add_halves(work.a, 0, n, scale);
  code.combine(Opcode::to_half16, 0, work.a, n);
  return code.finish();
}

template <GeluForm form>
std::vector<std::uint32_t> gelu_plain(const ProgramLaunch& launch) {
  return activation_plain(launch, [&](std::uint16_t x) { return machine_gelu(launch.line.format, x, form); });
}

template <GeluForm form>
std::vector<std::uint32_t> gelu_backward_plain(const ProgramLaunch& launch) {
  return activation_backward_plain(launch, [&](std::uint16_t delta, std::uint16_t x) {
    return machine_gelu_delta(launch.line.format, delta, x, form, kept_scale(launch.line));
  });
}

template LineProgram gelu_program<GeluForm::error_function>(const LinePe&, const LineSettings&);
template LineProgram gelu_program<GeluForm::tanh>(const LinePe&, const LineSettings&);
template LineProgram gelu_program<GeluForm::sigmoid>(const LinePe&, const LineSettings&);
template LineProgram gelu_backward_program<GeluForm::error_function>(const LinePe&, const LineSettings&);
template LineProgram gelu_backward_program<GeluForm::tanh>(const LinePe&, const LineSettings&);
template LineProgram gelu_backward_program<GeluForm::sigmoid>(const LinePe&, const LineSettings&);
template std::vector<std::uint32_t> gelu_plain<GeluForm::error_function>(const ProgramLaunch&);
template std::vector<std::uint32_t> gelu_plain<GeluForm::tanh>(const ProgramLaunch&);
template std::vector<std::uint32_t> gelu_plain<GeluForm::sigmoid>(const ProgramLaunch&);
template std::vector<std::uint32_t> gelu_backward_plain<GeluForm::error_function>(const ProgramLaunch&);
template std::vector<std::uint32_t> gelu_backward_plain<GeluForm::tanh>(const ProgramLaunch&);
template std::vector<std::uint32_t> gelu_backward_plain<GeluForm::sigmoid>(const ProgramLaunch&);

}  // namespace weft::hw
