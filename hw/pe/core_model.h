#pragma once
// A PE's core, exact to the bit and the cycle, on timestamps. Each cycle belongs to at most one thread: the receiver
// (thread 1) if it can use it, else the main thread; a run of element cycles is one event that the receiver lengthens.
//
// With `free` = the cycle after the thread's last slot; `ready` = last issue of a vector that writes to memory +
// vector_fill, for a vector that reads of what that one writes (vector_words.h), else 0:
//   AXPY   a data wavelet is taken and issued at max(arrival, free, ready); then ceil(n / fmac_mixed) element cycles,
//          of half_sums ceil(n / fmac_fp16)
//          a control wavelet is taken at max(arrival, free), control_cycles; the instruction ends
//   AXPYM  a scalar is issued and, with a fabric out, sent at max(free, ready, room in the output queue); then as AXPY.
//          close: as DRAIN
//   OUTER, OUTERM  as AXPY, AXPYM      AXPY_KEEP  as AXPY
//   DRAIN  issue at max(free, ready); element at max(free, arrival of its operand, room in the output queue)
//          close: control_cycles, the control wavelet is sent in the first, which needs room
//   SEND   as DRAIN to the fabric
//   ADD32, SUB32, MUL32, MAX32 from the fabric: as DRAIN; in memory, RELU, FMAC32,
//          TO_HALF16 to ZERO_BELOW16, HORNER32 to ZERO_EQUAL32, MOVE32: a vector is issued at max(free, ready),
//          vector_length() of vector_operations.h
//   STORE  an element at max(free, arrival); no issue of its own      LIST16  the same, a control wavelet as AXPY's
//   listed  with the length of the thread's list for n      windowed  as pe_window.h has it
//   LOOP, WINDOW  scalar_cycles      CALL  call_cycles      HALT  none
// An element or scalar that goes to the fabric in slot u may leave the router from u + 1 + ramp_cycles.
// A thread that is idle begins the first activated task of the table (task_table.h): the main thread's first slot comes
// task_dispatch_cycles later, the receiver's at once; a control wavelet that started it is taken in a slot before its
// first instruction, control_cycles. A thread that stands at HALT after cycle `free` is idle from free + 1, from when
// on the task's end activates others.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hw/pe/core_slot.h"
#include "hw/pe/credits.h"
#include "hw/pe/input_queues.h"
#include "hw/pe/pe_window.h"
#include "hw/pe/program.h"
#include "hw/pe/sram.h"
#include "hw/pe/task_table.h"
#include "hw/pe/thread_races.h"
#include "hw/pe/vector_words.h"

namespace weft::hw {

class CoreModel {
 public:
  /// Launched at cycle 0. Throws UsageError if the program is not valid on this machine.
  CoreModel(const MachineSpec& machine, const Program& program, Sram memory);

  /// `available`: first cycle in which the core may take it; per color in the order of time.
  void arrive(const Wavelet& wavelet, Cycle available);
  /// The router's queue at the ramp has room for one more of this color from `usable`.
  void give_credit(int color, Cycle usable);

  /// Cycle of the next slot, or of the next begin or end of a task, as far as is known; `never` if none.
  Cycle next() const { return next_; }
  /// What happens in cycle `now`: the slot, if a thread has one. Precondition: now == next(), and nothing earlier is
  /// still to be told.
  /// Throws SimulationError for a control wavelet where an instruction needs data, and for an address outside the SRAM.
  std::optional<CoreSlot> act(Cycle now);

  /// Appends a sentence per thread that is not idle; where both are, per color of which a wavelet is left.
  void describe_waiting(std::vector<std::string>& lines) const;
  /// Appends a sentence per task that never began.
  void describe_unbegun(std::vector<std::string>& lines) const { tasks_.describe_unbegun(lines); }
  /// The cycle after the last slot of a thread, when it has halted.
  Cycle end(int thread) const { return threads_[static_cast<std::size_t>(thread)].free; }
  const ThreadRaces& races() const { return races_; }
  /// Afterwards the core has none.
  Sram take_memory() { return std::move(memory_); }

