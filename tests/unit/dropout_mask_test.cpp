// Question: is dropout's mask as random as its use needs: the wanted share, neighbours and launches independent?
#include <catch2/catch.hpp>

#include "hw/pe/special_functions.h"
#include "tlm/base/split_mix.h"

using namespace weft;
using namespace weft::hw;

TEST_CASE("the share that is dropped, and no relation between neighbours or keys") {
  constexpr std::uint32_t features = 256, samples = 512;
  constexpr double elements = features * samples;
  for (std::uint64_t launch = 0; launch < 8; ++launch) {
    const std::uint64_t key = split_mix(launch), other = split_mix(launch + 1);
    for (const double probability : {0.1, 0.5, 0.9}) {
      const std::uint32_t threshold = dropout_threshold(probability);
      const auto drops = [&](std::uint64_t of, std::uint32_t feature, std::uint32_t sample) {
        return dropout_bits(of, feature, sample) < threshold;
      };
      // Of attention's probabilities a head's keys, and a sequence's tokens, are so much further on.
      constexpr std::uint32_t length = 128;
      int single = 0, feature_pairs = 0, sample_pairs = 0, key_pairs = 0, head_pairs = 0, sequence_pairs = 0;
      for (std::uint32_t feature = 0; feature < features; ++feature) {
        for (std::uint32_t sample = 0; sample < samples; ++sample) {
          if (!drops(key, feature, sample)) continue;
          ++single;
          feature_pairs += drops(key, feature + 1, sample);
          sample_pairs += drops(key, feature, sample + 1);
          key_pairs += drops(other, feature, sample);
          head_pairs += drops(key, feature + length, sample);
          sequence_pairs += drops(key, feature, sample + length);
        }
      }
      CAPTURE(launch, probability);
      const double deviations = 5 * std::sqrt(probability * (1 - probability) / elements);
      CHECK(single / elements == Approx(probability).margin(deviations));
      for (const int pairs : {feature_pairs, sample_pairs, key_pairs, head_pairs, sequence_pairs})
        CHECK(pairs / elements == Approx(probability * probability).margin(2 * deviations));
    }
  }
}

TEST_CASE("the threshold and the scale of a probability") {
  CHECK(dropout_threshold(0) == 0);
  CHECK(dropout_threshold(0.5) == 0x80000000);
  CHECK(dropout_threshold(1 - std::ldexp(1.0, -32)) == 0xffffffff);
  CHECK(dropout_scale(HalfFormat::fp16, 0) == 1);
  CHECK(dropout_scale(HalfFormat::fp16, 0.5) == 2);
  CHECK(dropout_scale(HalfFormat::fp16, 0.9) == round_to_half(HalfFormat::fp16, 10));
}
