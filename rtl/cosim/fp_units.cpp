#include "rtl/cosim/fp_units.h"

#include "Vfp_units.h"

namespace weft::rtl {

struct FpUnits::Model {
  Vfp_units top;
};

FpUnits::FpUnits(HalfFormat format) : model_(std::make_unique<Model>()) {
  model_->top.exponent_bits_i = static_cast<std::uint8_t>(format);
}
FpUnits::~FpUnits() = default;

std::uint32_t FpUnits::add(std::uint32_t a, std::uint32_t b) {
  model_->top.a_i = a;
  model_->top.b_i = b;
  model_->top.eval();
  return model_->top.sum_o;
}

std::uint16_t FpUnits::scale(std::uint16_t a, std::uint16_t b) {
  model_->top.half_a_i = a;
  model_->top.half_b_i = b;
  model_->top.eval();
  return model_->top.scaled_o;
}

std::uint32_t FpUnits::fma(std::uint16_t a, std::uint16_t b, std::uint32_t accumulator) {
  model_->top.a_i = accumulator;
  model_->top.half_a_i = a;
  model_->top.half_b_i = b;
  model_->top.eval();
  return model_->top.fma_o;
}

std::uint32_t FpUnits::fma32(std::uint32_t a, std::uint32_t b, std::uint32_t accumulator) {
  model_->top.a_i = a;
  model_->top.b_i = b;
  model_->top.c_i = accumulator;
  model_->top.eval();
  return model_->top.fma32_o;
}

std::uint32_t FpUnits::widen(std::uint16_t half) {
  model_->top.half_a_i = half;
  model_->top.eval();
  return model_->top.word_o;
}

std::uint16_t FpUnits::to_half(std::uint32_t value) {
  model_->top.a_i = value;
  model_->top.eval();
  return model_->top.half_o;
}

}  // namespace weft::rtl
