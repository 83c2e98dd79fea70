// Does a checkpoint bring back every bit of the state, and is every other file refused by name?
#include "sw/checkpoint/checkpoint.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "sw/checkpoint/hdf5_file.h"
#include "sw/checkpoint/sealed_file.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/training_state.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

const std::vector<hw::MatrixLayer> layers = test::two_layers();
const sw::CheckpointIdentity identity{
    "0123456789abcdef", "weft 1", "here", {{"runconfig.seed", "7"}}, hw::DataPosition{3, 40}};
const hw::OptimizerSpec adam = test::optimizer(hw::OptimizerKind::adam);

std::string message(const fs::path& file, const std::vector<hw::MatrixLayer>& of = layers,
                    const hw::OptimizerSpec& optimizer = adam) {
  try {
    sw::read_checkpoint(file, of, optimizer);
    return {};
  } catch (const UsageError& error) {
    CHECK_THAT(error.what(), Contains(file.string()));
    return error.what();
  }
}

/// Runs `body` in a child process in which no file may grow beyond `bytes`; false if it crashed or returned false.
template <class Body>
bool with_file_limit(rlim_t bytes, Body body) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    const bool good = setrlimit(RLIMIT_FSIZE, &limit) == 0 && body();
    exit(good ? 0 : 1);  // exit, not _exit: HDF5's own clean-up at the end of a program is part of the question
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("what is written comes back bit by bit, for every optimizer") {
  for (const auto kind :
       {hw::OptimizerKind::sgd, hw::OptimizerKind::momentum, hw::OptimizerKind::adam, hw::OptimizerKind::adamw}) {
    const test::ScratchFolder folder;
    const hw::OptimizerSpec optimizer = test::optimizer(kind);
    hw::TrainingState state = test::training_state(optimizer);
    state.layers[0].tensors[0].values[0] = -0.0F;
    state.layers[0].tensors[0].values[1] = std::numeric_limits<float>::denorm_min();
    state.layers[0].tensors[0].values[2] = std::numeric_limits<float>::infinity();
    state.layers[0].tensors[0].values[3] = std::numeric_limits<float>::quiet_NaN();
    const fs::path path = sw::write_checkpoint(folder.path(), state, identity);
    CHECK(path == folder / "checkpoint_50.mdl");
    CHECK(test::same_bits(sw::read_checkpoint(path, layers, optimizer), state));
    CHECK(folder.files() == 1);
  }
}

TEST_CASE("the same state makes the same bytes, and the name's old file is replaced") {
  const test::ScratchFolder folder;
  hw::TrainingState state = test::training_state(adam);
  const fs::path path = sw::write_checkpoint(folder.path(), state, identity);
  const auto first = test::read_bytes(path);
  sleep(1);  // a time stamp in seconds would differ now
  sw::write_checkpoint(folder.path(), state, identity);
  CHECK(test::read_bytes(path) == first);
  state.layers[1].tensors[1].values[0] += 1;
  sw::write_checkpoint(folder.path(), state, identity);
  CHECK(test::same_bits(sw::read_checkpoint(path, layers, adam), state));
}

TEST_CASE("a checkpoint of many tensors, whose description is longer than 64 KiB, comes back") {
  const test::ScratchFolder folder;
  std::vector<hw::MatrixLayer> many;
  for (int index = 0; index < 300; ++index)
    many.push_back({"transformer_block_" + std::to_string(index), 2, 1, "ReLU", 0});
  hw::TrainingState state;
  for (const hw::MatrixLayer& layer : many) state.layers.push_back({layer.name, hw::state_tensors(layer, adam), 3});
  CHECK(test::same_bits(sw::read_checkpoint(sw::write_checkpoint(folder.path(), state, identity), many, adam), state));
}

TEST_CASE(
    "a full disk: an error with path and reason, the old checkpoint as it was, no half file, no crash at the end") {
  const test::ScratchFolder folder;
  hw::TrainingState state = test::training_state(adam);
  const fs::path path = sw::write_checkpoint(folder.path(), state, identity);
  const auto old = test::read_bytes(path);
  state.loss_scale = 8;
  for (const std::size_t limit : {std::size_t{0}, std::size_t{100}, std::size_t{513}, old.size() / 2, old.size() - 1}) {
    CAPTURE(limit);
    CHECK(with_file_limit(limit, [&] {
      try {
        sw::write_checkpoint(folder.path(), state, identity);
        return false;
      } catch (const UsageError& error) {
        const std::string text = error.what();
        return text.find(path.string()) != std::string::npos && text.find("File too large") != std::string::npos;
      }
    }));
    CHECK(folder.files() == 1);
    CHECK(test::read_bytes(path) == old);
  }
  CHECK(with_file_limit(old.size(), [&] { return !sw::write_checkpoint(folder.path(), state, identity).empty(); }));
  CHECK(sw::read_checkpoint(path, layers, adam).loss_scale == 8);
}

