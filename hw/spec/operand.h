#pragma once
// What a launch reads and writes, by the part that it plays in the kernel, and the wafer's tensors that stand for it.
#include <array>
#include <cstddef>
#include <string>

namespace weft::hw {

enum class Operand {
  // of a stream kernel
  resident,  ///< the vectors of its products, each PE's own
  stream,    ///< the scalars, where a line owns them; else they come from the edge
  result,    ///< the sums, where they return or stay
  // of a line kernel
  values,  ///< [features][tokens]
  kept,    ///< what an operation read, for its derivative
  deltas,
  labels,        ///< [tokens], 16 bits each; none = 0xffff
  gain,          ///< of a norm, [features]
  shift,         ///< what is then added, the same
  addend,        ///< what an addition adds to the values
  score_deltas,  ///< of attention, beside the deltas of what the softmax makes of the scores
  linear,        ///< what a gated activation multiplies with that of its values
  ids,           ///< [tokens], 16 bits each, of one of a token's ids; none = 0xffff
  // of attention in tiles of keys
  sums,         ///< [features][tokens] in fp32: what tiles add up
  greatest,     ///< of each token and head, as what follows: the greatest score so far
  total,        ///< the sum of the powers so far
  factor,       ///< what the sums of the tiles before are multiplied with
  share,        ///< 1 / total
  output_sums,  ///< the sum over features of output and its delta
};

/// Of a norm's parameters, which are rounds of their stream.
constexpr Operand vector_of_round(int round) { return round == 0 ? Operand::gain : Operand::shift; }

/// A tensor of elements in the PEs, [features][tokens].
struct WaferTensor {
  std::string name;
  int features = 0;
  int layer = -1;          ///< whose launch makes it; none: the samples
  bool fp32 = false;       ///< as a launch's sums are; else they are rounded to fp16
  bool vector = false;     ///< [features] alone, the same in every column
  bool scores = false;     ///< of attention: [heads][keys][tokens], a head's keys over its rows; in tiles those of one
  bool one_below = false;  ///< the constant one of a bias stands behind its features, in the last row that holds any
  bool ids = false;        ///< whole numbers of 16 bits, all of them in every row
  bool of_heads = false;   ///< of attention: [heads][tokens] in fp32, in the first row of each head

  /// In the rectangles of heads, where its features are no block over the lane's rows.
  bool lies_by_heads() const { return scores || of_heads; }
};

/// Which tensor each operand of a launch is: a place in Job::tensors.
class OperandTensors {
 public:
  OperandTensors() { places_.fill(-1); }

  OperandTensors& set(Operand operand, int tensor) {
    places_[static_cast<std::size_t>(operand)] = tensor;
    return *this;
  }
  /// Below 0: none.
  int of(Operand operand) const { return places_[static_cast<std::size_t>(operand)]; }
  /// visit(place) of those that the launch has.
  template <typename Visit>
  void each(Visit&& visit) const {
    for (const int place : places_)
      if (place >= 0) visit(place);
  }

 private:
  std::array<int, static_cast<std::size_t>(Operand::output_sums) + 1> places_;
};

}  // namespace weft::hw
