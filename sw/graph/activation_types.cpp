// An operation of each activation that the table of kernels has.
#include <algorithm>

#include "hw/spec/kernel_table.h"
#include "sw/graph/operation_families.h"

namespace weft::sw {

namespace {

using hw::Activation;
using hw::KernelRole;

const Activation& activation_of(const std::string& operation, KernelRole role) {
  return std::find_if(hw::kernels.begin(), hw::kernels.end(),
                      [&](const hw::Kernel& row) { return row.role == role && row.activation.is_of(operation); })
      ->activation;
}

std::int64_t flops(const Operation& operation) {
  const KernelRole role = operation.pass == Pass::delta ? KernelRole::delta : KernelRole::forward;
  return std::int64_t{activation_of(operation.type, role).flops} * operation.output_features;
}

OperationType type_of_activation(const Activation& activation) {
  const bool of_result = activation_of(activation.operation, KernelRole::delta).reads_result;
  const DeltaReads reads = of_result ? DeltaReads::output : DeltaReads::input;
  OperationType type{activation.operation, 1, 1, {}, 1, reads, false, false, "one tensor", as_first, none, flops};
  for (const char* const word : activation.words)
    if (word != nullptr) type.activation_fn.emplace_back(word);
  return type;
}

}  // namespace

std::vector<OperationType> activation_types() {
  std::vector<OperationType> all;
  for (const hw::Kernel& row : hw::kernels)
    if (row.activation.exists() && row.role == KernelRole::forward) all.push_back(type_of_activation(row.activation));
  return all;
}

}  // namespace weft::sw
