#pragma once
// Is a fabric program's result right? The host computes it on its own, in double precision, from what the PEs were
// given.
#include <string>

#include "hw/pe/array_setup.h"
#include "sw/fabric/fabric_file.h"

namespace weft::sw {

struct CheckResult {
  std::string name;
  std::int64_t values = 0, wrong = 0;
  double largest_error = 0;  ///< absolute
  std::string first_wrong;   ///< "PE (3, 0), element 7: 1.5, expected 2.5 within 1e-06"

  bool good() const { return wrong == 0 && values > 0; }
};

/// A copy must be equal bit by bit. A sum or product of n terms may be off by n roundings of the sum of their
/// magnitudes, whatever the order in which they were added. Throws UsageError if an operand lies outside of memory or
/// names no PE.
CheckResult check(const CheckRule& rule, const FabricFile& file, const hw::ArraySetup& setup, const hw::ArrayRun& run);

}  // namespace weft::sw
