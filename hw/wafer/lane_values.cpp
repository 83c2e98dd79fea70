// Values of the launches, as the PEs' instructions have them (a NaN stays one): matrix launches through the regions,
// elementwise ones and the loss on their memories.
#include <algorithm>
#include <cmath>

#include "hw/pe/arithmetic.h"
#include "hw/pe/special_functions.h"
#include "hw/wafer/lane.h"
#include "tlm/base/fp16.h"

namespace weft::hw {

void Lane::allocate() {
  if (job_.timing_only) return;
  for (auto& part : regions_) part->allocate(job_.layers, rectangle_, tokens_);
}

void Lane::load_samples(const std::uint16_t* samples, const std::int32_t* labels) {
  const int features = job_.layers.front().inputs;
  for (auto& part : regions_) {
    RegionMemory& memory = part->memory();
    FeatureBlock& block = memory.activation(0);
    const int first = memory.first_feature(0), count = memory.feature_count(0);
    std::vector<float> row(static_cast<std::size_t>(count));
    for (int token = 0; token < memory.tokens(); ++token) {
      half_to_float(samples + static_cast<std::ptrdiff_t>(memory.first_token() + token) * features + first, row.data(),
                    row.size());
      for (int feature = 0; feature < count; ++feature)
        block.row(feature)[token] = row[static_cast<std::size_t>(feature)];
    }
    std::copy_n(labels + memory.first_token(), memory.tokens(), memory.labels().begin());
  }
}

void Lane::begin_values() {
  if (job_.timing_only) return;
  for (auto& part : regions_) part->begin_values(kind_, layer_, pool_);
}

void Lane::weight_values(int first_round, int rounds, const float* weights, int elements) {
  for (auto& part : regions_)
    if (part->starts_stream(first_round)) part->stream_weights(first_round, rounds, weights, elements);
  for (auto& part : regions_)
    if (part->starts_sum()) part->sum_values(first_round, rounds);
}

void Lane::gradient_values(int first_round, int rounds, float* gradient) {
  const int width = job_.layers[static_cast<std::size_t>(layer_)].inputs + 1;
  for (int block = first_round; block < first_round + rounds;) {
    int next = first_round + rounds;
    for (auto& part : regions_) {
      if (!part->starts_stream(block)) continue;
      const RegionMemory& memory = part->memory();
      next = std::min(next, memory.first_feature(layer_ + 1) + memory.feature_count(layer_ + 1));
      part->stream_deltas(block, next - block);
    }
    for (auto& part : regions_)
      if (part->starts_sum()) part->sum_values(block, next - block);
    for (auto& part : regions_) {
      if (!part->is_sink()) continue;
      const RegionMemory& memory = part->memory();
      const int first = memory.first_feature(layer_),
                count = memory.feature_count(layer_) + (memory.holds_bias(layer_) ? 1 : 0);
      const float* from = part->leaving_values().data();
      for (int round = block; round < next; ++round, from += count)
        std::copy_n(from, count, gradient + static_cast<std::ptrdiff_t>(round - first_round) * width + first);
    }
    block = next;
  }
}

void Lane::retained_delta_values() {
  if (job_.timing_only) return;
  for (int block = 0; block < map_->rounds;) {
    int next = map_->rounds;
    for (auto& part : regions_) {
      if (!part->starts_stream(block)) continue;
      const RegionMemory& memory = part->memory();
      next = std::min(next, memory.first_feature(layer_ + 1) + memory.feature_count(layer_ + 1));
      part->stream_deltas(block, next - block);
    }
    block = next;
  }
  for (auto& part : regions_) part->end_values();
}

FeatureBlock Lane::gather(int index, FeatureBlock& (RegionMemory::*block)(int)) {
  FeatureBlock whole;
  int rows = 0;
  for (auto& part : regions_)
    rows = std::max(rows, part->memory().first_feature(index) + (part->memory().*block)(index).features);
  whole.resize(rows, tokens_);
  for (auto& part : regions_) {
    RegionMemory& memory = part->memory();
    const FeatureBlock& from = (memory.*block)(index);
    for (int feature = 0; feature < from.features; ++feature)
      std::copy_n(from.row(feature), from.tokens,
                  whole.row(memory.first_feature(index) + feature) + memory.first_token());
  }
  return whole;
}

FeatureBlock Lane::gather_activation(int index) { return gather(index, &RegionMemory::activation); }
FeatureBlock Lane::gather_delta(int index) { return gather(index, &RegionMemory::delta); }

void Lane::activation_values(int layer, const Dropout& dropout) {
  if (job_.timing_only) return;
  const double probability = dropout.probability;
  const std::uint32_t threshold = dropout_threshold(probability);
  const float scale = dropout_scale(probability);
  for (auto& part : regions_) {
    RegionMemory& memory = part->memory();
    FeatureBlock& block = memory.activation(layer + 1);
    for (int feature = 0; feature < memory.feature_count(layer + 1); ++feature) {
      float* row = block.row(feature);
      for (int token = 0; token < block.tokens; ++token) row[token] = row[token] <= 0.0F ? 0.0F : row[token];
      if (probability == 0) continue;
      const auto global_feature = static_cast<std::uint32_t>(memory.first_feature(layer + 1) + feature);
      for (int token = 0; token < block.tokens; ++token) {
        const std::uint32_t sample = dropout.first_sample + static_cast<std::uint32_t>(memory.first_token() + token);
        const bool drop = dropout_bits(dropout.key, global_feature, sample) < threshold;
        row[token] = drop ? 0.0F : round_to_half(row[token] * scale);
      }
    }
  }
}

void Lane::activation_backward_values(int layer) {
  if (job_.timing_only) return;
  const double probability = job_.layers[static_cast<std::size_t>(layer)].dropout;
  const float scale = dropout_scale(probability);
  for (auto& part : regions_) {
    RegionMemory& memory = part->memory();
    const FeatureBlock& values = memory.activation(layer + 1);
    FeatureBlock& delta = memory.delta(layer + 1);
    for (int feature = 0; feature < delta.features; ++feature) {
      const float* value = values.row(feature);
      float* row = delta.row(feature);
      for (int token = 0; token < delta.tokens; ++token) row[token] = value[token] > 0.0F ? row[token] : 0.0F;
      if (probability > 0)
        for (int token = 0; token < delta.tokens; ++token) row[token] = round_to_half(row[token] * scale);
    }
  }
}

std::vector<std::int32_t> Lane::gather_labels() {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(tokens_));
  for (auto& part : regions_) {
    RegionMemory& memory = part->memory();
    std::copy_n(memory.labels().begin(), memory.tokens(), labels.begin() + memory.first_token());
  }
  return labels;
}