// HDF5 looks for its signature at byte 0, then at 512, 1024 and on: a seal of another size hides the file from it.
TEST_CASE("the content stands behind 512 bytes of seal") {
  const test::ScratchFolder folder;
  sw::write_sealed(folder / "some.mdl", {7, 8, 9});
  const auto bytes = test::read_bytes(folder / "some.mdl");
  REQUIRE(bytes.size() == 512 + 3);
  const std::string begin = "weft-seal 3 ";
  CHECK(std::equal(begin.begin(), begin.end(), bytes.begin()));
  CHECK(std::vector<std::uint8_t>(bytes.begin() + 512, bytes.end()) == std::vector<std::uint8_t>{7, 8, 9});
}

TEST_CASE("a folder that is not there, and a name that is a folder, are errors") {
  const test::ScratchFolder folder;
  const hw::TrainingState state = test::training_state(adam);
  CHECK_THROWS_WITH(sw::write_checkpoint(folder / "absent", state, identity),
                    Contains("absent") && Contains("No such file"));
  fs::create_directory(folder / "checkpoint_50.mdl");
  CHECK_THROWS_AS(sw::write_checkpoint(folder.path(), state, identity), UsageError);
  CHECK(folder.files() == 1);
  CHECK_THAT(message(folder / "checkpoint_50.mdl"), Contains("Is a directory"));
}

TEST_CASE("files that are no checkpoints are told apart") {
  const test::ScratchFolder folder;
  CHECK_THAT(message(folder / "absent.mdl"), Contains("No such file"));
  test::write_bytes(folder / "empty.mdl", {});
  CHECK_THAT(message(folder / "empty.mdl"), Contains("not an HDF5 file"));
  test::write_bytes(folder / "text.mdl", std::vector<std::uint8_t>(2000, 'x'));
  CHECK_THAT(message(folder / "text.mdl"), Contains("not an HDF5 file"));
  sw::Hdf5Writer other;
  other.integer("global_step", 1);
  sw::write_sealed(folder / "other.mdl", other.image());
  CHECK_THAT(message(folder / "other.mdl"), Contains("no checkpoint"));
  other.attribute("format", "weft-checkpoint");
  other.attribute("format_version", "4");
  sw::write_sealed(folder / "later.mdl", other.image());
  CHECK_THAT(message(folder / "later.mdl"),
             Contains("format_version '4'") && Contains("reads '1', '2' and '3'") && Contains("wrote"));
}

TEST_CASE("a truncated file says so, a changed value does not pass") {
  const test::ScratchFolder folder;
  const auto bytes = test::read_bytes(sw::write_checkpoint(folder.path(), test::training_state(adam), identity));
  test::write_bytes(folder / "cut.mdl", {bytes.begin(), bytes.end() - 1});
  CHECK_THAT(message(folder / "cut.mdl"), Contains("truncated"));
  auto changed = bytes;
  changed[changed.size() / 2] ^= 1;
  test::write_bytes(folder / "changed.mdl", changed);
  CHECK_THAT(message(folder / "changed.mdl"), Contains("checksum"));
}

TEST_CASE("another model or optimizer: the tensor and what was expected are named") {
  const test::ScratchFolder folder;
  const fs::path path = sw::write_checkpoint(folder.path(), test::training_state(adam), identity);
  auto wider = layers;
  wider[0].inputs = 5;
  CHECK_THAT(message(path, wider), Contains("model.fc1.weight has shape [3, 4], the model needs [3, 5]"));
  auto renamed = layers;
  renamed[0].name = "fcl";
  CHECK_THAT(message(path, renamed), Contains("has no model.fcl.weight; nearest: model.fc1.weight"));
  auto deeper = layers;
  deeper.push_back({"fc3", 2, 2, "", 0});
  CHECK_THAT(message(path, deeper), Contains("has no model.fc3.weight"));
  CHECK_THAT(message(path, {layers[0]}), Contains("holds model.fc2.bias, which this model"));
  CHECK_THAT(message(path, layers, test::optimizer(hw::OptimizerKind::momentum)),
             Contains("has no optimizer.fc1.weight.momentum_buffer"));
  CHECK_THAT(message(path, layers, test::optimizer(hw::OptimizerKind::sgd)),
             Contains("holds optimizer.fc1.bias.exp_avg"));
  CHECK(message(path).empty());
}

