#include "hw/memoryx/gradient_norm.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace weft::hw {

GradientNorm::GradientNorm(const ClipSpec& clip, std::vector<int> chunks, Picosecond exchange)
    : clip_(clip), exchange_(exchange) {
  for (const int count : chunks) squares_.emplace_back(static_cast<std::size_t>(count), 0.0);
  chunks_ = missing_ = std::accumulate(chunks.begin(), chunks.end(), 0);
}

void GradientNorm::add(int layer, int chunk, double squares, Picosecond at) {
  squares_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(chunk)] = squares;
  last_at_ = std::max(last_at_, at);
  if (--missing_ > 0) return;
  double sum = 0;
  for (const auto& of_layer : squares_)
    for (const double of_chunk : of_layer) sum += of_chunk;
  norm_ = std::sqrt(sum);
}

float GradientNorm::factor() const {
  const double factor = clip_.max_norm / (norm_ + 1e-6);
  return factor > 1 ? 1.0F : static_cast<float>(factor);
}

void GradientNorm::next_step() {
  missing_ = chunks_;
  last_at_ = 0;
}

double sum_of_squares(const float* values, std::int64_t count, float unscale) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = static_cast<double>(values[i] * unscale);
    sum += value * value;
  }
  return sum;
}

}  // namespace weft::hw
