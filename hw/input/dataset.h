#pragma once
// Labelled samples in memory, decoded and normalised.
#include <cstdint>
#include <filesystem>
#include <vector>

namespace weft::hw {

struct Dataset {
  int features = 0;
  std::vector<std::uint16_t> samples;  ///< [size][features], fp16 bits
  std::vector<std::int32_t> labels;    ///< [size]

  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
  const std::uint16_t* sample(std::int64_t index) const { return samples.data() + index * features; }
};

/// Pixel p of 0 to 255 becomes fp16((p / 255 - mean) / std), computed in fp32.
struct Normalisation {
  double mean = 0, std = 1;
};

enum class MnistPart { train, test };

/// Reads <folder>/train-images-idx3-ubyte and train-labels-idx1-ubyte, or the t10k- pair; the dot spelling
/// (train-images.idx3-ubyte) is found too. Throws UsageError: see read_idx; counts of images and labels that differ;
/// a label that is not below `classes`; images that do not have `features` pixels.
Dataset load_mnist(const std::filesystem::path& folder, MnistPart part, int features, int classes,
                   Normalisation normalisation);

}  // namespace weft::hw
