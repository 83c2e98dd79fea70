// Attention's launches on a lane: the same in the rectangle of each head and sequence.
#include "hw/kernels/line_values.h"
#include "hw/wafer/attention_values.h"
#include "hw/wafer/lane.h"

namespace weft::hw {

namespace {

/// The scores' tensors of one head of one sequence.
class HeadRows : public LineMemory {
 public:
  HeadRows(std::vector<FeatureBlock>& scores, const Launch& launch, const HeadGrid::Place& place)
      : scores_(scores), launch_(launch), place_(place) {}

  const float* read(Operand operand, int feature, int token) override {
    return row(needed(launch_.reads, operand), feature, token);
  }
  float* written(Operand operand, int feature, int token) override {
    return row(needed(launch_.writes, operand), feature, token);
  }
  const std::int32_t* labels(int) override { return nullptr; }

 private:
  float* row(int tensor, int key, int token) {
    return scores_[static_cast<std::size_t>(tensor)].row(place_.first_key + key) + place_.first_token + token;
  }

  std::vector<FeatureBlock>& scores_;
  const Launch& launch_;
  HeadGrid::Place place_;
};

}  // namespace

void Lane::attention_values(const Launch& launch, const LineSettings& settings) {
  if (job_.timing_only) return;
  if (kernel_of(launch.kind).streams()) return product_values(launch);
  score_values(launch, settings);
}

void Lane::product_values(const Launch& launch) {
  const int made = needed(launch.writes, Operand::result);
  const HeadGrid grid = head_grid(job_.layers[static_cast<std::size_t>(launch.layer)], rectangle_, tokens_);
  FeatureBlock result;
  result.resize(job_.tensors[static_cast<std::size_t>(made)].features, tokens_);
  hw::attention_values(launch.kind, job_.format, grid, gather(needed(launch.reads, Operand::stream)),
                       gather(needed(launch.reads, Operand::resident)), result, pool_);
  scatter(made, std::move(result));
}

void Lane::score_values(const Launch& launch, const LineSettings& settings) {
  const HeadGrid grid = head_grid(job_.layers[static_cast<std::size_t>(launch.layer)], rectangle_, tokens_);
  pool_.run(grid.places(), [&](int index) {
    const HeadGrid::Place place = grid.place(index);
    LinePrograms programs(launch.kind, settings, grid.scores(place.rectangle));
    HeadRows rows(scores_, launch, place);
    LineValues(programs, rows).run(0, programs.block().columns());
  });
}

}  // namespace weft::hw
