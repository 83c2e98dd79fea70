#include "sw/checkpoint/hdf5_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tlm/base/error.h"

namespace weft::sw {

namespace {

// Of the sizes that a damaged file states none is to be believed.
constexpr std::size_t most_text_bytes = std::size_t{1} << 24;
constexpr std::size_t most_items = 100'000;

[[noreturn]] void refuse(const std::string& why) { throw UsageError(why); }

hid_t open_image(const std::vector<std::uint8_t>& image) {
  // HDF5 prints its error stack by itself; our errors say what matters.
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  if (image.empty()) return H5I_INVALID_HID;
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.id(), image.size(), false);
  // HDF5 copies the image; it does not write to the original.
  H5Pset_file_image(access.id(), const_cast<std::uint8_t*>(image.data()), image.size());
  return H5Fopen("checkpoint in memory", H5F_ACC_RDONLY, access.id());
}

std::string float_name(hid_t type) {
  std::size_t sign = 0, exponent_at = 0, exponent = 0, mantissa_at = 0, mantissa = 0;
  H5Tget_fields(type, &sign, &exponent_at, &exponent, &mantissa_at, &mantissa);
  const std::size_t bytes = H5Tget_size(type);
  if (bytes == 8 && exponent == 11) return "fp64";
  if (bytes == 4 && exponent == 8) return "fp32";
  if (bytes == 2 && exponent == 5) return "fp16";
  if (bytes == 2 && exponent == 8) return "bf16";
  return fmt::format("floating-point numbers of {} bytes", bytes);
}

void describe(hid_t data, Hdf5Item& item) {
  const Hdf5Handle space(H5Dget_space(data), H5Sclose), type(H5Dget_type(data), H5Tclose);
  const int rank = H5Sget_simple_extent_ndims(space.id());
  std::vector<hsize_t> sizes(static_cast<std::size_t>(std::max(0, rank)));
  if (rank > 0) H5Sget_simple_extent_dims(space.id(), sizes.data(), nullptr);
  for (const hsize_t size : sizes) item.shape.push_back(static_cast<std::int64_t>(std::min<hsize_t>(size, INT64_MAX)));
  const H5T_class_t type_class = H5Tget_class(type.id());
  if (H5Sget_simple_extent_type(space.id()) == H5S_NULL) {
    item.type = "nothing";
  } else if (type_class == H5T_FLOAT) {
    item.kind = Hdf5Item::Kind::real;
    item.type = float_name(type.id());
  } else if (type_class == H5T_INTEGER) {
    item.kind = Hdf5Item::Kind::integer;
    item.type = fmt::format("{}int{}", H5Tget_sign(type.id()) == H5T_SGN_NONE ? "u" : "", 8 * H5Tget_size(type.id()));
  } else if (type_class == H5T_STRING) {
    item.kind = Hdf5Item::Kind::text;
    item.type = "text";
  } else {
    item.type = "no numbers";
  }
}

/// What keeps the library from reading a dataset that it can open; its own errors do not say.
void require_readable(hid_t data, const std::string& path) {
  const Hdf5Handle properties(H5Dget_create_plist(data), H5Pclose);
  if (H5Pget_layout(properties.id()) == H5D_VIRTUAL || H5Pget_external_count(properties.id()) > 0)
    refuse(path + " keeps its values in another file; copy it into one (h5repack)");
  for (int filter = 0; filter < H5Pget_nfilters(properties.id()); ++filter) {
    unsigned flags = 0;
    std::size_t values = 0;
    char name[64] = "";
    const H5Z_filter_t id = H5Pget_filter2(properties.id(), static_cast<unsigned>(filter), &flags, &values, nullptr,
                                           sizeof name - 1, name, nullptr);
    if (id >= 0 && H5Zfilter_avail(id) <= 0)
      refuse(
          fmt::format("{} is packed by filter {} ({}), which HDF5 does not have here; write it with gzip or unpacked "
                      "(h5repack -f GZIP=1)",
                      path, id, name));
  }
}

}  // namespace

std::string Hdf5Item::name() const {
  std::string name = path;
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

std::uint64_t Hdf5Item::count() const {
  constexpr std::uint64_t most = std::uint64_t{1} << 62;
  std::uint64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size != 0 && count > most / static_cast<std::uint64_t>(size)) return most;
    count *= static_cast<std::uint64_t>(size);
  }
  return count;
}

namespace {

/// Of the containers in which weights are found elsewhere.
std::string known_as(const std::vector<std::uint8_t>& image) {
  const auto begins = [&image](std::size_t at, std::initializer_list<int> bytes) {
    return image.size() >= at + bytes.size() &&
           std::equal(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(at));
  };
  std::string name;
  if (begins(0, {'P', 'K', 3, 4})) name = "a zip archive, such as torch.save and numpy.savez write";
  if (begins(0, {0x1f, 0x8b})) name = "compressed by gzip";
  if (begins(0, {0x80}) && image.size() > 1 && image[1] <= 5) name = "a Python pickle";
  if (begins(8, {'{', '"'})) name = "of safetensors";
  return name.empty() ? "" : ": it is " + name + "; write its tensors to HDF5, each under its name";
}

}  // namespace

Hdf5Image::Hdf5Image(const std::vector<std::uint8_t>& image) : file_(open_image(image), H5Fclose) {
  if (!file_) refuse("is not an HDF5 file, or a damaged one" + known_as(image));
}

