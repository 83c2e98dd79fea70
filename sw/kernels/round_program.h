#pragma once
// The rounds of a launch as a PE's loops: each round one pass of a loop, whichever loop it is of.
#include <functional>
#include <optional>
#include <vector>

#include "sw/kernels/program_builder.h"

namespace weft::sw {

/// What a PE does in a round that it takes part in.
struct RoundBody {
  int gives = -1;                ///< its how manyth stream it sends; -1: it takes one
  int keeps = -1;                ///< its how manyth sum it keeps where it arises; -1: none
  int vector = -1;               ///< its how manyth vector it has in its memory; -1: one comes, or the same in all
  bool takes = true;             ///< the stream's wavelets, its own or others'
  bool hands_on = false;         ///< the stream's next owner is another one
  bool hands_vector_on = false;  ///< the vector's next owner is another one
  bool advances = false;         ///< the returned sums' next owner is another one

  /// Whether it can be the next pass of the same loop: what counter 0 moves on moves on by one.
  bool follows(const RoundBody& before) const;
  friend bool operator==(const RoundBody& a, const RoundBody& b);
};

/// Adds code that goes through `rounds` in order. `body` adds the instructions of the first of a run of rounds, whose
/// passes counter 0 counts; runs that repeat with one round between them are a loop of counter 1.
void add_rounds(ProgramBuilder& builder, const std::vector<RoundBody>& rounds,
                const std::function<void(const RoundBody&)>& body);

}  // namespace weft::sw
