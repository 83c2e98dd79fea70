#pragma once
// A first-in first-out queue of bounded depth without allocation after construction.
#include <cstddef>
#include <vector>

namespace weft::hw {

template <typename T>
class RingQueue {
 public:
  explicit RingQueue(int depth) : slots_(static_cast<std::size_t>(depth)) {}

  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == slots_.size(); }
  T& front() { return slots_[first_]; }
  const T& front() const { return slots_[first_]; }
  /// Precondition: not full.
  void push(const T& value) { slots_[wrapped(first_ + size_++)] = value; }
  /// Precondition: not empty.
  void pop() {
    first_ = wrapped(first_ + 1);
    --size_;
  }

 private:
  std::size_t wrapped(std::size_t index) const { return index < slots_.size() ? index : index - slots_.size(); }

  std::vector<T> slots_;
  std::size_t first_ = 0, size_ = 0;
};

}  // namespace weft::hw