TEST_CASE("layers without bias and norms: what is not there is not written, and a file of the other kind is refused") {
  const test::ScratchFolder folder;
  std::vector<hw::MatrixLayer> some = layers;
  some[1].bias = false;
  some.push_back({"ln", 5, 2, "", 0});
  some.push_back({"rms", 5, 1, "", 0});
  for (std::size_t norm : {2, 3}) {
    some[norm].bias = false;
    some[norm].kind = hw::LayerKind::norm;
  }
  hw::TrainingState state;
  float value = 0.25F;
  for (const hw::MatrixLayer& layer : some) {
    state.layers.push_back({layer.name, hw::state_tensors(layer, adam), 3});
    for (hw::StateTensor& tensor : state.layers.back().tensors)
      for (float& element : tensor.values) element = value *= -1.01F;
  }
  const fs::path path = sw::write_checkpoint(folder.path(), state, identity);
  CHECK(test::same_bits(sw::read_checkpoint(path, some, adam), state));
  std::vector<std::string> parameters;
  for (const std::string& name : sw::Hdf5Reader(path, sw::read_sealed(path)).names())
    if (name.rfind("model.", 0) == 0) parameters.push_back(name);
  std::sort(parameters.begin(), parameters.end());
  CHECK(parameters == std::vector<std::string>{"model.fc1.bias", "model.fc1.weight", "model.fc2.weight",
                                               "model.ln.bias", "model.ln.weight", "model.rms.weight"});
  CHECK(state.layers[2].tensors[0].shape == std::vector<std::int64_t>{5});
  std::vector<hw::MatrixLayer> with_bias = some;
  with_bias[1].bias = true;
  CHECK_THAT(message(path, with_bias), Contains("has no model.fc2.bias"));
  std::vector<hw::MatrixLayer> without = some;
  without[0].bias = false;
  CHECK_THAT(message(path, without), Contains("holds model.fc1.bias, which this model"));
}

TEST_CASE("weights of layers that have other names: by number, as many biases as the model has") {
  const test::ScratchFolder folder;
  std::vector<hw::MatrixLayer> some = layers;
  some[0].bias = false;
  const auto file_with = [&](std::vector<std::string> biases) {
    sw::Hdf5Writer file;
    const std::vector<float> values(12, 0.5F);
    file.tensor("net.0.weight", {3, 4}, values.data());
    file.tensor("net.2.weight", {2, 3}, values.data());
    for (const std::string& name : biases) file.tensor(name, {name == "net.0.bias" ? 3 : 2}, values.data());
    test::write_bytes(folder / "other.h5", file.image());
  };
  const auto read = [&] {
    hw::TrainingState state;
    for (const hw::MatrixLayer& layer : some) state.layers.push_back({layer.name, hw::state_tensors(layer, adam), 0});
    sw::read_weights(folder / "other.h5", state);
    return state;
  };
  file_with({"net.2.bias"});
  CHECK(read().layers[1].tensors[1].values == std::vector<float>(2, 0.5F));
  file_with({"net.0.bias", "net.2.bias"});
  CHECK_THROWS_WITH(read(), Contains("has no model.fc1.weight"));
  file_with({});
  CHECK_THROWS_WITH(read(), Contains("has no model.fc1.weight"));
}

TEST_CASE("a file without a seal is read if it is right, and its types and values are checked") {
  const test::ScratchFolder folder;
  const std::vector<hw::MatrixLayer> one = {{"fc1", 1, 1, "", 0}};
  const hw::OptimizerSpec sgd = test::optimizer(hw::OptimizerKind::sgd);
  // Format version 1: it has no settings, so there is nothing that a run's could differ from.
  const auto make = [&](double scale, std::int64_t step, bool complete, bool integer_bias) {
    sw::Hdf5Writer file;
    const float value = 2;
    file.tensor("model.fc1.weight", {1, 1}, &value);
    if (integer_bias)
      file.integer("model.fc1.bias", 2);
    else
      file.tensor("model.fc1.bias", {1}, &value);
    file.integer("optimizer.fc1.step", 0);
    file.integer("global_step", step);
    file.integer("loss_scale.finite_steps", 0);
    file.real("loss_scale.scale", scale);
    file.attribute("format", "weft-checkpoint");
    file.attribute("format_version", "1");
    if (complete) file.attribute("complete", "yes");
    test::write_bytes(folder / "file.mdl", file.image());
    return message(folder / "file.mdl", one, sgd);
  };
  CHECK(make(1, 0, true, false).empty());
  sw::CheckpointIdentity old{"x", "x", "x", {{"x", "x"}}, hw::DataPosition{1, 1}};
  CHECK_NOTHROW(sw::read_checkpoint(folder / "file.mdl", one, sgd, &old));
  CHECK((old.run_id.empty() && old.settings.empty() && !old.position));
  CHECK_THAT(make(1, 0, false, false), Contains("not marked complete"));
  CHECK_THAT(make(1, -1, true, false), Contains("global_step is -1"));
  CHECK_THAT(make(0, 0, true, false), Contains("loss_scale.scale is 0"));
  CHECK_THAT(make(std::nan(""), 0, true, false), Contains("loss_scale.scale is nan"));
  CHECK_THAT(make(1, 0, true, true), Contains("model.fc1.bias has shape []"));
}

