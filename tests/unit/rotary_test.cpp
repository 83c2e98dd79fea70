// Question: are rotary positions the angles that double precision says, and are the two of a pair turned by them?
#include "hw/kernels/rotary.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <random>

#include "tests/support/fp16.h"

using namespace weft;
using namespace weft::hw;

namespace {

double exact_angle(int feature, int token, const RotarySettings& settings) {
  const double place = static_cast<double>(feature % settings.head_size) / settings.head_size;
  return token % settings.length * std::pow(double{settings.base}, -place);
}

ProgramLaunch launch_of(int features, int tokens, const RotarySettings& settings) {
  ProgramLaunch launch;
  launch.block = {{1, 1}, features, tokens};
  launch.line.rotary = settings;
  launch.operands.emplace_back();
  return launch;
}

double half_value(std::uint32_t bits) { return half_to_float(static_cast<std::uint16_t>(bits)); }

}  // namespace

TEST_CASE("sine and cosine are off by no more than 1e-6 and 4e-7 of the angle, far from the first token and head") {
  const RotarySettings forms[] = {{128, 4096, 1e4F}, {64, 8192, 5e5F}, {6, 1000, 10.0F}, {2, 16, 1e4F}};
  for (const RotarySettings& settings : forms)
    for (const int first_head : {0, 40})
      for (const int first_sequence : {0, 77}) {
        double worst = 0;
        for (int feature = 0; feature < settings.head_size; feature += 2)
          for (int token = 0; token < settings.length; ++token) {
            const RotaryFactors made = machine_rotary(first_head * settings.head_size + feature,
                                                      first_sequence * settings.length + token, settings);
            const double angle = exact_angle(feature, token, settings);
            const double off = std::max(std::abs(double{made.cosine} - std::cos(angle)),
                                        std::abs(double{made.sine} - std::sin(angle)));
            worst = std::max(worst, off / (1e-6 + 4e-7 * angle));
          }
        INFO("head size " << settings.head_size << ", head " << first_head << ", sequence " << first_sequence);
        CHECK(worst <= 1);
        CHECK(worst > 0.01);
      }
}

TEST_CASE("the first token of each sequence is not turned, and what is turned back is as it was") {
  const RotarySettings settings{4, 3, 1e4F};
  ProgramLaunch launch = launch_of(8, 9, settings);
  std::mt19937 random(3);
  for (int at = 0; at < 8 * 9; ++at)
    launch.operands[0].push_back(float_to_half(static_cast<float>(random() % 2000) / 1000 - 1));
  const std::vector<std::uint32_t> turned = rotary_plain<RotaryDirection::forward>(launch);
  std::size_t moved = 0;
  for (std::size_t at = 0; at < turned.size(); ++at) {
    if (at % 9 % 3 == 0) CHECK(turned[at] == launch.operands[0][at]);
    moved += turned[at] != launch.operands[0][at];
  }
  CHECK(moved > 8 * 3);
  ProgramLaunch back = launch;
  back.operands[0] = turned;
  const std::vector<std::uint32_t> again = rotary_plain<RotaryDirection::back>(back);
  for (std::size_t at = 0; at < again.size(); ++at)
    CHECK(half_value(again[at]) == Approx(half_value(launch.operands[0][at])).margin(2e-3));
}

