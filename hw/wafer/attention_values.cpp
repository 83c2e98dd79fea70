#include "hw/wafer/attention_values.h"

#include <algorithm>
#include <cmath>

#include "hw/fabric/dense_gemm.h"
#include "hw/fabric/dense_transpose.h"
#include "tlm/base/half.h"

namespace weft::hw {

namespace {

/// The products of one head of one sequence.
class HeadProducts {
 public:
  /// `windows`: those of the product, of grids that skip, where what they leave out may change a bit; null: it may not.
  HeadProducts(HalfFormat format, const HeadGrid& grid, const HeadGrid::Place& place, const LaunchWindows* windows)
      : format_(format),
        shape_(grid.shape()),
        place_(place),
        windows_(windows),
        keys_(grid.keys(place.rectangle)),
        count_(keys_.count()) {}

  void scores(const FeatureBlock& stream, const FeatureBlock& resident, FeatureBlock& result) {
    std::vector<float> keys = turned(stream, place_.first_feature, shape_.head_size);
    for (int key = 0; key < count_; ++key)
      std::copy_n(keys.begin() + keys_.place(key) * shape_.head_size, shape_.head_size,
                  keys.begin() + key * shape_.head_size);
    for (int head = 0; head < shape_.queries; ++head)
      chained_gemm(keys.data(), shape_.head_size, at(resident, of_head(place_.first_feature, head)), apart(resident),
                   at(result, of_head(place_.first_key, head)), apart(result), count_, shape_.length, shape_.head_size,
                   split_bounds(shape_.head_size, place_.rectangle.height), BlockOrder::descending, false, nullptr);
  }

  /// A tile's: `sums` are what it begins with, or null.
  void tile_values(const FeatureBlock& stream, const FeatureBlock& scores, const FeatureBlock* sums,
                   FeatureBlock& result, bool rounds) {
    const std::vector<int> bounds = split_bounds(shape_.length, place_.rectangle.width);
    for (int feature = 0; feature < shape_.head_size; ++feature)
      for (int head = 0; head < shape_.queries; ++head) {
        const int row = of_head(place_.first_feature + feature, head);
        float* made = at(result, row);
        if (!sums) {
          std::fill_n(made, shape_.length, 0.0F);
        } else if (sums != &result) {
          std::copy_n(at(*sums, row), shape_.length, made);
        }
        const float* of_key = at(stream, place_.first_feature + feature);
        for (int key = 0; key < count_; ++key) {
          const float* of_token = at(scores, of_head(place_.first_key + key, head));
          const float value = of_key[keys_.place(key)];
          if (windows_) {
            each_of(key, bounds, [&](int, int token) { made[token] = std::fma(value, of_token[token], made[token]); });
          } else {
            for (int token = 0; token < shape_.length; ++token)
              made[token] = std::fma(value, of_token[token], made[token]);
          }
        }
        if (rounds) round_row(made, shape_.length);
      }
  }

  void values(const FeatureBlock& stream, const FeatureBlock& scores, FeatureBlock& result) {
    if (windows_) return values_in_windows(stream, scores, result);
    for (int head = 0; head < shape_.queries; ++head)
      features({at(stream, place_.first_feature), stream.tokens},
               {at(scores, of_head(place_.first_key, head)), apart(scores)},
               at(result, of_head(place_.first_feature, head)), apart(result), {0, shape_.length},
               BlockOrder::ascending);
  }

  void keys(const FeatureBlock& scores, const FeatureBlock& resident, FeatureBlock& result) {
    if (windows_) return keys_in_windows(scores, resident, result);
    std::vector<int> bounds = split_bounds(shape_.length, place_.rectangle.width);
    if (shape_.queries == 1) {
      const std::vector<float> of_token = turned(scores, place_.first_key, count_);
      return of_keys({at(resident, place_.first_feature), resident.tokens}, of_token, bounds, result);
    }
    const int tokens = shape_.queries * shape_.length;
    const std::vector<float> of_token = by_columns(scores, place_.first_key, count_, bounds),
                             of_feature = by_columns(resident, place_.first_feature, shape_.head_size, bounds);
    std::vector<float> turned(of_token.size());
    transpose(of_token.data(), tokens, count_, tokens, turned.data());
    for (int& bound : bounds) bound *= shape_.queries;
    of_keys({of_feature.data(), tokens}, turned, bounds, result);
  }

  const HalfLosses& losses() const { return losses_; }

