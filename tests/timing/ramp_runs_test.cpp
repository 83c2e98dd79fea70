// Question: does a stream's wavelet cross the ramp in the first cycle that the sums leave free, and not a cycle later?
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "hw/fabric/ramp_runs.h"
#include "hw/fabric/ramp_spans.h"

using namespace weft::hw;

TEST_CASE("at the gate: before, at both ends of, and behind a run") {
  RampRuns runs;
  const std::int32_t times[] = {50, 60};
  runs.begin(9, 0, 2, times);
  runs.extend(0, 2);
  CHECK(runs.first_free(0, 49) == 49);
  CHECK(runs.first_free(0, 50) == 53);
  CHECK(runs.first_free(0, 52) == 53);
  CHECK(runs.first_free(0, 53) == 53);
  std::int32_t wavelet[] = {52, 59};
  CHECK(runs.move_past(wavelet, 0, 2));
  CHECK(wavelet[0] == 53);
  CHECK(wavelet[1] == 59);
  CHECK_FALSE(runs.move_past(wavelet, 0, 2));
}

TEST_CASE("spans of positions that have sums of their own end behind the last sum of all") {
  RampSpans spans(3);
  spans.add(0, 50);
  spans.add(2, 51);
  spans.add(2, 52);
  CHECK(spans.end() == 53);
  for (const int position : {0, 1, 2}) CHECK(spans.first_free(position, spans.end()) == spans.end());
  CHECK(spans.first_free(0, 50) == 51);
  CHECK(spans.first_free(2, 51) == 53);
  CHECK(spans.first_free(2, spans.end() - 1) == 53);
  CHECK(spans.later(4).end() == 57);
  CHECK(spans.later(4).first_free(2, 56) == 57);
}

TEST_CASE("steps of a steady wavelet that stay clear of all runs") {
  RampRuns runs;
  const std::int32_t times[] = {50, 60};
  runs.begin(9, 0, 2, times);
  for (const std::int32_t now : {29, 30, 31}) {
    const std::int32_t wavelet[] = {now, now};
    CHECK(runs.clear_steps(wavelet, 0, 2, 10) == (now == 29 ? 2 : 1));
  }
  const std::int32_t behind[] = {51, 61};
  CHECK(runs.clear_steps(behind, 0, 2, 10) > 1'000'000);
}

TEST_CASE("positions that another line has found to differ still do") {
  RampRuns runs;
  const std::int32_t times[] = {50, 61, 62, 65};
  runs.begin(9, 0, 4, times);
  std::vector<std::int32_t> differs{0, 1, 1, 0};
  runs.compare_positions(1, differs);
  CHECK(differs[1] != 0);
  CHECK(differs[2] != 0);
  CHECK(differs[3] != 0);
}

TEST_CASE("runs are forgotten when no wavelet can meet them") {
  RampRuns runs;
  const std::int32_t times[] = {50}, later[] = {70};
  runs.begin(4, 0, 1, times);
  runs.begin(5, 0, 1, later);
  runs.forget_before(4);
  CHECK(runs.first_free(0, 50) == 51);
  runs.forget_before(5);
  CHECK(runs.first_free(0, 50) == 50);
  CHECK(runs.first_free(0, 70) == 71);
  runs.forget_before(6);
  CHECK(runs.empty());
}

TEST_CASE("random runs against a set of cycles") {
  std::mt19937 random(4);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  for (int trial = 0; trial < 200; ++trial) {
    const int positions = any(1, 40);
    std::vector<std::set<std::int32_t>> taken(static_cast<std::size_t>(positions));
    RampRuns runs;
    for (int run = any(1, 5), time = 0; run > 0; --run) {
      std::vector<std::int32_t> times;
      const int length = any(1, 6);
      for (auto& cycles : taken) {
        times.push_back(std::max<std::int32_t>(time + any(0, 4), cycles.empty() ? 0 : *cycles.rbegin() + 1));
        for (int element = 0; element < length; ++element) cycles.insert(times.back() + element);
      }
      runs.begin(run, 0, positions, times.data());
      if (length > 1) runs.extend(0, length - 1);
      time += 8;
    }
    std::vector<std::int32_t> wavelet, expected;
    for (const auto& cycles : taken) {
      wavelet.push_back(any(0, 40));
      std::int32_t free = wavelet.back();
      while (cycles.count(free) > 0) ++free;
      expected.push_back(free);
    }
    for (int p = 0; p < positions; ++p)
      CHECK(runs.first_free(p, wavelet[static_cast<std::size_t>(p)]) == expected[static_cast<std::size_t>(p)]);
    runs.move_past(wavelet.data(), 0, positions);
    CHECK(wavelet == expected);
  }
}