TEST_CASE("pairs are complex numbers that are turned: within 0.52 of the last place of their length") {
  const RotarySettings settings{8, 32, 100.0F};
  for (const bool forward : {true, false}) {
    ProgramLaunch launch = launch_of(16, 64, settings);
    std::mt19937 random(5);
    for (int at = 0; at < 16 * 64; ++at)
      launch.operands[0].push_back(float_to_half(std::ldexp(static_cast<float>(random() % 2000) / 1000 - 1, at % 9)));
    const std::vector<std::uint32_t> made =
        forward ? rotary_plain<RotaryDirection::forward>(launch) : rotary_plain<RotaryDirection::back>(launch);
    for (std::size_t feature = 0; feature < 16; feature += 2)
      for (std::size_t token = 0; token < 64; ++token) {
        const std::size_t even = feature * 64 + token, odd = even + 64;
        const double angle = exact_angle(static_cast<int>(feature), static_cast<int>(token), settings);
        const std::complex<double> x(half_value(launch.operands[0][even]), half_value(launch.operands[0][odd]));
        const std::complex<double> exact = x * std::polar(1.0, forward ? angle : -angle);
        const double place = std::ldexp(1.0, std::max(-14, std::ilogb(std::max(std::abs(x), 1e-9))) - 10);
        INFO("feature " << feature << ", token " << token);
        CHECK(std::abs(half_value(made[even]) - exact.real()) <= 0.52 * place);
        CHECK(std::abs(half_value(made[odd]) - exact.imag()) <= 0.52 * place);
      }
  }
}

TEST_CASE("features behind those that are turned stay as they are, the others have angles of their own number") {
  const RotarySettings part{8, 32, 100.0F, 4}, alone{4, 32, 100.0F};
  for (int token = 0; token < 64; ++token)
    for (const int head : {0, 3})
      for (int feature = 0; feature < 8; feature += 2) {
        const RotaryFactors made = machine_rotary(8 * head + feature, token, part);
        if (feature < 4) {
          const double angle = exact_angle(feature, token, alone);
          CHECK(made.cosine == Approx(std::cos(angle)).margin(1e-5));
          CHECK(made.sine == Approx(std::sin(angle)).margin(1e-5));
        } else {
          CHECK(made.cosine == 1);
          CHECK(std::abs(made.sine) < 1e-30);
        }
      }
  ProgramLaunch launch = launch_of(8, 64, part);
  for (int at = 0; at < 8 * 64; ++at) launch.operands[0].push_back(float_to_half(static_cast<float>(at % 97 - 48)));
  const std::vector<std::uint32_t> made = rotary_plain<RotaryDirection::forward>(launch);
  for (std::size_t at = 0; at < made.size(); ++at)
    if (at / 64 >= 4) CHECK(half_value(made[at]) == half_value(launch.operands[0][at]));
}

TEST_CASE("of grouped queries each head is turned as one alone") {
  const RotarySettings settings{4, 5, 100.0F};
  constexpr std::size_t queries = 3, features = 8, tokens = 10;
  ProgramLaunch all = launch_of(features * queries, tokens, settings), one = launch_of(features, tokens, settings);
  all.line.queries = queries;
  for (std::size_t at = 0; at < features * queries * tokens; ++at)
    all.operands[0].push_back(float_to_half(static_cast<float>(at * at % 101) / 50 - 1));
  const std::vector<std::uint32_t> made = rotary_plain<RotaryDirection::back>(all);
  for (std::size_t head = 0; head < queries; ++head) {
    const auto place = [&](std::size_t at) { return (at / tokens * queries + head) * tokens + at % tokens; };
    one.operands[0].clear();
    for (std::size_t at = 0; at < features * tokens; ++at) one.operands[0].push_back(all.operands[0][place(at)]);
    const std::vector<std::uint32_t> alone = rotary_plain<RotaryDirection::back>(one);
    for (std::size_t at = 0; at < alone.size(); ++at) CHECK(made[place(at)] == alone[at]);
  }
}

TEST_CASE("a row holds whole pairs or it does not") {
  CHECK(holds_pairs({{4, 4}, 24, 8, 3}));
  CHECK(holds_pairs({{4, 8}, 24, 8, 3}) == false);
  CHECK(holds_pairs({{4, 4}, 32, 8}));
  CHECK(holds_pairs({{4, 3}, 16, 8}) == false);  // 6, 5, 5
  CHECK(holds_pairs({{4, 32}, 32, 8}) == false);
  CHECK(holds_pairs({{4, 16}, 32, 8}));
}
