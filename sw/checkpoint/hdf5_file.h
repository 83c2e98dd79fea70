#pragma once
// The little of HDF5 that checkpoints need, over its C library: owned handles, images of files in memory. The library
// never touches the disk: when a disk is full it cannot close its file and may crash at the end of the program.
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace weft::sw {

/// Closes an HDF5 identifier.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Hdf5Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
  }
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;
  hid_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_;
  Close close_;
};

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

/// Reads the image of a file. Throws UsageError that begins with the path on whatever is not as asked for.
class Hdf5Reader {
 public:
  /// `path` is for messages; it must not be the path of an image that is open already.
  Hdf5Reader(const std::filesystem::path& path, const std::vector<std::uint8_t>& image);
  /// Refuses if there is no such dataset (and names the nearest), or its shape or type is another.
  std::vector<float> tensor(const std::string& name, const std::vector<std::int64_t>& shape) const;
  std::int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  std::string text(const std::string& name) const;
  /// Empty if there is none.
  std::string attribute(const std::string& name) const;
  /// Of all datasets, ascending.
  std::vector<std::string> names() const;
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  Hdf5Handle open(const std::string& name) const;
  void scalar(const std::string& name, H5T_class_t type_class, hid_t type, void* value) const;
  std::filesystem::path path_;
  Hdf5Handle file_;
};

}  // namespace weft::sw
