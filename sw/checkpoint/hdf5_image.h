#pragma once
// An HDF5 file in memory, read by HDF5's library in this process. The library does not withstand every damaged file:
// read through Hdf5Reader, which has a process of its own do it.
#include <cstdint>
#include <string>
#include <vector>

#include "sw/checkpoint/hdf5_handle.h"

namespace weft::sw {

/// What a file says about one of its datasets.
struct Hdf5Item {
  enum class Kind : std::uint8_t { real, integer, text, other };
  std::string path;  ///< in the file: "model/fc1/weight"
  Kind kind = Kind::other;
  std::string type;                 ///< for messages: "fp16", "int64", "no numbers"
  std::vector<std::int64_t> shape;  ///< empty: one value

  /// Groups joined by dots: "model.fc1.weight".
  std::string name() const;
  /// At most 2^62.
  std::uint64_t count() const;
};

/// Every error is a UsageError without the file's name.
class Hdf5Image {
 public:
  explicit Hdf5Image(const std::vector<std::uint8_t>& image);
  /// Of all datasets in all groups, ascending by path. Links into other files are not followed.
  std::vector<Hdf5Item> items() const;
  /// Floating-point numbers of any format as fp32, rounded to nearest; refuses what is beyond fp32 and finite.
  std::vector<float> values(const std::string& path) const;
  /// Whole numbers of any format.
  std::vector<std::int64_t> integers(const std::string& path) const;
  std::int64_t integer(const std::string& path) const;
  double real(const std::string& path) const;
  std::string text(const std::string& path) const;
  /// Of the root; empty if there is none, or it is no text.
  std::string attribute(const std::string& name) const;

 private:
  Hdf5Handle open(const std::string& path) const;
  void scalar(const std::string& path, H5T_class_t type_class, hid_t type, void* value) const;
  Hdf5Handle file_;
};

}  // namespace weft::sw
