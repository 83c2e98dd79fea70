#pragma once
// A value for each color, made when it is first written: a PE uses few of the machine's colors.
#include <cstdint>
#include <vector>

namespace weft::hw {

template <typename T>
class ByColor {
 public:
  ByColor(int colors, const T& initial) : index_(static_cast<std::size_t>(colors), none), initial_(initial) {}

  /// Until the next color is written that was not before.
  T& operator[](int color) {
    std::int8_t& index = index_[static_cast<std::size_t>(color)];
    if (index == none) {
      index = static_cast<std::int8_t>(made_.size());
      made_.push_back(initial_);
    }
    return made_[static_cast<std::size_t>(index)];
  }
  const T& operator[](int color) const {
    const std::int8_t index = index_[static_cast<std::size_t>(color)];
    return index == none ? initial_ : made_[static_cast<std::size_t>(index)];
  }
  int colors() const { return static_cast<int>(index_.size()); }

 private:
  static constexpr std::int8_t none = -1;
  std::vector<std::int8_t> index_;
  std::vector<T> made_;
  T initial_;
};

}  // namespace weft::hw
