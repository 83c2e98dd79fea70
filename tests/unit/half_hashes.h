#pragma once
// Written by tests/judge/half_hashes.py; PyTorch 1.13.0a0
#include <cstdint>

#include "tlm/base/half.h"

namespace weft {

/// FNV-1a of the halves that 262144 fp32 numbers become, low byte first.
inline constexpr int hashed_numbers = 262144;
struct HalfHash {
  HalfFormat format;
  std::uint32_t hash;
};
inline constexpr HalfHash half_hashes[] = {
    {HalfFormat::fp16, 0x515d743a},
    {HalfFormat::bf16, 0xce4982d2},
    {HalfFormat::cb16, 0xb6532a7c},
};

}  // namespace weft
