#include "sw/crosscheck/cross_case.h"

#include <fmt/format.h>

#include <random>

#include "hw/spec/half_sums.h"

namespace weft::sw {

using hw::KernelKind;

namespace {

int pick(std::mt19937& random, const std::vector<int>& values) { return values[random() % values.size()]; }

}  // namespace

const char* name_of(Stalls stalls) {
  switch (stalls) {
    case Stalls::none:
      return "none";
    case Stalls::rounds:
      return "rounds";
    case Stalls::wavelets:
      return "wavelets";
  }
  return "";
}

const std::vector<KernelKind>& program_kernels() {
  static const std::vector<KernelKind> kernels = [] {
    std::vector<KernelKind> all;
    for (const hw::Kernel& row : hw::kernels) all.push_back(row.kind);
    return all;
  }();
  return kernels;
}

// Probabilities stand whole where they are dropped; the deltas behind dropout, in fp32, are laid out.
bool takes_windows(KernelKind kind) {
  const hw::Kernel& kernel = hw::kernel_of(kind);
  return kernel.makes_scores && !kernel.streams() && (!kernel.drops || kernel.sums_fp32);
}

bool takes_mask(KernelKind kind, const hw::AttentionMask& mask, bool windows) {
  const hw::Kernel& kernel = hw::kernel_of(kind);
  if (windows) return takes_windows(kind) && mask.length == 0 && (mask.causal || mask.reach > 0);
  return kernel.by_key && (kernel.streams() || mask.length == 0 || !(mask.causal || mask.reach > 0));
}

bool takes_half_sums(KernelKind kind) { return hw::HalfSums{true, true, true}.of(kind); }

bool takes_queries(KernelKind kind) {
  const hw::Kernel& kernel = hw::kernel_of(kind);
  return kernel.by_key || kernel.makes_scores || kernel.by_pairs || kernel.by_head;
}

std::string to_string(const CrossCase& c) {
  const std::string sparsity = c.zeros > 0 ? fmt::format(" --zeros {}", c.zeros) : "";
  const char* bias = c.bias ? "" : " --no_bias";
  std::string mask = c.mask.causal ? " --causal" : "";
  if (c.mask.reach > 0) mask += fmt::format(" --reach {}", c.mask.reach);
  if (c.mask.length > 0) mask += fmt::format(" --length {}", c.mask.length);
  if (c.windows) mask += " --windows";
  const std::string queries = c.queries > 1 ? fmt::format(" --queries {}", c.queries) : "";
  const std::string format =
      c.format == HalfFormat::fp16 ? "" : fmt::format(" --format {}", half_format(c.format).name);
  const char* half_sums = c.half_sums ? " --half_sums" : "";
  return fmt::format("--kernel {} --shape {}x{}x{}@{}x{} --stalls {} --seed {}{}{}{}{}{}{}", hw::kernel_name(c.kind),
                     c.inputs, c.outputs, c.tokens, c.rectangle.width, c.rectangle.height, name_of(c.stalls), c.seed,
                     sparsity, bias, mask, queries, format, half_sums);
}

CrossCase sweep_case(std::uint32_t seed, int index, int limit, const std::vector<KernelKind>& kernels, int zeros,
                     const hw::AttentionMask& mask, bool windows) {
  static const std::vector<int> sizes = {1, 1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 17, 23};
  std::seed_seq key{seed, static_cast<std::uint32_t>(index)};
  std::mt19937 random(key);
  const auto number = static_cast<std::size_t>(index);
  CrossCase c;
  c.kind = kernels[number % kernels.size()];
  c.inputs = pick(random, sizes);
  c.outputs = pick(random, sizes);
  c.tokens = pick(random, sizes);
  const auto side = [&] { return 1 + static_cast<int>(random() % static_cast<std::uint32_t>(limit)); };
  if (number / kernels.size() % 3 != 0) c.rectangle = {side(), side()};
  // Rows of whole pairs.
  if (hw::kernel_of(c.kind).by_pairs) c.outputs = 2 * c.rectangle.height * (1 + c.outputs % 3);
  c.stalls = static_cast<Stalls>(number / kernels.size() / 3 % 3);
  c.seed = random();
  if (hw::kernel_of(c.kind).may_be_sparse) c.zeros = zeros;
  if (takes_mask(c.kind, mask, windows)) c.mask = mask;
  c.windows = windows && takes_windows(c.kind);
  if (!mask.any() && hw::kernel_of(c.kind).by_key && !hw::kernel_of(c.kind).streams()) c.mask.causal = c.seed % 2 == 0;
  if (hw::kernel_of(c.kind).has_bias()) c.bias = random() % 4 != 0;
  if (takes_queries(c.kind) && !mask.any() && random() % 4 == 0) c.queries = 2 + static_cast<int>(random() % 3);
  if (takes_windows(c.kind) && !mask.any() && c.queries == 1) {
    c.windows = c.seed % 4 == 0;
    if (c.windows) c.mask.causal = true;
  }
  return c;
}

}  // namespace weft::sw
