#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "sw/checkpoint/hdf5_extent.h"
#include "sw/checkpoint/hdf5_file.h"
#include "sw/checkpoint/item_list.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

using Question = Hdf5Child::Question;

constexpr std::uint64_t most_answer_bytes = std::uint64_t{1} << 25;
constexpr std::uint64_t most_integers = std::uint64_t{1} << 31;

/// Why an item is not a tensor of this shape; empty if it is one.
std::string misfit(const Hdf5Item& item, const std::vector<std::int64_t>& shape) {
  if (item.shape == shape && item.kind != Hdf5Item::Kind::real)
    return fmt::format("{} holds {}, expected floating-point numbers", item.name(), item.type);
  if (item.shape == shape) return {};
  const std::vector<std::int64_t> turned(item.shape.rbegin(), item.shape.rend());
  return fmt::format("{} has shape [{}], the model needs [{}]{}", item.name(), fmt::join(item.shape, ", "),
                     fmt::join(shape, ", "),
                     turned == shape ? " (outputs, inputs): it is transposed; write its transpose" : "");
}

}  // namespace

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path, const std::vector<std::uint8_t>& image,
                       const std::string& what)
    : path_(path), what_(what) {
  const std::optional<Hdf5Extent> extent = hdf5_extent(image);
  if (extent && extent->end > image.size())
    refuse(fmt::format("is truncated: {} bytes, its header says {}", image.size(), extent->end));
  child_ = std::make_unique<Hdf5Child>(image);
  const std::vector<std::uint8_t> list = ask(Question::items, "", most_answer_bytes);
  try {
    items_ = unpacked_items(list);
  } catch (const UsageError& error) {
    refuse(error.what());
  }
}

std::vector<std::uint8_t> Hdf5Reader::ask(Question question, const std::string& subject, std::uint64_t bytes) const {
  try {
    return child_->ask(question, subject, bytes);
  } catch (const UsageError& error) {
    refuse(error.what());
  }
}

void Hdf5Reader::refuse(const std::string& why) const {
  throw UsageError(fmt::format("{} {}: {}", what_, path_.string(), why));
}

std::vector<std::string> Hdf5Reader::names() const {
  std::vector<std::string> names;
  for (const Hdf5Item& item : items_) names.push_back(item.name());
  std::sort(names.begin(), names.end());
  return names;
}

const Hdf5Item* Hdf5Reader::find(const std::string& name) const {
  const auto item =
      std::find_if(items_.begin(), items_.end(), [&name](const Hdf5Item& known) { return known.name() == name; });
  return item == items_.end() ? nullptr : &*item;
}

std::string Hdf5Reader::missing(const std::string& name) const {
  const auto closest = nearest(name, names());
  return fmt::format("has no {}{}", name, closest ? "; nearest: " + *closest : std::string());
}

const Hdf5Item& Hdf5Reader::item(const std::string& name) const {
  if (const Hdf5Item* found = find(name)) return *found;
  refuse(missing(name));
}

void Hdf5Reader::check(const std::string& name, const std::vector<std::int64_t>& shape,
                       std::vector<std::string>& errors) const {
  const Hdf5Item* found = find(name);
  if (!found)
    errors.push_back(missing(name));
  else if (const std::string why = misfit(*found, shape); !why.empty())
    errors.push_back(why);
}

void Hdf5Reader::refuse(const std::vector<std::string>& errors, const std::string& advice) const {
  if (errors.empty()) return;
  constexpr std::size_t most = 20;
  const std::string last = advice.empty() ? "" : "\n" + advice;
  if (errors.size() == 1) refuse(errors.front() + last);
  const std::vector<std::string> shown(errors.begin(),
                                       errors.begin() + static_cast<std::ptrdiff_t>(std::min(most, errors.size())));
  refuse(fmt::format("{} tensors do not fit:\n  {}{}{}", errors.size(), fmt::join(shown, "\n  "),
                     errors.size() > most ? fmt::format("\n  and {} more", errors.size() - most) : "", last));
}

std::vector<float> Hdf5Reader::tensor(const std::string& name, const std::vector<std::int64_t>& shape) const {
  const Hdf5Item& found = item(name);
  if (const std::string why = misfit(found, shape); !why.empty()) refuse(why);
  std::vector<float> values(found.count());
  const std::vector<std::uint8_t> bytes = ask(Question::values, found.path, values.size() * sizeof(float));
  if (bytes.size() != values.size() * sizeof(float)) refuse(name + " cannot be read: its data are damaged");
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<std::int64_t> Hdf5Reader::integers(const std::string& name) const {
  const Hdf5Item& found = item(name);
  if (found.count() > most_integers) refuse(fmt::format("{} holds more than {} numbers", name, most_integers));
  std::vector<std::int64_t> values(found.count());
  const std::vector<std::uint8_t> bytes = ask(Question::integers, found.path, values.size() * sizeof(std::int64_t));
  if (bytes.size() != values.size() * sizeof(std::int64_t)) refuse(name + " cannot be read: its data are damaged");
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::int64_t Hdf5Reader::integer(const std::string& name) const {
  std::int64_t value = 0;
  const std::vector<std::uint8_t> bytes = ask(Question::integer, item(name).path, sizeof value);
  if (bytes.size() != sizeof value) refuse(name + " cannot be read");
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

double Hdf5Reader::real(const std::string& name) const {
  double value = 0;
  const std::vector<std::uint8_t> bytes = ask(Question::real, item(name).path, sizeof value);
  if (bytes.size() != sizeof value) refuse(name + " cannot be read");
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string Hdf5Reader::text(const std::string& name) const {
  const std::vector<std::uint8_t> bytes = ask(Question::text, item(name).path, most_answer_bytes);
  return {bytes.begin(), bytes.end()};
}

std::string Hdf5Reader::attribute(const std::string& name) const {
  const std::vector<std::uint8_t> bytes = ask(Question::attribute, name, most_answer_bytes);
  return {bytes.begin(), bytes.end()};
}

}  // namespace weft::sw
