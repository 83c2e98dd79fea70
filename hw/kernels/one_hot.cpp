#include "hw/kernels/one_hot.h"

#include "hw/pe/vector_operations.h"
#include "tlm/base/half.h"

namespace weft::hw {

LineProgram one_hot_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements(), ones = other_banks(n), ids = ones + 2 * n;
  LineCode code(pe, ids + pe.tokens + pe.tokens % 2);
  code.reads({Operand::ids, LineFormat::label, ids, settings.id});
  code.writes({Operand::values, LineFormat::half, 0});
  code.fill(ones, n, 1.0F);
  code.compare(Opcode::keep_equal32, ones, pe.tokens, pe.features, {ids, 1, {0, 1, 0}, 1});
  code.combine(Opcode::to_half16, 0, ones, n);
  return code.finish();
}

std::vector<std::uint32_t> one_hot_plain(const ProgramLaunch& launch) {
  const std::vector<std::uint32_t>& ids = launch.operands[0];
  const std::uint16_t one = float_to_half(launch.line.format, 1.0F);
  std::vector<std::uint32_t> halves;
  for (int feature = 0; feature < launch.block.features; ++feature)
    for (const std::uint32_t id : ids) halves.push_back(static_cast<int>(id) == feature ? one : std::uint16_t{0});
  return halves;
}

}  // namespace weft::hw
