#pragma once
// The functions of special_functions.h over vectors of n fp32 in memory, as instructions. Names are word addresses.
#include "hw/pe/vector_code.h"
#include "hw/spec/machine.h"

namespace weft::hw {

/// result = e^x. `x` and `scratch` are overwritten. Fast where `x` differs from both others by 2 modulo 4.
void append_exponentials(VectorCode& code, int x, int scratch, int result, int n);
/// result = 1/x.
void append_reciprocals(VectorCode& code, int x, int scratch, int result, int n);
/// result = 1/sqrt x. `x` and `scratch` are overwritten.
void append_reciprocal_roots(VectorCode& code, int x, int scratch, int result, int n);
/// result = log x. `x` and `scratch` are overwritten.
void append_logarithms(VectorCode& code, int x, int scratch, int result, int n);

/// Cycles of one exponential in a long vector.
double exponential_cycles(const PeSpec& pe);

}  // namespace weft::hw
