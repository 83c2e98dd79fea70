#include "sw/compiler/kernel_patterns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sw/graph/operation_types.h"

namespace weft::sw {

namespace {

using hw::KernelKind;
using hw::Operand;

BoundOperand in(Operand operand, int place = 0) { return {operand, BoundOperand::To::input, place}; }
BoundOperand out(Operand operand, int place = 0) { return {operand, BoundOperand::To::output, place}; }
BoundOperand own(Operand operand, const char* name) { return {operand, BoundOperand::To::own, 0, name}; }
BoundOperand parameter(Operand operand, int place) { return {operand, BoundOperand::To::parameter, place}; }

// In the backward pass input 0 is the delta of the output.
void append_products(std::vector<KernelPattern>& all) {
  all.push_back({Pass::forward,
                 {"Linear"},
                 {{KernelKind::matmul_forward, {in(Operand::resident)}, {out(Operand::result)}}},
                 true});
  all.push_back({Pass::delta,
                 {"Linear"},
                 {{KernelKind::matmul_delta, {in(Operand::resident), in(Operand::stream)}, {out(Operand::result)}}}});
  all.push_back({Pass::gradient,
                 {"Linear"},
                 {{KernelKind::matmul_gradient, {in(Operand::stream), in(Operand::resident, 1)}, {}}}});
}

/// Tokens become columns, which stay for the gradient: that of a product whose deltas are the columns.
void append_embedding(std::vector<KernelPattern>& all) {
  const char* const columns = "one_hot";
  all.push_back({Pass::forward,
                 {"Embedding"},
                 {{KernelKind::one_hot, {in(Operand::ids)}, {own(Operand::values, columns)}},
                  {KernelKind::embedding, {own(Operand::resident, columns)}, {out(Operand::result)}}},
                 true});
  all.back().owns = {{columns, OwnTensor::Form::ids}};
  all.push_back({Pass::gradient,
                 {"Embedding"},
                 {{KernelKind::matmul_gradient, {own(Operand::stream, columns), in(Operand::resident)}, {}}}});
}

/// Dropout is done by the activation's kernel.
void append_activations(std::vector<KernelPattern>& all) {
  for (const hw::Kernel& row : hw::kernels) {
    if (!row.activation.exists()) continue;
    const char* const operation = row.activation.operation;
    const bool keeps = find_operation_type(operation)->delta_reads == DeltaReads::input;
    BoundLaunch launch{row.kind, {}, {}};
    const bool forward = row.role == hw::KernelRole::forward;
    if (forward) {
      launch.reads = {in(Operand::values)};
      launch.writes = {out(Operand::values)};
      if (keeps) launch.writes.push_back(in(Operand::kept));
    } else {
      launch.reads = {in(Operand::deltas), in(keeps ? Operand::kept : Operand::values, 1)};
      launch.writes = {out(Operand::deltas)};
    }
    const Pass pass = forward ? Pass::forward : Pass::delta;
    std::vector<std::string> with_dropout{operation, "Dropout"};
    if (!forward) with_dropout = {"Dropout", operation};
    const std::vector<std::string> after = forward ? std::vector<std::string>{"Linear"} : std::vector<std::string>{};
    all.push_back({pass, std::move(with_dropout), {launch}, false, true, after});
    all.push_back({pass, {operation}, {launch}, false, true, after});
  }
}

/// Where no activation's kernel does it. Of attention's probabilities the softmax's backward pass needs those before.
void append_dropout(std::vector<KernelPattern>& all) {
  const auto append = [&](Pass pass, KernelKind kind, Operand operand, std::vector<std::string> after) {
    all.push_back({pass, {"Dropout"}, {{kind, {in(operand)}, {out(operand)}}}, false, true, std::move(after)});
  };
  append(Pass::forward, KernelKind::score_dropout, Operand::values, {"AttentionSoftmax"});
  append(Pass::delta, KernelKind::score_dropout_backward, Operand::deltas, {"AttentionValues"});
  append(Pass::forward, KernelKind::dropout, Operand::values, {});
  append(Pass::delta, KernelKind::dropout_backward, Operand::deltas, {});
}

struct NormKernels {
  const char* type;
  KernelKind forward, delta, gradient;
};

/// Gain and shift stay in the PEs from the forward pass on.
void append_norms(std::vector<KernelPattern>& all) {
  for (const NormKernels& norm :
       {NormKernels{"LayerNorm", KernelKind::layer_norm, KernelKind::layer_norm_backward,
                    KernelKind::layer_norm_gradient},
        NormKernels{"RMSNorm", KernelKind::rms_norm, KernelKind::rms_norm_backward, KernelKind::rms_norm_gradient}}) {
    const BoundOperand gain = parameter(Operand::gain, 0), shift = parameter(Operand::shift, 1);
    all.push_back({Pass::forward,
                   {norm.type},
                   {{KernelKind::load_vectors, {}, {gain, shift}},
                    {norm.forward, {in(Operand::values), gain, shift}, {out(Operand::values), in(Operand::kept)}}},
                   true});
    all.push_back({Pass::delta,
                   {norm.type},
                   {{norm.delta, {in(Operand::deltas), in(Operand::kept, 1), gain}, {out(Operand::deltas)}}},
                   false,
                   true});
    all.push_back({Pass::gradient, {norm.type}, {{norm.gradient, {in(Operand::deltas), in(Operand::kept, 1)}, {}}}});
  }
}

/// A delta of either input is a launch of its own.
void append_swiglu(std::vector<KernelPattern>& all) {
  const BoundOperand gate = in(Operand::values, 1);
  all.push_back({Pass::forward,
                 {"SwiGLU"},
                 {{KernelKind::swiglu, {in(Operand::values), in(Operand::linear, 1)}, {out(Operand::values)}}},
                 true});
  all.push_back({Pass::delta,
                 {"SwiGLU"},
                 {{KernelKind::swiglu_gate_backward,
                   {in(Operand::deltas), gate, in(Operand::linear, 2)},
                   {out(Operand::deltas)}}}});
  all.push_back({Pass::delta,
                 {"SwiGLU"},
                 {{KernelKind::swiglu_linear_backward, {in(Operand::deltas), gate}, {out(Operand::deltas)}}}});
  all.back().of_input = 1;
}

/// Backwards it turns back what came, and needs nothing else.
void append_rotary(std::vector<KernelPattern>& all) {
  all.push_back(
      {Pass::forward, {"Rotary"}, {{KernelKind::rotary, {in(Operand::values)}, {out(Operand::values)}}}, true, true});
  all.push_back({Pass::delta,
                 {"Rotary"},
                 {{KernelKind::rotary_backward, {in(Operand::deltas)}, {out(Operand::deltas)}}},
                 false,
                 true});
}

/// dQ = dS K, dK = dS^T Q, dP = dO V^T, dV = P^T dO.
void append_attention(std::vector<KernelPattern>& all) {
  const auto append = [&](Pass pass, const char* type, int of_input, BoundLaunch launch) {
    KernelPattern& pattern = all.emplace_back(KernelPattern{pass, {type}, {std::move(launch)}});
    pattern.of_input = of_input;
  };
  append(Pass::forward, "AttentionScores", 0,
         {KernelKind::attention_scores, {in(Operand::resident), in(Operand::stream, 1)}, {out(Operand::result)}});
  all.back().own_layer = true;
  append(Pass::delta, "AttentionScores", 0,
         {KernelKind::attention_values, {in(Operand::resident), in(Operand::stream, 1)}, {out(Operand::result)}});
  append(Pass::delta, "AttentionScores", 1,
         {KernelKind::attention_keys, {in(Operand::stream), in(Operand::resident, 1)}, {out(Operand::result)}});
  append(Pass::forward, "AttentionSoftmax", 0,
         {KernelKind::attention_softmax, {in(Operand::values)}, {out(Operand::kept)}});
  append(Pass::delta, "AttentionSoftmax", 0,
         {KernelKind::attention_softmax_backward,
          {in(Operand::deltas), in(Operand::kept, 1)},
          {out(Operand::score_deltas)}});
  append(Pass::forward, "AttentionValues", 0,
         {KernelKind::attention_values, {in(Operand::resident), in(Operand::stream, 1)}, {out(Operand::result)}});
  append(Pass::delta, "AttentionValues", 0,
         {KernelKind::attention_scores, {in(Operand::resident), in(Operand::stream, 1)}, {out(Operand::result)}});
  append(Pass::delta, "AttentionValues", 1,
         {KernelKind::attention_keys, {in(Operand::resident), in(Operand::stream, 1)}, {out(Operand::result)}});
}

/// Some keys at a time (hw/kernels/attention_tiles.h). Where probabilities are dropped l is the sum of those before.
void append_tiled_forward(std::vector<KernelPattern>& all, bool drops) {
  const BoundOperand greatest = own(Operand::greatest, "greatest"), share = own(Operand::share, "share"),
                     total = own(Operand::total, "total"), factor = own(Operand::factor, "factor"),
                     sums = own(Operand::sums, "sums"), summed = own(Operand::result, "sums"),
                     dropped = own(Operand::values, "probabilities");
  std::vector<BoundLaunch> launches{{KernelKind::attention_scores,
                                     {in(Operand::resident), in(Operand::stream, 1)},
                                     {own(Operand::result, "scores")},
                                     OfTiles::each},
                                    {KernelKind::attention_softmax_tile,
                                     {own(Operand::values, "scores"), greatest, total},
                                     {own(Operand::kept, "probabilities"), greatest, total, factor},
                                     OfTiles::each}};
  if (drops) launches.push_back({KernelKind::score_dropout, {dropped}, {dropped}, OfTiles::each});
  launches.push_back({KernelKind::attention_rescale, {sums, factor}, {sums}, OfTiles::but_first});
  launches.push_back({KernelKind::attention_values_tile,
                      {own(Operand::resident, "probabilities"), in(Operand::stream, 2), sums},
                      {summed},
                      OfTiles::each});
  launches.push_back({KernelKind::attention_output, {sums, total}, {out(Operand::values), share}});
  all.push_back({Pass::forward, {"TiledAttention"}, std::move(launches), true});
  using Form = OwnTensor::Form;
  all.back().owns = {{"scores", Form::scores},  {"probabilities", Form::probabilities},
                     {"sums", Form::sums},      {"greatest", Form::of_heads},
                     {"total", Form::of_heads}, {"factor", Form::of_heads},
                     {"share", Form::of_heads}};
  all.back().with = drops ? "dropout" : nullptr;
}

/// dP takes the place of the scores that were made again. dS is of the probabilities before any are dropped, dV of
/// those that are left.
void append_tiled_delta(std::vector<KernelPattern>& all, bool drops) {
  const BoundOperand greatest = own(Operand::greatest, "greatest"), share = own(Operand::share, "share"),
                     output_sums = own(Operand::output_sums, "output_sums"), deltas = in(Operand::resident),
                     query_sums = own(Operand::sums, "query_sums"),
                     of_probabilities = own(Operand::deltas, "scores.again");
  const char* const before = "probabilities.again";
  const char* const left = drops ? "probabilities.left" : before;
  const auto score_deltas = [](Operand operand) { return own(operand, "score_deltas"); };
  std::vector<BoundLaunch> launches{
      {KernelKind::attention_output_sums, {in(Operand::deltas), in(Operand::values, 4)}, {output_sums}},
      {KernelKind::attention_scores,
       {in(Operand::resident, 1), in(Operand::stream, 2)},
       {own(Operand::result, "scores.again")},
       OfTiles::each},
      {KernelKind::attention_probabilities,
       {own(Operand::values, "scores.again"), greatest, share},
       {own(Operand::kept, before)},
       OfTiles::each}};
  if (drops)
    launches.push_back(
        {KernelKind::score_dropout, {own(Operand::values, before)}, {own(Operand::values, left)}, OfTiles::each});
  launches.push_back(
      {KernelKind::attention_keys, {own(Operand::stream, left), deltas}, {out(Operand::result, 2)}, OfTiles::each});
  launches.push_back({KernelKind::attention_scores,
                      {deltas, in(Operand::stream, 3)},
                      {own(Operand::result, "scores.again")},
                      OfTiles::each});
  if (drops)
    launches.push_back({KernelKind::score_dropout_backward, {of_probabilities}, {of_probabilities}, OfTiles::each});
  launches.push_back({KernelKind::attention_score_deltas,
                      {own(Operand::kept, before), of_probabilities, output_sums},
                      {score_deltas(Operand::score_deltas)},
                      OfTiles::each});
  launches.push_back({KernelKind::attention_values_tile,
                      {score_deltas(Operand::resident), in(Operand::stream, 2), query_sums},
                      {own(Operand::result, "query_sums")},
                      OfTiles::but_last});
  launches.push_back({KernelKind::attention_values,
                      {score_deltas(Operand::resident), in(Operand::stream, 2), query_sums},
                      {out(Operand::result)},
                      OfTiles::last});
  launches.push_back({KernelKind::attention_keys,
                      {score_deltas(Operand::stream), in(Operand::resident, 1)},
                      {out(Operand::result, 1)},
                      OfTiles::each});
  all.push_back({Pass::delta, {"TiledAttention"}, std::move(launches)});
  using Form = OwnTensor::Form;
  all.back().owns = {{"scores.again", Form::scores},
                     {before, Form::probabilities},
                     {"score_deltas", Form::probabilities},
                     {"query_sums", Form::sums},
                     {"output_sums", Form::of_heads}};
  if (drops) all.back().owns.push_back({left, Form::probabilities});
  all.back().with = drops ? "dropout" : nullptr;
}

std::vector<KernelPattern> all_patterns() {
  std::vector<KernelPattern> all;
  append_products(all);
  append_embedding(all);
  append_activations(all);
  append_dropout(all);
  append_norms(all);
  append_swiglu(all);
  append_rotary(all);
  append_attention(all);
  for (const bool drops : {true, false}) {
    append_tiled_forward(all, drops);
    append_tiled_delta(all, drops);
  }
  // Deltas are added in the backward pass, too.
  all.push_back({Pass::forward,
                 {"Add"},
                 {{KernelKind::addition, {in(Operand::values), in(Operand::addend, 1)}, {out(Operand::values)}}},
                 true,
                 true});
  all.back().by_pairs = true;
  all.push_back({Pass::forward,
                 {"SoftmaxCrossEntropy"},
                 {{KernelKind::softmax_loss, {in(Operand::values)}, {}}},
                 false,
                 false,
                 {"Linear"}});
  all.push_back({Pass::delta, {"SoftmaxCrossEntropy"}, {}});
  return all;
}

}  // namespace

const std::vector<KernelPattern>& kernel_patterns() {
  static const std::vector<KernelPattern> all = all_patterns();
  return all;
}

std::string pattern_forms() {
  std::string text = "kernels do:";
  for (const KernelPattern& pattern : kernel_patterns()) {
    if (pattern.pass != Pass::forward) continue;
    std::vector<std::string> kernels;
    for (const BoundLaunch& launch : pattern.launches) kernels.emplace_back(hw::kernel_name(launch.kind));
    text += fmt::format("\n  {}: {}", fmt::join(kernels, ", "), fmt::join(pattern.types, " + "));
    if (!pattern.after.empty()) text += fmt::format(" after {}", fmt::join(pattern.after, ", "));
  }
  return text;
}

}  // namespace weft::sw
