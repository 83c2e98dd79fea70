#pragma once
// A PE's memory as its instructions see it: 16-bit words; an fp32 takes two, low half first, at an even address.
#include <cstdint>
#include <vector>

#include "hw/spec/machine.h"

namespace weft::hw {

class Sram {
 public:
  explicit Sram(Bytes bytes) : words_(static_cast<std::size_t>(bytes / 2)) {}

  /// Throws SimulationError outside the memory.
  std::uint16_t read16(std::int64_t address) const { return words_[check(address)]; }
  std::uint32_t read32(std::int64_t address) const {
    return static_cast<std::uint32_t>(read16(address + 1)) << 16 | read16(address);
  }
  void write16(std::int64_t address, std::uint16_t value) { words_[check(address)] = value; }
  void write32(std::int64_t address, std::uint32_t value) {
    write16(address, static_cast<std::uint16_t>(value));
    write16(address + 1, static_cast<std::uint16_t>(value >> 16));
  }
  const std::vector<std::uint16_t>& words() const { return words_; }

 private:
  std::size_t check(std::int64_t address) const {
    if (address < 0 || address >= static_cast<std::int64_t>(words_.size())) refuse(address);
    return static_cast<std::size_t>(address);
  }
  [[noreturn]] void refuse(std::int64_t address) const;

  std::vector<std::uint16_t> words_;
};

}  // namespace weft::hw
