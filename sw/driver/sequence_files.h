#pragma once
// Sequences that were tokenized before: HDF5 files as the published preprocessing writes them.
#include <filesystem>
#include <vector>

#include "hw/input/token_sequences.h"

namespace weft::sw {

struct SequenceFiles {
  hw::TokenSequences sequences;
  std::int64_t masked = 0;  ///< tokens that count nowhere
};

/// Of each file the dataset `data`, whole numbers [samples][3][length]: token ids, the mask of the loss (0 or 1),
/// labels. The files one behind the other; where the mask is 0 the label becomes -1. (Source: Model Zoo, its
/// HDF5IterableDataset.) Throws UsageError that names the file: no HDF5, no such dataset, another shape or type, a mask
/// that is neither, an id below 0 or beyond 32 bits (which, where).
SequenceFiles read_sequence_files(const std::vector<std::filesystem::path>& files, int length);

}  // namespace weft::sw
