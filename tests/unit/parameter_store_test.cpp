// Question: what travels of layers without bias and of a norm's vectors, and where do their gradients go? By hand.
#include "hw/memoryx/parameter_store.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "tests/support/fp16.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;

namespace {

MatrixLayer without_bias(const char* name, int inputs, int outputs, LayerKind kind) {
  MatrixLayer layer{name, inputs, outputs, "", 0};
  layer.bias = false;
  layer.kind = kind;
  return layer;
}

Job job_of(const std::vector<MatrixLayer>& layers) {
  Job job;
  job.layers = layers;
  job.batch = 1;
  return job;
}

/// fp16 values and, as they are, indices.
std::vector<std::uint16_t> words(const proto::Block::Payload& payload) {
  std::vector<std::uint16_t> words(payload->size() / 2);
  std::memcpy(words.data(), payload->data(), payload->size());
  return words;
}
std::vector<std::uint16_t> halves(const std::vector<float>& values) {
  std::vector<std::uint16_t> bits;
  for (const float value : values) bits.push_back(float_to_half(value));
  return bits;
}

constexpr Bytes one_round = 6;

}  // namespace

TEST_CASE("a layer without bias: weights alone, in either order, and a gradient of as many elements") {
  const Job job = job_of({without_bias("fc", 3, 2, LayerKind::matrix)});
  TrainingState state = initial_state(job);
  REQUIRE(state.layers[0].tensors.size() == 1);
  state.layers[0].tensors[0].values = {1, 2, 3, 4, 5, 6};
  ParameterStore store(job, one_round, state);
  CHECK(store.shape_of(0, KernelKind::matmul_forward).chunks() == 2);
  CHECK(words(store.read_stream(0, KernelKind::matmul_forward, 1)) == halves({4, 5, 6}));
  CHECK(words(store.read_stream(0, KernelKind::matmul_delta, 0)) == halves({1, 4}));
  CHECK(job.layers[0].parameters() == 6);
  const float gradient[] = {2, 0, -2};
  store.update(0, 1, gradient, {1.0F}, 0.5);
  CHECK(store.state().layers[0].tensors[0].values == std::vector<float>{1, 2, 3, 3, 5, 7});
}

TEST_CASE("a sparse layer without bias: kept weights with their indices, no more") {
  MatrixLayer layer = without_bias("fc", 3, 2, LayerKind::matrix);
  const std::vector<float> weights{1, 0, 2, 0, 3, 0};
  layer.mask = layer.trained = std::make_shared<const WeightMask>(WeightMask::nonzero(2, 3, weights));
  layer.sparsity = 0.5;
  const Job job = job_of({layer});
  TrainingState state = initial_state(job);
  state.layers[0].tensors[0].values = weights;
  ParameterStore store(job, 1 << 20, state);
  const auto bits = [](float value) { return float_to_half(value); };
  CHECK(words(store.read_stream(0, KernelKind::matmul_forward, 0)) ==
        std::vector<std::uint16_t>{bits(1), 0, bits(2), 2, bits(3), 1});
  CHECK(words(store.read_stream(0, KernelKind::matmul_gradient, 0)) == std::vector<std::uint16_t>{0, 2, 1});
  CHECK(layer.kept_parameters() == 3);
  const float gradient[] = {2, 4, 6};
  store.update(0, 0, gradient, {1.0F}, 0.5);
  CHECK(store.state().layers[0].tensors[0].values == std::vector<float>{0, 0, 0, 0, 0, 0});
}

TEST_CASE("a norm: its gains are a round, its shifts another") {
  const Job job = job_of({without_bias("ln", 3, 2, LayerKind::norm), without_bias("rms", 3, 1, LayerKind::norm)});
  TrainingState state = initial_state(job);
  REQUIRE(state.layers[0].tensors.size() == 2);
  REQUIRE(state.layers[1].tensors.size() == 1);
  state.layers[0].tensors[0].values = {1, 2, 3};
  state.layers[0].tensors[1].values = {4, 5, 6};
  state.layers[1].tensors[0].values = {7, 8, 9};
  ParameterStore store(job, one_round, state);
  REQUIRE(store.shape_of(0, KernelKind::load_vectors).chunks() == 2);
  CHECK(words(store.read_stream(0, KernelKind::load_vectors, 0)) == halves({1, 2, 3}));
  CHECK(words(store.read_stream(0, KernelKind::load_vectors, 1)) == halves({4, 5, 6}));
  REQUIRE(store.shape_of(1, KernelKind::load_vectors).chunks() == 1);
  CHECK(words(store.read_stream(1, KernelKind::load_vectors, 0)) == halves({7, 8, 9}));
  const float gradient[] = {2, 0, -2};
  store.update(0, 1, gradient, {1.0F}, 0.5);
  CHECK(store.state().layers[0].tensors[0].values == std::vector<float>{1, 2, 3});
  CHECK(store.state().layers[0].tensors[1].values == std::vector<float>{3, 5, 7});
  state.layers[1].tensors[0].shape = {1, 3};
  CHECK_THROWS_WITH(ParameterStore(job, one_round, state),
                    Catch::Contains("the initial state of layer rms: weight is of another shape"));
}
