#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sw/checkpoint/hdf5_file.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

hid_t open_image(const std::filesystem::path& path, const std::vector<std::uint8_t>& image) {
  // HDF5 prints its error stack by itself; our errors say what matters.
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  if (image.empty()) return H5I_INVALID_HID;
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.id(), image.size(), false);
  // HDF5 copies the image; it does not write to the original.
  H5Pset_file_image(access.id(), const_cast<std::uint8_t*>(image.data()), image.size());
  // The name tells open images apart and must not be that of a file.
  return H5Fopen((path.string() + " in memory").c_str(), H5F_ACC_RDONLY, access.id());
}

}  // namespace

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path, const std::vector<std::uint8_t>& image)
    : path_(path), file_(open_image(path, image), H5Fclose) {
  if (!file_) refuse("is not an HDF5 file, or a damaged one");
}

void Hdf5Reader::refuse(const std::string& why) const {
  throw UsageError(fmt::format("checkpoint {}: {}", path_.string(), why));
}

std::vector<std::string> Hdf5Reader::names() const {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return 0;
  };
  if (H5Literate(file_.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names) < 0)
    refuse("its list of tensors is damaged");
  return names;
}

Hdf5Handle Hdf5Reader::open(const std::string& name) const {
  Hdf5Handle data(H5Dopen2(file_.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!data) {
    const auto closest = nearest(name, names());
    refuse(fmt::format("has no {}{}", name, closest ? "; nearest: " + *closest : std::string()));
  }
  return data;
}

std::vector<float> Hdf5Reader::tensor(const std::string& name, const std::vector<std::int64_t>& shape) const {
  const Hdf5Handle data = open(name);
  const Hdf5Handle space(H5Dget_space(data.id()), H5Sclose), type(H5Dget_type(data.id()), H5Tclose);
  const int rank = H5Sget_simple_extent_ndims(space.id());
  std::vector<hsize_t> found(static_cast<std::size_t>(std::max(0, rank)));
  if (rank > 0) H5Sget_simple_extent_dims(space.id(), found.data(), nullptr);
  const std::vector<hsize_t> needed(shape.begin(), shape.end());
  if (found != needed)
    refuse(
        fmt::format("{} has shape [{}], the model needs [{}]", name, fmt::join(found, ", "), fmt::join(needed, ", ")));
  if (H5Tget_class(type.id()) != H5T_FLOAT || H5Tget_size(type.id()) != sizeof(float))
    refuse(name + " does not hold fp32 numbers");
  std::size_t count = 1;
  for (const hsize_t size : needed) count *= size;
  std::vector<float> values(count);
  if (H5Dread(data.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    refuse(name + " cannot be read");
  return values;
}

void Hdf5Reader::scalar(const std::string& name, H5T_class_t type_class, hid_t type, void* value) const {
  const Hdf5Handle data = open(name);
  const Hdf5Handle space(H5Dget_space(data.id()), H5Sclose), stored(H5Dget_type(data.id()), H5Tclose);
  if (H5Sget_simple_extent_npoints(space.id()) != 1 || H5Tget_class(stored.id()) != type_class ||
      H5Tget_size(stored.id()) > 8)
    refuse(fmt::format("{} is not one {}", name, type_class == H5T_INTEGER ? "integer" : "floating-point number"));
  if (H5Dread(data.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0) refuse(name + " cannot be read");
}

std::int64_t Hdf5Reader::integer(const std::string& name) const {
  std::int64_t value = 0;
  scalar(name, H5T_INTEGER, H5T_NATIVE_INT64, &value);
  return value;
}

double Hdf5Reader::real(const std::string& name) const {
  double value = 0;
  scalar(name, H5T_FLOAT, H5T_NATIVE_DOUBLE, &value);
  return value;
}

std::string Hdf5Reader::text(const std::string& name) const {
  constexpr std::size_t most = std::size_t{1} << 24;  // of a damaged file's sizes none is to be believed
  const Hdf5Handle data = open(name);
  const Hdf5Handle space(H5Dget_space(data.id()), H5Sclose), type(H5Dget_type(data.id()), H5Tclose);
  if (H5Sget_simple_extent_npoints(space.id()) != 1 || H5Tget_class(type.id()) != H5T_STRING ||
      H5Tis_variable_str(type.id()) > 0 || H5Tget_size(type.id()) > most)
    refuse(name + " is not one text");
  std::string value(H5Tget_size(type.id()), '\0');
  if (H5Dread(data.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()) < 0) refuse(name + " cannot be read");
  return value.substr(0, value.find('\0'));
}

std::string Hdf5Reader::attribute(const std::string& name) const {
  if (H5Aexists(file_.id(), name.c_str()) <= 0) return {};
  const Hdf5Handle attribute(H5Aopen(file_.id(), name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute) return {};
  const Hdf5Handle type(H5Aget_type(attribute.id()), H5Tclose);
  if (H5Tget_class(type.id()) != H5T_STRING) return {};
  if (H5Tis_variable_str(type.id()) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute.id(), type.id(), &text) < 0 || text == nullptr) return {};
    std::string value(text);
    H5free_memory(text);
    return value;
  }
  std::string value(H5Tget_size(type.id()), '\0');
  if (H5Aread(attribute.id(), type.id(), value.data()) < 0) return {};
  return value.substr(0, value.find('\0'));
}

}  // namespace weft::sw
