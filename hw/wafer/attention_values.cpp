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

  void scores(const FeatureBlock& stream, const FeatureBlock& resident, FeatureBlock& result) {
    const std::vector<float> keys = turned(stream, place_.first_feature, shape_.head_size);
    for (int head = 0; head < shape_.queries; ++head)
      chained_gemm(keys.data(), shape_.head_size, at(resident, of_head(place_.first_feature, head)), apart(resident),
                   at(result, of_head(place_.first_key, head)), apart(result), shape_.length, shape_.length,
                   shape_.head_size, split_bounds(shape_.head_size, place_.rectangle.height), BlockOrder::descending,
                   false, nullptr);
  }

  void values(const FeatureBlock& stream, const FeatureBlock& scores, FeatureBlock& result) {
    for (int head = 0; head < shape_.queries; ++head)
      features({at(stream, place_.first_feature), stream.tokens},
               {at(scores, of_head(place_.first_key, head)), apart(scores)},
               at(result, of_head(place_.first_feature, head)), apart(result), {0, shape_.length},
               BlockOrder::ascending);
  }

  void keys(const FeatureBlock& scores, const FeatureBlock& resident, FeatureBlock& result) {
    std::vector<int> bounds = split_bounds(shape_.length, place_.rectangle.width);
    float* sums = at(result, place_.first_feature);
    if (shape_.queries == 1) {
      const std::vector<float> of_token = turned(scores, place_.first_key, shape_.length);
      return features({at(resident, place_.first_feature), resident.tokens}, {of_token.data(), shape_.length}, sums,
                      result.tokens, bounds, BlockOrder::descending);
    }
    const int tokens = shape_.queries * shape_.length;
    const std::vector<float> of_token = by_columns(scores, place_.first_key, shape_.length, bounds),
                             of_feature = by_columns(resident, place_.first_feature, shape_.head_size, bounds);
    std::vector<float> turned(of_token.size());
    transpose(of_token.data(), tokens, shape_.length, tokens, turned.data());
    for (int& bound : bounds) bound *= shape_.queries;
    features({of_feature.data(), tokens}, {turned.data(), shape_.length}, sums, result.tokens, bounds,
             BlockOrder::descending);
  }

  const HalfLosses& losses() const { return losses_; }

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
  /// Of grouped queries: the row of one of the heads, and how far the next feature's or key's of it is.
  int of_head(int first, int head) const { return first * shape_.queries + head; }
  int apart(const FeatureBlock& block) const { return block.tokens * shape_.queries; }
  /// [rows][tokens of all heads], a column's of each head one behind the other; `bounds`: of the columns.
  std::vector<float> by_columns(const FeatureBlock& block, int first, int rows, const std::vector<int>& bounds) const {
    std::vector<float> all;
    for (int row = 0; row < rows; ++row)
      for (std::size_t column = 0; column + 1 < bounds.size(); ++column)
        for (int head = 0; head < shape_.queries; ++head) {
          const float* values = at(block, of_head(first + row, head));
          all.insert(all.end(), values + bounds[column], values + bounds[column + 1]);
        }
    return all;
  }
  struct Matrix {
    const float* values;
    int apart;
  };
  /// The head's features of the result: a[head_size][inner] b[inner][length], rounded to halves; `bounds`: of inner.
  void features(const Matrix& a, const Matrix& b, float* result, int apart, const std::vector<int>& bounds,
                BlockOrder order) {
    chained_gemm(a.values, a.apart, b.values, b.apart, result, apart, shape_.head_size, shape_.length, bounds.back(),
                 bounds, order, false, nullptr);
    for (int feature = 0; feature < shape_.head_size; ++feature) {
      float* row = result + static_cast<std::ptrdiff_t>(feature) * apart;
      losses_.add(losses_of(format_, row, static_cast<std::size_t>(shape_.length)));
      round_to_half(format_, row, row, static_cast<std::size_t>(shape_.length));
    }
  }

  HalfFormat format_;
  const HeadShape& shape_;
  HeadGrid::Place place_;
  HalfLosses losses_;
};

}  // namespace

HalfLosses attention_values(KernelKind kind, HalfFormat format, const HeadGrid& grid, const FeatureBlock& stream,
                            const FeatureBlock& resident, FeatureBlock& result, ThreadPool& pool) {
  const Kernel& kernel = kernel_of(kind);
  std::vector<HalfLosses> of_place(static_cast<std::size_t>(grid.places()));
  pool.run(grid.places(), [&](int index) {
    HeadProducts head(format, grid.shape(), grid.place(index));
    if (kernel.vectors)
      head.values(stream, resident, result);
    else if (kernel.lines == LineAxis::columns)
      head.keys(stream, resident, result);
    else
      head.scores(stream, resident, result);
    of_place[static_cast<std::size_t>(index)] = head.losses();
  });
  HalfLosses losses;
  for (const HalfLosses& one : of_place) losses.add(one);
  return losses;
}

}  // namespace weft::hw
