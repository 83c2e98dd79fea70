// Question: do counters of time hold what they can, and stop one past it?
#include <catch2/catch.hpp>
#include <functional>
#include <type_traits>

#include "tlm/base/clock_crossing.h"
#include "tlm/base/thread_pool.h"

using namespace weft;

TEST_CASE("instants of two origins do not mix, those of one differ by a length") {
  STATIC_REQUIRE_FALSE(std::is_invocable_v<std::minus<>, RunCycle, LaunchCycle>);
  STATIC_REQUIRE_FALSE(std::is_invocable_v<std::less<>, StateCycle, LaunchCycle>);
  STATIC_REQUIRE_FALSE(std::is_invocable_v<std::plus<>, RunCycle, RunCycle>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Cycle, RunCycle>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<RunCycle, Cycle>);
  STATIC_REQUIRE(std::is_same_v<decltype(RunCycle(7) - RunCycle(3)), Cycle>);
  const RunCycle at = RunCycle(7) + 5;
  CHECK(at - RunCycle(2) == 10);
  CHECK((at > RunCycle(11) && at <= RunCycle(12) && at != RunCycle(13)));
  CHECK(to_ps(Clock{850}, RunCycle(17)) == 20'000);
  CHECK(run_cycle(Clock{850}, 20'000) == RunCycle(17));
  CHECK(run_cycle(Clock{850}, 20'001) == RunCycle(18));
}

TEST_CASE("sums and products of times at the limit and one past it") {
  CHECK(checked_add(latest_time - 1, 1, "x", "ps") == latest_time);
  CHECK_THROWS_AS(checked_add(latest_time, 1, "x", "ps"), TimeOverflow);
  CHECK(checked_mul(latest_time / 3, 3, "x", "ps") == latest_time / 3 * 3);
  CHECK_THROWS_AS(checked_mul(latest_time / 3 + 1, 3, "x", "ps"), TimeOverflow);
  CHECK_THROWS_AS(checked_mul(latest_time, latest_time, "x", "ps"), TimeOverflow);
  CHECK(checked_ceil(2.25, "x", "ps") == 3);
  CHECK(checked_ceil(3, "x", "ps") == 3);
  CHECK_THROWS_AS(checked_ceil(1e300, "x", "ps"), TimeOverflow);
  CHECK_THROWS_WITH(checked_ceil(1e19, "a block on a link", "ps"),
                    Catch::Contains("a block on a link") && Catch::Contains("ps"));
}

TEST_CASE("a launch's cycles in 32 bits at the limit and one past it") {
  CHECK(launch_cycle(farthest_cycle, "x") == farthest_cycle);
  CHECK_THROWS_AS(launch_cycle(farthest_cycle + std::int64_t{1}, "x"), TimeOverflow);
  CHECK(launch_cycle(-farthest_cycle, "x") == -farthest_cycle);
  CHECK(launch_cycle(-farthest_cycle - std::int64_t{7}, "x") == -farthest_cycle);
}

// Oracle: 128 bits.
TEST_CASE("a clock's crossings are exact where the product passes 64 bits") {
  const auto scaled = [](std::int64_t time, std::int64_t from, std::int64_t to) {
    return static_cast<std::int64_t>((static_cast<__int128>(time) * to + from - 1) / from);
  };
  for (const std::int64_t mhz : {1, 850, 875, 99'991, 100'000}) {
    const Clock clock{mhz};
    for (std::int64_t time = 1; time < latest_time / 100'000; time = time * 3 + 7) {
      CHECK(to_cycles(clock, time) == scaled(time, 1'000'000, mhz));
      if (time / mhz < latest_time / 1'000'001) CHECK(to_ps(clock, time) == scaled(time, mhz, 1'000'000));
    }
  }
  CHECK_THROWS_AS(to_ps(Clock{1}, latest_time / 1000), TimeOverflow);
}

TEST_CASE("what the tasks of a pool throw comes to the caller: of the lowest part") {
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    const auto fail = [](int part) {
      if (part >= 2) throw TimeOverflow(std::to_string(part));
    };
    CHECK_THROWS_WITH(pool.run(8, fail), "2");
    int done = 0;
    pool.run(1, [&done](int) { ++done; });
    CHECK(done == 1);
  }
}
