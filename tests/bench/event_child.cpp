// The yardstick of the whole-wafer round: each PE an sc_module with one sc_event; a burst, a computation or a partial
// sum is one event. Coarser than the recurrences, which time every wavelet.
#include <fmt/format.h>

#include <memory>
#include <systemc>

#include "tests/bench/child_process.h"

namespace weft::bench {

namespace {

const sc_core::sc_time kCycle(1, sc_core::SC_NS);

class EventPe : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(EventPe);
  EventPe(const sc_core::sc_module_name& name, int compute, int chain_step)
      : sc_module(name), compute_(compute), chain_step_(chain_step) {
    SC_METHOD(step);
    sensitive << wake;
    dont_initialize();
  }
  EventPe *along = nullptr, *next = nullptr;  ///< takes the stream, takes the sum; null at the end
  bool foot = false;                          ///< of the chain
  sc_core::sc_event wake;
  static std::int64_t events;

 private:
  enum class State { idle, computing, computed, done };

  void step() {
    ++events;
    if (state_ == State::idle) {
      if (along) along->wake.notify(kCycle);
      state_ = State::computing;
      wake.notify(compute_ * kCycle);
    } else if (state_ == State::computing && !foot && !partial_) {
      state_ = State::computed;
    } else {
      state_ = State::done;
      if (next) next->take_partial(chain_step_ * kCycle);
    }
  }
  void take_partial(const sc_core::sc_time& way) {
    partial_ = true;
    if (state_ == State::computed) wake.notify(way);
  }

  State state_ = State::idle;
  bool partial_ = false;
  int compute_, chain_step_;
};

std::int64_t EventPe::events = 0;

}  // namespace

/// Arguments: lines, positions, cycles of computation, cycles from a sum to the next.
nlohmann::json measure_event_per_pe(const std::vector<std::string>& arguments) {
  const int lines = std::stoi(arguments.at(0)), positions = std::stoi(arguments.at(1));
  // Not destroyed: SystemC looks for each object in a list of all, which takes minutes.
  auto& pes = *new std::vector<std::unique_ptr<EventPe>>;
  pes.reserve(static_cast<std::size_t>(lines) * static_cast<std::size_t>(positions));
  for (int pe = 0; pe < lines * positions; ++pe)
    pes.push_back(std::make_unique<EventPe>(fmt::format("p{}", pe).c_str(), std::stoi(arguments.at(2)),
                                            std::stoi(arguments.at(3))));
  const auto at = [&](int line, int position) {
    return pes[static_cast<std::size_t>(line) * static_cast<std::size_t>(positions) +
               static_cast<std::size_t>(position)]
        .get();
  };
  for (int line = 0; line < lines; ++line)
    for (int position = 0; position < positions; ++position) {
      if (position + 1 < positions) at(line, position)->along = at(line, position + 1);
      if (line > 0) at(line, position)->next = at(line - 1, position);
      at(line, position)->foot = line + 1 == lines;
    }
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  const double began = processor_seconds();
  for (int line = 0; line < lines; ++line) at(line, 0)->wake.notify(kCycle);
  sc_core::sc_start();
  const double ran = processor_seconds() - began;
  return {{"seconds", ran}, {"events", EventPe::events}, {"peak_bytes", peak_bytes()}};
}

}  // namespace weft::bench
