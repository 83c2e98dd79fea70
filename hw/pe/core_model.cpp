#include "hw/pe/core_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hw/pe/arithmetic.h"
#include "hw/pe/instruction_text.h"
#include "hw/pe/vector_operations.h"
#include "tlm/base/error.h"

namespace weft::hw {

CoreModel::CoreModel(const MachineSpec& machine, const Program& program, Sram memory)
    : spec_(machine.pe),
      code_(program.code),
      format_(program.format),
      memory_(std::move(memory)),
      tasks_(program.tasks),
      inputs_(machine.router.colors, machine.router.input_queue),
      credits_(machine.router.colors, Credits(machine.router.output_queue)) {
  validate(program, machine);
  begin_tasks(0);
  update();
}

void CoreModel::arrive(const Wavelet& wavelet, Cycle available) {
  auto& queue = inputs_[wavelet.color];
  const bool first = queue.empty();
  queue.push({wavelet, available});
  if (first) update();
}

void CoreModel::give_credit(int color, Cycle usable) {
  Credits& credits = credits_[color];
  const bool first = credits.earliest() == never;
  credits.give(usable);
  if (first) update();
}

Cycle CoreModel::arrival(const Instruction& instruction) const {
  const auto& queue = inputs_[*instruction.fabric_in];
  return queue.empty() ? never : queue.front().available;
}

Cycle CoreModel::earliest(int number) const {
  const Thread& thread = threads_[static_cast<std::size_t>(number)];
  if (thread.task < 0) return tasks_.earliest(number, inputs_);
  return thread.active ? earliest_slot(thread) : thread.idle_from();
}

std::optional<CoreSlot> CoreModel::act(Cycle now) {
  end_tasks(now);
  begin_tasks(now);
  std::optional<CoreSlot> slot;
  for (int number = thread_count - 1; number >= 0 && !slot; --number) {
    Thread& thread = threads_[static_cast<std::size_t>(number)];
    if (!thread.active || earliest_slot(thread) > now) continue;
    slot.emplace();
    slot->at = now;
    slot->thread = number;
    slot->instruction = static_cast<int>(thread.pc);
    slot->held = held_by(thread, now);
    const std::size_t pc = thread.pc;
    const Cycle cycles = issue(thread, *slot);
    slot->until = thread.free = now + cycles;
    if (thread.pc != pc) races_.leave(number, thread.free);
    if (number == 1) {
      Thread& main = threads_[0];
      if (main.free > now) {
        main.free += cycles;
        races_.lengthen(0, cycles);
      } else if (main.active) {
        main.free = now + cycles;
      }
    }
  }
  from_ = now + 1;
  update();
  return slot;
}

Cycle CoreModel::issue(Thread& thread, CoreSlot& slot) {
  if (thread.phase == Thread::Phase::start) return take_control(thread, tasks_[thread.task].source, slot);
  switch (current(thread).opcode) {
    case Opcode::axpy:
    case Opcode::axpy_keep:
    case Opcode::outer:
      return take_scalar(thread, slot);
    case Opcode::axpy_memory:
    case Opcode::outer_memory:
      return sends_scalar(thread) ? give_scalar(thread, slot) : close(thread, slot);
    case Opcode::drain:
    case Opcode::drain16:
    case Opcode::send16:
    case Opcode::send32:
      return stream(thread, slot);
    case Opcode::store16:
    case Opcode::store32:
      return store(thread, slot);
    case Opcode::list16:
      return take_index(thread, slot);
    case Opcode::loop:
      return branch(thread);
    case Opcode::window:
      return take_window(thread);
    case Opcode::call:
      step_over(thread);
      return spec_.call_cycles;
    default:
      return works_in_memory(current(thread)) ? work_in_memory(thread, slot) : stream(thread, slot);
  }
}

std::uint32_t CoreModel::take_data(const Instruction& instruction, CoreSlot& slot) {
  auto& queue = inputs_[*instruction.fabric_in];
  const Wavelet wavelet = queue.front().wavelet;
  if (wavelet.control)
    throw SimulationError(fmt::format("PE: cycle {}, instruction {} ({}): a control wavelet where data is due", slot.at,
                                      slot.instruction, to_string(instruction)));
  queue.pop();
  slot.take(wavelet.color);
  return wavelet.data;
}

void CoreModel::send(const Wavelet& wavelet, CoreSlot& slot) {
  credits_[wavelet.color].use();
  slot.sent = true;
  slot.wavelet = wavelet;
}

bool CoreModel::take_control(const Instruction& instruction, CoreSlot& slot) {
  auto& queue = inputs_[*instruction.fabric_in];
  if (!queue.front().wavelet.control) return false;
  queue.pop();
  slot.take(*instruction.fabric_in);
  return true;
}

Cycle CoreModel::take_scalar(Thread& thread, CoreSlot& slot) {
  const Instruction instruction = current(thread);
  if (take_control(instruction, slot)) {
    thread.kept_rounds += instruction.opcode == Opcode::axpy_keep;
    step_over(thread);
    return spec_.control_cycles;
  }
  const std::uint32_t data = take_data(instruction, slot);
  if (instruction.opcode == Opcode::axpy_keep && data >> 16 < instruction.scalars)
    memory_.write16(instruction.c + thread.kept_rounds * instruction.scalars + (data >> 16),
                    static_cast<std::uint16_t>(data));
  return multiply_add(thread, slot, data);
}

Cycle CoreModel::give_scalar(Thread& thread, CoreSlot& slot) {
  const Instruction instruction = current(thread);
  const int number = scalar_number(thread);
  const std::int64_t address =
      instruction.c + static_cast<std::int64_t>(thread.passes[0]) * instruction.scalars + number;
  const Wavelet wavelet =
      scalar_wavelet(instruction.fabric_out.value_or(0), static_cast<std::uint16_t>(number), memory_.read16(address));
  if (instruction.fabric_out) send(wavelet, slot);
  const Cycle cycles = multiply_add(thread, slot, wavelet.data);
  ++thread.element;
  if (!sends_scalar(thread) && !instruction.close) step_over(thread);
  return cycles;
}

bool CoreModel::sends_scalar(const Thread& thread) const {
  const Instruction& instruction = current(thread);
  return thread.element < (instruction.windowed_scalars ? thread.window.count : instruction.scalars);
}

int CoreModel::scalar_number(const Thread& thread) const {
  return thread.element + (current(thread).windowed_scalars ? thread.window.first : 0);
}

Cycle CoreModel::close(Thread& thread, CoreSlot& slot) {
  const Instruction& instruction = current(thread);
  send(control_wavelet(*instruction.fabric_out, instruction.advance, instruction.silent), slot);
  step_over(thread);
  return spec_.control_cycles;
}

Cycle CoreModel::stream(Thread& thread, CoreSlot& slot) {
  const Instruction instruction = current(thread);
  if (thread.phase == Thread::Phase::close) return close(thread, slot);
  const bool begins = thread.phase == Thread::Phase::issue;
  if (begins) {
    fill(thread, place_of(instruction, thread.vector, pass_of(thread)), slot);
    thread.phase = Thread::Phase::elements;
  } else {
    switch (instruction.opcode) {
      case Opcode::drain:
      case Opcode::drain16:
        drain_element(thread, slot);
        break;
      case Opcode::send16:
      case Opcode::send32:
        send_element(thread, slot);
        break;
      default:
        combine_element(thread, slot);
        break;
    }
    ++thread.element;
  }
  if (thread.element == count_of(thread, instruction)) {
    thread.element = 0;
    if (++thread.vector >= instruction.scalars) {
      if (instruction.close) {
        thread.phase = Thread::Phase::close;
      } else {
        step_over(thread);
      }
    }
  }
  return begins ? spec_.vector_issue_cycles : 1;
}

std::int64_t CoreModel::element_place(const Thread& thread) const {
  const Instruction& instruction = current(thread);
  return place_of(instruction, 0, thread.passes[0]).a + std::int64_t{thread.element} * element_step(instruction);
}

void CoreModel::send_element(const Thread& thread, CoreSlot& slot) {
  const Instruction& instruction = current(thread);
  const int color = *instruction.fabric_out, k = thread.element;
  const std::int64_t at = element_place(thread);
  if (instruction.opcode == Opcode::send16) {
    send(scalar_wavelet(color, static_cast<std::uint16_t>(k), memory_.read16(at)), slot);
  } else {
    send({memory_.read32(at), static_cast<std::uint8_t>(color), false}, slot);
  }
}

void CoreModel::combine_element(const Thread& thread, CoreSlot& slot) {
  const Instruction& instruction = current(thread);
  const int at = instruction.a + 2 * thread.element;
  const std::uint32_t result = combine(instruction.opcode, memory_.read32(at), take_data(instruction, slot));
  memory_.write32(at, result);
  if (instruction.fabric_out) send({result, *instruction.fabric_out, false}, slot);
}

Cycle CoreModel::work_in_memory(Thread& thread, CoreSlot& slot) {
  const Instruction& instruction = current(thread);
  const VectorPlace place = place_of(instruction, thread.vector, thread.passes[0]);
  run_vector(instruction, place, format_, memory_);
  fill(thread, place, slot);
  const Cycle cycles = vector_length(instruction, place, spec_);
  if (instruction.windowed && instruction.opcode == Opcode::move32)
    thread.window.stored = static_cast<std::uint16_t>(thread.window.stored + instruction.count);
  if (++thread.vector >= instruction.scalars) step_over(thread);
  return cycles;
}

Cycle CoreModel::store(Thread& thread, CoreSlot& slot) {
  const Instruction instruction = current(thread);
  const std::uint32_t data = take_data(instruction, slot);
  const std::int64_t at = element_place(thread);
  VectorWords words;
  words.writes[0] = {at, at + element_words(instruction), 1, 1};
  races_.use(slot.thread, instruction, words, slot.at);
  if (instruction.opcode == Opcode::store16) {
    memory_.write16(at, to_half(format_, data));
  } else {
    memory_.write32(at, data);
  }
  if (++thread.element == instruction.count) step_over(thread);
  return 1;
}

Cycle CoreModel::take_index(Thread& thread, CoreSlot& slot) {
  const Instruction instruction = current(thread);
  if (take_control(instruction, slot)) {
    thread.list_at = instruction.a;
    thread.list_count = thread.element;
    step_over(thread);
    return spec_.control_cycles;
  }
  if (thread.element == instruction.count)
    throw SimulationError(fmt::format("PE: cycle {}, instruction {} ({}): the list is longer", slot.at,
                                      slot.instruction, to_string(instruction)));
  VectorWords words;
  words.writes[0] = {instruction.a + thread.element, instruction.a + thread.element + 1, 1, 1};
  races_.use(slot.thread, instruction, words, slot.at);
  memory_.write16(instruction.a + thread.element, static_cast<std::uint16_t>(take_data(instruction, slot)));
  ++thread.element;
  return 1;
}

Cycle CoreModel::branch(Thread& thread) {
  const Instruction instruction = current(thread);
  int& passes = thread.passes[instruction.counter];
  const bool again = ++passes < instruction.count;
  if (!again) passes = 0;
  arrive_at(thread, again ? instruction.target : thread.pc + 1);
  return spec_.scalar_cycles;
}

Cycle CoreModel::take_window(Thread& thread) {
  PeWindow& window = thread.window;
  const std::uint32_t entry = memory_.read32(current(thread).a + 2 * std::int64_t{window.taken});
  ++window.taken;
  window.first = static_cast<std::uint16_t>(entry);
  window.count = static_cast<std::uint16_t>(entry >> 16);
  step_over(thread);
  return spec_.scalar_cycles;
}

void CoreModel::step_over(Thread& thread) {
  thread.phase = Thread::Phase::issue;
  thread.element = thread.vector = 0;
  arrive_at(thread, thread.pc + 1);
}

void CoreModel::arrive_at(Thread& thread, std::size_t pc) {
  thread.pc = pc;
  const Instruction& written = code_[pc];
  if (written.windowed) thread.moved = over_window(written, thread.window);
  thread.active = written.opcode != Opcode::halt;
}

int CoreModel::pass_of(const Thread& thread) const {
  const Instruction& instruction = current(thread);
  return instruction.windowed && drains(instruction.opcode) ? 0 : thread.passes[0];
}

void CoreModel::describe_waiting(std::vector<std::string>& lines) const {
  bool idle = true;
  for (int number = 0; number < thread_count; ++number) {
    const Thread& thread = threads_[static_cast<std::size_t>(number)];
    if (!thread.active) continue;
    idle = false;
    const Instruction& instruction = current(thread);
    std::string what;
    if (thread.phase == Thread::Phase::start) {
      what = fmt::format("a control wavelet of color {}", tasks_[thread.task].source);
    } else {
      if (instruction.fabric_in && inputs_[*instruction.fabric_in].empty())
        what = fmt::format("a wavelet of color {}", *instruction.fabric_in);
      if (instruction.fabric_out && credits_[*instruction.fabric_out].earliest() == never)
        what += fmt::format("{}room on color {}", what.empty() ? "" : " and ", *instruction.fabric_out);
    }
    lines.push_back(fmt::format("task {} (thread {}) at instruction {} ({}) waits for {}", thread.task, number,
                                thread.pc, to_string(instruction), what));
  }
  for (int color = 0; idle && color < inputs_.colors(); ++color)
    if (!inputs_[color].empty())
      lines.push_back(fmt::format("a {} wavelet of color {} waits in the core for a task that takes it",
                                  inputs_[color].front().wavelet.control ? "control" : "data", color));
}

}  // namespace weft::hw