// Row by row as hw/fabric/softmax_program.h has it; sums from the last row to the first, as the chain adds them.
void Lane::softmax_values(bool train, float loss_scale, float loss[2]) {
  if (job_.timing_only) return;
  const int outputs = job_.layers.back().outputs, index = static_cast<int>(job_.layers.size());
  const BlockMap block{rectangle_, outputs, tokens_};
  const std::vector<std::int32_t> labels = gather_labels();
  std::vector<float*> logits(static_cast<std::size_t>(outputs)), deltas(logits.size());
  std::vector<float> powers(logits.size());
  loss[0] = loss[1] = 0.0F;
  for (int column = 0; column < block.columns(); ++column) {
    for (auto& part : regions_) {
      RegionMemory& memory = part->memory();
      if (column < memory.extent().column_first || column >= memory.extent().column_last) continue;
      for (int feature = 0; feature < memory.feature_count(index); ++feature) {
        const auto at = static_cast<std::size_t>(memory.first_feature(index) + feature);
        logits[at] = memory.activation(index).row(feature) - memory.first_token();
        deltas[at] = memory.delta(index).row(feature) - memory.first_token();
      }
    }
    float column_loss = 0.0F, column_correct = 0.0F;
    const int first = block.first_token(column);
    for (int token = first; token < first + block.tokens_of(column); ++token) {
      const int label = labels[static_cast<std::size_t>(token)];
      std::uint32_t greatest = result_bits(logits[0][token]);
      for (const float* row : logits) greatest = maximum(greatest, result_bits(row[token]));
      float sum = 0.0F, shifted = 0.0F;
      for (int row = block.rows() - 1; row >= 0; --row) {
        float local = 0.0F;
        for (int output = block.first_feature(row), held = block.features_of(row); held > 0; ++output, --held) {
          const auto at = static_cast<std::size_t>(output);
          const float below = logits[at][token] - float_of(greatest);
          powers[at] = machine_exp(below);
          local += powers[at];
          if (output == label) shifted += below;
        }
        sum += local;
      }
      if (label >= 0) {
        column_loss += machine_log(sum) - shifted;
        column_correct += shifted == 0.0F ? 1.0F : 0.0F;
      }
      if (!train) continue;
      const float factor = machine_reciprocal(sum) * loss_scale;
      for (int output = 0; output < outputs; ++output) {
        const auto at = static_cast<std::size_t>(output);
        const float difference = powers[at] * factor + (output == label ? -loss_scale : 0.0F);
        deltas[at][token] = label < 0 ? 0.0F : round_to_half(difference);
      }
    }
    loss[0] += column_loss;
    loss[1] += column_correct;
  }
}

}  // namespace weft::hw
