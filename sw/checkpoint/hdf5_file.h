#pragma once
// The little of HDF5 that checkpoints need, over its C library: owned handles, images of files in memory. The library
// never touches the disk: when a disk is full it cannot close its file and may crash at the end of the program.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sw/checkpoint/hdf5_child.h"
#include "sw/checkpoint/hdf5_image.h"

namespace weft::sw {

/// Makes the image of a file. The same calls make the same bytes. Throws SimulationError when HDF5 refuses.
class Hdf5Writer {
 public:
  Hdf5Writer();
  /// fp32, little-endian; `values` has as many elements as the shape says, row-major.
  void tensor(const std::string& name, const std::vector<std::int64_t>& shape, const float* values);
  void integer(const std::string& name, std::int64_t value);
  void real(const std::string& name, double value);
  void text(const std::string& name, const std::string& value);
  /// Of the root; less than 64 KiB.
  void attribute(const std::string& name, const std::string& value);
  std::vector<std::uint8_t> image() const;

 private:
  void scalar(const std::string& name, hid_t stored, hid_t type, const void* value);
  Hdf5Handle file_;
};

/// Reads the image of a file, in a process of its own (hdf5_child.h). A dataset is known by its name, in which groups
/// are joined by dots: model/fc1/weight is model.fc1.weight. Throws UsageError that begins with the path on whatever is
/// not as asked for.
class Hdf5Reader {
 public:
  /// Refuses what is truncated, damaged, or no HDF5 file. `path` and `what` are for messages.
  Hdf5Reader(const std::filesystem::path& path, const std::vector<std::uint8_t>& image,
             const std::string& what = "checkpoint");
  /// Refuses if there is no such dataset (and names the nearest), or its shape or type is another. Floating-point
  /// numbers of any format are read as fp32.
  std::vector<float> tensor(const std::string& name, const std::vector<std::int64_t>& shape) const;
  /// All whole numbers of a dataset, 2^31 at most; its shape is that of its item.
  std::vector<std::int64_t> integers(const std::string& name) const;
  std::int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  std::string text(const std::string& name) const;
  /// Empty if there is none.
  std::string attribute(const std::string& name) const;
  /// Of all datasets, ascending.
  std::vector<std::string> names() const;
  const std::vector<Hdf5Item>& items() const { return items_; }
  /// Null if there is none.
  const Hdf5Item* find(const std::string& name) const;
  /// Adds to `errors` what keeps tensor(name, shape) from being read, as far as it shows without its values.
  void check(const std::string& name, const std::vector<std::int64_t>& shape, std::vector<std::string>& errors) const;
  [[noreturn]] void refuse(const std::string& why) const;
  /// Does nothing if there are none; else all of them in one error, at most 20.
  void refuse(const std::vector<std::string>& errors, const std::string& advice = "") const;

 private:
  std::string missing(const std::string& name) const;
  const Hdf5Item& item(const std::string& name) const;
  std::vector<std::uint8_t> ask(Hdf5Child::Question question, const std::string& subject, std::uint64_t bytes) const;
  std::filesystem::path path_;
  std::string what_;
  std::unique_ptr<Hdf5Child> child_;
  std::vector<Hdf5Item> items_;
};

}  // namespace weft::sw
