#pragma once
// A first-in first-out queue of bounded depth; the first element allocates, no other.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft::hw {

template <typename T>
class RingQueue {
 public:
  explicit RingQueue(int depth) : depth_(static_cast<std::uint32_t>(depth)) {}

  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == depth_; }
  T& front() { return slots_[first_]; }
  const T& front() const { return slots_[first_]; }
  /// Precondition: not full.
  void push(const T& value) {
    if (slots_.empty()) slots_.resize(depth_);
    slots_[wrapped(first_ + size_++)] = value;
  }
  /// Precondition: not empty.
  void pop() {
    first_ = wrapped(first_ + 1);
    --size_;
  }

 private:
  std::uint32_t wrapped(std::uint32_t index) const { return index < depth_ ? index : index - depth_; }

  std::vector<T> slots_;
  std::uint32_t depth_, first_ = 0, size_ = 0;
};

}  // namespace weft::hw
