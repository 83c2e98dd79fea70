#pragma once
// The names of the kernels, as reports and pictures show them.
#include "hw/spec/job.h"

namespace weft::hw {

constexpr const char* kernel_name(KernelKind kind) {
  switch (kind) {
    case KernelKind::load_input:
      return "load_input";
    case KernelKind::matmul_forward:
      return "matmul_forward";
    case KernelKind::retain_forward:
      return "retain_forward";
    case KernelKind::activation:
      return "activation";
    case KernelKind::softmax_loss:
      return "softmax_loss";
    case KernelKind::matmul_delta:
      return "matmul_delta";
    case KernelKind::retained_delta:
      return "retained_delta";
    case KernelKind::activation_backward:
      return "activation_backward";
    case KernelKind::matmul_gradient:
      return "matmul_gradient";
  }
  return "";
}

}  // namespace weft::hw
