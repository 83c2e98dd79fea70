// Question: how near is the dense arithmetic, whose order of operations is fixed, to OpenBLAS, whose order is free?
// Both run on one thread in one process. `flop` counts two per multiply-add; the additions between blocks are not
// counted.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "hw/fabric/dense_gemm.h"
#include "hw/fabric/split.h"
#include "tests/support/fp16.h"
#ifdef WEFT_BENCH_OPENBLAS
#include <cblas-openblas.h>
#endif

namespace {

using weft::hw::BlockOrder;

struct Operands {
  std::vector<float> a, b, c;

  Operands(int m, int n, int k) : a(size(m, k)), b(size(k, n)), c(size(m, n)) {
    std::uint32_t state = 1;
    for (std::vector<float>* values : {&a, &b})
      for (float& value : *values) {
        state = state * 1664525U + 1013904223U;
        value = weft::round_to_half(static_cast<float>(state >> 8) / 16777216.0F - 0.5F);
      }
  }
  static std::size_t size(int rows, int columns) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  }
};

void count_flops(benchmark::State& state, int m, int n, int k) {
  const double flops = 2.0 * m * n * k * static_cast<double>(state.iterations());
  state.counters["flop"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}

/// Arguments: M, N, K, PEs in the chain.
void chained(benchmark::State& state) {
  const auto m = static_cast<int>(state.range(0)), n = static_cast<int>(state.range(1));
  const auto k = static_cast<int>(state.range(2)), lines = static_cast<int>(state.range(3));
  Operands operands(m, n, k);
  const std::vector<int> bounds = weft::hw::split_bounds(k, lines);
  for (auto _ : state) {
    weft::hw::chained_gemm(operands.a.data(), k, operands.b.data(), n, operands.c.data(), n, m, n, k, bounds,
                           BlockOrder::descending, false, nullptr);
    benchmark::ClobberMemory();
  }
  count_flops(state, m, n, k);
}

void shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"M", "N", "K", "lines"});
  // fc_mnist on 32 lines: whole passes, then one chunk of a stream.
  benchmark->Args({500, 256, 784, 32})->Args({784, 256, 500, 32})->Args({500, 785, 256, 32});
  benchmark->Args({20, 256, 784, 32})->Args({10, 785, 256, 32})->Args({54, 256, 300, 32})->Args({10, 256, 300, 32});
  // A wide layer: blocks of 4 (many lines), of hundreds, and one.
  benchmark->Args({1024, 1024, 1024, 256})->Args({1024, 1024, 1024, 4})->Args({1024, 1024, 1024, 1});
}
BENCHMARK(chained)->Name("chained")->Apply(shapes);

#ifdef WEFT_BENCH_OPENBLAS
void openblas(benchmark::State& state) {
  const auto m = static_cast<int>(state.range(0)), n = static_cast<int>(state.range(1));
  const auto k = static_cast<int>(state.range(2));
  Operands operands(m, n, k);
  openblas_set_num_threads(1);
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0F, operands.a.data(), k, operands.b.data(), n,
                0.0F, operands.c.data(), n);
    benchmark::ClobberMemory();
  }
  count_flops(state, m, n, k);
}
BENCHMARK(openblas)->Apply(shapes);
#endif

}  // namespace
