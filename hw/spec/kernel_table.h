#pragma once
// The kernels, one row each: what a launch takes, keeps and leaves. Everybody else asks the row.
#include <array>
#include <cstddef>
#include <string_view>

namespace weft::hw {

enum class KernelKind {
  load_input,
  matmul_forward,
  retain_forward,
  activation,
  softmax_loss,
  matmul_delta,
  retained_delta,
  activation_backward,
  matmul_gradient,
};

/// What happens on the wafer.
enum class KernelForm {
  load,    ///< samples and labels pass along the rows
  stream,  ///< rounds: scalars along one axis, an AXPY each at every PE, sums along the other
  local,   ///< elementwise, each PE alone
  loss,    ///< sums and maxima up the columns, broadcasts down them
};

/// Its part in a step, as pictures name it.
enum class KernelRole { samples, forward, loss, delta, gradient };

constexpr const char* role_name(KernelRole role) {
  return std::array{"samples", "forward", "loss", "delta", "gradient"}[static_cast<std::size_t>(role)];
}

/// Where the weights of a product come from.
enum class KernelWeights {
  none,
  streamed,  ///< from the edge
  kept,      ///< from the edge, and each PE keeps those of its inputs
  resident,  ///< kept by an earlier launch
};

/// Where a round's scalars come from: along the rows from the west edge, or along the columns from the row that owns
/// it.
enum class StreamSource { edge, owner };
/// Where a round's sums go: up the columns and back to the row that owns it, along the rows out at the east edge, or
/// nowhere: each PE keeps its own.
enum class SumEnd { owner, edge, here };

struct Kernel {
  KernelKind kind;
  const char* name;  ///< in reports, plans and pictures
  KernelForm form;
  KernelRole role;
  KernelWeights weights = KernelWeights::none;
  bool by_input = false;        ///< a round is an input and its elements are outputs; else the other way round
  bool may_be_sparse = false;   ///< a layer's mask changes it
  KernelKind retaining = kind;  ///< in its place when the output layer's weights stay on the wafer
  StreamSource source = StreamSource::edge;  ///< of the stream form, as `sums`
  SumEnd sums = SumEnd::owner;

  constexpr bool streams() const { return form == KernelForm::stream; }
  /// Y = X W^T + b: consumes weights, a round an output.
  constexpr bool is_forward_product() const { return streams() && role == KernelRole::forward; }
  constexpr bool consumes_weights() const { return streams() && source == StreamSource::edge; }
  constexpr bool produces_gradient() const { return streams() && sums == SumEnd::edge; }
};

/// In the order of KernelKind.
constexpr std::array<Kernel, 9> kernels{{
    {KernelKind::load_input, "load_input", KernelForm::load, KernelRole::samples},
    {KernelKind::matmul_forward, "matmul_forward", KernelForm::stream, KernelRole::forward, KernelWeights::streamed,
     false, true, KernelKind::retain_forward},
    {KernelKind::retain_forward, "retain_forward", KernelForm::stream, KernelRole::forward, KernelWeights::kept},
    {KernelKind::activation, "activation", KernelForm::local, KernelRole::forward},
    {KernelKind::softmax_loss, "softmax_loss", KernelForm::loss, KernelRole::loss},
    {KernelKind::matmul_delta, "matmul_delta", KernelForm::stream, KernelRole::delta, KernelWeights::streamed, true,
     true, KernelKind::retained_delta},
    {KernelKind::retained_delta, "retained_delta", KernelForm::stream, KernelRole::delta, KernelWeights::resident,
     false, false, KernelKind::retained_delta, StreamSource::owner, SumEnd::here},
    {KernelKind::activation_backward, "activation_backward", KernelForm::local, KernelRole::delta},
    {KernelKind::matmul_gradient, "matmul_gradient", KernelForm::stream, KernelRole::gradient, KernelWeights::none,
     false, true, KernelKind::matmul_gradient, StreamSource::owner, SumEnd::edge},
}};

constexpr const Kernel& kernel_of(KernelKind kind) { return kernels[static_cast<std::size_t>(kind)]; }
constexpr const char* kernel_name(KernelKind kind) { return kernel_of(kind).name; }
constexpr bool consumes_weights(KernelKind kind) { return kernel_of(kind).consumes_weights(); }
constexpr bool produces_gradient(KernelKind kind) { return kernel_of(kind).produces_gradient(); }

/// Null if there is none, as in a report of another version.
constexpr const Kernel* find_kernel(std::string_view name) {
  for (const Kernel& row : kernels)
    if (name == row.name) return &row;
  return nullptr;
}

/// Of a name in a report.
constexpr bool loads_samples(std::string_view name) {
  const Kernel* known = find_kernel(name);
  return known && known->form == KernelForm::load;
}
constexpr bool is_forward_product(std::string_view name) {
  const Kernel* known = find_kernel(name);
  return known && known->is_forward_product();
}

constexpr bool kernels_stand_in_order() {
  for (std::size_t at = 0; at < kernels.size(); ++at)
    if (kernels[at].kind != static_cast<KernelKind>(at)) return false;
  return true;
}
static_assert(kernels_stand_in_order());

}  // namespace weft::hw
