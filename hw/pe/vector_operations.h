#pragma once
// What the vector instructions whose operands all stand in memory do, and how long. One call is one vector.
#include "hw/pe/isa.h"
#include "hw/pe/sram.h"
#include "hw/spec/machine.h"
#include "tlm/base/half.h"

namespace weft::hw {

/// Vector instructions whose operands and results never meet the fabric.
bool stays_in_memory(Opcode opcode);
/// RELU16 to MAX32 without fabric input, FMAC32, FMAC32_CALLS, TO_HALF16 to ZERO_BELOW16, HORNER32 to ZERO_EQUAL32,
/// MOVE32; AXPYM and OUTERM that send nothing and run over no list.
bool works_in_memory(const Instruction& instruction);

/// ADD32 to MAX32 on bits. Precondition: one of these.
std::uint32_t combine(Opcode opcode, std::uint32_t a, std::uint32_t b);

/// Elements per cycle of which the operands stand as near as they can. Precondition: works_in_memory.
int lanes_of(Opcode opcode, const LaneSpec& lanes);
/// Elements per cycle. Of an operand whose elements are some words apart, no more than the banks give: all, 2 where the
/// stride is 1 more or less or 4 more than a multiple of 8, 1 where it is one (source: SDK appendix, which for the 4
/// has 2 and 4). Precondition: works_in_memory.
int lanes_of(const Instruction& instruction, const LaneSpec& lanes);

/// Words of an element at `a`.
int element_words(const Instruction& instruction);
/// Words from one element at `a` to the next. Not of OUTER.
int element_step(const Instruction& instruction);

/// Where one vector of an instruction begins.
struct VectorPlace {
  std::int64_t a = 0, b = 0;  ///< words
  std::int64_t scalar = 0;    ///< word of the scalar, where the instruction has one
  std::uint32_t offset = 0;   ///< added to the scalar
};
/// Of any instruction that issues vectors. `vector`: which of the instruction's vectors, of AXPYM and OUTERM which
/// scalar; `pass`: of counter 0; `index`: of the wavelet that AXPY or OUTER takes or sends.
VectorPlace place_of(const Instruction& instruction, int vector, int pass, int index = 0);

/// Element cycles in which both sources fall in the same half of the banks, modulo half their number: one access at a
/// time, one cycle more (source: SDK appendix, "differ modulo 4" of 8 banks). The cycle's first elements decide.
Cycle clashes(const Instruction& instruction, const VectorPlace& place, const PeSpec& pe);

/// A word, not before `words`, where a vector never clashes with one at word 0: two off a multiple of four.
inline int other_banks(int words) { return (words + 3) / 4 * 4 + 2; }

/// The same where it clashes with that one as one at word 0 does: a multiple of four.
inline int first_banks(int words) { return (words + 3) / 4 * 4; }

/// The word behind `elements` of fp32 at word `array` from which on banks are as from that on.
inline int array_behind(int array, int elements) { return array + first_banks(2 * elements); }

/// From the issue of a vector to the next instruction: call, issue, elements.
Cycle vector_length(const Instruction& instruction, const VectorPlace& place, const PeSpec& pe);

/// Of halves of `format`. Throws SimulationError outside the memory.
void run_vector(const Instruction& instruction, const VectorPlace& place, HalfFormat format, Sram& memory);

}  // namespace weft::hw
