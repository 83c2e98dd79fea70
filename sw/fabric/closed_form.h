#pragma once
// Closed forms that a fabric program may be held against. r = router.ramp_cycles.
//   broadcast    B + P + 2r                                      P = PEs on the longest way; also a message
//   chain        B + (2r+2)(P-1)
//   two_phase    [B + (2r+2)(S-1)] + [B + (P/S-1)(S+2r+1)]       groups of S
//   star         B (P-1) + 2r + 1                                contention; the pipeline hides the distance
//   tree         B log2 P + P-1 + (2r+1) log2 P
//   all_reduce   chain + broadcast
//   matvec       n^2 + 1.1 n + 37                                fp32 on one PE, a product
//   stencil_7    T (15 Z + 2r + 15)                              slots of an inner PE of WSE-2, T passes over Z cells
//   gemm_shift   P t (t (1 + t/l) + 1) + (P-1)(2 t^2 + 9)        slots of a PE; l = lanes of fp16 into fp32
// Sources: the last two count slots (rtl/ISA.md); arXiv 2404.15888 (T = max(contention, energy / links) + distance +
// (2r+1) depth); matvec: fit of the rows of pe_matvec_wse2.csv.
#include <map>
#include <string>
#include <vector>

#include "hw/spec/machine.h"

namespace weft::sw {

struct ClosedForm {
  std::string name, text;
  double cycles = 0;
};

/// Names of the forms.
std::vector<std::string> closed_form_names();
/// Letters that a form needs, e.g. "PB".
std::string closed_form_letters(const std::string& name);
/// `values`: by letter, all at least 1. Precondition: `name` is known, all its letters are there.
ClosedForm closed_form(const std::string& name, const std::map<char, double>& values, const hw::MachineSpec& machine);

}  // namespace weft::sw
