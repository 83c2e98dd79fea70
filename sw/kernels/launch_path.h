#pragma once
// The critical path inside a launch, followed while its PE programs are played: each event refers to the one that it
// had waited for last, by the rules of hw/pe, whose queues are kept here with an event for each entry.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "hw/pe/array_observer.h"
#include "hw/pe/array_setup.h"
#include "hw/pe/ring_queue.h"
#include "hw/spec/job.h"
#include "tlm/stats/cause.h"
#include "tlm/stats/launch_explanation.h"

namespace weft::sw {

/// Where a stretch of the path was spent.
struct PathSpot {
  enum class Place : std::uint8_t { north, east, south, west, ramp, main, receiver, owner, edge };
  std::int32_t at = 0;  ///< PE or edge, by its number in ArraySetup
  Place place = Place::main;

  friend bool operator==(const PathSpot& a, const PathSpot& b) { return a.at == b.at && a.place == b.place; }
  friend bool operator<(const PathSpot& a, const PathSpot& b) {
    return std::tuple(a.at, a.place) < std::tuple(b.at, b.place);
  }
};

class LaunchPath final : public hw::ArrayObserver {
 public:
  /// Of one launch of a kernel. `machine` and `setup` must outlive it.
  LaunchPath(const hw::MachineSpec& machine, const hw::ArraySetup& setup, hw::KernelKind kind);

  // Each throws SimulationError where an event has no cause: the model's rules are others than these.
  void departed(std::size_t pe, const hw::RouterDeparture& departure) override;
  void acted(std::size_t pe, const hw::CoreSlot& slot) override;
  void entered(std::size_t edge, Cycle now) override;
  void left(std::size_t edge, int color, Cycle usable) override;

  /// The path to the end of the last task, so far: the largest part first. The parts add up to that end. Columns
  /// and rows count from `first_column` and `first_row` on.
  std::vector<proto::LaunchExplanation::Part> parts(int first_column, int first_row) const;

 private:
  using Event = proto::CauseOf<PathSpot>;
  using Limiter = proto::Limiter;
  struct Timed {
    Cycle at = 0;  ///< from when it is of use
    Event event;
  };
  using Queue = hw::RingQueue<Timed>;
  struct Way {
    std::vector<Queue> queues, rooms;  ///< by port
    Timed after;                       ///< its last departure
  };
  struct Done {
    Event event;
    Cycle until = 0;
    const hw::Instruction* instruction = nullptr;
    bool issued = false;
    PathSpot spot;
  };
  struct Core {
    std::vector<Queue> inputs, rooms;                 ///< by color
    std::array<Done, hw::thread_count> last, vector;  ///< slot; the last that fills the pipeline
    std::array<Cycle, hw::thread_count> free{};
  };
  struct Pe {
    std::map<int, Way> ways;                 ///< by color
    std::array<Timed, hw::port_count> last;  ///< that departed there
    Core core;
  };
  struct Edge {
    std::size_t pe = 0;
    hw::Port link = hw::Port::north;
    std::vector<Queue> rooms;  ///< by color
    Timed after;
    Event handed_on;
    std::size_t sent = 0;
  };

  static Queue room(int depth);
  PathSpot link_into(std::size_t pe, hw::Port port) const;
  static PathSpot::Place place_of(const hw::CoreSlot& slot, const hw::Instruction& instruction);
  Limiter limiter_of(const hw::Instruction& instruction) const;
  Event why(std::size_t pe, const hw::RouterDeparture& departure) const;
  Event why(std::size_t pe, const hw::CoreSlot& slot, const PathSpot& spot) const;
  Event task_begin(std::size_t pe, const hw::CoreSlot& slot, const PathSpot& spot) const;
  /// What came after a slot: its own cycles, then `rest`.
  Event after(const Done& done, Limiter rest, Cycle now) const;
  void give_behind(std::size_t pe, hw::Port port, int color, const Timed& room);
  std::string text(const PathSpot& spot, int first_column, int first_row) const;
  [[noreturn]] void unexplained(std::size_t pe, const char* what, Cycle now) const;

  const hw::MachineSpec& machine_;
  const hw::ArraySetup& setup_;
  hw::KernelKind kind_;
  std::vector<Pe> pes_;
  std::vector<Edge> edges_;
  Event departed_;  ///< the newest
};

}  // namespace weft::sw
