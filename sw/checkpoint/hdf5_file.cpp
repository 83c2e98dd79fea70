#include "sw/checkpoint/hdf5_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

/// HDF5 prints its error stack by itself; our errors say what matters.
hid_t quietly(hid_t (*call)(const char*, unsigned, hid_t), const std::filesystem::path& path, unsigned flags) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  return call(path.c_str(), flags, H5P_DEFAULT);
}

hid_t create(const char* path, unsigned flags, hid_t access) { return H5Fcreate(path, flags, H5P_DEFAULT, access); }

/// Creation properties of a dataset: no time stamps, so equal states give equal files.
Hdf5Handle timeless() {
  Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties.id(), false);
  return properties;
}

Hdf5Handle space_of(const std::vector<std::int64_t>& shape) {
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose};
}

}  // namespace

bool Hdf5Handle::reset() {
  const bool good = id_ < 0 || close_(id_) >= 0;
  id_ = -1;
  return good;
}

Hdf5Writer::Hdf5Writer(const std::filesystem::path& path) : path_(path), file_(quietly(create, path, H5F_ACC_TRUNC), H5Fclose) {
  check(static_cast<bool>(file_), "cannot be created");
}

void Hdf5Writer::check(bool good, const std::string& what) const {
  if (!good) throw UsageError(fmt::format("checkpoint {}: {} (is the disk full, or the folder not writable?)", path_.string(), what));
}

void Hdf5Writer::tensor(const std::string& name, const std::vector<std::int64_t>& shape, const float* values) {
  const Hdf5Handle space = space_of(shape), properties = timeless();
  const Hdf5Handle data(H5Dcreate2(file_.id(), name.c_str(), H5T_IEEE_F32LE, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Dclose);
  check(data && H5Dwrite(data.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, name + " cannot be written");
}

void Hdf5Writer::scalar(const std::string& name, hid_t type, const void* value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose), properties = timeless();
  const Hdf5Handle data(H5Dcreate2(file_.id(), name.c_str(), type, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Dclose);
  check(data && H5Dwrite(data.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0, name + " cannot be written");
}

void Hdf5Writer::integer(const std::string& name, std::int64_t value) { scalar(name, H5T_NATIVE_INT64, &value); }
void Hdf5Writer::real(const std::string& name, double value) { scalar(name, H5T_NATIVE_DOUBLE, &value); }

void Hdf5Writer::attribute(const std::string& name, const std::string& value) {
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), value.size() + 1);
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Handle attribute(H5Acreate2(file_.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(attribute && H5Awrite(attribute.id(), type.id(), value.c_str()) >= 0, "attribute " + name + " cannot be written");
}

void Hdf5Writer::close() {
  check(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL) >= 0, "cannot be flushed");
  check(file_.reset(), "cannot be closed");
}

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path) : path_(path), file_(quietly(H5Fopen, path, H5F_ACC_RDONLY), H5Fclose) {
  if (!std::filesystem::exists(path)) refuse("no such file");
  if (!file_) refuse("is not a whole HDF5 file (truncated or damaged)");
}

void Hdf5Reader::refuse(const std::string& why) const { throw UsageError(fmt::format("checkpoint {}: {}", path_.string(), why)); }

std::vector<std::string> Hdf5Reader::names() const {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return 0;
  };
  if (H5Literate(file_.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names) < 0) refuse("its list of tensors is damaged");
  return names;
}

Hdf5Handle Hdf5Reader::open(const std::string& name) {
  const hid_t id = H5Dopen2(file_.id(), name.c_str(), H5P_DEFAULT);
  if (id < 0) {
    const auto known = names();
    const auto closest = nearest(name, known);
    refuse(fmt::format("has no {}{}", name, closest ? "; the nearest name in it is " + *closest : std::string()));
  }
  return {id, H5Dclose};
}

std::vector<float> Hdf5Reader::tensor(const std::string& name, const std::vector<std::int64_t>& shape) {
  const Hdf5Handle data = open(name);
  const Hdf5Handle space(H5Dget_space(data.id()), H5Sclose), type(H5Dget_type(data.id()), H5Tclose);
  std::vector<hsize_t> found(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space.id()))));
  H5Sget_simple_extent_dims(space.id(), found.data(), nullptr);
  if (!std::equal(found.begin(), found.end(), shape.begin(), shape.end(), [](hsize_t a, std::int64_t b) { return a == static_cast<hsize_t>(b); }))
    refuse(fmt::format("{} has shape [{}], the model needs [{}]", name, fmt::join(found, ", "), fmt::join(shape, ", ")));
  if (H5Tget_class(type.id()) != H5T_FLOAT || H5Tget_size(type.id()) != 4) refuse(name + " is not fp32");
  std::size_t count = 1;
  for (std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  std::vector<float> values(count);
  if (H5Dread(data.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) refuse(name + " cannot be read (truncated or damaged)");
  return values;
}

void Hdf5Reader::scalar(const std::string& name, H5T_class_t type_class, hid_t type, void* value) {
  const Hdf5Handle data = open(name);
  const Hdf5Handle space(H5Dget_space(data.id()), H5Sclose), stored(H5Dget_type(data.id()), H5Tclose);
  if (H5Sget_simple_extent_npoints(space.id()) != 1 || H5Tget_class(stored.id()) != type_class) refuse(name + " is not one number of the right kind");
  if (H5Dread(data.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0) refuse(name + " cannot be read (truncated or damaged)");
}

std::int64_t Hdf5Reader::integer(const std::string& name) {
  std::int64_t value = 0;
  scalar(name, H5T_INTEGER, H5T_NATIVE_INT64, &value);
  return value;
}

double Hdf5Reader::real(const std::string& name) {
  double value = 0;
  scalar(name, H5T_FLOAT, H5T_NATIVE_DOUBLE, &value);
  return value;
}

std::string Hdf5Reader::attribute(const std::string& name) {
  if (H5Aexists(file_.id(), name.c_str()) <= 0) return {};
  const Hdf5Handle attribute(H5Aopen(file_.id(), name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute) return {};
  const Hdf5Handle type(H5Aget_type(attribute.id()), H5Tclose);
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) > 0) return {};
  std::string value(H5Tget_size(type.id()), '\0');
  if (H5Aread(attribute.id(), type.id(), value.data()) < 0) return {};
  return value.substr(0, value.find('\0'));
}

}  // namespace weft::sw
