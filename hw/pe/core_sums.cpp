// What a core does to its accumulators: AXPY and OUTER, and DRAIN.
#include "hw/pe/arithmetic.h"
#include "hw/pe/core_model.h"
#include "hw/pe/cost.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

Cycle CoreModel::multiply_add(Thread& thread, CoreSlot& slot, std::uint32_t data) {
  const Instruction& instruction = current(thread);
  const bool outer = instruction.opcode == Opcode::outer || instruction.opcode == Opcode::outer_memory;
  const auto scalar = static_cast<std::uint16_t>(data);
  const VectorPlace place = place_of(instruction, scalar_number(thread), pass_of(thread), static_cast<int>(data >> 16));
  std::int64_t accumulator = place.a;
  const int distance = outer ? 2 * instruction.scalars : element_words(instruction);
  const int count = count_of(thread, instruction);
  with_arithmetic(format_, [&](auto halves) {
    for (int k = 0; k < count; ++k, accumulator += distance) {
      const std::int64_t number = instruction.listed ? memory_.read16(thread.list_at + k) : k;
      const std::uint16_t factor = memory_.read16(place.b + number * instruction.element_stride);
      using Arithmetic = decltype(halves);
      if (instruction.half_sums) {
        memory_.write16(accumulator, Arithmetic::fused_multiply_add_half(scalar, factor, memory_.read16(accumulator)));
      } else {
        memory_.write32(accumulator, Arithmetic::fused_multiply_add(scalar, factor, memory_.read32(accumulator)));
      }
    }
  });
  fill(thread, place, slot);
  return vector_cycles(spec_, count, spec_.lanes.multiply_adds(instruction.half_sums));
}

std::uint32_t CoreModel::take_sum(const Instruction& instruction, int element) {
  const int accumulator = instruction.a + element_words(instruction) * element;
  if (!instruction.half_sums) {
    const std::uint32_t sum = memory_.read32(accumulator);
    memory_.write32(accumulator, 0);
    return sum;
  }
  const std::uint16_t sum = memory_.read16(accumulator);
  memory_.write16(accumulator, 0);
  return widened(format_, sum);
}

void CoreModel::drain_element(Thread& thread, CoreSlot& slot) {
  const Instruction& instruction = current(thread);
  const std::uint32_t own = take_sum(instruction, thread.element);
  const std::uint32_t sum = instruction.fabric_in ? add(take_data(instruction, slot), own) : own;
  const std::int64_t place = static_cast<std::int64_t>(pass_of(thread)) * instruction.count + thread.element;
  if (instruction.fabric_out) {
    send({sum, *instruction.fabric_out, false}, slot);
    return;
  }
  if (instruction.windowed) ++thread.window.stored;
  if (instruction.opcode == Opcode::drain16) {
    memory_.write16(instruction.b + place, to_half(format_, sum));
  } else {
    memory_.write32(instruction.b + 2 * place, sum);
  }
}

}  // namespace weft::hw
