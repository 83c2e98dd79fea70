#include "hw/wafer/region_values.h"

#include <algorithm>

#include "hw/fabric/dense_gemm.h"
#include "hw/fabric/dense_transpose.h"
#include "hw/fabric/masked_gemm.h"
#include "tlm/base/half.h"

namespace weft::hw {

using proto::BurstKind;
using proto::WaveletBurst;

void RegionValues::allocate(const Job& job, Rectangle rectangle, const RegionExtent& extent, int tokens) {
  memory_ = std::make_unique<RegionMemory>(job, rectangle, extent, tokens);
}

// Local operand of a launch: [elements of the stream's line][vector], the second factor of every AXPY.
void RegionValues::begin(const Launch& launch, ThreadPool& pool) {
  kernel_ = &kernel_of(launch.kind);
  launch_ = launch;
  pool_ = &pool;
  scalars_.clear();
  if (kernel_->produces_gradient()) {
    const FeatureBlock& block = memory_->block(resident());
    transposed_.resize(static_cast<std::size_t>(resident_rows()) * static_cast<std::size_t>(block.tokens));
    transpose(block.values.data(), resident_rows(), block.tokens, transposed_.data());
  }
  if (kernel_->weights == KernelWeights::kept && !kernel_->stores())
    memory_->retained().resize(memory_->form(result()).features, memory_->feature_count(resident()));
}

int RegionValues::lines_tensor() const {
  return kernel_->stores() ? needed(launch_.writes, Operand::gain) : resident();
}

void RegionValues::stream_weights(int first, int rounds, const float* weights, int row_stride) {
  const int begin = memory_->first_feature(lines_tensor()), wide = memory_->row_count(lines_tensor(), part_.map().bias);
  use_scalars(first, rounds, weights + begin, row_stride);
  if (wide == 0 || !part_.neighbour(part_.right())) return;
  WaveletBurst burst;
  burst.kind = BurstKind::stream_values;
  burst.round = first;
  burst.rounds = rounds;
  for (int round = 0; round < rounds; ++round)
    burst.values.insert(burst.values.end(), weights + begin + round * static_cast<std::ptrdiff_t>(row_stride),
                        weights + begin + round * static_cast<std::ptrdiff_t>(row_stride) + wide);
  send_(part_.right(), burst);
}

void RegionValues::stream_deltas(int first, int rounds) {
  FeatureBlock& block = memory_->block(stream());
  const float* rows = block.row(first - memory_->first_feature(stream()));
  use_scalars(first, rounds, rows, block.tokens);
  for (const proto::Side side : {part_.left(), part_.right()}) {
    if (!part_.neighbour(side)) continue;
    WaveletBurst burst;
    burst.kind = BurstKind::stream_values;
    burst.round = first;
    burst.rounds = rounds;
    burst.values.assign(rows, rows + static_cast<std::ptrdiff_t>(rounds) * block.tokens);
    send_(side, burst);
  }
}

void RegionValues::use_scalars(int first, int rounds, const float* scalars, int stride) {
  if (kernel_->stores()) {
    for (int round = 0; round < rounds; ++round) {
      FeatureBlock& vector = memory_->block(needed(launch_.writes, vector_of_round(first + round)));
      std::copy_n(scalars + static_cast<std::ptrdiff_t>(round) * stride, vector.features, vector.row(0));
    }
    return;
  }
  const int wide = part_.map().lines_are_rows ? resident_rows() : memory_->tokens();
  if (kernel_->weights == KernelWeights::resident) {
    for (int round = 0; round < rounds; ++round)
      kept_scalars_.insert(kept_scalars_.end(), scalars + static_cast<std::ptrdiff_t>(round) * stride,
                           scalars + static_cast<std::ptrdiff_t>(round) * stride + wide);
    return;
  }
  scalars_.resize(static_cast<std::size_t>(rounds) * static_cast<std::size_t>(wide));
  for (int round = 0; round < rounds; ++round) {
    const float* from = scalars + static_cast<std::ptrdiff_t>(round) * stride;
    std::copy(from, from + wide, scalars_.data() + static_cast<std::ptrdiff_t>(round) * wide);
    if (kernel_->weights == KernelWeights::kept)
      std::copy(from, from + memory_->feature_count(resident()), memory_->retained().row(first + round));
  }
}

void RegionValues::sum(int first, int rounds) {
  const bool gradient = kernel_->produces_gradient();
  const bool continues = part_.map().chain > part_.line_last();
  FeatureBlock& operand = memory_->block(resident());
  const float* factor = gradient ? transposed_.data() : operand.values.data();
  const int inner = gradient ? operand.tokens : resident_rows();
  const int outer = gradient ? resident_rows() : operand.tokens;
  std::vector<int> bounds{0};
  for (int line = 0; line < part_.chain_lines(); ++line)
    bounds.push_back(bounds.back() + part_.map().wavelets[static_cast<std::size_t>(part_.line_first() + line)]);
  // Lines count from the end of the chain; a region's operand runs with rows downwards, with columns eastwards.
  if (gradient) {
    bounds.assign(1, 0);
    for (int line = part_.chain_lines() - 1; line >= 0; --line)
      bounds.push_back(bounds.back() + part_.map().wavelets[static_cast<std::size_t>(part_.line_first() + line)]);
  }
  if (!continues) sums_.resize(static_cast<std::size_t>(rounds) * static_cast<std::size_t>(outer));
  const BlockOrder order = gradient ? BlockOrder::ascending : BlockOrder::descending;
  const MatrixLayer& layer = memory_->job().layers[static_cast<std::size_t>(launch_.layer)];
  // Of a gradient the kept sums are picked where they leave.
  if (layer.mask && !gradient) {
    const int place = memory_->first_feature(resident());
    const auto add = [&](auto&& rounded) {
      masked_gemm(
          scalars_.data(), inner, factor, outer, sums_.data(), outer, rounds, outer, bounds, order, continues,
          [&](int round, int feature) { return layer.keeps(kernel_->by_input, first + round, place + feature); },
          rounded);
    };
    if (part_.map().half_sums) {
      with_half(memory_->job().format, [&](auto half) { add([](float sum) { return decltype(half)::round(sum); }); });
    } else {
      add([](float sum) { return sum; });
    }
  } else {
    chained_gemm(scalars_.data(), inner, factor, outer, sums_.data(), outer, rounds, outer, inner, bounds, order,
                 continues, pool_, part_.map().half_sums ? std::optional(memory_->job().format) : std::nullopt);
  }
  if (part_.neighbour(part_.above())) {
    WaveletBurst burst;
    burst.kind = BurstKind::partial_sum_values;
    burst.round = first;
    burst.rounds = rounds;
    burst.values = std::move(sums_);
    send_(part_.above(), burst);
    return;
  }
  if (part_.map().returns) deliver(first, rounds, sums_);
}

void RegionValues::deliver(int first, int rounds, const std::vector<float>& sums) {
  const int target = result(), begin = memory_->first_feature(target), count = memory_->feature_count(target);
  const auto wide = static_cast<std::size_t>(memory_->tokens());
  FeatureBlock& block = memory_->block(target);
  for (int round = std::max(first, begin); round < std::min(first + rounds, begin + count); ++round) {
    const float* from = sums.data() + static_cast<std::size_t>(round - first) * wide;
    float* to = block.row(round - begin);
    if (memory_->form(target).fp32) {
      std::copy(from, from + wide, to);
    } else {
      losses_.add(losses_of(memory_->job().format, from, wide));
      round_to_half(memory_->job().format, from, to, wide);
    }
  }
  if (first + rounds <= begin + count || !part_.neighbour(part_.below())) return;
  WaveletBurst burst;
  burst.kind = BurstKind::returned_sum_values;
  burst.round = first;
  burst.rounds = rounds;
  burst.values = sums;
  send_(part_.below(), burst);
}

void RegionValues::end() {
  if (kernel_->weights != KernelWeights::resident || !part_.mapped()) return;
  const FeatureBlock& kept = memory_->retained();
  std::vector<float> weights(kept.values.size());
  transpose(kept.values.data(), kept.features, kept.tokens, weights.data());
  FeatureBlock& to = memory_->block(result());
  std::vector<float> sums(to.values.size());
  const int inner = kept.features;
  chained_gemm(weights.data(), inner, kept_scalars_.data(), to.tokens, sums.data(), to.tokens, to.features, to.tokens,
               inner, {0, inner}, BlockOrder::ascending, false, pool_);
  losses_.add(losses_of(memory_->job().format, sums.data(), sums.size()));
  round_to_half(memory_->job().format, sums.data(), to.values.data(), sums.size());
  kept_scalars_.clear();
}

void RegionValues::take(proto::Side from, WaveletBurst& burst) {
  switch (burst.kind) {
    case BurstKind::stream_values:
      use_scalars(burst.round, burst.rounds, burst.values.data(), static_cast<int>(burst.values.size()) / burst.rounds);
      if (part_.neighbour(opposite(from))) send_(opposite(from), burst);
      return;
    case BurstKind::partial_sum_values:
      sums_ = std::move(burst.values);
      return sum(burst.round, burst.rounds);
    default:
      return deliver(burst.round, burst.rounds, burst.values);
  }
}

}  // namespace weft::hw
