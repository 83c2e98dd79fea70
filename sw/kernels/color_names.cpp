#include "sw/kernels/color_names.h"

#include <fmt/format.h>

#include <vector>

#include "sw/kernels/matrix_colors.h"

namespace weft::sw {

namespace {

using hw::KernelKind;

/// By color.
std::vector<const char*> names_of(KernelKind kind) {
  switch (kind) {
    case KernelKind::load_input:
      return {nullptr, nullptr, nullptr, "samples"};
    case KernelKind::softmax_loss:
      return {nullptr, "up_even_rows", "up_odd_rows", "down_to_rows", nullptr, "losses_even", "losses_odd"};
    case KernelKind::matmul_gradient:
    case KernelKind::retained_delta:
      return {"returned_sum", "sums_even", "sums_odd", "deltas", "lists"};
    default:
      return {"returned_sum", "sums_even", "sums_odd", "weights", "lists"};
  }
}

static_assert(MatrixColors::returned == 0 && MatrixColors::sums_even == 1 && MatrixColors::sums_odd == 2 &&
              MatrixColors::weights == 3 && MatrixColors::deltas == 3 && MatrixColors::lists == 4);

}  // namespace

std::string color_name(KernelKind kind, int color) {
  const std::vector<const char*> names = names_of(kind);
  const auto at = static_cast<std::size_t>(color);
  return at < names.size() && names[at] ? names[at] : fmt::format("color_{}", color);
}

}  // namespace weft::sw
