#pragma once
// Sequences that were tokenized before: HDF5 files as the published preprocessing writes them.
#include <filesystem>
#include <vector>

#include "hw/input/token_sequences.h"

namespace weft::sw {

struct SequenceFiles {
  hw::TokenSequences sequences;
  std::int64_t masked = 0;  ///< tokens without a label
};

/// What the second row of a sample says with 0: a label that does not count, or a token that pads the sequence.
enum class MaskOf { loss, attention };

/// What files say besides.
struct SentenceRows {
  bool segments = false, next_sentences = false;
};

/// Of each file the dataset `data`, whole numbers [samples][3][length]: token ids, a mask (0 or 1), labels, -100 where
/// there is none. The files one behind the other. (Source: Model Zoo, its HDF5IterableDataset; PyTorch's ignore_index.)
/// `segments`: a file's samples may have a fourth row, of each token its segment; in files without it that is 0.
/// `next_sentences`: each file has the dataset `next_sentence_label`, [samples]: 0, the second sentence follows the
/// first, or 1 (source: Hugging Face's BertForPreTraining). Throws UsageError that names the file: no HDF5, no such
/// dataset, another shape or type, a mask that is neither, an id or a segment below 0 or beyond 32 bits, a mask of
/// attention that is 0 before a 1, or everywhere (which, where).
SequenceFiles read_sequence_files(const std::vector<std::filesystem::path>& files, int length, MaskOf mask_of,
                                  SentenceRows rows);

}  // namespace weft::sw
