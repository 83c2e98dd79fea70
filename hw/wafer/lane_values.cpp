// Values of the launches, as the PEs' instructions have them (a NaN stays one): matrix launches through the regions,
// line kernels on their memories.
#include <algorithm>

#include "hw/kernels/line_values.h"
#include "hw/pe/arithmetic.h"
#include "hw/wafer/lane.h"
#include "tlm/base/fp16.h"

namespace weft::hw {

void Lane::allocate() {
  if (job_.timing_only) return;
  for (auto& part : regions_) part->values().allocate(job_.layers, rectangle_, part->extent(), tokens_);
}

void Lane::load_samples(const std::uint16_t* samples, const std::int32_t* labels) {
  const int features = job_.layers.front().inputs;
  for (auto& part : regions_) {
    RegionMemory& memory = part->values().memory();
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
  for (auto& part : regions_) part->values().begin(kind_, layer_, pool_);
}

void Lane::weight_values(int first_round, int rounds, const float* weights, int elements) {
  for (auto& part : regions_)
    if (part->part().starts_stream(first_round)) part->values().stream_weights(first_round, rounds, weights, elements);
  for (auto& part : regions_)
    if (part->part().starts_sum()) part->values().sum(first_round, rounds);
}

void Lane::gradient_values(int first_round, int rounds, float* gradient) {
  const int width = job_.layers[static_cast<std::size_t>(layer_)].stream_inputs();
  for (int block = first_round; block < first_round + rounds;) {
    int next = first_round + rounds;
    for (auto& part : regions_) {
      if (!part->part().starts_stream(block)) continue;
      const RegionMemory& memory = part->values().memory();
      next = std::min(next, memory.first_feature(layer_ + 1) + memory.feature_count(layer_ + 1));
      part->values().stream_deltas(block, next - block);
    }
    for (auto& part : regions_)
      if (part->part().starts_sum()) part->values().sum(block, next - block);
    for (auto& part : regions_) {
      if (!part->part().is_sink()) continue;
      const RegionMemory& memory = part->values().memory();
      const int first = memory.first_feature(layer_),
                count = memory.feature_count(layer_) + (memory.holds_bias(layer_) ? 1 : 0);
      const float* from = part->values().leaving().data();
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
      if (!part->part().starts_stream(block)) continue;
      const RegionMemory& memory = part->values().memory();
      next = std::min(next, memory.first_feature(layer_ + 1) + memory.feature_count(layer_ + 1));
      part->values().stream_deltas(block, next - block);
    }
    block = next;
  }
  for (auto& part : regions_) part->values().end();
}

FeatureBlock Lane::gather(const std::function<FeatureBlock&(RegionMemory&)>& block, int index, bool one_column) {
  FeatureBlock whole;
  int rows = 0;
  for (auto& part : regions_)
    rows = std::max(rows, part->values().memory().first_feature(index) + block(part->values().memory()).features);
  whole.resize(rows, one_column ? 1 : tokens_);
  for (auto& part : regions_) {
    RegionMemory& memory = part->values().memory();
    const FeatureBlock& from = block(memory);
    for (int feature = 0; feature < from.features; ++feature)
      std::copy_n(from.row(feature), from.tokens,
                  whole.row(memory.first_feature(index) + feature) + (one_column ? 0 : memory.first_token()));
  }
  return whole;
}

FeatureBlock Lane::gather_activation(int index) {
  return gather([index](RegionMemory& memory) -> FeatureBlock& { return memory.activation(index); }, index);
}
FeatureBlock Lane::gather_delta(int index) {
  return gather([index](RegionMemory& memory) -> FeatureBlock& { return memory.delta(index); }, index);
}
FeatureBlock Lane::gather(LineTensor tensor, int layer) {
  return gather([=](RegionMemory& memory) -> FeatureBlock& { return memory.line_block(tensor, layer); }, layer + 1,
                is_vector(tensor));
}

std::vector<std::int32_t> Lane::gather_labels() {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(tokens_));
  for (auto& part : regions_) {
    RegionMemory& memory = part->values().memory();
    std::copy_n(memory.labels().begin(), memory.tokens(), labels.begin() + memory.first_token());
  }
  return labels;
}

namespace {

/// The memories of a lane's regions, as rows of their tensors.
class RegionRows : public LineMemory {
 public:
  RegionRows(std::vector<std::unique_ptr<Region>>& regions, int layer) : regions_(regions), layer_(layer) {}

  float* row(LineTensor tensor, int feature, int token) override {
    RegionMemory& memory = holding(feature, token);
    return memory.line_block(tensor, layer_).row(feature - memory.first_feature(layer_ + 1)) +
           (is_vector(tensor) ? 0 : token - memory.first_token());
  }
  const std::int32_t* labels(int token) override {
    RegionMemory& memory = holding(0, token);
    return memory.labels().data() + token - memory.first_token();
  }

 private:
  RegionMemory& holding(int feature, int token) {
    const auto within = [](int place, int first, int count) { return place >= first && place < first + count; };
    const auto found = std::find_if(regions_.begin(), regions_.end(), [&](auto& part) {
      RegionMemory& memory = part->values().memory();
      return within(token, memory.first_token(), memory.tokens()) &&
             within(feature, memory.first_feature(layer_ + 1), memory.feature_count(layer_ + 1));
    });
    return (*found)->values().memory();
  }

  std::vector<std::unique_ptr<Region>>& regions_;
  int layer_;
};

}  // namespace

std::vector<float> Lane::line_values(const Launch& launch, const LineSettings& settings) {
  if (job_.timing_only) return {};
  const BlockMap block{rectangle_, job_.layers[static_cast<std::size_t>(launch.layer)].features(), tokens_};
  LinePrograms programs(launch.kind, settings, block);
  RegionRows rows(regions_, launch.layer);
  LineValues values(programs, rows);
  // The regions of one row of the cut: in each, columns whose tokens stand behind each other.
  for (int place = 0; place < cut_.columns; ++place) {
    const RegionExtent& extent = region(0, place).extent();
    values.run(extent.column_first, std::min(extent.column_last, block.columns()));
  }
  std::vector<float> totals;
  for (const std::uint32_t total : values.totals()) totals.push_back(float_of(total));
  return totals;
}

}  // namespace weft::hw
