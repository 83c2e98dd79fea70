#include "hw/input/dataset.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "hw/input/idx_file.h"
#include "tlm/base/error.h"
#include "tlm/base/fp16.h"

namespace weft::hw {

namespace {

std::filesystem::path find(const std::filesystem::path& folder, const std::string& stem, const std::string& suffix) {
  const std::filesystem::path dashed = folder / (stem + "-" + suffix), dotted = folder / (stem + "." + suffix);
  return !std::filesystem::exists(dashed) && std::filesystem::exists(dotted) ? dotted : dashed;
}

}  // namespace

Dataset load_mnist(const std::filesystem::path& folder, MnistPart part, int features, int classes,
                   Normalisation normalisation) {
  const std::string prefix = part == MnistPart::train ? "train" : "t10k";
  const std::filesystem::path image_path = find(folder, prefix + "-images", "idx3-ubyte");
  const std::filesystem::path label_path = find(folder, prefix + "-labels", "idx1-ubyte");
  const IdxFile images = read_idx(image_path, 3), labels = read_idx(label_path, 1);
  if (images.dimensions[0] != labels.dimensions[0])
    throw UsageError(fmt::format("{}: {} labels for the {} images of {}", label_path.string(), labels.dimensions[0],
                                 images.dimensions[0], image_path.string()));
  if (std::int64_t{images.dimensions[1]} * images.dimensions[2] != features)
    throw UsageError(fmt::format("{}: images of {} x {} pixels, the model's model.input_features is {}",
                                 image_path.string(), images.dimensions[1], images.dimensions[2], features));
  Dataset data;
  data.features = features;
  for (std::size_t index = 0; index < labels.bytes.size(); ++index) {
    if (labels.bytes[index] >= classes)
      throw UsageError(fmt::format("{}: label {} of sample {}; the model's classes are 0 to {}", label_path.string(),
                                   labels.bytes[index], index, classes - 1));
    data.labels.push_back(labels.bytes[index]);
  }
  std::array<std::uint16_t, 256> table;
  for (std::size_t pixel = 0; pixel < table.size(); ++pixel)
    table[pixel] = float_to_half((static_cast<float>(pixel) / 255.0F - static_cast<float>(normalisation.mean)) /
                                 static_cast<float>(normalisation.std));
  data.samples.reserve(images.bytes.size());
  for (const std::uint8_t pixel : images.bytes) data.samples.push_back(table[pixel]);
  return data;
}

}  // namespace weft::hw
