#include "hw/kernels/norm.h"

#include <algorithm>

#include "hw/kernels/column_sum.h"
#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

/// Layer norm takes means out and adds a shift.
constexpr bool is_centred(NormForm form) { return form == NormForm::layer; }

/// Words from `from` on: fp32 arrays of a program. `x`, `y`, `z` are [features][tokens], the others two of [tokens].
struct NormWork {
  int x, y, z, sums, means, scratch;
  int totals;  ///< two of [features]
  int end;

  /// `arrays` of the large ones.
  NormWork(int from, const LinePe& pe, int arrays)
      : x(first_banks(from)),
        y(other_banks(x + 2 * pe.elements())),
        z(first_banks(y + 2 * pe.elements())),
        sums(other_banks(arrays > 2 ? z + 2 * pe.elements() : z)),
        means(first_banks(sums + 4 * pe.tokens)),
        scratch(other_banks(means + 4 * pe.tokens)),
        totals(scratch + 2 * pe.tokens),
        end(totals + 4 * pe.features) {}
};

/// The steps of both directions.
class NormCode : public LineCode {
 public:
  NormCode(NormForm form, const LinePe& pe, const LineSettings& settings, int work_from, int arrays)
      : LineCode(pe, NormWork(work_from, pe, arrays).end),
        form_(form),
        pe_(pe),
        epsilon_(settings.epsilon),
        work_(work_from, pe, arrays) {}

  const NormWork& work() const { return work_; }

  /// x = x' of the halves at `values`. `sums` then has the reciprocal of what it was divided by.
  void normalise(int values) {
    widen(work_.x, values, pe_.elements());
    if (is_centred(form_)) {
      sum(work_.sums, work_.x);
      reduce(Opcode::add32, work_.sums, pe_.tokens);
      if (pe_.row == 0) scale(work_.means, work_.sums, pe_.tokens, 1.0F, 0.0F);
      give_down(work_.means, pe_.tokens);
      of_tokens(Opcode::sub32, work_.x, work_.means);
    }
    move(work_.y, work_.x, pe_.elements());
    combine(Opcode::mul32, work_.y, work_.x, pe_.elements());
    sum(work_.sums, work_.y);
    reduce(Opcode::add32, work_.sums, pe_.tokens);
    if (pe_.row == 0) {
      scale(work_.means, work_.sums, pe_.tokens, 1.0F, epsilon_);
      append_reciprocal_roots(*this, work_.means, work_.scratch, work_.sums, pe_.tokens);
    }
    give_down(work_.sums, pe_.tokens);
    of_tokens(Opcode::mul32, work_.x, work_.sums);
  }
  /// a[f][t] += half[f]
  void spread(int a, int halves) { add_outer(a, halves, pe_.features, ones(), pe_.tokens); }
  /// The PE's own.
  void sum(int result, int of) {
    fill(result, pe_.tokens, 0.0F);
    over_features(Opcode::add32, result, of);
  }
  /// Of each feature over the PE's tokens.
  void sum_tokens(int result, int of) {
    Instruction sum = vector(Opcode::fmac32, result, of, pe_.features);
    sum.element_stride = static_cast<std::uint16_t>(2 * pe_.tokens);
    sum.row_stride = 2;
    sum.c = static_cast<std::uint16_t>(
        place(std::vector<PlacedConstant>(static_cast<std::size_t>(pe_.tokens), {result_bits(1.0F)})));
    sum.scalars = static_cast<std::uint16_t>(pe_.tokens);
    add(sum);
  }
  /// result = sums x sign / features + addend
  void scale(int result, int sums, int n, float sign, float addend) {
    fill(result, n, addend);
    multiply_add(Opcode::fmac32, result, sums, n, {sign / static_cast<float>(pe_.all_features)});
  }

 private:
  int ones() {
    const std::uint32_t one = float_to_half(format(), 1.0F), two_ones = one << 16 | one;
    return place(std::vector<PlacedConstant>(static_cast<std::size_t>(pe_.tokens + 1) / 2, {two_ones}));
  }

  NormForm form_;
  LinePe pe_;
  float epsilon_;
  NormWork work_;
};

/// A token's features as the PEs have them.
class PlainNorm {
 public:
  PlainNorm(NormForm form, const ProgramLaunch& launch, int token) : launch_(launch), token_(token) {
    for (int feature = 0; feature < launch.block.features; ++feature) normal_.push_back(value(0, feature));
    if (is_centred(form)) {
      const std::uint32_t mean = share(total([&](int feature) { return normal(feature); }), 1.0F, 0.0F);
      for (std::uint32_t& one : normal_) one = subtract(one, mean);
    }
    const std::uint32_t squares = total([&](int feature) { return multiply(normal(feature), normal(feature)); });
    root_ = result_bits(machine_reciprocal_root(float_of(share(squares, 1.0F, launch.line.epsilon))));
    for (std::uint32_t& one : normal_) one = multiply(one, root_);
  }

