// What a core's next slot waits for.
#include <algorithm>

#include "hw/pe/core_model.h"

namespace weft::hw {

template <typename Bound>
void CoreModel::each_bound(const Thread& thread, Bound&& bound) const {
  const Instruction& instruction = current(thread);
  bound(Held::busy, thread.free);
  bound(Held::start, thread.start);
  if (thread.phase == Thread::Phase::start) return bound(Held::wavelet, inputs_.head(tasks_[thread.task].source, true));
  switch (instruction.opcode) {
    case Opcode::axpy:
    case Opcode::axpy_keep:
    case Opcode::outer: {
      const auto& queue = inputs_[*instruction.fabric_in];
      if (!queue.empty() && !queue.front().wavelet.control) bound(Held::ready, ready(thread));
      return bound(Held::wavelet, arrival(instruction));
    }
    case Opcode::axpy_memory:
    case Opcode::outer_memory:
      if (sends_scalar(thread)) bound(Held::ready, ready(thread));
      if (instruction.fabric_out) bound(Held::room, credits_[*instruction.fabric_out].earliest());
      return;
    case Opcode::drain:
    case Opcode::drain16:
    case Opcode::send16:
    case Opcode::send32:
    case Opcode::add32:
    case Opcode::sub32:
    case Opcode::mul32:
    case Opcode::max32:
      if (thread.phase == Thread::Phase::issue) return bound(Held::ready, ready(thread));
      if (thread.phase == Thread::Phase::elements && instruction.fabric_in) bound(Held::wavelet, arrival(instruction));
      if (instruction.fabric_out) bound(Held::room, credits_[*instruction.fabric_out].earliest());
      return;
    case Opcode::store16:
    case Opcode::store32:
    case Opcode::list16:
      return bound(Held::wavelet, arrival(instruction));
    default:
      if (stays_in_memory(instruction.opcode)) bound(Held::ready, ready(thread));
      return;
  }
}

Cycle CoreModel::ready(const Thread& thread) const {
  if (thread.ready <= thread.free) return 0;  // the look is not worth it
  const Instruction& instruction = current(thread);
  const bool sends = instruction.opcode == Opcode::axpy_memory || instruction.opcode == Opcode::outer_memory;
  const bool takes = instruction.opcode == Opcode::axpy || instruction.opcode == Opcode::axpy_keep ||
                     instruction.opcode == Opcode::outer;
  const std::uint32_t index = sends   ? static_cast<std::uint16_t>(scalar_number(thread))
                              : takes ? inputs_[*instruction.fabric_in].front().wavelet.data >> 16
                                      : 0;
  const VectorPlace place =
      place_of(instruction, sends ? scalar_number(thread) : thread.vector, pass_of(thread), static_cast<int>(index));
  return words_of(instruction, place, count_of(thread, instruction)).waits_for(thread.written) ? thread.ready : 0;
}

void CoreModel::fill(Thread& thread, const VectorPlace& place, CoreSlot& slot) {
  const Instruction& instruction = current(thread);
  const VectorWords words = words_of(instruction, place, count_of(thread, instruction));
  races_.use(slot.thread, instruction, words, slot.at);
  const WordRange written = words.written;
  if (written.first == written.end) return;
  slot.issues = true;
  thread.ready = slot.at + spec_.vector_fill_cycles;
  thread.written = written;
}

Cycle CoreModel::earliest_slot(const Thread& thread) const {
  Cycle at = 0;
  each_bound(thread, [&at](Held, Cycle bound) { at = std::max(at, bound); });
  return at;
}

Held CoreModel::held_by(const Thread& thread, Cycle now) const {
  Held first = Held::wavelet;
  bool any = false;
  each_bound(thread, [&](Held held, Cycle bound) {
    if (bound != now) return;
    first = std::min(first, held);
    any = true;
  });
  return any ? first : Held::busy;
}

}  // namespace weft::hw
