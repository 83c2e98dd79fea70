// Question: are weights drawn as the published files say, and as a function of their place alone?
#include "sw/graph/initializer.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "sw/graph/initial_weights.h"
#include "tlm/base/error.h"
#include "tlm/base/normal_quantile.h"

using namespace weft;
using Catch::Matchers::Contains;
using Form = sw::Initializer::Form;

namespace {

sw::Initializer read(const std::string& text, int layers = 8) {
  YamlReader reader("model: {" + text + "}", "a.yaml");
  auto root = reader.root();
  auto section = root.section("model");
  const sw::Initializer made = sw::read_initializer(section, layers);
  reader.finish();
  return made;
}

hw::MatrixLayer layer(const std::string& name, int inputs, int outputs) { return {name, inputs, outputs, "", 0}; }

}  // namespace

TEST_CASE("quantiles of the normal distribution: known ones, both tails, and the same on both sides") {
  CHECK(normal_quantile(0.5) == 0);
  CHECK(normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-13));
  CHECK(normal_quantile(0.9) == Approx(1.2815515655446004).epsilon(1e-13));
  CHECK(normal_quantile(1e-10) == Approx(-6.361340902404056).epsilon(1e-12));
  CHECK(normal_quantile(1e-20) == Approx(-9.262340089798408).epsilon(1e-12));
  for (const double p : {0.001, 0.07, 0.0749, 0.0751, 0.3}) {
    CHECK(normal_quantile(1 - p) == Approx(-normal_quantile(p)).epsilon(1e-12));
    CHECK(std::erfc(-normal_quantile(p) / std::sqrt(2.0)) / 2 == Approx(p).epsilon(1e-12));
  }
}

TEST_CASE("the keys: none is PyTorch's Linear, and each of the published forms") {
  CHECK(read("").matrices.form == Form::linear);
  CHECK(read("initializer_range: 0.02").matrices.form == Form::truncated_normal);
  CHECK(read("initializer_range: 0.02").added.std == Approx(0.005));
  CHECK(read("initializer: normal").matrices.std == 0.02);
  const sw::Initializer full = read(
      "initializer: {name: truncated_normal, mean: 0.0, std: 0.03, a: -0.06, b: 0.06}, "
      "output_layer_initializer: {name: normal, std: 0.001}");
  CHECK(full.matrices.std == 0.03);
  CHECK(full.added.form == Form::normal);
  CHECK(full.added.std == 0.001);
  CHECK_THROWS_WITH(read("initializer: {name: truncated_normal, std: 0.03, a: -0.05, b: 0.06}"),
                    Contains("model.initializer.a is '-0.05'; allowed: -0.06, two deviations"));
  CHECK_THROWS_WITH(read("initializer: xavier"), Contains("known: truncated_normal, normal"));
  CHECK_THROWS_WITH(read("initializer: {name: normal, mean: 1}"), Contains("model.initializer.mean"));
}

TEST_CASE("drawn weights: mean, deviation, ends, biases are 0, what a block adds has its own") {
  const std::vector<hw::MatrixLayer> layers{layer("h0.q", 100, 400), layer("h0.proj", 100, 400)};
  sw::Initializer drawn{{Form::truncated_normal, 0.02}, {Form::normal, 0.005}};
  const auto weights = sw::initial_weights(layers, 3, drawn);
  const auto check = [](const std::vector<float>& values, double deviation) {
    double sum = 0, squares = 0;
    for (const float value : values) {
      sum += value;
      squares += double{value} * value;
    }
    const auto count = static_cast<double>(values.size());
    CHECK(std::fabs(sum / count) < 4 * deviation / std::sqrt(count));
    CHECK(std::sqrt(squares / count) == Approx(deviation).epsilon(0.015));
  };
  check(weights[0].weight, 0.02 * 0.8796256610342398);  // of a normal distribution that ends at two deviations
  check(weights[1].weight, 0.005);
  float largest = 0, largest_added = 0;
  for (const float value : weights[0].weight) largest = std::max(largest, std::fabs(value));
  for (const float value : weights[1].weight) largest_added = std::max(largest_added, std::fabs(value));
  CHECK(largest < 0.04F);
  CHECK(largest > 0.0395F);
  CHECK(largest_added > 0.0175F);
  CHECK(weights[0].bias == std::vector<float>(400, 0.0F));
}

TEST_CASE("a weight depends on the seed, its tensor and its place, and on no other layer") {
  const sw::Initializer drawn{{Form::normal, 0.02}, {Form::normal, 0.02}};
  const auto all = sw::initial_weights({layer("a", 4, 3), layer("b", 4, 3)}, 5, drawn);
  const auto wider = sw::initial_weights({layer("a", 9, 7), layer("b", 4, 3)}, 5, drawn);
  CHECK(all[1].weight == wider[1].weight);
  CHECK(all[0].weight != all[1].weight);
  CHECK(all[0].weight != sw::initial_weights({layer("a", 4, 3)}, 6, drawn)[0].weight);
  CHECK(all[0].weight[0] == wider[0].weight[0]);
}