  std::uint32_t normal(int feature) const { return normal_[static_cast<std::size_t>(feature)]; }
  std::uint32_t root() const { return root_; }
  /// An operand of elements, of features.
  std::uint32_t value(int operand, int feature) const {
    return widened(operand, feature * launch_.block.tokens + token_);
  }
  std::uint32_t of_feature(int operand, int feature) const { return widened(operand, feature); }
  /// The sum of `value` and that.
  std::uint32_t plus(std::uint32_t value, int operand, int feature) const { return widened(operand, feature, value); }
  template <typename Value>
  std::uint32_t total(Value&& value) const {
    return column_sum(launch_.block, value);
  }
  std::uint32_t share(std::uint32_t sum, float sign, float addend) const {
    return special::fma32(sign / static_cast<float>(launch_.block.features), sum, result_bits(addend));
  }

 private:
  std::uint32_t widened(int operand, int at, std::uint32_t sum = 0) const {
    const std::uint32_t half = launch_.operands[static_cast<std::size_t>(operand)][static_cast<std::size_t>(at)];
    const HalfFormat format = launch_.line.format;
    return fused_multiply_add(format, float_to_half(format, 1.0F), static_cast<std::uint16_t>(half), sum);
  }

  const ProgramLaunch& launch_;
  int token_;
  std::vector<std::uint32_t> normal_;
  std::uint32_t root_ = 0;
};

}  // namespace

template <NormForm form>
LineProgram norm_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements(), result = settings.train ? n : 0, gain = result + n, shift = gain + pe.features;
  NormCode code(form, pe, settings, is_centred(form) ? shift + pe.features : shift, 2);
  const NormWork& work = code.work();
  code.reads({Operand::values, LineFormat::half, 0});
  code.reads({Operand::gain, LineFormat::feature, gain});
  if (is_centred(form)) code.reads({Operand::shift, LineFormat::feature, shift});
  if (settings.train) code.writes({Operand::kept, LineFormat::half, 0});
  code.writes({Operand::values, LineFormat::half, result});
  code.normalise(0);
  code.fill(work.y, n, 0.0F);
  code.spread(work.y, gain);
  code.combine(Opcode::mul32, work.x, work.y, n);
  if (is_centred(form)) code.spread(work.x, shift);
  code.combine(Opcode::to_half16, result, work.x, n);
  return code.finish();
}

template <NormForm form>
LineProgram norm_backward_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements(), values = n, gain = values + n;
  NormCode code(form, pe, settings, gain + pe.features, 3);
  const NormWork& work = code.work();
  const LineOperand deltas{Operand::deltas, LineFormat::half, 0};
  code.reads({Operand::kept, LineFormat::half, values});
  code.reads({Operand::gain, LineFormat::feature, gain});
  code.reads(deltas);
  code.writes(deltas);
  code.normalise(values);
  // Sums of g before those of g x'.
  const int before = is_centred(form) ? pe.tokens : 0, root = work.scratch, products = work.sums + 2 * before;
  code.move(root, work.sums, pe.tokens);
  code.fill(work.y, n, 0.0F);
  code.spread(work.y, gain);
  code.widen(work.z, 0, n);
  code.combine(Opcode::mul32, work.z, work.y, n);
  code.move(work.y, work.z, n);
  code.combine(Opcode::mul32, work.y, work.x, n);
  if (is_centred(form)) code.sum(work.sums, work.z);
  code.sum(products, work.y);
  code.reduce(Opcode::add32, work.sums, before + pe.tokens);
  if (pe.row == 0) code.scale(work.means, work.sums, before + pe.tokens, -1.0F, 0.0F);
  code.give_down(work.means, before + pe.tokens);
  if (is_centred(form)) code.of_tokens(Opcode::add32, work.z, work.means);
  code.of_tokens(Opcode::mul32, work.x, work.means + 2 * before);
  code.combine(Opcode::add32, work.z, work.x, n);
  code.of_tokens(Opcode::mul32, work.z, root);
  code.combine(Opcode::to_half16, 0, work.z, n);
  return code.finish();
}

template <NormForm form>
LineProgram norm_gradient_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements(), values = n;
  NormCode code(form, pe, settings, values + n, 2);
  const int totals = (is_centred(form) ? 2 : 1) * pe.features;
  const NormWork& work = code.work();
  code.reads({Operand::kept, LineFormat::half, values});
  code.reads({Operand::deltas, LineFormat::half, 0});
  code.normalise(values);
  code.widen(work.y, 0, n);
  code.combine(Opcode::mul32, work.x, work.y, n);
  code.fill(work.totals, totals, 0.0F);
  code.sum_tokens(work.totals, work.x);
  if (is_centred(form)) code.sum_tokens(work.totals + 2 * pe.features, work.y);
  code.leave_east(work.totals, totals);
  return code.finish();
}

