#include "hw/kernels/dropout.h"

#include "hw/kernels/dropout_mask.h"
#include "hw/pe/special_functions.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

template <Operand operand>
LineProgram dropout_program(const LinePe& pe, const LineSettings& settings) {
  const int bits = other_banks(pe.elements());
  LineCode code(pe, end_of_dropout(pe, settings, bits));
  const LineOperand values{operand, LineFormat::half, 0};
  code.reads(values);
  code.writes(values);
  append_dropout_scale(code, pe, settings.dropout, 0);
  append_dropout_mask(code, pe, settings, 0, bits);
  return code.finish();
}

std::vector<std::uint32_t> dropout_plain(const ProgramLaunch& launch) {
  std::vector<std::uint32_t> halves;
  for (const std::uint32_t value : launch.operands[0])
    halves.push_back(after_dropout(launch, halves.size(), static_cast<std::uint16_t>(value)));
  return halves;
}

LineProgram score_dropout_backward_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements(), factors = 2 * n, wide = other_banks(factors + n + n % 2), bits = wide + 2 * n;
  const int end = end_of_dropout(pe, settings, bits);
  const bool windows = settings.windows && settings.windows->stored;
  LineCode code(pe, end + (windows ? 4 * pe.features : 0));
  const LineOperand deltas{Operand::deltas, LineFormat::fp32, 0};
  code.reads(windows ? LineOperand{Operand::deltas, LineFormat::windows, wide} : deltas);
  code.writes(deltas);
  if (windows) {
    code.windows(end);
    code.fill(0, n, 0.0F);
    code.move_windows(0, wide, 2);
  }
  if (settings.dropout.probability > 0) {
    const std::uint32_t scale = float_to_half(pe.format, dropout_scale(pe.format, settings.dropout.probability));
    code.fill(factors, (n + 1) / 2, scale << 16 | scale);
    append_dropout_mask(code, pe, settings, factors, bits);
    code.widen(wide, factors, n);
    code.combine(Opcode::mul32, 0, wide, n);
  }
  return code.finish();
}

std::vector<std::uint32_t> score_dropout_backward_plain(const ProgramLaunch& launch) {
  const double probability = launch.line.dropout.probability;
  std::vector<std::uint32_t> results;
  for (std::size_t at = 0; at < launch.operands[0].size(); ++at) {
    const std::uint32_t delta = stored_element(launch, 0, at);
    const float factor = is_dropped(launch, results.size()) ? 0.0F : dropout_scale(launch.line.format, probability);
    results.push_back(probability > 0 ? multiply(delta, result_bits(factor)) : delta);
  }
  return results;
}

template LineProgram dropout_program<Operand::values>(const LinePe&, const LineSettings&);
template LineProgram dropout_program<Operand::deltas>(const LinePe&, const LineSettings&);

}  // namespace weft::hw
