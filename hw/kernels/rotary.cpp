#include "hw/kernels/rotary.h"

#include <cmath>

#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

/// With r turns, |r| <= 1/2: 2 sin(pi r) = r S(r^2), cos(pi r) = C(r^2). Interpolated in Chebyshev nodes, to 3e-8 and
/// 2e-10 before the coefficients were rounded.
struct HalfAngle {
  static constexpr float highest_sine = 0.155311823F;  ///< coefficient, as what follows
  static constexpr std::array<float, 4> sines = {-1.19658077F, 5.10015488F, -10.3354206F, 6.28318548F};
  static constexpr float highest_cosine = -0.0243959315F;
  static constexpr std::array<float, 5> cosines = {0.234937072F, -1.33521199F, 4.05870914F, -4.93480206F, 1.0F};
};

constexpr float turns_of_radian = 0.159154943F;

/// Of an integer x counted from 0 on, its place among `size` of them: x - size round((x - middle) / size).
struct Within {
  int size;
  float middle() const { return static_cast<float>(size - 1) / 2; }
  float inverse() const { return 1 / static_cast<float>(size); }
};

/// ln of a frequency's change from one feature to the next.
float slope_of(const RotarySettings& settings) {
  return static_cast<float>(-std::log(double{settings.base}) / settings.turning());
}

/// Of a feature that is not turned, for each one behind the last that is: its frequency is then e^-87, the least there
/// is, whose angles are nothing beside a half.
constexpr float never = -1000;
float last_turned(const RotarySettings& settings) { return static_cast<float>(settings.turning() - 1); }

/// fp32 [pairs][tokens], [features][tokens] where they are two arrays long. Two kinds of arrays in other banks; where
/// three are combined with each other two are of one kind.
struct RotaryWork {
  int positions, frequencies;  ///< [tokens], [pairs]
  int turns, sines;            ///< then: of the whole angle, cosines first
  int square, a;               ///< then both: the features times the sine
  int halves;                  ///< then, with what is behind it: the features times the cosine
  int end;

  RotaryWork(int from, int pairs, int tokens)
      : positions(other_banks(from)),
        frequencies(array_behind(positions + 2, tokens)),
        turns(other_banks(frequencies + 2 * pairs)),
        sines(array_behind(turns, pairs * tokens)),
        square(array_behind(sines, pairs * tokens) + 2),
        a(array_behind(square, pairs * tokens)),
        halves(other_banks(array_behind(a, pairs * tokens))),
        end(halves + 4 * pairs * tokens) {}
};

class RotaryCode : public LineCode {
 public:
  /// `pe` has the queries' heads as tokens.
  RotaryCode(const LinePe& pe, const LineSettings& settings)
      : LineCode(pe, work_of(pe).end),
        pairs_(pairs_of(pe)),
        tokens_(pe.tokens),
        features_(pe.elements()),
        queries_(settings.queries),
        token_step_(pe.token_step),
        settings_(settings.rotary),
        work_(work_of(pe)) {}

  /// cosines at `turns`, sines at `sines`.
  void factors() {
    within(work_.positions, tokens_, token_step_, {integer_place_bits, 0, 1}, {settings_.length}, queries_);
    within(work_.square, pairs_, 2, {integer_place_bits, 1, 0}, {settings_.head_size});
    frequencies();
    const int n = pairs_ * tokens_;
    fill(work_.a, n, integer_place);
    add_angles(work_.a);
    fill(work_.turns, n, integer_place);
    combine(Opcode::sub32, work_.turns, work_.a, n);
    add_angles(work_.turns);
    square(work_.square, work_.turns, n);
    polynomial(work_.sines, HalfAngle::highest_cosine, {HalfAngle::cosines.begin(), HalfAngle::cosines.end()}, n);
    polynomial(work_.halves, HalfAngle::highest_sine, {HalfAngle::sines.begin(), HalfAngle::sines.end()}, n);
    combine(Opcode::mul32, work_.halves, work_.turns, n);
    combine(Opcode::mul32, work_.sines, work_.halves, n);
    square(work_.square, work_.halves, n);
    fill(work_.turns, n, 1.0F);
    multiply_add(Opcode::fmac32, work_.turns, work_.square, n, {-0.5F});
  }
  /// Of the halves at `values`.
  void turn(int values, RotaryDirection direction) {
    const int by_cosine = work_.halves, by_sine = work_.square, next = 2 * tokens_;
    widen(by_cosine, values, features_);
    move(by_sine, by_cosine, features_);
    for (const int of_pair : {0, next}) {
      of_pairs(Opcode::mul32, by_cosine + of_pair, work_.turns, next);
      of_pairs(Opcode::mul32, by_sine + of_pair, work_.sines, next);
    }
    const bool back = direction == RotaryDirection::back;
    of_pairs(back ? Opcode::add32 : Opcode::sub32, by_cosine, by_sine + next, 2 * next);
    of_pairs(back ? Opcode::sub32 : Opcode::add32, by_cosine + next, by_sine, 2 * next);
    combine(Opcode::to_half16, values, by_cosine, features_);
  }

