// Attention's launches on a lane: the same in the rectangle of each head and sequence.
#include <array>
#include <map>

#include "hw/kernels/line_values.h"
#include "hw/wafer/attention_values.h"
#include "hw/wafer/lane.h"

namespace weft::hw {

namespace {

/// Where a tensor of the job stands whole.
using Blocks = std::vector<FeatureBlock*>;

/// The tensors of one head of one sequence.
class HeadRows : public LineMemory {
 public:
  HeadRows(const Blocks& blocks, const Job& job, const Launch& launch, const HeadGrid& grid,
           const HeadGrid::Place& place)
      : blocks_(blocks), job_(job), launch_(launch), shape_(grid.shape()), place_(place) {}

  const float* read(Operand operand, int feature, int token) override {
    return row(needed(launch_.reads, operand), feature, token);
  }
  float* written(Operand operand, int feature, int token) override {
    return row(needed(launch_.writes, operand), feature, token);
  }
  const std::int32_t* labels(int) override { return nullptr; }

 private:
  float* row(int tensor, int row, int token) {
    const int first = first_row(job_.tensors[static_cast<std::size_t>(tensor)], shape_, place_);
    return blocks_[static_cast<std::size_t>(tensor)]->row(first + row) + place_.first_token + token;
  }

  const Blocks& blocks_;
  const Job& job_;
  const Launch& launch_;
  const HeadShape& shape_;
  HeadGrid::Place place_;
};

constexpr Operand head_operands[] = {Operand::values, Operand::kept,       Operand::deltas, Operand::score_deltas,
                                     Operand::sums,   Operand::greatest,   Operand::total,  Operand::factor,
                                     Operand::share,  Operand::output_sums};

}  // namespace

void Lane::attention_values(const Launch& launch, const LineSettings& settings) {
  if (job_.timing_only) return;
  if (kernel_of(launch.kind).streams()) return product_values(launch);
  head_values(launch, settings);
}

FeatureBlock* Lane::whole_block(int tensor) {
  if (job_.tensors[static_cast<std::size_t>(tensor)].lies_by_heads()) return &scores_[static_cast<std::size_t>(tensor)];
  return regions_.size() == 1 ? &regions_.front()->values().memory().block(tensor) : nullptr;
}

void Lane::product_values(const Launch& launch) {
  const int made = needed(launch.writes, Operand::result);
  const HeadGrid grid = this->grid(launch);
  std::array<FeatureBlock, 4> copies;  // of tensors that stand in several regions
  const auto read = [&](Operand operand, FeatureBlock& copy) -> const FeatureBlock& {
    const int tensor = needed(launch.reads, operand);
    if (const FeatureBlock* whole = whole_block(tensor)) return *whole;
    return copy = gather(tensor);
  };
  const FeatureBlock &stream = read(Operand::stream, copies[0]), &resident = read(Operand::resident, copies[1]);
  const FeatureBlock* sums = launch.reads.of(Operand::sums) >= 0 ? &read(Operand::sums, copies[3]) : nullptr;
  if (FeatureBlock* whole = whole_block(made))
    return losses_.add(hw::attention_values(launch.kind, job_.format, grid, stream, resident, *whole, pool_, sums));
  if (launch.tile > 0) {
    copies[2] = gather(made);  // of a tile's keys alone some are made
  } else {
    copies[2].resize(job_.tensors[static_cast<std::size_t>(made)].features, tokens_);
  }
  losses_.add(hw::attention_values(launch.kind, job_.format, grid, stream, resident, copies[2], pool_, sums));
  scatter(made, std::move(copies[2]));
}

HeadGrid Lane::grid(const Launch& launch) const {
  return head_grid(job_.layers[static_cast<std::size_t>(launch.layer)], machine_, rectangle_, tokens_, launch.tile);
}

LineSettings Lane::settings_at(const Launch& launch, const LineSettings& settings, const HeadGrid::Place& place) const {
  const AttentionShape& attention = job_.layers[static_cast<std::size_t>(launch.layer)].attention;
  LineSettings here = settings;
  here.tile = launch.tile;
  here.bias.first_head = place.first_key / attention.length * attention.queries;
  if (attention.padded) here.mask.length = lengths_[static_cast<std::size_t>(place.first_token / attention.length)];
  return here;
}

// A head's sequences stand side by side: those whose rectangles and masks are alike at once, as many as fill the
// columns that LineValues works on well.
void Lane::head_values(const Launch& launch, const LineSettings& settings) {
  const int columns_at_once = kernel_of(launch.kind).drops ? 1 : 32;  // then each sequence is by itself
  const HeadGrid grid = this->grid(launch);
  struct Run {
    HeadGrid::Place first;
    LineSettings settings;
    int sequences;
  };
  std::vector<Run> runs;
  for (int head = 0; head < grid.shape().heads; ++head)
    for (int sequence = 0; sequence < grid.shape().sequences; ++sequence) {
      const HeadGrid::Place place = grid.place(head, sequence);
      const LineSettings here = settings_at(launch, settings, place);
      const int width = place.rectangle.width;
      if (sequence > 0 && runs.back().first.rectangle.width == width &&
          runs.back().settings.mask.length == here.mask.length &&
          (runs.back().sequences + 1) * width <= columns_at_once) {
        ++runs.back().sequences;
      } else {
        runs.push_back({place, here, 1});
      }
    }
  // Tensors that stand in several regions are put together and taken apart.
  Blocks blocks(job_.tensors.size(), nullptr);
  std::map<int, FeatureBlock> copies;
  for (const Operand operand : head_operands)
    for (const OperandTensors* tensors : {&launch.reads, &launch.writes}) {
      const int tensor = tensors->of(operand);
      if (tensor < 0 || blocks[static_cast<std::size_t>(tensor)]) continue;
      FeatureBlock* whole = whole_block(tensor);
      blocks[static_cast<std::size_t>(tensor)] = whole ? whole : &(copies[tensor] = gather(tensor));
    }
  std::vector<HalfLosses> of_run(runs.size());
  pool_.run(static_cast<int>(runs.size()), [&](int index) {
    const Run& run = runs[static_cast<std::size_t>(index)];
    LineSettings of_place = run.settings;
    of_place.windows = grid.score_windows(run.first.rectangle);
    of_place.dropout = settings.dropout.from(settings.queries * run.first.first_key, run.first.first_token);
    LinePrograms programs(launch.kind, of_place, grid.block(launch.kind, run.first.rectangle));
    HeadRows rows(blocks, job_, launch, grid, run.first);
    LineValues values(programs, rows);
    values.run(0, run.sequences * programs.block().columns());
    of_run[static_cast<std::size_t>(index)] = values.losses();
  });
  for (const HalfLosses& one : of_run) losses_.add(one);
  for (const Operand operand : head_operands)
    if (const auto made = copies.find(launch.writes.of(operand)); made != copies.end())
      scatter(made->first, std::move(made->second));
}

}  // namespace weft::hw
