#include "hw/wafer/region_memory.h"

#include <algorithm>

#include "tlm/base/error.h"

namespace weft::hw {

RegionMemory::RegionMemory(const Job& job, Rectangle rectangle, RegionExtent extent, int tokens)
    : job_(job), rectangle_(rectangle), extent_(extent) {
  const int columns = std::min(rectangle.width, tokens);
  first_token_ = split_first(tokens, columns, std::min(extent.column_first, columns));
  tokens_ = split_first(tokens, columns, std::min(extent.column_last, columns)) - first_token_;
  blocks_.resize(job.tensors.size());
  for (int tensor = 0; tensor < static_cast<int>(job.tensors.size()); ++tensor) {
    if (form(tensor).lies_by_heads()) continue;
    block(tensor).resize(row_count(tensor, true), form(tensor).vector ? 1 : tokens_);
    if (holds_one(tensor)) std::fill_n(block(tensor).row(feature_count(tensor)), tokens_, 1.0F);
  }
  labels_.assign(static_cast<std::size_t>(tokens_), -1);
}

int RegionMemory::first_feature(int tensor) const {
  if (form(tensor).ids) return 0;
  return split_first(form(tensor).features, rectangle_.height, extent_.row_first);
}

int RegionMemory::feature_count(int tensor) const {
  if (form(tensor).ids) return form(tensor).features;
  return split_first(form(tensor).features, rectangle_.height, extent_.row_last) - first_feature(tensor);
}

bool RegionMemory::holds_one(int tensor) const {
  const int last_row = std::min(form(tensor).features, rectangle_.height) - 1;
  return form(tensor).one_below && last_row >= extent_.row_first && last_row < extent_.row_last;
}

int needed(const OperandTensors& tensors, Operand operand) {
  const int tensor = tensors.of(operand);
  if (tensor < 0) throw SimulationError("a launch's operand has no tensor on the wafer");
  return tensor;
}

}  // namespace weft::hw
