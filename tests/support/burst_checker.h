#pragma once
// A checker between two regions' edges: hands every burst on and holds both sides to the contract of burst.h.
#include <catch2/catch.hpp>
#include <map>
#include <tuple>

#include "tlm/wavelet/burst.h"

namespace weft::test {

class BurstChecker : public sc_core::sc_module, public proto::BurstTaker {
 public:
  proto::WaveletIn in;
  proto::WaveletOut out;

  /// `link_queue`: most wavelets of one line in a stream burst; a chain's burst is one element.
  BurstChecker(const sc_core::sc_module_name& name, int link_queue)
      : sc_module(name), in("in"), out("out"), link_queue_(link_queue) {
    in.bind(*this);
  }

  void take(proto::WaveletBurst& burst) override {
    using proto::BurstKind;
    REQUIRE(burst.first < burst.last);
    REQUIRE(burst.last - burst.first <= (burst.kind == BurstKind::stream ? link_queue_ : 1));
    const BurstKind channel = burst.kind == BurstKind::early_sum ? BurstKind::partial_sum : burst.kind;
    int& next = next_[{channel, burst.round, burst.line}];
    REQUIRE(burst.first == next);  // a color is an in-order channel: nothing lost, nothing twice
    next = burst.last;
    int& newest = newest_[{channel, burst.line}];
    REQUIRE(burst.round >= newest);
    newest = burst.round;
    const std::vector<std::int32_t> times = burst.times;
    out->take(burst);
    REQUIRE(burst.times == times);
    if (burst.kind == BurstKind::returned_sum) return;
    REQUIRE(burst.credits.size() == times.size());
    // Room is free once the wavelet has left the next router, a hop after it left this one at the earliest.
    for (std::size_t at = 0; at < times.size(); ++at)
      if (times[at] > 0) REQUIRE(burst.credits[at] > times[at]);
    ++bursts;
  }

  std::int64_t bursts = 0;

 private:
  int link_queue_;
  std::map<std::tuple<proto::BurstKind, int, int>, int> next_;
  std::map<std::pair<proto::BurstKind, int>, int> newest_;
};

}  // namespace weft::test
