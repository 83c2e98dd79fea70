#pragma once
// A five-port router, exact to the cycle, on timestamps: nothing happens between the events that it is told about.
//
//   - A wavelet leaves at the first cycle in which it is at the head of its queue (input port x color), its color's
//     switch receives from that port, all takers have room, and no lower color that leaves needs one of its outputs.
//   - One wavelet per output port and cycle.
//   - A control wavelet that advances moves the switch of its color after it, in ring mode from the last position to
//     the first; a silent one is not given to the core, and ends at the last switch that it moves.
// A wavelet that leaves at cycle d takes effect elsewhere after d, so that events can be played in the order of time.
#include <array>
#include <map>
#include <string>
#include <vector>

#include "hw/pe/credits.h"
#include "hw/pe/route.h"
#include "hw/pe/wavelet.h"

namespace weft::hw {

struct RouterDeparture {
  Cycle at = 0;
  Port from = Port::ramp;
  PortSet to = 0;   ///< empty: a silent control wavelet that ended here
  Wavelet wavelet;  ///< as it goes on
};

class RouterModel {
 public:
  /// `input_depths`: Program::input_depths.
  RouterModel(const RouterSpec& spec, const std::map<int, Route>& routes, const std::map<int, int>& input_depths);

  /// `available`: first cycle in which it may leave; per port in the order of time.
  void arrive(Port port, const Wavelet& wavelet, Cycle available);
  /// The taker behind `port` has room for one more from `usable`.
  void give_credit(Port port, int color, Cycle usable);

  /// Cycle of the next departure as far as is known; `never` if none.
  Cycle next() const { return next_; }
  /// All departures of cycle `now`. Precondition: now <= next(), and nothing earlier is still to be told.
  void act(Cycle now, std::vector<RouterDeparture>& departures);
  /// Appends a sentence per color and port where a wavelet still waits.
  void describe_waiting(std::vector<std::string>& lines) const;

 private:
  struct Entry {
    Wavelet wavelet;
    Cycle available;
  };
  struct Color {
    Route route;
    std::size_t position = 0;
    Cycle not_before = 0;    ///< after its last departure or lost arbitration
    Cycle earliest = never;  ///< its next departure, as earliest_of() computes it
    int number = 0;
    std::vector<RingQueue<Entry>> queues;  ///< by input port
    std::vector<Credits> credits;          ///< by output port

    const RoutePosition& switched() const { return route[position]; }
  };

  static PortSet takers(const Color& color, const Wavelet& wavelet);
  static Cycle earliest_of(const Color& color);
  void update(Color& color);
  Color& routed(int color);

  std::vector<Color> colors_;       ///< those with a route, ascending
  std::vector<int> index_;          ///< of a color in colors_; -1: no route
  std::vector<std::size_t> order_;  ///< of this cycle's candidates
  Cycle next_ = never;
};

}  // namespace weft::hw
