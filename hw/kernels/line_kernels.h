#pragma once
// The line kernels, one row each. To add one: see ARCHITECTURE.md,
// "I want to add RMS norm".
#include <deque>

#include "hw/kernels/line_program.h"
#include "hw/pe/arithmetic.h"

namespace weft::hw {

struct LineKernel {
  KernelKind kind;
  LineProgram (*program)(const LinePe& pe, const LineSettings& settings);
  /// ProgramLaunch::results in plain loops over whole arrays: what the programs must give, told without them.
  std::vector<std::uint32_t> (*plain)(const ProgramLaunch& launch);
};

/// Precondition: `kind` is a line kernel.
const LineKernel& line_kernel(KernelKind kind);

/// The programs of a launch, one of each kind of PE; those of a kind differ in constants and windows alone.
class LinePrograms {
 public:
  LinePrograms(KernelKind kind, const LineSettings& settings, const BlockMap& block);
  explicit LinePrograms(const ProgramLaunch& launch) : LinePrograms(launch.kind, launch.line, launch.block) {}

  const BlockMap& block() const { return block_; }
  /// Throws UsageError if the PE holds more elements than an instruction has.
  const LineProgram& of(int row, int column);
  /// visit(even word, 32 bits) of what stands in a PE's memory besides its operands: constants, windows, numbers of
  /// keys.
  template <typename Visit>
  void each_word(int row, int column, Visit&& visit);
  /// Those that a PE's WINDOWs take, in order: of each of its keys which scores are stored, then which are attended to;
  /// of elements of the PE, [keys][tokens]. Where all scores are stored there are none.
  std::vector<TokenWindow> windows(int row, int column) const;
  bool windowed() const { return settings_.windows && settings_.windows->stored; }
  /// Of columns from `column` on that take the same time: behind the last.
  int end_of_kind(int column) const;
  /// Whether its PEs speak to each other.
  bool meet();

 private:
  bool alike(int column, int other) const;
  /// As constants count: of positions its number, of others its place.
  int first_token(int column) const {
    return kernel_of(kind_).by_pairs ? block_.order().column(column).first : block_.first_token(column);
  }
  int number_of_key(int key) const { return settings_.windows->keys[static_cast<std::size_t>(key)]; }
  int first_key(int row) const { return block_.first_place(row); }
  int keys_of(int row) const { return block_.features_of(row) / block_.together; }

  struct Entry {
    LinePe pe;
    LineProgram program;
  };

  KernelKind kind_;
  LineSettings settings_;
  BlockMap block_;
  std::deque<Entry> entries_;  ///< that stay where they are
};

template <typename Visit>
void LinePrograms::each_word(int row, int column, Visit&& visit) {
  const LineProgram& program = of(row, column);
  const int feature = block_.first_place(row), token = first_token(column);
  int at = program.constants_at;
  for (const PlacedConstant& constant : program.constants) {
    visit(at, constant.at(feature, token));
    at += 2;
  }
  at = program.windows_at;
  if (at >= 0)
    for (const TokenWindow& window : windows(row, column)) {
      visit(at, std::uint32_t{window.count} << 16 | window.first);
      at += 2;
    }
  at = program.keys_at;
  for (int key = 0; at >= 0 && key < keys_of(row); ++key)
    visit(at + 2 * key, result_bits(static_cast<float>(number_of_key(first_key(row) + key))));
  at = program.rows_at;
  for (int score = 0; at >= 0 && score < block_.features_of(row); ++score)
    visit(at + 2 * score, result_bits(static_cast<float>(
                              row_of_score(*settings_.windows, block_.together, block_.first_feature(row) + score))));
}

}  // namespace weft::hw
