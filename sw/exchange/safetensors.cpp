#include "sw/exchange/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>

#include "sw/exchange/mistakes.h"
#include "tlm/base/error.h"
#include "tlm/base/half.h"

namespace weft::sw {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t length_bytes = 8, longest_header = 100'000'000;

struct DType {
  const char* name;
  std::uint64_t bytes;
};
constexpr DType dtypes[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}, {"I64", 8}, {"I32", 4}, {"I16", 2},
                            {"I8", 1},  {"U8", 1},  {"BOOL", 1}, {"U16", 2}, {"U32", 4}, {"U64", 8}};

const DType* find_dtype(const std::string& name) {
  for (const DType& row : dtypes)
    if (name == row.name) return &row;
  return nullptr;
}

struct Range {
  std::uint64_t begin, end;
  std::size_t tensor;
};

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file), stream_(file, std::ios::binary) {
    if (!stream_) throw UsageError(fmt::format("{}: {}", file.string(), std::strerror(errno)));
    std::error_code unknown;
    size_ = std::filesystem::file_size(file, unknown);
    if (unknown) throw UsageError(fmt::format("{}: {}", file.string(), unknown.message()));
  }

  std::vector<SafeTensor> read() {
    const Json header = parse(read_header());
    for (const auto& [name, entry] : header.items())
      if (name != "__metadata__") add(name, entry);
    check_places();
    refuse();
    std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
    std::vector<SafeTensor> in_order;
    for (const Range& range : ranges_) {
      SafeTensor& tensor = tensors_[range.tensor];
      read_values(tensor, range);
      in_order.push_back(std::move(tensor));
    }
    return in_order;
  }

 private:
  template <typename... Values>
  void mistake(fmt::format_string<Values...> text, Values&&... values) {
    mistakes_.push_back(fmt::format(text, std::forward<Values>(values)...));
  }
  void refuse() const {
    if (!mistakes_.empty()) refuse_file(file_.string(), mistakes_);
  }

  std::string read_header() {
    std::uint64_t length = 0;
    unsigned char bytes[length_bytes] = {};
    if (size_ < length_bytes || !stream_.read(reinterpret_cast<char*>(bytes), length_bytes)) {
      mistake("{} bytes; no safetensors file, which begins with the 8 bytes of a length", size_);
      refuse();
    }
    for (std::uint64_t at = 0; at < length_bytes; ++at) length |= std::uint64_t{bytes[at]} << (8 * at);
    if (length > size_ - length_bytes || length > longest_header) {
      mistake("says that its header has {} bytes; behind the length the file has {}{}", length, size_ - length_bytes,
              length > longest_header ? fmt::format(", and a header no more than {}", longest_header) : "");
      refuse();
    }
    std::string header(length, '\0');
    stream_.read(header.data(), static_cast<std::streamsize>(length));
    data_ = length_bytes + length;
    return header;
  }

  Json parse(const std::string& text) {
    Json header;
    try {
      header = Json::parse(text);
    } catch (const Json::parse_error& error) {
      mistake("its header is no JSON: {}", error.what());
      refuse();
    }
    if (!header.is_object()) mistake("its header is no JSON object");
    refuse();
    return header;
  }

  static bool are_counts(const Json& list) {
    return list.is_array() && std::all_of(list.begin(), list.end(), [](const Json& item) {
             return item.is_number_unsigned() &&
                    item.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
           });
  }

  void add(const std::string& name, const Json& entry) {
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets"))
      return mistake("{}: has no dtype, shape and data_offsets", name);
    const Json &dtype = entry["dtype"], &shape = entry["shape"], &offsets = entry["data_offsets"];
    if (!dtype.is_string() || !find_dtype(dtype.get<std::string>())) {
      std::vector<std::string> known;
      for (const DType& row : dtypes) known.emplace_back(row.name);
      return mistake("{}: dtype {}; known: {}", name, dtype.dump(), fmt::join(known, ", "));
    }
    if (!are_counts(shape)) return mistake("{}: shape {}; must be a list of whole numbers", name, shape.dump());
    if (!are_counts(offsets) || offsets.size() != 2)
      return mistake("{}: data_offsets {}; must be two whole numbers", name, offsets.dump());
    SafeTensor tensor{name, shape.get<std::vector<std::int64_t>>(), dtype.get<std::string>(), {}};
    const auto begin = offsets[0].get<std::uint64_t>(), end = offsets[1].get<std::uint64_t>();
    const std::uint64_t there = size_ - data_;
    if (begin > end || end > there)
      return mistake("{}: data_offsets [{}, {}]; the file has {} bytes of numbers", name, begin, end, there);
    const double needed = static_cast<double>(find_dtype(tensor.dtype)->bytes) * count(tensor.shape);
    if (needed != static_cast<double>(end - begin))
      return mistake("{}: {} bytes; {} of shape [{}] are {:.0f}", name, end - begin, tensor.dtype,
                     fmt::join(tensor.shape, ", "), needed);
    ranges_.push_back({begin, end, tensors_.size()});
    tensors_.push_back(std::move(tensor));
  }

  static double count(const std::vector<std::int64_t>& shape) {
    double elements = 1;
    for (const std::int64_t extent : shape) elements *= static_cast<double>(extent);
    return elements;
  }

  /// Each behind the one before.
  void check_places() {
    std::vector<Range> sorted = ranges_;
    std::sort(sorted.begin(), sorted.end(),
              [](const Range& a, const Range& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
    std::uint64_t last = 0;
    std::string before;
    for (const Range& range : sorted) {
      const std::string& name = tensors_[range.tensor].name;
      if (range.begin < last) mistake("{}: its numbers overlap those of {}", name, before);
      if (range.begin > last && mistakes_.empty())
        mistake("{}: {} bytes before it are nobody's", name, range.begin - last);
      last = std::max(last, range.end);
      before = name;
    }
    if (mistakes_.empty() && last != size_ - data_) mistake("{} bytes at its end are nobody's", size_ - data_ - last);
  }

  void read_values(SafeTensor& tensor, const Range& range) {
    if (tensor.dtype != "F32" && tensor.dtype != "F16" && tensor.dtype != "BF16") return;
    std::vector<unsigned char> bytes(range.end - range.begin);
    stream_.seekg(static_cast<std::streamoff>(data_ + range.begin));
    if (!stream_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
      throw UsageError(fmt::format("{}: cannot be read to its end", file_.string()));
    const std::uint64_t each = find_dtype(tensor.dtype)->bytes;
    tensor.values.resize(bytes.size() / each);
    for (std::size_t at = 0; at < tensor.values.size(); ++at) {
      std::uint32_t bits = 0;
      for (std::uint64_t byte = 0; byte < each; ++byte) bits |= std::uint32_t{bytes[at * each + byte]} << (8 * byte);
      if (tensor.dtype == "F16") {
        tensor.values[at] = half_to_float(HalfFormat::fp16, static_cast<std::uint16_t>(bits));
        continue;
      }
      if (tensor.dtype == "BF16") bits <<= 16;
      std::memcpy(&tensor.values[at], &bits, sizeof bits);
    }
  }

  std::filesystem::path file_;
  std::ifstream stream_;
  std::uint64_t size_ = 0, data_ = 0;
  std::vector<SafeTensor> tensors_;
  std::vector<Range> ranges_;
  std::vector<std::string> mistakes_;
};

void put_little(std::string& bytes, std::uint64_t value, int count) {
  for (int at = 0; at < count; ++at) bytes.push_back(static_cast<char>(value >> (8 * at) & 0xff));
}

}  // namespace

std::int64_t SafeTensor::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

std::vector<SafeTensor> read_safetensors(const std::filesystem::path& file) { return Reader(file).read(); }

std::string safetensors_bytes(const std::vector<SafeTensor>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const SafeTensor& tensor : tensors) {
    const std::uint64_t end = offset + 4 * static_cast<std::uint64_t>(tensor.elements());
    header[tensor.name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + length_bytes - 1) / length_bytes * length_bytes, ' ');
  std::string bytes;
  bytes.reserve(length_bytes + text.size() + offset);
  put_little(bytes, text.size(), length_bytes);
  bytes += text;
  for (const SafeTensor& tensor : tensors)
    for (const float value : tensor.values) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      put_little(bytes, bits, 4);
    }
  return bytes;
}

bool is_safetensors(const std::filesystem::path& file) { return file.extension() == ".safetensors"; }

}  // namespace weft::sw
