#include "sw/kernels/color_names.h"

#include <fmt/format.h>

#include <vector>

#include "sw/kernels/matrix_colors.h"

namespace weft::sw {

namespace {

using hw::KernelKind;

/// By color.
std::vector<const char*> names_of(KernelKind kind) {
  switch (hw::kernel_of(kind).form) {
    case hw::KernelForm::load:
      return {nullptr, nullptr, nullptr, "samples"};
    case hw::KernelForm::line:
      return {nullptr, "up_even_rows", "up_odd_rows", "down_to_rows", nullptr, "totals_even", "totals_odd"};
    default:
      if (hw::kernel_of(kind).vectors)
        return {nullptr, nullptr, hw::kernel_of(kind).vectors, hw::kernel_of(kind).stream};
      return {"returned_sum", "sums_even", "sums_odd", hw::kernel_of(kind).stream, "lists"};
  }
}

static_assert(MatrixColors::returned == 0 && MatrixColors::sums_even == 1 && MatrixColors::sums_odd == 2 &&
              MatrixColors::stream == 3 && MatrixColors::lists == 4);

}  // namespace

std::string color_name(KernelKind kind, int color) {
  const std::vector<const char*> names = names_of(kind);
  const auto at = static_cast<std::size_t>(color);
  return at < names.size() && names[at] ? names[at] : fmt::format("color_{}", color);
}

}  // namespace weft::sw
