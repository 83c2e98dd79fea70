// Is the order of samples the stated one: whole epochs, each sample once, the same wherever one begins?
#include "hw/input/sample_order.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

using weft::hw::SampleOrder;

namespace {

/// The indices of all whole batches of an epoch.
std::vector<std::int64_t> epoch(SampleOrder& order, std::int64_t number, std::int64_t batches, int batch) {
  std::vector<std::int64_t> indices;
  for (std::int64_t step = number * batches; step < (number + 1) * batches; ++step)
    for (int place = 0; place < batch; ++place) indices.push_back(order.index(step, place));
  return indices;
}

}  // namespace

TEST_CASE("unshuffled: in order, the partial batch is dropped, every epoch alike") {
  SampleOrder order(11, 4, false, 5);
  const std::vector<std::int64_t> expected = {0, 1, 2, 3, 4, 5, 6, 7};
  CHECK(epoch(order, 0, 2, 4) == expected);
  CHECK(epoch(order, 1, 2, 4) == expected);
  CHECK(order.index(1'000'001, 3) == 7);
}

TEST_CASE("a batch as large as the set: one batch an epoch") {
  SampleOrder order(4, 4, false, 0);
  CHECK(order.index(0, 3) == 3);
  CHECK(order.index(1, 0) == 0);
}

TEST_CASE("shuffled: the permutations of the stated generator") {
  // From an independent program (Python) of the definition in sample_order.h.
  SampleOrder one(10, 5, true, 1), two(10, 5, true, 2);
  CHECK(epoch(one, 0, 2, 5) == std::vector<std::int64_t>{6, 4, 7, 2, 9, 1, 5, 0, 8, 3});
  CHECK(epoch(one, 1, 2, 5) == std::vector<std::int64_t>{7, 6, 9, 3, 4, 0, 1, 8, 2, 5});
  CHECK(epoch(two, 0, 2, 5) == std::vector<std::int64_t>{2, 1, 7, 8, 4, 5, 9, 6, 0, 3});
}

TEST_CASE("shuffled: an epoch holds each sample once, and another epoch another order") {
  SampleOrder order(60000, 100, true, 1);
  std::vector<std::int64_t> first = epoch(order, 0, 600, 100), second = epoch(order, 1, 600, 100);
  CHECK(first != second);
  std::vector<std::int64_t> all(60000);
  std::iota(all.begin(), all.end(), 0);
  CHECK(first != all);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  CHECK(first == all);
  CHECK(second == all);
}

TEST_CASE("shuffled: an index depends on its arguments only, not on what was asked before") {
  SampleOrder straight(100, 7, true, 3), jumping(100, 7, true, 3);
  const std::int64_t late = straight.index(14 * 9 + 5, 2);
  for (std::int64_t step = 0; step < 14 * 9 + 5; ++step) jumping.index(step, 0);
  CHECK(jumping.index(14 * 9 + 5, 2) == late);
  const std::int64_t early = straight.index(0, 6);
  CHECK(early == SampleOrder(100, 7, true, 3).index(0, 6));
}