 private:
  static int pairs_of(const LinePe& pe) { return static_cast<int>(ceil_div(pe.features, 2)); }
  static RotaryWork work_of(const LinePe& pe) { return {pe.elements(), pairs_of(pe), pe.tokens}; }

  /// result[k] = place of (first + k step) among each `size`, `times` of them one behind the other; `first` is a
  /// float's bits.
  void within(int result, int n, int step, const PlacedConstant& first, const Within& parts, int times = 1) {
    const int shifted = work_.halves, placed = work_.a;
    Instruction count = vector(Opcode::count32, result, 0, n / times);
    count.element_stride = static_cast<std::uint16_t>(step);
    count.c = static_cast<std::uint16_t>(place({first}));
    add(count);
    repeat(result, n / times, times);
    fill(placed, n, integer_place);
    combine(Opcode::sub32, result, placed, n);
    fill(shifted, n, -parts.middle());
    combine(Opcode::add32, shifted, result, n);
    multiply_add(Opcode::fmac32, placed, shifted, n, {parts.inverse()});
    fill(shifted, n, integer_place);
    combine(Opcode::sub32, shifted, placed, n);
    multiply_add(Opcode::fmac32, result, shifted, n, {static_cast<float>(parts.size)});
  }
  /// In turns, of the even features at `square`.
  void frequencies() {
    const bool partly = settings_.turning() < settings_.head_size;
    fill(work_.halves, pairs_, partly ? -never * last_turned(settings_) : 0.0F);
    if (partly) {
      fill(work_.a, pairs_, last_turned(settings_));
      combine(Opcode::max32, work_.a, work_.square, pairs_);
      multiply_add(Opcode::fmac32, work_.halves, work_.a, pairs_, {never});
    }
    multiply_add(Opcode::fmac32, work_.halves, work_.square, pairs_, {slope_of(settings_)});
    append_exponentials(*this, work_.halves, work_.a, work_.frequencies, pairs_);
    fill(work_.halves, pairs_, turns_of_radian);
    combine(Opcode::mul32, work_.frequencies, work_.halves, pairs_);
  }
  /// sums[pair][token] += frequency x position, rounded once.
  void add_angles(int sums) {
    const int first = here();
    Instruction angles = vector(Opcode::fmac32, sums, work_.positions, tokens_);
    angles.element_stride = 2;
    angles.c = static_cast<std::uint16_t>(work_.frequencies);
    angles.scalars = 1;
    add(angles);
    loop(first, pairs_, 0);
  }
  void square(int result, int x, int n) {
    move(result, x, n);
    combine(Opcode::mul32, result, x, n);
  }
  void polynomial(int result, float highest, const std::vector<float>& others, int n) {
    fill(result, n, highest);
    multiply_add(Opcode::horner32, result, work_.square, n, others);
  }
  /// Every other feature, from `a` on, with what stands `step` words apart.
  void of_pairs(Opcode opcode, int a, int b, int step) {
    combine_rows(opcode, a, b, tokens_, pairs_, {4 * tokens_, step});
  }

  int pairs_, tokens_, features_, queries_, token_step_;
  RotarySettings settings_;
  RotaryWork work_;
};

std::uint32_t place_within(int number, const Within& parts) {
  const std::uint32_t x = subtract(integer_place_bits + static_cast<std::uint32_t>(number), integer_place_bits);
  const std::uint32_t shifted = add(result_bits(-parts.middle()), x);
  const std::uint32_t placed = special::fma32(parts.inverse(), shifted, integer_place_bits);
  return special::fma32(static_cast<float>(parts.size), subtract(integer_place_bits, placed), x);
}

