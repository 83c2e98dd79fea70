#include "hw/input/dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "hw/input/idx_file.h"
#include "tlm/base/error.h"
#include "tlm/base/half.h"

namespace weft::hw {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw UsageError(fmt::format("{}: {}", path.string(), why));
}

/// QMNIST's labels: class, NIST series, writer, sample, NIST class, place, duplicate, number.
constexpr int qmnist_columns = 8;

std::vector<std::int32_t> read_labels(const std::filesystem::path& path, const IdxFile& file, int classes) {
  const int columns = file.dimensions.size() > 1 ? file.dimensions[1] : 1;
  if (columns != 1 && columns != qmnist_columns)
    refuse(path, fmt::format("labels of {} x {}; expected one a sample, or QMNIST's {} columns", file.dimensions[0],
                             columns, qmnist_columns));
  std::vector<std::int32_t> labels;
  labels.reserve(static_cast<std::size_t>(file.dimensions[0]));
  double largest = 0;
  std::size_t outside = 0;
  bool all_inside = true;
  for (std::size_t sample = 0; sample < static_cast<std::size_t>(file.dimensions[0]); ++sample) {
    const double label = file.number(sample * static_cast<std::size_t>(columns));
    if (!(label >= 0) || label != std::floor(label) || label > std::numeric_limits<std::int32_t>::max())
      refuse(path, fmt::format("label {} of sample {} is no whole number from 0 on", label, sample));
    if (label >= classes && all_inside) {
      outside = sample;
      all_inside = false;
    }
    largest = std::max(largest, label);
    labels.push_back(static_cast<std::int32_t>(label));
  }
  if (!all_inside)
    refuse(path, fmt::format("label {} of sample {}; the model's classes are 0 to {}, this file's go to {}: set "
                             "model.num_classes to {} or more",
                             labels[outside], outside, classes - 1, largest, static_cast<std::int64_t>(largest) + 1));
  return labels;
}

/// Pixel values of 0 to 255 in any type as bytes.
std::vector<std::uint8_t> pixels_of(const std::filesystem::path& path, IdxFile file) {
  if (file.type == IdxType::unsigned_byte) return std::move(file.bytes);
  if (file.type == IdxType::float32 || file.type == IdxType::float64)
    refuse(path, "pixels are floating-point numbers, and nothing says what is white; expected whole numbers, 0 to 255");
  std::size_t count = 1;
  for (const int length : file.dimensions) count *= static_cast<std::size_t>(length);
  std::vector<std::uint8_t> pixels(count);
  for (std::size_t index = 0; index < count; ++index) {
    const double value = file.number(index);
    if (value < 0 || value > 255) refuse(path, fmt::format("pixel {} is {}; allowed are 0 to 255", index, value));
    pixels[index] = static_cast<std::uint8_t>(value);
  }
  return pixels;
}

void transpose_pictures(const std::filesystem::path& path, const std::vector<int>& dimensions,
                        std::vector<std::uint8_t>& pixels) {
  if (dimensions.size() < 3) refuse(path, "pictures without rows and columns cannot be transposed");
  const auto columns = static_cast<std::size_t>(dimensions.back());
  const auto rows = static_cast<std::size_t>(*(dimensions.end() - 2));
  std::vector<std::uint8_t> picture(rows * columns);
  for (std::size_t first = 0; first < pixels.size(); first += picture.size()) {
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t column = 0; column < columns; ++column)
        picture[column * rows + row] = pixels[first + row * columns + column];
    std::copy(picture.begin(), picture.end(), pixels.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

}  // namespace

Dataset load_dataset(const DataFiles& files, const DatasetForm& form) {
  IdxFile images = read_idx(files.images, {2, 4});
  const IdxFile labels = read_idx(files.labels, {1, 2});
  const std::vector<int> dimensions = images.dimensions;
  if (dimensions[0] != labels.dimensions[0])
    refuse(files.labels, fmt::format("{} labels for the {} images of {}", labels.dimensions[0], dimensions[0],
                                     files.images.string()));
  const std::vector<int> picture(dimensions.begin() + 1, dimensions.end());
  std::int64_t features = 1;
  for (const int length : picture) features *= length;
  if (features != form.features)
    refuse(files.images, fmt::format("images of {} pixels, the model's model.input_features is {}",
                                     fmt::join(picture, " x "), form.features));
  Dataset data;
  data.features = form.features;
  data.labels = read_labels(files.labels, labels, form.classes);
  std::vector<std::uint8_t> pixels = pixels_of(files.images, std::move(images));
  if (form.transpose) transpose_pictures(files.images, dimensions, pixels);
  std::array<std::uint16_t, 256> table;
  for (std::size_t pixel = 0; pixel < table.size(); ++pixel)
    table[pixel] =
        float_to_half(form.format, (static_cast<float>(pixel) / 255.0F - static_cast<float>(form.normalisation.mean)) /
                                       static_cast<float>(form.normalisation.std));
  data.samples.reserve(pixels.size());
  for (const std::uint8_t pixel : pixels) data.samples.push_back(table[pixel]);
  return data;
}

}  // namespace weft::hw
