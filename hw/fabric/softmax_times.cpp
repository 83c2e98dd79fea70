#include <map>

#include "hw/fabric/line_times.h"
#include "hw/fabric/local_times.h"
#include "hw/fabric/softmax_program.h"

namespace weft::hw {

namespace {

/// The threads of a column, north first, each at its place in its program.
class Column {
 public:
  Column(const MachineSpec& machine, const BlockMap& block, int column, bool train)
      : tokens_(block.tokens_of(column)), threads_(static_cast<std::size_t>(block.rows()), LocalThread(machine.pe)) {
    SoftmaxPe pe;
    pe.tokens = tokens_;
    pe.rows = block.rows();
    pe.train = train;
    for (pe.row = 0; pe.row < pe.rows; ++pe.row) {
      pe.features = block.features_of(pe.row);
      // Rows between the first and the last of equal share do the same.
      const int role = pe.row == 0 ? 0 : pe.row + 1 == pe.rows ? 1 : 2;
      auto& program = programs_[{role, pe.features}];
      if (program.empty()) program = SoftmaxProgram(pe).code();
      code_.push_back(&program);
    }
    at_.assign(threads_.size(), 0);
    run();
  }

  void reduce(const FabricTiming& timing, int elements) {
    chain_up(timing, elements, false, threads_);
    step();
  }
  void take_back(const FabricTiming& timing) {
    broadcast_down(timing, tokens_, threads_);
    step();
  }
  int tokens() const { return tokens_; }
  const std::vector<LocalThread>& threads() const { return threads_; }

 private:
  void run() {
    for (std::size_t row = 0; row < threads_.size(); ++row) at_[row] = threads_[row].run(*code_[row], at_[row]);
  }
  void step() {
    for (std::size_t& at : at_) ++at;
    run();
  }

  int tokens_;
  std::vector<LocalThread> threads_;
  std::map<std::pair<int, int>, std::vector<Instruction>> programs_;
  std::vector<const std::vector<Instruction>*> code_;
  std::vector<std::size_t> at_;
};

}  // namespace

LaunchTimes softmax_times(const MachineSpec& machine, const EdgeLayout& layout, int outputs, bool train,
                          Rectangle rectangle, int tokens, Cycle& loss_leaves) {
  const FabricTiming timing(machine);
  const BlockMap block{rectangle, outputs, tokens};
  const int rows = block.rows(), columns = block.columns();
  LaunchTimes times;
  // Row 0 from the east, where the sums of the losses arrive last.
  std::vector<LocalThread> first_row;
  for (int first = 0, last = 0; first < columns; first = last) {
    while (last < columns && block.tokens_of(last) == block.tokens_of(first)) ++last;
    // Columns meet only in these sums; those of equal share do the same.
    Column column(machine, block, first, train);
    if (rows > 1) {
      column.reduce(timing, column.tokens());
      column.take_back(timing);
      column.reduce(timing, 2 * column.tokens());
      if (train) column.take_back(timing);
    }
    for (int row = 1; row < rows; ++row) column.threads()[static_cast<std::size_t>(row)].add_to(times, last - first);
    first_row.insert(first_row.begin(), static_cast<std::size_t>(last - first), column.threads().front());
  }
  const Cycle left = chain_up(timing, 2, true, first_row);
  for (const LocalThread& thread : first_row) thread.add_to(times, 1);
  times.wavelet_hops = static_cast<std::int64_t>(rows - 1) * tokens * (train ? 5 : 4) + 2 * columns;
  loss_leaves = left + timing.hop + layout.way_out(0);
  return times;
}

}  // namespace weft::hw
