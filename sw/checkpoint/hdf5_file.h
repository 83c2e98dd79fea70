#pragma once
// The little of HDF5 that checkpoints need, over its C library: owned handles, and errors as UsageError with the path.
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
  ~Hdf5Handle() { reset(); }
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;
  hid_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  /// Closes now; false if closing failed.
  bool reset();

 private:
  hid_t id_;
  Close close_;
};

class Hdf5Writer {
 public:
  /// Creates or truncates. Every function throws UsageError with the path on failure.
  explicit Hdf5Writer(const std::filesystem::path& path);
  void tensor(const std::string& name, const std::vector<std::int64_t>& shape, const float* values);
  void integer(const std::string& name, std::int64_t value);
  void real(const std::string& name, double value);
  void attribute(const std::string& name, const std::string& value);
  /// Flushes and closes.
  void close();

 private:
  void check(bool good, const std::string& what) const;
  void scalar(const std::string& name, hid_t type, const void* value);
  std::filesystem::path path_;
  Hdf5Handle file_;
};

class Hdf5Reader {
 public:
  explicit Hdf5Reader(const std::filesystem::path& path);
  /// Throws UsageError if there is no such dataset (and names the nearest), or its shape or type is another.
  std::vector<float> tensor(const std::string& name, const std::vector<std::int64_t>& shape);
  std::int64_t integer(const std::string& name);
  double real(const std::string& name);
  /// Empty if there is none.
  std::string attribute(const std::string& name);
  std::vector<std::string> names() const;

 private:
  [[noreturn]] void refuse(const std::string& why) const;
  Hdf5Handle open(const std::string& name);
  void scalar(const std::string& name, H5T_class_t type_class, hid_t type, void* value);
  std::filesystem::path path_;
  Hdf5Handle file_;
};

}  // namespace weft::sw
