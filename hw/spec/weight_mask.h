#pragma once
// Which weights of a layer are kept; the others are zero for ever: never streamed, never multiplied, never updated.
// A pure value, the same for every block of a cluster. The bias is always kept and no part of it.
#include <cstdint>
#include <vector>

namespace weft::hw {

/// Of W[outputs][inputs], one bit a weight.
class WeightMask {
 public:
  /// Each weight is zero with probability `sparsity` (0 to 1); which ones depends on `key` and their place alone.
  static WeightMask random(int outputs, int inputs, double sparsity, std::uint64_t key);
  /// Keeps what is not zero in `weights` [outputs][inputs].
  static WeightMask nonzero(int outputs, int inputs, const std::vector<float>& weights);

  int outputs() const { return outputs_; }
  int inputs() const { return inputs_; }
  bool kept(int output, int input) const { return (row(output)[input / 64] >> (input % 64) & 1) != 0; }
  /// Kept weights of an output's inputs [first, last).
  int count(int output, int first, int last) const;
  /// Calls visit(input) for the kept ones of an output's inputs [first, last), rising.
  template <typename Visit>
  void for_each(int output, int first, int last, Visit&& visit) const {
    for (int word = first / 64; word * 64 < last; ++word)
      for (std::uint64_t bits = masked(output, word, first, last); bits != 0; bits &= bits - 1)
        visit(word * 64 + __builtin_ctzll(bits));
  }

  /// Kept weights of the outputs before each, [outputs + 1]; of the inputs before each, [inputs + 1].
  const std::vector<std::int64_t>& before_output() const { return before_output_; }
  const std::vector<std::int64_t>& before_input() const { return before_input_; }
  std::int64_t kept() const { return before_output_.back(); }
  double density() const { return static_cast<double>(kept()) / outputs_ / inputs_; }
  bool operator==(const WeightMask& other) const {
    return outputs_ == other.outputs_ && inputs_ == other.inputs_ && bits_ == other.bits_;
  }

 private:
  WeightMask(int outputs, int inputs)
      : outputs_(outputs),
        inputs_(inputs),
        words_((static_cast<std::size_t>(inputs) + 63) / 64),
        bits_(words_ * static_cast<std::size_t>(outputs), 0) {}
  /// `keeps`(index of the weight).
  template <typename Keeps>
  void fill(Keeps&& keeps);
  const std::uint64_t* row(int output) const { return bits_.data() + words_ * static_cast<std::size_t>(output); }
  /// The bits of a word whose inputs lie in [first, last).
  std::uint64_t masked(int output, int word, int first, int last) const {
    std::uint64_t bits = row(output)[word];
    if (word * 64 < first) bits &= ~std::uint64_t{0} << (first - word * 64);
    if (last - word * 64 < 64) bits &= ~(~std::uint64_t{0} << (last - word * 64));
    return bits;
  }

  int outputs_, inputs_;
  std::size_t words_;  ///< of an output
  std::vector<std::uint64_t> bits_;
  std::vector<std::int64_t> before_output_, before_input_;
};

}  // namespace weft::hw