std::uint32_t frequency_of(int feature, const RotarySettings& settings) {
  const std::uint32_t place = place_within(feature, {settings.head_size});
  std::uint32_t power = 0;
  if (settings.turning() < settings.head_size) {
    const float last = last_turned(settings);
    power = special::fma32(never, maximum(result_bits(last), place), result_bits(-never * last));
  }
  power = special::fma32(slope_of(settings), place, power);
  return multiply(result_bits(machine_exp(float_of(power))), result_bits(turns_of_radian));
}

}  // namespace

RotaryFactors machine_rotary(int feature, int token, const RotarySettings& settings) {
  const std::uint32_t frequency = frequency_of(feature, settings), position = place_within(token, {settings.length});
  const std::uint32_t placed = fused_multiply_add32(frequency, position, integer_place_bits);
  const std::uint32_t turns = fused_multiply_add32(frequency, position, subtract(integer_place_bits, placed));
  const std::uint32_t square = multiply(turns, turns);
  const std::uint32_t half = multiply(special::polynomial(HalfAngle::highest_sine, HalfAngle::sines, square), turns);
  const std::uint32_t cosine = special::polynomial(HalfAngle::highest_cosine, HalfAngle::cosines, square);
  return {float_of(special::fma32(-0.5F, multiply(half, half), result_bits(1.0F))), float_of(multiply(cosine, half))};
}

template <RotaryDirection direction>
LineProgram rotary_program(const LinePe& pe, const LineSettings& settings) {
  RotaryCode code(pe.grouped(settings.queries), settings);
  const bool back = direction == RotaryDirection::back;
  const LineOperand turned{back ? Operand::deltas : Operand::values, LineFormat::half, 0};
  code.reads(turned);
  code.writes(turned);
  code.factors();
  code.turn(turned.address, direction);
  return code.finish();
}

template <RotaryDirection direction>
std::vector<std::uint32_t> rotary_plain(const ProgramLaunch& launch) {
  const auto tokens = static_cast<std::size_t>(launch.block.tokens);
  const auto step = static_cast<std::size_t>(launch.line.queries) * tokens;  // from a feature to the next of its head
  const HalfFormat format = launch.line.format;
  const TokenOrder order = launch.block.order();
  const auto widened = [&](std::size_t at) {
    return fused_multiply_add(format, float_to_half(format, 1.0F), static_cast<std::uint16_t>(launch.operands[0][at]),
                              0);
  };
  std::vector<std::uint32_t> results(launch.operands[0].size());
  for (std::size_t first = 0; first + step < results.size(); first += 2 * step)
    for (std::size_t at = first; at < first + step; ++at) {
      const RotaryFactors factors = machine_rotary(
          static_cast<int>(first / step), order.number_at(static_cast<int>((at - first) % tokens)), launch.line.rotary);
      const std::uint32_t cosine = result_bits(factors.cosine), sine = result_bits(factors.sine);
      const std::uint32_t even = widened(at), odd = widened(at + step);
      const std::uint32_t a = multiply(even, cosine), b = multiply(odd, sine);
      const std::uint32_t c = multiply(odd, cosine), d = multiply(even, sine);
      const bool back = direction == RotaryDirection::back;
      results[at] = to_half(format, back ? add(a, b) : subtract(a, b));
      results[at + step] = to_half(format, back ? subtract(c, d) : add(c, d));
    }
  return results;
}

bool holds_pairs(const BlockMap& block) {
  for (int row = 0; row < block.rows(); ++row)
    if (block.features_of(row) / block.together % 2 != 0) return false;
  return true;
}

template LineProgram rotary_program<RotaryDirection::forward>(const LinePe&, const LineSettings&);
template LineProgram rotary_program<RotaryDirection::back>(const LinePe&, const LineSettings&);
template std::vector<std::uint32_t> rotary_plain<RotaryDirection::forward>(const ProgramLaunch&);
template std::vector<std::uint32_t> rotary_plain<RotaryDirection::back>(const ProgramLaunch&);

}  // namespace weft::hw
