#pragma once
// A PE's memory as its instructions see it: 16-bit words; an fp32 takes two, low half first, at an even address. Words
// behind the last one that was ever written other than 0 take no memory of the host.
#include <cstdint>
#include <utility>
#include <vector>

#include "hw/spec/machine.h"

namespace weft::hw {

class Sram {
 public:
  Sram() = default;  ///< of no words
  explicit Sram(Bytes bytes) : size_(static_cast<std::size_t>(bytes / 2)) {}
  /// Of these words.
  explicit Sram(std::vector<std::uint16_t> words) : size_(words.size()), words_(std::move(words)) {}

  /// Words.
  std::size_t size() const { return size_; }
  /// Throws SimulationError outside the memory.
  std::uint16_t read16(std::int64_t address) const {
    if (const auto at = static_cast<std::size_t>(address); at < words_.size()) return words_[at];
    check(address);
    return 0;
  }
  std::uint32_t read32(std::int64_t address) const {
    return static_cast<std::uint32_t>(read16(address + 1)) << 16 | read16(address);
  }
  void write16(std::int64_t address, std::uint16_t value) {
    if (const auto at = static_cast<std::size_t>(address); at < words_.size()) {
      words_[at] = value;
    } else {
      write_behind(address, value);
    }
  }
  void write32(std::int64_t address, std::uint32_t value) {
    write16(address, static_cast<std::uint16_t>(value));
    write16(address + 1, static_cast<std::uint16_t>(value >> 16));
  }
  /// As read16.
  std::uint16_t operator[](std::size_t address) const { return read16(static_cast<std::int64_t>(address)); }

  friend bool operator==(const Sram& a, const Sram& b);

 private:
  void check(std::int64_t address) const;
  void write_behind(std::int64_t address, std::uint16_t value);

  std::size_t size_ = 0;
  std::vector<std::uint16_t> words_;  ///< the first ones; the others are 0
};

}  // namespace weft::hw
