#include "hw/kernels/swiglu.h"

#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

constexpr float least_gate = -80;

/// fp32 [features][tokens]. Two kinds of arrays, in other banks: most of what is read together is of both.
struct SwigluWork {
  int power;  ///< e^-gate
  int a;      ///< of its kind
  int gate;   ///< of the other kind, as what follows
  int b, sigmoid;
  int end;

  SwigluWork(int from, int elements)
      : power(first_banks(from)),
        a(array_behind(power, elements)),
        gate(other_banks(array_behind(a, elements))),
        b(array_behind(gate, elements)),
        sigmoid(array_behind(b, elements)),
        end(sigmoid + 2 * elements) {}
};

class SwigluCode : public LineCode {
 public:
  SwigluCode(const LinePe& pe, int work_from)
      : LineCode(pe, SwigluWork(work_from, pe.elements()).end), n_(pe.elements()), work_(work_from, n_) {}

  /// gate, power and sigmoid of the halves at `values`.
  void sigmoid(int values) {
    widen(work_.gate, values, n_);
    fill(work_.a, n_, least_gate);
    combine(Opcode::max32, work_.a, work_.gate, n_);
    fill(work_.b, n_, 0.0F);
    combine(Opcode::sub32, work_.b, work_.a, n_);
    append_exponentials(*this, work_.b, work_.a, work_.power, n_);
    fill(work_.b, n_, 1.0F);
    combine(Opcode::add32, work_.b, work_.power, n_);
    append_reciprocals(*this, work_.b, work_.a, work_.sigmoid, n_);
  }
  /// result = silu of the halves at `gates` times those at `factors`.
  void gated(int result, int gates, int factors) {
    sigmoid(gates);
    combine(Opcode::mul32, work_.gate, work_.sigmoid, n_);
    widen(work_.a, factors, n_);
    combine(Opcode::mul32, work_.gate, work_.a, n_);
    combine(Opcode::to_half16, result, work_.gate, n_);
  }
  /// power = silu'(gate) = sigmoid (1 + gate e^-gate sigmoid).
  void slope() {
    combine(Opcode::mul32, work_.power, work_.sigmoid, n_);
    combine(Opcode::mul32, work_.power, work_.gate, n_);
    fill(work_.b, n_, 1.0F);
    combine(Opcode::add32, work_.power, work_.b, n_);
    combine(Opcode::mul32, work_.power, work_.sigmoid, n_);
  }
  const SwigluWork& work() const { return work_; }

 private:
  int n_;
  SwigluWork work_;
};

/// The same, one element.
class SwigluElement {
 public:
  SwigluElement(HalfFormat format, std::uint16_t gate) : gate_(widened(format, gate)) {
    const std::uint32_t bounded = maximum(result_bits(least_gate), gate_);
    power_ = result_bits(machine_exp(float_of(subtract(0, bounded))));
    sigmoid_ = result_bits(machine_reciprocal(float_of(add(one, power_))));
  }

  static std::uint32_t widened(HalfFormat format, std::uint16_t x) {
    return fused_multiply_add(format, float_to_half(format, 1.0F), x, 0);
  }
  std::uint32_t silu() const { return multiply(gate_, sigmoid_); }
  std::uint32_t slope() const { return multiply(add(multiply(multiply(power_, sigmoid_), gate_), one), sigmoid_); }

 private:
  static constexpr std::uint32_t one = 0x3f800000;

  std::uint32_t gate_, power_ = 0, sigmoid_ = 0;
};

std::uint16_t half_at(const std::vector<std::uint32_t>& operand, std::size_t at) {
  return static_cast<std::uint16_t>(operand[at]);
}

}  // namespace

std::uint16_t machine_swiglu(HalfFormat format, std::uint16_t gate, std::uint16_t linear) {
  return to_half(format, multiply(SwigluElement(format, gate).silu(), SwigluElement::widened(format, linear)));
}

std::uint16_t machine_swiglu_gate_delta(HalfFormat format, std::uint16_t delta, std::uint16_t gate,
                                        std::uint16_t linear) {
  const std::uint32_t product = multiply(SwigluElement::widened(format, delta), SwigluElement::widened(format, linear));
  return to_half(format, multiply(product, SwigluElement(format, gate).slope()));
}

LineProgram swiglu_program(const LinePe& pe, const LineSettings& /*settings*/) {
  const int n = pe.elements(), linear = n;
  SwigluCode code(pe, linear + n);
  const LineOperand values{Operand::values, LineFormat::half, 0};
  code.reads(values);
  code.reads({Operand::linear, LineFormat::half, linear});
  code.writes(values);
  code.gated(0, 0, linear);
  return code.finish();
}

LineProgram swiglu_gate_backward_program(const LinePe& pe, const LineSettings& /*settings*/) {
  const int n = pe.elements(), values = n, linear = values + n;
  SwigluCode code(pe, linear + n);
  const SwigluWork& work = code.work();
  const LineOperand deltas{Operand::deltas, LineFormat::half, 0};
  code.reads(deltas);
  code.reads({Operand::values, LineFormat::half, values});
  code.reads({Operand::linear, LineFormat::half, linear});
  code.writes(deltas);
  code.sigmoid(values);
  code.slope();
  code.widen(work.b, 0, n);
  code.widen(work.a, linear, n);
  code.combine(Opcode::mul32, work.b, work.a, n);
  code.combine(Opcode::mul32, work.b, work.power, n);
  code.combine(Opcode::to_half16, 0, work.b, n);
  return code.finish();
}

LineProgram swiglu_linear_backward_program(const LinePe& pe, const LineSettings& /*settings*/) {
  const int n = pe.elements(), values = n;
  SwigluCode code(pe, values + n);
  const LineOperand deltas{Operand::deltas, LineFormat::half, 0};
  code.reads(deltas);
  code.reads({Operand::values, LineFormat::half, values});
  code.writes(deltas);
  code.gated(0, values, 0);
  return code.finish();
}

std::vector<std::uint32_t> swiglu_plain(const ProgramLaunch& launch) {
  const std::vector<std::uint32_t>&gates = launch.operands[0], &linears = launch.operands[1];
  std::vector<std::uint32_t> results;
  for (std::size_t at = 0; at < gates.size(); ++at)
    results.push_back(machine_swiglu(launch.line.format, half_at(gates, at), half_at(linears, at)));
  return results;
}

std::vector<std::uint32_t> swiglu_gate_backward_plain(const ProgramLaunch& launch) {
  const std::vector<std::uint32_t>&deltas = launch.operands[0], &gates = launch.operands[1];
  std::vector<std::uint32_t> results;
  for (std::size_t at = 0; at < deltas.size(); ++at)
    results.push_back(machine_swiglu_gate_delta(launch.line.format, half_at(deltas, at), half_at(gates, at),
                                                half_at(launch.operands[2], at)));
  return results;
}

std::vector<std::uint32_t> swiglu_linear_backward_plain(const ProgramLaunch& launch) {
  const std::vector<std::uint32_t>&deltas = launch.operands[0], &gates = launch.operands[1];
  std::vector<std::uint32_t> results;
  for (std::size_t at = 0; at < deltas.size(); ++at)
    results.push_back(machine_swiglu_linear_delta(launch.line.format, half_at(deltas, at), half_at(gates, at)));
  return results;
}

}  // namespace weft::hw