std::vector<Hdf5Item> Hdf5Image::items() const {
  std::vector<Hdf5Item> items;
  const auto add = [](hid_t group, const char* path, const H5L_info_t* link, void* to) -> herr_t {
    auto& found = *static_cast<std::vector<Hdf5Item>*>(to);
    if (link->type == H5L_TYPE_EXTERNAL || found.size() >= most_items) return 0;
    const Hdf5Handle object(H5Oopen(group, path, H5P_DEFAULT), H5Oclose);
    if (!object || H5Iget_type(object.id()) != H5I_DATASET) return 0;
    found.push_back({path, Hdf5Item::Kind::other, {}, {}});
    describe(object.id(), found.back());
    return 0;
  };
  if (H5Lvisit(file_.id(), H5_INDEX_NAME, H5_ITER_INC, add, &items) < 0) refuse("its list of tensors is damaged");
  return items;
}

Hdf5Handle Hdf5Image::open(const std::string& path) const {
  Hdf5Handle data(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT), H5Dclose);
  if (!data) refuse(path + " cannot be opened");
  require_readable(data.id(), path);
  return data;
}

std::vector<float> Hdf5Image::values(const std::string& path) const {
  const Hdf5Handle data = open(path);
  const Hdf5Handle space(H5Dget_space(data.id()), H5Sclose), type(H5Dget_type(data.id()), H5Tclose);
  if (H5Tget_class(type.id()) != H5T_FLOAT) refuse(path + " does not hold floating-point numbers");
  const auto count = static_cast<std::size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space.id())));
  std::vector<float> values(count);
  const bool wide = H5Tget_size(type.id()) > sizeof(float);
  std::vector<double> doubles(wide ? count : 0);
  void* to = wide ? static_cast<void*>(doubles.data()) : values.data();
  const hid_t as = wide ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
  if (H5Dread(data.id(), as, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) < 0)
    refuse(path + " cannot be read: its data are damaged");
  for (std::size_t index = 0; index < doubles.size(); ++index) {
    values[index] = static_cast<float>(doubles[index]);
    if (std::isfinite(doubles[index]) && !std::isfinite(values[index]))
      refuse(fmt::format("{}: element {} is {}, beyond fp32", path, index, doubles[index]));
  }
  return values;
}

std::vector<std::int64_t> Hdf5Image::integers(const std::string& path) const {
  const Hdf5Handle data = open(path);
  const Hdf5Handle space(H5Dget_space(data.id()), H5Sclose), type(H5Dget_type(data.id()), H5Tclose);
  if (H5Tget_class(type.id()) != H5T_INTEGER) refuse(path + " does not hold whole numbers");
  std::vector<std::int64_t> values(
      static_cast<std::size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space.id()))));
  if (H5Dread(data.id(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    refuse(path + " cannot be read: its data are damaged");
  return values;
}

void Hdf5Image::scalar(const std::string& path, H5T_class_t type_class, hid_t type, void* value) const {
  const Hdf5Handle data = open(path);
  const Hdf5Handle space(H5Dget_space(data.id()), H5Sclose), stored(H5Dget_type(data.id()), H5Tclose);
  if (H5Sget_simple_extent_npoints(space.id()) != 1 || H5Tget_class(stored.id()) != type_class ||
      H5Tget_size(stored.id()) > 8)
    refuse(fmt::format("{} is not one {}", path, type_class == H5T_INTEGER ? "integer" : "floating-point number"));
  if (H5Dread(data.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0) refuse(path + " cannot be read");
}

std::int64_t Hdf5Image::integer(const std::string& path) const {
  std::int64_t value = 0;
  scalar(path, H5T_INTEGER, H5T_NATIVE_INT64, &value);
  return value;
}

double Hdf5Image::real(const std::string& path) const {
  double value = 0;
  scalar(path, H5T_FLOAT, H5T_NATIVE_DOUBLE, &value);
  return value;
}

namespace {

/// The text that `read` puts into a buffer of the given memory type.
template <class Read>
std::string read_text(hid_t type, const Read& read) {
  if (H5Tget_class(type) != H5T_STRING) return {};
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    if (read(&text) < 0 || text == nullptr) return {};
    std::string value(text);
    H5free_memory(text);
    return value;
  }
  if (H5Tget_size(type) > most_text_bytes) return {};
  std::string value(H5Tget_size(type), '\0');
  if (read(value.data()) < 0) return {};
  return value.substr(0, value.find('\0'));
}

}  // namespace

std::string Hdf5Image::text(const std::string& path) const {
  const Hdf5Handle data = open(path);
  const Hdf5Handle space(H5Dget_space(data.id()), H5Sclose), type(H5Dget_type(data.id()), H5Tclose);
  if (H5Sget_simple_extent_npoints(space.id()) != 1 || H5Tget_class(type.id()) != H5T_STRING)
    refuse(path + " is not one text");
  return read_text(type.id(),
                   [&](void* to) { return H5Dread(data.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, to); });
}

std::string Hdf5Image::attribute(const std::string& name) const {
  if (H5Aexists(file_.id(), name.c_str()) <= 0) return {};
  const Hdf5Handle attribute(H5Aopen(file_.id(), name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute) return {};
  const Hdf5Handle type(H5Aget_type(attribute.id()), H5Tclose), space(H5Aget_space(attribute.id()), H5Sclose);
  if (H5Sget_simple_extent_npoints(space.id()) != 1) return {};
  return read_text(type.id(), [&](void* to) { return H5Aread(attribute.id(), type.id(), to); });
}

}  // namespace weft::sw
