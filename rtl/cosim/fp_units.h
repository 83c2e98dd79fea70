#pragma once
// The RTL's arithmetic, Verilated, behind plain functions. Bits in, bits out. One instance per thread.
#include <cstdint>
#include <memory>

#include "tlm/base/half.h"

namespace weft::rtl {

class FpUnits {
 public:
  explicit FpUnits(HalfFormat format = HalfFormat::fp16);
  ~FpUnits();

  std::uint32_t add(std::uint32_t a, std::uint32_t b);
  /// half x half, rounded to a half.
  std::uint16_t scale(std::uint16_t a, std::uint16_t b);
  /// half x half + fp32, rounded once.
  std::uint32_t fma(std::uint16_t a, std::uint16_t b, std::uint32_t accumulator);
  /// fp32 x fp32 + fp32, rounded once.
  std::uint32_t fma32(std::uint32_t a, std::uint32_t b, std::uint32_t accumulator);
  std::uint16_t to_half(std::uint32_t value);
  std::uint32_t widen(std::uint16_t half);

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

}  // namespace weft::rtl
