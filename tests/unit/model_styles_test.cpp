// Question: do model files in each of the published styles say the same network, each key honoured, named as without
// effect, or refused with the reason? The files are re-creations: the keys of the published ones, other values.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "sw/graph/model_file.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;

namespace {

const std::string kParameters = R"(
train_input:
    data_dir: "./mnist"
    batch_size: 8
    drop_last_batch: True
    to_float16: True
    shuffle: True
eval_input:
    data_dir: "./mnist"
    batch_size: 8
    drop_last_batch: True
    shuffle: False
model:
    name: "fc_small"
    mixed_precision: True
    depth: 3
    hidden_size: 40
    dropout: 0.0
    activation_fn: "relu"
    to_float16: False
optimizer:
    optimizer_type: "SGD"
    learning_rate: 0.01
    momentum: 0.5
    loss_scaling_factor: 2.0
runconfig:
    max_steps: 20
    log_steps: 5
    checkpoint_steps: 1000
    seed: 3
    model_dir: "./out"
    show_debug_metrics: False
    save_losses: True
    num_epochs: 1
    steps_per_epoch: 20
    eval_frequency: 1000
csconfig:
    use_cbfloat16: False
)";

const std::string kTrainer = R"(
trainer:
  init:
    model_dir: ./out
    seed: 3
    backend: {backend_type: CSX, cluster_config: {num_csx: 2}}
    model: {name: fc_small, depth: 3, hidden_size: 40, dropout: 0.0, activation_fn: relu, to_float16: false}
    optimizer:
      SGD: {learning_rate: 0.01, momentum: 0.5}
    precision: {enabled: true, loss_scaling_factor: 2.0, max_gradient_norm: 1.5}
    loop: {max_steps: 20, num_epochs: 1, steps_per_epoch: 20, eval_frequency: 1000}
    checkpoint: {steps: 1000}
    logging: {log_steps: 5}
    schedulers:
    - ConstantLR: {learning_rate: 0.01}
    callbacks:
    - CheckLoss: null
    - KeepNCheckpoints: {n: 2}
    - ScopedTrainFlags: {csx.performance.micro_batch_size: 4}
    - RateProfiler: {}
    loggers:
    - ProgressLogger: {}
  fit:
    train_dataloader: {data_processor: MNISTDataProcessor, data_dir: ./mnist, batch_size: 8, drop_last_batch: true,
      to_float16: true, shuffle: true}
    val_dataloader: &val {data_processor: MNISTDataProcessor, data_dir: ./mnist, batch_size: 8, drop_last_batch: true,
      shuffle: false}
  validate:
    val_dataloader: *val
  validate_all:
    val_dataloaders: *val
)";

const std::string kTensorFlow = R"(
description: "a small net"
train_input: {shuffle: True, data_dir: './tfds', batch_size: 16, num_parallel_calls: 0}
model:
    hidden_sizes:
        - 50
        - 30
    dropout: 0.25
    activation_fn: 'relu'
optimizer: {learning_rate: 0.002, beta1: 0.8, beta2: 0.99, epsilon: 1.0e-7}
runconfig:
    max_steps: 100
    save_summary_steps: 50
    save_checkpoints_steps: 30
    keep_checkpoint_max: 2
    model_dir: 'model_dir'
    cs_ip:
    multireplica: False
    mode: 'train'
)";

sw::ModelFile parse(const std::string& text, const std::vector<std::string>& flags = {}) {
  return sw::parse_model(text, "dir/zoo.yaml", flags);
}

