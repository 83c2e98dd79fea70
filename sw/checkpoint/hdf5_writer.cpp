#include <fmt/format.h>

#include "sw/checkpoint/hdf5_file.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

void check(bool good, const std::string& what) {
  if (!good) throw SimulationError(fmt::format("checkpoint: HDF5 cannot make {} (out of memory?)", what));
}

/// No time stamps, so equal states give equal files.
Hdf5Handle timeless(hid_t property_class) {
  Hdf5Handle properties(H5Pcreate(property_class), H5Pclose);
  H5Pset_obj_track_times(properties.id(), false);
  return properties;
}

hid_t create() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  constexpr std::size_t growth = std::size_t{1} << 20;
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), creation = timeless(H5P_FILE_CREATE);
  H5Pset_fapl_core(access.id(), growth, false);
  // The default layout, HDF5's oldest: of a newer one H5Fget_file_image (1.10.8) makes a wrong checksum.
  return H5Fcreate("checkpoint in memory", H5F_ACC_TRUNC, creation.id(), access.id());
}

Hdf5Handle add(hid_t file, const std::string& name, hid_t type, hid_t space) {
  const Hdf5Handle properties = timeless(H5P_DATASET_CREATE);
  return {H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Dclose};
}

Hdf5Handle text_type(const std::string& value) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), value.size() + 1);
  return type;
}

}  // namespace

Hdf5Writer::Hdf5Writer() : file_(create(), H5Fclose) { check(static_cast<bool>(file_), "a file"); }

void Hdf5Writer::tensor(const std::string& name, const std::vector<std::int64_t>& shape, const float* values) {
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  const Hdf5Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose);
  const Hdf5Handle data = add(file_.id(), name, H5T_IEEE_F32LE, space.id());
  check(data && H5Dwrite(data.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, name);
}

void Hdf5Writer::scalar(const std::string& name, hid_t stored, hid_t type, const void* value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Handle data = add(file_.id(), name, stored, space.id());
  check(data && H5Dwrite(data.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0, name);
}

void Hdf5Writer::integer(const std::string& name, std::int64_t value) {
  scalar(name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

void Hdf5Writer::real(const std::string& name, double value) {
  scalar(name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

void Hdf5Writer::text(const std::string& name, const std::string& value) {
  const Hdf5Handle type = text_type(value);
  scalar(name, type.id(), type.id(), value.c_str());
}

void Hdf5Writer::attribute(const std::string& name, const std::string& value) {
  const Hdf5Handle type = text_type(value), space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Handle attribute(H5Acreate2(file_.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT),
                             H5Aclose);
  check(attribute && H5Awrite(attribute.id(), type.id(), value.c_str()) >= 0, "attribute " + name);
}

std::vector<std::uint8_t> Hdf5Writer::image() const {
  check(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL) >= 0, "the file");
  const ssize_t size = H5Fget_file_image(file_.id(), nullptr, 0);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size > 0 ? size : 0));
  check(size > 0 && H5Fget_file_image(file_.id(), bytes.data(), bytes.size()) == size, "the file");
  return bytes;
}

}  // namespace weft::sw
