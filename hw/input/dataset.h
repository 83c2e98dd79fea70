#pragma once
// Labelled samples in memory, decoded and normalised.
#include <cstdint>
#include <vector>

#include "hw/input/data_files.h"
#include "tlm/base/half.h"

namespace weft::hw {

struct Dataset {
  int features = 0;
  std::vector<std::uint16_t> samples;  ///< [size][features], halves
  std::vector<std::int32_t> labels;    ///< [size]

  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
  const std::uint16_t* sample(std::int64_t index) const { return samples.data() + index * features; }
};

/// Pixel p of 0 to 255 becomes half((p / 255 - mean) / std), computed in fp32.
struct Normalisation {
  double mean = 0, std = 1;
};

/// How pictures become samples.
struct DatasetForm {
  int features = 0, classes = 0;
  Normalisation normalisation;
  HalfFormat format = HalfFormat::fp16;
  bool transpose = false;  ///< turns each picture over its diagonal: EMNIST's stand in columns
};

/// Reads the pair of IDX files that find_data_files() found. Pictures are [samples][rows][columns], with a dimension of
/// one between or rows and columns in one; their elements unsigned bytes, or whole numbers of 0 to 255 in another type.
/// Labels are whole numbers of any type: [samples], [samples][1], or QMNIST's table [samples][8], whose first column is
/// the class (source: QMNIST's description of its files).
/// Throws UsageError: see read_idx; counts of pictures and labels that differ; a label that is not 0 to `classes` - 1
/// (says how many classes the file has); a pixel outside 0 to 255; pictures that do not have `features` pixels.
Dataset load_dataset(const DataFiles& files, const DatasetForm& form);

}  // namespace weft::hw
