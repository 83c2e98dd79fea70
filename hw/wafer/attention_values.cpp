#include "hw/wafer/attention_values.h"

#include "hw/fabric/dense_gemm.h"
#include "hw/fabric/dense_transpose.h"
#include "tlm/base/half.h"

namespace weft::hw {

namespace {

/// The products of one head of one sequence.
class HeadProducts {
 public:
  HeadProducts(HalfFormat format, const HeadShape& shape, const HeadGrid::Place& place)
      : format_(format), shape_(shape), place_(place) {}

  void scores(const FeatureBlock& stream, const FeatureBlock& resident, FeatureBlock& result) const {
    const std::vector<float> keys = turned(stream, place_.first_feature, shape_.head_size);
    chained_gemm(keys.data(), shape_.head_size, at(resident, place_.first_feature), resident.tokens,
                 at(result, place_.first_key), result.tokens, shape_.length, shape_.length, shape_.head_size,
                 split_bounds(shape_.head_size, place_.rectangle.height), BlockOrder::descending, false, nullptr);
  }

  void values(const FeatureBlock& stream, const FeatureBlock& scores, FeatureBlock& result) const {
    features(at(stream, place_.first_feature), stream.tokens, at(scores, place_.first_key), scores.tokens, result,
             {0, shape_.length}, BlockOrder::ascending);
  }

  void keys(const FeatureBlock& scores, const FeatureBlock& resident, FeatureBlock& result) const {
    const std::vector<float> of_token = turned(scores, place_.first_key, shape_.length);
    features(at(resident, place_.first_feature), resident.tokens, of_token.data(), shape_.length, result,
             split_bounds(shape_.length, place_.rectangle.width), BlockOrder::descending);
  }

 private:
  /// The place's tokens in a row.
  const float* at(const FeatureBlock& block, int row) const { return block.row(row) + place_.first_token; }
  float* at(FeatureBlock& block, int row) const { return block.row(row) + place_.first_token; }
  /// [length][rows] of a block's `rows` rows from `first` on.
  std::vector<float> turned(const FeatureBlock& block, int first, int rows) const {
    std::vector<float> turned(static_cast<std::size_t>(shape_.length) * static_cast<std::size_t>(rows));
    transpose(at(block, first), block.tokens, rows, shape_.length, turned.data());
    return turned;
  }
  /// The head's features of the result: a[head_size][length] b[length][length], rounded to halves.
  void features(const float* a, int lda, const float* b, int ldb, FeatureBlock& result, const std::vector<int>& bounds,
                BlockOrder order) const {
    float* sums = at(result, place_.first_feature);
    chained_gemm(a, lda, b, ldb, sums, result.tokens, shape_.head_size, shape_.length, shape_.length, bounds, order,
                 false, nullptr);
    for (int feature = 0; feature < shape_.head_size; ++feature) {
      float* row = at(result, place_.first_feature + feature);
      round_to_half(format_, row, row, static_cast<std::size_t>(shape_.length));
    }
  }

  HalfFormat format_;
  const HeadShape& shape_;
  HeadGrid::Place place_;
};

}  // namespace

void attention_values(KernelKind kind, HalfFormat format, const HeadGrid& grid, const FeatureBlock& stream,
                      const FeatureBlock& resident, FeatureBlock& result, ThreadPool& pool) {
  const Kernel& kernel = kernel_of(kind);
  pool.run(grid.places(), [&](int index) {
    const HeadProducts head(format, grid.shape(), grid.place(index));
    if (kernel.vectors) return head.values(stream, resident, result);
    if (kernel.lines == LineAxis::columns) return head.keys(stream, resident, result);
    head.scores(stream, resident, result);
  });
}

}  // namespace weft::hw