 private:
  struct Thread {
    int task = -1;        ///< -1: idle
    bool active = false;  ///< does not stand at HALT
    std::size_t pc = 0;
    enum class Phase { start, issue, elements, close } phase = Phase::issue;
    int element = 0;               ///< AXPYM: scalar
    std::int64_t kept_rounds = 0;  ///< AXPY_KEEP: control wavelets taken
    int vector = 0;                ///< pass over the elements; FMAC32: scalar
    int list_at = 0, list_count = 0;
    PeWindow window;
    Instruction moved;  ///< the current one, if it is windowed
    Cycle begun = 0, start = 0, free = 0, ready = 0;
    WordRange written;  ///< by the vector that is `ready` then
    std::array<int, loop_counters> passes{};

    /// Precondition: not idle, not active.
    Cycle idle_from() const { return std::max(begun, free) + 1; }
  };

  const Instruction& current(const Thread& thread) const {
    const Instruction& written = code_[thread.pc];
    return written.windowed ? thread.moved : written;
  }
  /// The thread stands at another instruction.
  void arrive_at(Thread& thread, std::size_t pc);
  /// Of counter 0, as far as it moves the current instruction.
  int pass_of(const Thread& thread) const;
  Cycle earliest(int number) const;
  /// Calls bound(held, cycle) for all that the next slot waits for; it may call one twice. Precondition: the thread is
  /// active.
  template <typename Bound>
  void each_bound(const Thread& thread, Bound&& bound) const;
  Cycle earliest_slot(const Thread& thread) const;
  Held held_by(const Thread& thread, Cycle now) const;
  void update() { next_ = std::max(from_, std::min(earliest(0), earliest(1))); }
  void end_tasks(Cycle now);
  void begin_tasks(Cycle now);
  /// From when on the thread's next vector finds what it reads.
  Cycle ready(const Thread& thread) const;
  /// The thread's current vector has issued.
  void fill(Thread& thread, const VectorPlace& place, CoreSlot& slot);
  Cycle arrival(const Instruction& instruction) const;
  bool sends_scalar(const Thread& thread) const;
  /// AXPYM, OUTERM: which of its scalars is next.
  int scalar_number(const Thread& thread) const;
  std::uint32_t take_data(const Instruction& instruction, CoreSlot& slot);
  void send(const Wavelet& wavelet, CoreSlot& slot);
  /// Each returns the number of cycles it takes.
  Cycle issue(Thread& thread, CoreSlot& slot);
  Cycle take_control(Thread& thread, int color, CoreSlot& slot);
  /// Takes the head of the instruction's input if it is a control wavelet.
  bool take_control(const Instruction& instruction, CoreSlot& slot);
  Cycle take_scalar(Thread& thread, CoreSlot& slot);
  Cycle give_scalar(Thread& thread, CoreSlot& slot);
  /// AXPY and OUTER, with the scalar of one wavelet {index, s}.
  Cycle multiply_add(Thread& thread, CoreSlot& slot, std::uint32_t data);
  Cycle close(Thread& thread, CoreSlot& slot);
  /// Of the instructions that issue once and then take an element a slot: DRAIN, SEND, and ADD32 etc. from the fabric.
  Cycle stream(Thread& thread, CoreSlot& slot);
  /// An accumulator as fp32; +0 is left in its place.
  std::uint32_t take_sum(const Instruction& instruction, int element);
  void drain_element(Thread& thread, CoreSlot& slot);
  /// Word of SEND's or STORE's next element.
  std::int64_t element_place(const Thread& thread) const;
  void send_element(const Thread& thread, CoreSlot& slot);
  void combine_element(const Thread& thread, CoreSlot& slot);
  Cycle work_in_memory(Thread& thread, CoreSlot& slot);
  Cycle store(Thread& thread, CoreSlot& slot);
  Cycle take_index(Thread& thread, CoreSlot& slot);
  static int count_of(const Thread& thread, const Instruction& instruction) {
    return instruction.listed ? thread.list_count : instruction.count;
  }
  Cycle branch(Thread& thread);
  Cycle take_window(Thread& thread);
  void step_over(Thread& thread);

  PeSpec spec_;
  std::vector<Instruction> code_;
  HalfFormat format_;
  Sram memory_;
  std::array<Thread, thread_count> threads_;
  TaskTable tasks_;
  InputQueues inputs_;
  ByColor<Credits> credits_;
  ThreadRaces races_;
  Cycle from_ = 0;  ///< everything before has happened: a head behind one that was taken now is seen in the next cycle
  Cycle next_ = never;
};

}  // namespace weft::hw
