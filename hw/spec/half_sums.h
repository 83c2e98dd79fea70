#pragma once
// Which of a layer's products accumulate in halves (rtl/ISA.md, "Sums in halves"). In fp32 all others do: attention's,
// and those whose sums stay in the PEs, a retained delta's.
#include <tuple>

#include "hw/spec/kernel_table.h"

namespace weft::hw {

struct HalfSums {
  bool forward = false, delta = false, gradient = false;

  /// Whether a launch of `kind` on the layer does.
  bool of(KernelKind kind) const {
    const Kernel& kernel = kernel_of(kind);
    if (!kernel.at_edge() || kernel.sums == SumEnd::here) return false;
    if (kernel.produces_gradient()) return gradient;
    return kernel.role == KernelRole::forward ? forward : delta;
  }
  auto told() const { return std::tuple(forward, delta, gradient); }
  bool any() const { return forward || delta || gradient; }
};

}  // namespace weft::hw
