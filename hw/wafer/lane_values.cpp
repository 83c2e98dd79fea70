// Values of the launches, as the PEs' instructions have them (a NaN stays one): matrix launches through the regions,
// line kernels on their memories.
#include <algorithm>
#include <utility>

#include "hw/kernels/line_values.h"
#include "hw/pe/arithmetic.h"
#include "hw/wafer/lane.h"
#include "tlm/base/half.h"

namespace weft::hw {

void Lane::allocate() {
  if (job_.timing_only) return;
  for (auto& part : regions_) part->values().allocate(job_, rectangle_, part->extent(), tokens_);
  scores_.resize(job_.tensors.size());
  for (std::size_t tensor = 0; tensor < scores_.size(); ++tensor)
    if (job_.tensors[tensor].lies_by_heads()) scores_[tensor].resize(job_.tensors[tensor].features, tokens_);
}

void Lane::load_samples(const std::uint16_t* samples, const std::int32_t* labels) {
  const int features = job_.tensors.front().features;
  const TokenOrder order = this->order();
  for (auto& part : regions_) {
    RegionMemory& memory = part->values().memory();
    FeatureBlock& block = memory.block(0);
    const int first = memory.first_feature(0), count = memory.feature_count(0);
    std::vector<float> row(static_cast<std::size_t>(count));
    for (int token = 0; token < memory.tokens(); ++token) {
      const std::uint16_t* from =
          samples + static_cast<std::ptrdiff_t>(order.number_at(memory.first_token() + token)) * features + first;
      if (memory.form(0).ids) {
        std::copy_n(from, count, row.begin());
      } else {
        half_to_float(job_.format, from, row.data(), row.size());
      }
      for (int feature = 0; feature < count; ++feature)
        block.row(feature)[token] = row[static_cast<std::size_t>(feature)];
    }
    for (int token = 0; token < memory.tokens(); ++token)
      memory.labels()[static_cast<std::size_t>(token)] =
          std::max(labels[order.number_at(memory.first_token() + token)], -1);
  }
  lengths_.clear();
  for (int first = 0; first < tokens_; first += job_.sample_tokens) {
    const std::int32_t *of = labels + first, *end = labels + std::min(first + job_.sample_tokens, tokens_);
    lengths_.push_back(static_cast<int>(std::find(of, end, padding_label) - of));
  }
}

void Lane::begin_values() {
  if (job_.timing_only) return;
  for (auto& part : regions_) part->values().begin(launch_, pool_);
}

void Lane::weight_values(int first_round, int rounds, const float* weights, int elements) {
  for (auto& part : regions_)
    if (part->part().starts_stream(first_round)) part->values().stream_weights(first_round, rounds, weights, elements);
  for (auto& part : regions_)
    if (part->part().starts_sum()) part->values().sum(first_round, rounds);
}

void Lane::gradient_values(int first_round, int rounds, float* gradient) {
  const int inputs = needed(launch_.reads, Operand::resident), deltas = needed(launch_.reads, Operand::stream);
  const int width = job_.layers[static_cast<std::size_t>(launch_.layer)].stream_inputs();
  for (int block = first_round; block < first_round + rounds;) {
    const int next = stream_block(block, first_round + rounds, deltas);
    for (auto& part : regions_)
      if (part->part().starts_sum()) part->values().sum(block, next - block);
    for (auto& part : regions_) {
      if (!part->part().is_sink()) continue;
      const RegionMemory& memory = part->values().memory();
      const int first = memory.first_feature(inputs), count = memory.row_count(inputs, map_->bias);
      const float* from = part->values().leaving().data();
      for (int round = block; round < next; ++round, from += count)
        std::copy_n(from, count, gradient + static_cast<std::ptrdiff_t>(round - first_round) * width + first);
    }
    block = next;
  }
}

int Lane::stream_block(int first, int last, int deltas) {
  for (auto& part : regions_) {
    if (!part->part().starts_stream(first)) continue;
    const RegionMemory& memory = part->values().memory();
    last = std::min(last, memory.first_feature(deltas) + memory.feature_count(deltas));
    part->values().stream_deltas(first, last - first);
  }
  return last;
}

void Lane::retained_delta_values() {
  if (job_.timing_only) return;
  const int deltas = needed(launch_.reads, Operand::stream);
  for (int block = 0; block < map_->rounds;) block = stream_block(block, map_->rounds, deltas);
  for (auto& part : regions_) part->values().end();
}

HalfLosses Lane::take_losses() {
  HalfLosses all = std::exchange(losses_, {});
  for (auto& part : regions_) all.add(part->values().take_losses());
  return all;
}

FeatureBlock Lane::gather(int tensor) const {
  const WaferTensor& form = job_.tensors[static_cast<std::size_t>(tensor)];
  if (form.lies_by_heads()) return scores_[static_cast<std::size_t>(tensor)];
  FeatureBlock whole;
  int rows = 0;
  for (auto& part : regions_) {
    const RegionMemory& memory = part->values().memory();
    rows = std::max(rows, memory.first_feature(tensor) + memory.row_count(tensor, true));
  }
  whole.resize(rows, form.vector ? 1 : tokens_);
  for (auto& part : regions_) {
    RegionMemory& memory = part->values().memory();
    const FeatureBlock& from = memory.block(tensor);
    for (int feature = 0; feature < from.features; ++feature)
      std::copy_n(from.row(feature), from.tokens,
                  whole.row(memory.first_feature(tensor) + feature) + (form.vector ? 0 : memory.first_token()));
  }
  return whole;
}

void Lane::scatter(int tensor, FeatureBlock whole) {
  if (job_.tensors[static_cast<std::size_t>(tensor)].lies_by_heads()) {
    scores_[static_cast<std::size_t>(tensor)] = std::move(whole);
    return;
  }
  for (auto& part : regions_) {
    RegionMemory& memory = part->values().memory();
    for (int feature = 0; feature < memory.feature_count(tensor); ++feature)
      std::copy_n(whole.row(memory.first_feature(tensor) + feature) + memory.first_token(), memory.tokens(),
                  memory.block(tensor).row(feature));
  }
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

/// The memories of a lane's regions, as rows of a launch's tensors.
class RegionRows : public LineMemory {
 public:
  RegionRows(std::vector<std::unique_ptr<Region>>& regions, const Launch& launch)
      : regions_(regions), launch_(launch) {}

  const float* read(Operand operand, int feature, int token) override {
    return row(needed(launch_.reads, operand), feature, token);
  }
  float* written(Operand operand, int feature, int token) override {
    return row(needed(launch_.writes, operand), feature, token);
  }
  const std::int32_t* labels(int token) override {
    const auto found = std::find_if(regions_.begin(), regions_.end(), [&](auto& part) {
      return within(token, part->values().memory().first_token(), part->values().memory().tokens());
    });
    RegionMemory& memory = (*found)->values().memory();
    return memory.labels().data() + token - memory.first_token();
  }

 private:
  static bool within(int place, int first, int count) { return place >= first && place < first + count; }
  float* row(int tensor, int feature, int token) {
    const auto found = std::find_if(regions_.begin(), regions_.end(), [&](auto& part) {
      RegionMemory& memory = part->values().memory();
      return within(token, memory.first_token(), memory.tokens()) &&
             within(feature, memory.first_feature(tensor), memory.feature_count(tensor));
    });
    RegionMemory& memory = (*found)->values().memory();
    float* values = memory.block(tensor).row(feature - memory.first_feature(tensor));
    return memory.form(tensor).vector ? values : values + token - memory.first_token();
  }

  std::vector<std::unique_ptr<Region>>& regions_;
  const Launch& launch_;
};

}  // namespace

std::vector<float> Lane::line_values(const Launch& launch, const LineSettings& settings) {
  if (job_.timing_only) return {};
  const MatrixLayer& layer = job_.layers[static_cast<std::size_t>(launch.layer)];
  const BlockMap block{rectangle_, line_features(launch.kind, layer), tokens_, layer.attention.queries,
                       job_.dealt_tokens()};
  LinePrograms programs(launch.kind, settings, block);
  RegionRows rows(regions_, launch);
  LineValues values(programs, rows);
  // The regions of one row of the cut: in each, columns whose tokens stand behind each other.
  for (int place = 0; place < cut_.columns; ++place) {
    const RegionExtent& extent = region(0, place).extent();
    values.run(extent.column_first, std::min(extent.column_last, block.columns()));
  }
  losses_.add(values.losses());
  std::vector<float> totals;
  for (const std::uint32_t total : values.totals()) totals.push_back(float_of(total));
  return totals;
}

}  // namespace weft::hw
