#pragma once
// SplitMix64's output function (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014, with
// Stafford's variant 13 constants): numbers that depend on their place only, the same on every platform.
#include <cstdint>

namespace weft {

inline constexpr std::uint64_t split_mix_gamma = 0x9e3779b97f4a7c15ULL;

constexpr std::uint64_t split_mix(std::uint64_t state) {
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9ULL;
  state = (state ^ (state >> 27)) * 0x94d049bb133111ebULL;
  return state ^ (state >> 31);
}

/// The high half of a 128-bit product maps 64 random bits on 0 to bound - 1.
constexpr std::uint64_t split_mix_below(std::uint64_t random, std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(random) * bound >> 64);
}

}  // namespace weft