 private:
  void values_in_windows(const FeatureBlock& stream, const FeatureBlock& scores, FeatureBlock& result) {
    const std::vector<int> bounds = split_bounds(shape_.length, place_.rectangle.width);
    for (int feature = 0; feature < shape_.head_size; ++feature) {
      float* sums = at(result, place_.first_feature + feature);
      const float* of_key = at(stream, place_.first_feature + feature);
      std::fill_n(sums, shape_.length, 0.0F);
      for (int key = 0; key < shape_.length; ++key)
        each_of(key, bounds, [&](int, int token) {
          sums[token] = std::fma(of_key[key], at(scores, place_.first_key + key)[token], sums[token]);
        });
    }
    round_off(result.row(place_.first_feature) + place_.first_token, result.tokens);
  }
  void keys_in_windows(const FeatureBlock& scores, const FeatureBlock& resident, FeatureBlock& result) {
    const std::vector<int> bounds = split_bounds(shape_.length, place_.rectangle.width);
    std::vector<float> partial(bounds.size() - 1);
    for (int feature = 0; feature < shape_.head_size; ++feature) {
      const float* of_token = at(resident, place_.first_feature + feature);
      float* made = at(result, place_.first_feature + feature);
      for (int key = 0; key < count_; ++key) {
        std::fill(partial.begin(), partial.end(), 0.0F);
        each_of(key, bounds, [&](std::size_t column, int token) {
          partial[column] = std::fma(at(scores, place_.first_key + key)[token], of_token[token], partial[column]);
        });
        float sum = partial.back();
        for (std::size_t column = partial.size() - 1; column-- > 0;) sum += partial[column];
        made[keys_.place(key)] = sum;
        round_row(made + keys_.place(key), 1);
      }
    }
  }
  /// visit(column, token) of the tokens that a key's round has.
  template <typename Visit>
  void each_of(int key, const std::vector<int>& bounds, Visit&& visit) const {
    for (std::size_t column = 0; column + 1 < bounds.size(); ++column) {
      const TokenWindow window = windows_->at(key, static_cast<int>(column));
      for (int token = window.first; token < window.end(); ++token) visit(column, bounds[column] + token);
    }
  }
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
  /// Of the tile's keys, where they stand: a[head_size][inner] b[inner][keys].
  void of_keys(const Matrix& a, const std::vector<float>& b, const std::vector<int>& bounds, FeatureBlock& result) {
    std::vector<float> sums(static_cast<std::size_t>(shape_.head_size) * static_cast<std::size_t>(count_));
    chained_gemm(a.values, a.apart, b.data(), count_, sums.data(), count_, shape_.head_size, count_, bounds.back(),
                 bounds, BlockOrder::descending, false, nullptr);
    for (int feature = 0; feature < shape_.head_size; ++feature) {
      float* of_feature = sums.data() + static_cast<std::ptrdiff_t>(feature) * count_;
      round_row(of_feature, count_);
      for (int key = 0; key < count_; ++key)
        at(result, place_.first_feature + feature)[keys_.place(key)] = of_feature[key];
    }
  }
  /// The head's features of the result: a[head_size][inner] b[inner][length], rounded to halves; `bounds`: of inner.
  void features(const Matrix& a, const Matrix& b, float* result, int apart, const std::vector<int>& bounds,
                BlockOrder order) {
    chained_gemm(a.values, a.apart, b.values, b.apart, result, apart, shape_.head_size, shape_.length, bounds.back(),
                 bounds, order, false, nullptr);
    round_off(result, apart);
  }
  void round_off(float* result, int apart) {
    for (int feature = 0; feature < shape_.head_size; ++feature) {
      round_row(result + static_cast<std::ptrdiff_t>(feature) * apart, shape_.length);
    }
  }
  void round_row(float* row, int count) {
    losses_.add(losses_of(format_, row, static_cast<std::size_t>(count)));
    round_to_half(format_, row, row, static_cast<std::size_t>(count));
  }

  HalfFormat format_;
  const HeadShape& shape_;
  HeadGrid::Place place_;
  const LaunchWindows* windows_;
  TileKeys keys_;
  int count_;  ///< of them
  HalfLosses losses_;
};

/// Whether sums with the zeros that windows leave out are the sums without them: a sum of products that begins with +0
/// is never -0 where none is too small for fp32, and zero times a finite number is zero.
bool zeros_add_nothing(HalfFormat format, const FeatureBlock& stream, const FeatureBlock& resident) {
  const auto finite = [](const FeatureBlock& block) {
    return std::all_of(block.values.begin(), block.values.end(), [](float value) { return std::isfinite(value); });
  };
  return format != HalfFormat::bf16 && finite(stream) && finite(resident);
}

}  // namespace

HalfLosses attention_values(KernelKind kind, HalfFormat format, const HeadGrid& grid, const FeatureBlock& stream,
                            const FeatureBlock& resident, FeatureBlock& result, ThreadPool& pool,
                            const FeatureBlock* sums) {
  const Kernel& kernel = kernel_of(kind);
  // Scores outside of the windows are made as well; nobody reads them.
  // Sums of tiles that were scaled may be -0, which zeros change.
  const bool scaled = grid.shape().tiles > 0 && kernel.vectors;
  const bool by_windows =
      grid.shape().skips() && !kernel.makes_scores && (scaled || !zeros_add_nothing(format, stream, resident));
  std::vector<HalfLosses> of_place(static_cast<std::size_t>(grid.places()));
  pool.run(grid.places(), [&](int index) {
    const HeadGrid::Place place = grid.place(index);
    std::shared_ptr<const LaunchWindows> windows;
    if (by_windows) windows = grid.map(kind, place.rectangle).windows;
    HeadProducts head(format, grid, place, windows.get());
    if (kernel.vectors && grid.shape().tiles > 0)
      head.tile_values(stream, resident, sums, result, !kernel.sums_fp32);
    else if (kernel.vectors)
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