template <NormForm form>
std::vector<std::uint32_t> norm_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  const std::vector<std::uint32_t>& values = launch.operands[0];
  std::vector<std::uint32_t> results(values.size());
  for (int token = 0; token < block.tokens; ++token) {
    const PlainNorm norm(form, launch, token);
    for (int feature = 0; feature < block.features; ++feature) {
      const std::uint32_t scaled = multiply(norm.normal(feature), norm.of_feature(1, feature));
      results[static_cast<std::size_t>(feature * block.tokens + token)] =
          to_half(launch.line.format, is_centred(form) ? norm.plus(scaled, 2, feature) : scaled);
    }
  }
  if (launch.line.train) results.insert(results.begin(), values.begin(), values.end());
  return results;
}

template <NormForm form>
std::vector<std::uint32_t> norm_backward_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  std::vector<std::uint32_t> results(launch.operands[0].size());
  for (int token = 0; token < block.tokens; ++token) {
    const PlainNorm norm(form, launch, token);
    const auto scaled = [&](int feature) { return multiply(norm.value(2, feature), norm.of_feature(1, feature)); };
    const std::uint32_t mean = is_centred(form) ? norm.share(norm.total(scaled), -1.0F, 0.0F) : 0;
    const std::uint32_t slope = norm.share(
        norm.total([&](int feature) { return multiply(scaled(feature), norm.normal(feature)); }), -1.0F, 0.0F);
    for (int feature = 0; feature < block.features; ++feature) {
      const std::uint32_t centred = is_centred(form) ? add(scaled(feature), mean) : scaled(feature);
      const std::uint32_t turned = add(centred, multiply(norm.normal(feature), slope));
      results[static_cast<std::size_t>(feature * block.tokens + token)] =
          to_half(launch.line.format, multiply(turned, norm.root()));
    }
  }
  return results;
}

template <NormForm form>
std::vector<std::uint32_t> norm_gradient_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  std::vector<PlainNorm> tokens;
  for (int token = 0; token < block.tokens; ++token) tokens.emplace_back(form, launch, token);
  std::vector<std::uint32_t> results;
  const auto total = [&](auto&& value) {
    std::uint32_t sum = 0;
    for (int column = 0; column < block.columns(); ++column) {
      std::uint32_t own = 0;
      for (int held = 0; held < block.tokens_of(column); ++held)
        own = add(own, value(tokens[static_cast<std::size_t>(block.first_token(column) + held)]));
      sum = column == 0 ? own : add(own, sum);
    }
    results.push_back(sum);
  };
  for (int row = 0; row < block.rows(); ++row) {
    const int first = block.first_feature(row), last = first + block.features_of(row);
    for (int feature = first; feature < last; ++feature)
      total([&](const PlainNorm& norm) { return multiply(norm.normal(feature), norm.value(1, feature)); });
    for (int feature = first; is_centred(form) && feature < last; ++feature)
      total([&](const PlainNorm& norm) { return norm.value(1, feature); });
  }
  return results;
}

template LineProgram norm_program<NormForm::layer>(const LinePe&, const LineSettings&);
template LineProgram norm_program<NormForm::root_mean_square>(const LinePe&, const LineSettings&);
template LineProgram norm_backward_program<NormForm::layer>(const LinePe&, const LineSettings&);
template LineProgram norm_backward_program<NormForm::root_mean_square>(const LinePe&, const LineSettings&);
template LineProgram norm_gradient_program<NormForm::layer>(const LinePe&, const LineSettings&);
template LineProgram norm_gradient_program<NormForm::root_mean_square>(const LinePe&, const LineSettings&);
template std::vector<std::uint32_t> norm_plain<NormForm::layer>(const ProgramLaunch&);
template std::vector<std::uint32_t> norm_plain<NormForm::root_mean_square>(const ProgramLaunch&);
template std::vector<std::uint32_t> norm_backward_plain<NormForm::layer>(const ProgramLaunch&);
template std::vector<std::uint32_t> norm_backward_plain<NormForm::root_mean_square>(const ProgramLaunch&);
template std::vector<std::uint32_t> norm_gradient_plain<NormForm::layer>(const ProgramLaunch&);
template std::vector<std::uint32_t> norm_gradient_plain<NormForm::root_mean_square>(const ProgramLaunch&);

}  // namespace weft::hw
