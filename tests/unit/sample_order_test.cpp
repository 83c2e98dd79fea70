// Is the order of samples the stated one: whole epochs, each sample once, the same wherever one begins?
#include "hw/input/sample_order.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <numeric>

using weft::hw::DataPosition;
using weft::hw::SampleOrder;
using weft::hw::SampleWalk;

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

TEST_CASE("whatever the batches, no sample of an epoch is taken twice and none but a rest is left out") {
  // 4 batches of 64 of 1000, then 32 to the epoch's end, then on: the walks of three runs one after the other.
  const std::int64_t size = 1000;
  const SampleWalk first(size, 64);
  CHECK(first.after(4) == DataPosition{0, 256});
  SampleOrder second(size, 32, true, 9, first.after(4)), whole(size, 1, true, 9);
  std::map<std::int64_t, int> taken;
  for (int place = 0; place < 256; ++place) ++taken[whole.index(place, 0)];
  const std::int64_t steps = (size - 256) / 32;  // 23, and 8 samples are left
  for (std::int64_t step = 0; step < steps; ++step)
    for (int place = 0; place < 32; ++place) ++taken[second.index(step, place)];
  CHECK(static_cast<std::int64_t>(taken.size()) == 256 + 32 * steps);
  CHECK(std::all_of(taken.begin(), taken.end(), [](const auto& count) { return count.second == 1; }));
  CHECK(second.index(0, 0) == whole.index(256, 0));
  CHECK(second.walk().after(steps) == DataPosition{0, 992});
  CHECK(second.walk().batch(steps) == DataPosition{1, 0});
  CHECK(second.index(steps, 5) == whole.index(size + 5, 0));
  // The rest of 8 is there for a batch of 4.
  const SampleWalk third(size, 4, second.walk().after(steps));
  CHECK(third.batch(1) == DataPosition{0, 996});
  CHECK(third.batch(2) == DataPosition{1, 0});
}

TEST_CASE("a walk that goes on with the same batch is the walk from the start, and epochs have their batches") {
  const SampleWalk straight(1000, 64);
  for (const std::int64_t done : {0, 3, 14, 15, 16, 29, 30, 31}) {
    const SampleWalk on(1000, 64, straight.after(done));
    for (const std::int64_t step : {0, 1, 14, 15, 40}) CHECK(on.batch(step) == straight.batch(done + step));
    CHECK(on.after(7) == straight.after(done + 7));
    CHECK(done + on.batches_until(2) == std::max<std::int64_t>(done, 30));
  }
}
