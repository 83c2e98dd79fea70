#pragma once
// What a block carries: bytes, or, in a run that only times, how many bytes there would be.
#include <cstdint>
#include <memory>
#include <vector>

namespace weft::proto {

class PayloadBytes {
 public:
  /// `size` bytes, all zero.
  explicit PayloadBytes(std::size_t size) : size_(size), bytes_(size) {}
  explicit PayloadBytes(std::vector<std::uint8_t> bytes) : size_(bytes.size()), bytes_(std::move(bytes)) {}
  template <typename Iterator>
  PayloadBytes(Iterator first, Iterator last) : PayloadBytes(std::vector<std::uint8_t>(first, last)) {}

  /// The size without the bytes: links and buffers see no difference.
  static std::shared_ptr<const PayloadBytes> only_size(std::size_t size) {
    auto payload = std::make_shared<PayloadBytes>(std::size_t{0});
    payload->size_ = size;
    return payload;
  }

  std::size_t size() const { return size_; }
  bool has_bytes() const { return bytes_.size() == size_; }
  /// Precondition: has_bytes().
  const std::uint8_t* data() const { return bytes_.data(); }
  std::uint8_t* data() { return bytes_.data(); }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::size_t size_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace weft::proto
