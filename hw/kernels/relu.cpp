#include "hw/kernels/relu.h"

#include "hw/kernels/dropout_mask.h"
#include "hw/pe/special_functions.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

LineProgram relu_program(const LinePe& pe, const LineSettings& settings) {
  const int bits = other_banks(pe.elements());
  LineCode code(pe, end_of_dropout(pe, settings, bits));
  const LineOperand values{Operand::values, LineFormat::half, 0};
  code.reads(values);
  code.writes(values);
  code.add(LineCode::vector(Opcode::relu16, 0, 0, pe.elements()));
  append_dropout_scale(code, pe, settings.dropout, 0);
  append_dropout_mask(code, pe, settings, 0, bits);
  return code.finish();
}

// What the mask dropped is not above zero either.
LineProgram relu_backward_program(const LinePe& pe, const LineSettings& settings) {
  const int values = other_banks(pe.elements());
  LineCode code(pe, other_banks(values + pe.elements()));
  const LineOperand deltas{Operand::deltas, LineFormat::half, 0};
  code.reads({Operand::values, LineFormat::half, values});
  code.reads(deltas);
  code.writes(deltas);
  code.add(LineCode::vector(Opcode::relu_back16, 0, values, pe.elements()));
  append_dropout_scale(code, pe, settings.dropout, 0);
  return code.finish();
}

std::vector<std::uint32_t> relu_plain(const ProgramLaunch& launch) {
  std::vector<std::uint32_t> halves;
  with_arithmetic(launch.line.format, [&](auto arithmetic) {
    for (const std::uint32_t value : launch.operands[0])
      halves.push_back(
          after_dropout(launch, halves.size(), decltype(arithmetic)::relu(static_cast<std::uint16_t>(value))));
  });
  return halves;
}

std::vector<std::uint32_t> relu_backward_plain(const ProgramLaunch& launch) {
  const std::vector<std::uint32_t>&values = launch.operands[0], &deltas = launch.operands[1];
  std::vector<std::uint32_t> halves;
  with_arithmetic(launch.line.format, [&](auto arithmetic) {
    for (std::size_t at = 0; at < deltas.size(); ++at) {
      const bool passes = decltype(arithmetic)::is_positive(static_cast<std::uint16_t>(values[at]));
      halves.push_back(dropout_scaled(passes ? static_cast<std::uint16_t>(deltas[at]) : std::uint16_t{0}, launch.line));
    }
  });
  return halves;
}

}  // namespace weft::hw
