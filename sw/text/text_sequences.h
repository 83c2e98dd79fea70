#pragma once
// A row of token ids as the sequences of a training and of an evaluation.
#include "hw/input/token_sequences.h"
#include "sw/text/text_files.h"
#include "sw/text/tokenizer.h"

namespace weft::sw {

/// The texts one behind the other; each is followed by the tokenizer's end_of_text(), if it has one.
TokenIds row_of(const std::vector<TextFile>& texts, const Tokenizer& tokenizer);

/// How many sequences a row of `tokens` ids holds: each of `length` tokens, the next token of the last of them there.
std::int64_t whole_sequences(std::int64_t tokens, int length);

/// Of so many those at the end that are an evaluation's: their share, rounded, and one at least unless the share is 0.
std::int64_t held_out_sequences(std::int64_t sequences, double share);

/// Sequences `first` to `last` - 1: sequence i has the tokens row[i L] to row[i L + L - 1], each labelled with the one
/// behind it in the row. Precondition: they are whole.
hw::TokenSequences sequences_of(const TokenIds& row, int length, std::int64_t first, std::int64_t last);

/// The same, each token labelled with itself; what the last of the text has behind it is not needed, but counted.
hw::TokenSequences masked_sequences_of(const TokenIds& row, int length, std::int64_t first, std::int64_t last);

}  // namespace weft::sw
