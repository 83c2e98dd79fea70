#pragma once
// Rotary positions: of each head, features 2 i and 2 i + 1 of a token are turned by the angle p base^(-2 i / head
// size), p the token's place in its sequence; backwards the deltas are turned back, so nothing need be kept. See
// line_kernels.h.
//
// The features that are turned together are neighbours (GPT-J's order) and lie in one PE where each row holds an even
// number of them. Llama's checkpoints on Hugging Face pair i with i + head size / 2: the same model, with the rows of
// its query and key weights in another order, as the published conversions of its weights permute them.
//
// Of grouped queries a head's features are `queries` apart, in the rows and in a PE (head_grid.h). Where fewer features
// than a head's are turned the others are turned by nothing, in the same time.
//
// Angles are made where they are used, as halves of turns: what is left of a turn is exact but for the frequency's own
// error. Sine and cosine are those of the half angle, |x| <= pi/2, so no quadrant has to be told.
#include "hw/kernels/line_program.h"

namespace weft::hw {

enum class RotaryDirection { forward, back };

struct RotaryFactors {
  float cosine, sine;
};

/// The kernels' own arithmetic. `feature` is an even one, counted as `token` over the whole lane; both below 2^22. Off
/// by no more than 1e-6 + 4e-7 x the angle, as fp32 tables of frequencies are; 1 and 0 at position 0, and where
/// the feature is not turned within 1e-30.
RotaryFactors machine_rotary(int feature, int token, const RotarySettings& settings);

/// In place. Precondition of the values: the PE has an even number of features, and its first one is even.
template <RotaryDirection direction>
LineProgram rotary_program(const LinePe& pe, const LineSettings& settings);
template <RotaryDirection direction>
std::vector<std::uint32_t> rotary_plain(const ProgramLaunch& launch);

/// Whether each row of the block holds whole pairs, of each head of grouped queries.
bool holds_pairs(const BlockMap& block);

}  // namespace weft::hw
