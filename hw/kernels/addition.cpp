#include "hw/kernels/addition.h"

#include "hw/pe/arithmetic.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

LineProgram addition_program(const LinePe& pe, const LineSettings& /*settings*/) {
  const int n = pe.elements(), addend = n, sum = first_banks(addend + n);
  LineCode code(pe, sum + 2 * n);
  const LineOperand values{Operand::values, LineFormat::half, 0};
  code.reads(values);
  code.reads({Operand::addend, LineFormat::half, addend});
  code.writes(values);
  code.fill(sum, n, -0.0F);
  code.add_halves(sum, 0, n, 1.0F);
  code.add_halves(sum, addend, n, 1.0F);
  code.combine(Opcode::to_half16, 0, sum, n);
  return code.finish();
}

std::vector<std::uint32_t> addition_plain(const ProgramLaunch& launch) {
  const std::vector<std::uint32_t>&values = launch.operands[0], &addends = launch.operands[1];
  const HalfFormat format = launch.line.format;
  const auto widened = [format](std::uint32_t half) {
    return result_bits(half_to_float(format, static_cast<std::uint16_t>(half)));
  };
  std::vector<std::uint32_t> results;
  for (std::size_t at = 0; at < values.size(); ++at)
    results.push_back(to_half(format, add(widened(values[at]), widened(addends[at]))));
  return results;
}

}  // namespace weft::hw
