#pragma once
// The groups of the suite, a to i: what each measures and which rows it gives.
#include <string>
#include <vector>

#include "tests/bench/bench_table.h"

namespace weft::bench {

struct GroupOptions {
  double seconds_each = 0.3;  ///< least time of one repetition
  bool quick = false;         ///< smaller sizes in the groups that run whole clusters
};

struct Group {
  std::string name, question;
  void (*run)(const GroupOptions& options, BenchTable& table);
};

const std::vector<Group>& groups();

void run_recurrences(const GroupOptions& options, BenchTable& table);  ///< a, b, c
void run_wafer(const GroupOptions& options, BenchTable& table);        ///< d, e, f
void run_dense(const GroupOptions& options, BenchTable& table);        ///< g
void run_growth(const GroupOptions& options, BenchTable& table);       ///< h
void run_tiles(const GroupOptions& options, BenchTable& table);        ///< i

}  // namespace weft::bench