TEST_CASE("a checkpoint says whose it is: run, settings, place in the data") {
  const test::ScratchFolder folder;
  sw::CheckpointIdentity written = identity;
  written.settings["model.name"] = "not UTF-8: \xff";
  const fs::path path = sw::write_checkpoint(folder.path(), test::training_state(adam), written);
  sw::CheckpointIdentity read;
  sw::read_checkpoint(path, layers, adam, &read);
  CHECK(read.run_id == written.run_id);
  CHECK(read.writer == "weft 1");
  CHECK(read.host == "here");
  CHECK(read.position == written.position);
  CHECK(read.settings.at("runconfig.seed") == "7");
  CHECK(read.settings.at("model.name") == "not UTF-8: \xef\xbf\xbd");
  CHECK(sw::read_identity(path).settings == read.settings);
}

TEST_CASE("a checkpoint of format 2 has its seeds as settings, and no place in the data") {
  const test::ScratchFolder folder;
  sw::Hdf5Writer file;
  file.integer("runconfig.seed", 7);
  file.integer("train_input.shuffle_seed", -1);
  file.attribute("format", "weft-checkpoint");
  file.attribute("format_version", "2");
  file.attribute("complete", "yes");
  test::write_bytes(folder / "file.mdl", file.image());
  const sw::CheckpointIdentity read = sw::read_identity(folder / "file.mdl");
  CHECK(read.settings ==
        std::map<std::string, std::string>{{"runconfig.seed", "7"}, {"train_input.shuffle_seed", "none"}});
  CHECK(read.run_id.empty());
  CHECK_FALSE(read.position);
}

TEST_CASE("weights alone: from another optimizer's checkpoint too, but only of the same shapes") {
  const test::ScratchFolder folder;
  const hw::TrainingState state = test::training_state(adam);
  const fs::path path = sw::write_checkpoint(folder.path(), state, identity);
  const hw::OptimizerSpec momentum = test::optimizer(hw::OptimizerKind::momentum);
  hw::TrainingState fresh;
  for (const hw::MatrixLayer& layer : layers)
    fresh.layers.push_back({layer.name, hw::state_tensors(layer, momentum), 0});
  sw::read_weights(path, fresh);
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    CHECK(fresh.layers[layer].tensors[0].values == state.layers[layer].tensors[0].values);
    CHECK(fresh.layers[layer].tensors[1].values == state.layers[layer].tensors[1].values);
    CHECK(fresh.layers[layer].tensors[2].values ==
          std::vector<float>(fresh.layers[layer].tensors[2].values.size(), 0.0F));
    CHECK(fresh.layers[layer].updates == 0);
  }
  CHECK(fresh.global_step == 0);
  hw::TrainingState shallow = fresh;
  shallow.layers.pop_back();
  CHECK_THROWS_WITH(sw::read_weights(path, shallow), Contains("holds model.fc2.bias, which this model does not have"));
  fresh.layers[0].tensors[0].shape = {3, 5};
  CHECK_THROWS_WITH(sw::read_weights(path, fresh), Contains("model.fc1.weight has shape [3, 4]"));
}

TEST_CASE("the latest checkpoint is the one with the highest number, not the last in the alphabet") {
  const test::ScratchFolder folder;
  CHECK(sw::checkpoints_in(folder.path()).empty());
  CHECK(sw::checkpoints_in(folder / "absent").empty());
  for (const char* name : {"checkpoint_9.mdl", "checkpoint_100.mdl", "checkpoint_200.mdl.part", "checkpoint_x.mdl",
                           "checkpoint_300", "checkpoint_.mdl"})
    test::write_bytes(folder / name, {});
  CHECK(sw::checkpoints_in(folder.path()).front() == folder / "checkpoint_100.mdl");
}