std::string error_of(const std::string& text, const std::vector<std::string>& flags = {}) {
  try {
    parse(text, flags);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

void check_small(const sw::ModelConfig& config) {
  CHECK(config.train_input.data_dir == "./mnist");
  CHECK(config.train_input.data_processor == "mnist");
  CHECK(config.train_input.batch_size == 8);
  CHECK(config.train_input.shuffle);
  CHECK(config.eval_input.batch_size == 8);
  CHECK_FALSE(config.eval_input.shuffle);
  CHECK(config.eval_input.drop_last_batch);
  CHECK(config.model.name == "fc_small");
  CHECK(config.model.fully_connected()->hidden_sizes == std::vector<int>{40, 40, 40});
  CHECK(config.optimizer.kind == hw::OptimizerKind::momentum);
  CHECK(config.optimizer.momentum == 0.5);
  CHECK(config.schedule.rate == 0.01);
  CHECK(config.loss_scale.initial == 2);
  CHECK(config.runconfig.max_steps == 20);
  CHECK(config.runconfig.num_epochs == 1);
  CHECK(config.runconfig.steps_per_epoch == 20);
  CHECK(config.runconfig.eval_frequency == 1000);
  CHECK(config.runconfig.log_steps == 5);
  CHECK(config.runconfig.checkpoint_steps == 1000);
  CHECK(config.runconfig.seed == 3);
}

}  // namespace

TEST_CASE("the parameters style") {
  const auto file = parse(kParameters);
  check_small(file.config);
  const std::string notes = joined(file.notes);
  CHECK(file.notes.size() == 5);
  CHECK_THAT(notes, Contains("dir/zoo.yaml:6:17: train_input.to_float16 has no effect here: "));
  CHECK_THAT(notes, Contains("model.to_float16 has") && Contains("runconfig.model_dir has") &&
                        Contains("runconfig.save_losses has") && Contains("runconfig.show_debug_metrics has"));
}

TEST_CASE("the trainer style is the same network") {
  const auto file = parse(kTrainer);
  check_small(file.config);
  CHECK(file.config.clip.max_norm == 1.5);
  CHECK(file.config.runconfig.num_csx == 2);
  CHECK_FALSE(file.config.runconfig.check_loss_values);
  CHECK(file.config.runconfig.keep_checkpoints == 2);
  CHECK(file.config.runconfig.plan.micro_batch_size.samples == 4);
  const std::string notes = joined(file.notes);
  CHECK_THAT(notes, Contains("trainer.init.optimizer.SGD.learning_rate has no effect here: the schedulers"));
  CHECK_THAT(notes, Contains("trainer.init.callbacks has") && Contains("trainer.init.loggers has"));
  CHECK_THAT(notes, Contains("trainer.init.backend.backend_type has") && !Contains("validate"));
}

TEST_CASE("TensorFlow's spellings, without a name, an optimizer and an evaluation") {
  const auto file = parse(kTensorFlow);
  CHECK(file.config.model.name == "zoo");
  CHECK(file.config.model.fully_connected()->hidden_sizes == std::vector<int>{50, 30});
  CHECK(file.config.model.fully_connected()->dropout == 0.25);
  CHECK(file.config.optimizer.kind == hw::OptimizerKind::adam);
  CHECK(file.config.optimizer.beta1 == 0.8);
  CHECK(file.config.optimizer.beta2 == 0.99);
  CHECK(file.config.optimizer.epsilon == 1e-7);
  CHECK(file.config.runconfig.checkpoint_steps == 30);
  CHECK(file.config.runconfig.keep_checkpoints == 2);
  CHECK_THAT(joined(file.notes), Contains("description has") && Contains("train_input.num_parallel_calls has") &&
                                     Contains("runconfig.multireplica has") && !Contains("cs_ip"));
}

TEST_CASE("a flag wins in every spelling over every style") {
  for (const std::string& text : {kParameters, kTrainer}) {
    CHECK(parse(text, {"runconfig.max_steps=7"}).config.runconfig.max_steps == 7);
    CHECK(parse(text, {"trainer.init.loop.max_steps=8"}).config.runconfig.max_steps == 8);
    CHECK(parse(text, {"trainer.init.loop.max_steps=8", "runconfig.max_steps=9"}).config.runconfig.max_steps == 9);
    CHECK(parse(text, {"trainer.init.optimizer.Adam={eps: 0.5}", "optimizer.momentum=null"}).config.optimizer.epsilon ==
          0.5);
    CHECK(parse(text, {"trainer.fit.train_dataloader.batch_size=16"}).config.train_input.batch_size == 16);
    CHECK(parse(text, {"optimizer.learning_rate=0.5"}).config.schedule.rate == 0.5);
  }
  CHECK_THAT(error_of(kTrainer, {"trainer.init.loop.max_steps=0"}),
             Contains("flag trainer.init.loop.max_steps=0: trainer.init.loop.max_steps is '0'; allowed: a whole"));
}

TEST_CASE("all that is wrong in a trainer file is told at once, as it is written there") {
  const std::string error = error_of(R"(trainer:
  init:
    model: {name: x, depth: 0, hidden_size: 40, disable_softmax: true}
    optimizer: {Adma: {}}
    precision: {enabld: true, fp16_type: tfloat32}
    loop: {eval_frequency: 0.5.1}
    schedulers: [{LinerLR: {total_iters: 5}}]
  fit:
    ckpt_path: some.mdl
    train_dataloader: {batch_sise: 8}
)");
  CAPTURE(error);
  CHECK_THAT(error, Contains("dir/zoo.yaml:3:29: trainer.init.model.depth is '0'; allowed: a whole number, 1 to"));
  CHECK_THAT(error, Contains("trainer.init.model.disable_softmax is 'true'; allowed: false; the loss is softmax"));
  CHECK_THAT(error, Contains("dir/zoo.yaml:4:17: trainer.init.optimizer.Adma is 'Adma'; is not known; nearest: adam"));
  CHECK_THAT(error, Contains("dir/zoo.yaml:5:17: unknown key trainer.init.precision.enabld; nearest: enabled"));
  CHECK_THAT(error, Contains("trainer.init.precision.fp16_type is 'tfloat32'"));
  CHECK_THAT(error, Contains("trainer.init.loop.eval_frequency is '0.5.1'"));
  CHECK_THAT(error, Contains("no such scheduler; nearest: Linear"));
  CHECK_THAT(error, Contains("trainer.fit.ckpt_path is 'some.mdl'; say it with the flag --checkpoint_path"));
  CHECK_THAT(error, Contains("unknown key trainer.fit.train_dataloader.batch_sise; nearest: batch_size"));
  CHECK_THAT(error, Contains("missing key trainer.fit.train_dataloader.batch_size"));
  CHECK_THAT(error, Contains("missing key trainer.init.loop.max_steps"));
}

TEST_CASE("a key that is said twice must say the same") {
  const std::string twice = kParameters + "trainer: {init: {seed: 3}}\n";
  CHECK(error_of(twice).empty());
  const std::string other = kParameters + "trainer: {init: {seed: 4}}\n";
  CHECK_THAT(error_of(other), Contains("trainer.init.seed is '4', but runconfig.seed is '3' (dir/zoo.yaml:30:11)"));
  CHECK_THAT(error_of(kParameters + "trainer: [{}, {}]\n"), Contains("trainer is a list; allowed: one trainer"));
}

TEST_CASE("an evaluation frequency is steps or a share") {
  const auto frequency = [](const std::string& text) {
    const auto run = parse(kParameters, {"runconfig.eval_frequency=" + text}).config.runconfig;
    return std::pair<std::int64_t, double>(run.eval_frequency, run.eval_share);
  };
  CHECK(frequency("1") == std::pair<std::int64_t, double>(1, 0));
  CHECK(frequency("500") == std::pair<std::int64_t, double>(500, 0));
  CHECK(frequency("1.0") == std::pair<std::int64_t, double>(0, 1));
  CHECK(frequency("0.25") == std::pair<std::int64_t, double>(0, 0.25));
  CHECK(frequency("null") == std::pair<std::int64_t, double>(0, 0));
  CHECK_THAT(error_of(kParameters, {"runconfig.eval_frequency=2.5"}), Contains("whole steps, or a share"));
}

TEST_CASE("a trainer's configuration as the collection writes it out, every key with its default") {
  const std::string written = R"(
trainer:
- trainer:
    init:
      device: null
      backend: {backend_type: CSX, cluster_config: {num_csx: 2, max_wgt_servers: null, workflow_id: null}}
      model: {name: fc_small, use_bias: true, hidden_sizes: [40, 40, 40], depth: 3, hidden_size: 40,
        activation_fn: relu, dropout: 0.0, disable_softmax: false, compute_eval_metrics: false, to_float16: false}
      optimizer:
      - SGD: {learning_rate: 0.01, momentum: 0.5, dampening: 0.0, nesterov: false, maximize: false, params: null}
      schedulers: []
      precision: {enabled: true, fp16_type: null, loss_scaling_factor: 2.0, initial_loss_scale: null,
        steps_per_increase: 2000, min_loss_scale: null, max_gradient_norm: null}
      sparsity: null
      loop: {num_steps: null, max_steps: 20, num_epochs: 1, steps_per_epoch: 20, eval_frequency: 1000, new_key: null}
      checkpoint: {steps: 1000}
      logging: {log_steps: 5}
      callbacks: [{GlobalFlags: {csx.performance.micro_batch_size: 4}}]
      loggers: []
      seed: 3
    fit:
      train_dataloader: {data_processor: MNISTDataProcessor, data_dir: ./mnist, batch_size: 8, drop_last: true,
        shuffle: true, use_fake_data: false, fake_data_seed: null}
      val_dataloader: [{data_processor: MNISTDataProcessor, data_dir: ./mnist, batch_size: 8, drop_last: true,
        shuffle: false}]
      ckpt_path: null
    validate: null
)";
  const auto file = parse(written);
  check_small(file.config);
  CHECK(file.config.runconfig.plan.micro_batch_size.samples == 4);
  CHECK_THAT(joined(file.notes),
             Contains("steps_per_increase has no effect here: only loss_scaling_factor: dynamic uses it"));
  const auto changed = [&written](const std::string& from, const std::string& to) {
    std::string text = written;
    return error_of(text.replace(text.find(from), from.size(), to));
  };
  CHECK_THAT(changed("depth: 3", "depth: 4"), Contains("trainer.init.model.depth is '4'; hidden_sizes says another"));
  CHECK_THAT(changed("enabled: true", "enabld: true"), Contains("unknown key trainer.init.precision.enabld"));
}

TEST_CASE("a section that is none is called so, and nothing follows from an optimizer that is not known") {
  CHECK_THAT(error_of("trainer: {init: {optimizer: SGD}}\n"),
             Contains("trainer.init.optimizer is 'SGD'; must be a section") && !Contains("unknown key"));
  const std::string error = error_of(kParameters, {"optimizer.optimizer_type=sdg"});
  CHECK_THAT(error, Contains("nearest: sgd") && !Contains("optimizer.momentum"));
}
