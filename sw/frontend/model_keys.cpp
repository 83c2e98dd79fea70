#include "sw/frontend/model_keys.h"

#include <algorithm>

#include "sw/frontend/key_rows.h"

namespace weft::sw {
namespace {

using Use = KeyUse;

constexpr KeyRow rows[] = {
    {"*_input.data_processor", "", Use::honoured,
     "MNISTDataProcessor, mnist, synthetic, GptTextDataProcessor, text, GptHDF5DataProcessor, hdf5", "mnist",
     "IDX files of 28 x 28 pictures, samples made up, sequences of a text's tokens, or of HDF5 files' token ids"},
    {"*_input.data_dir", "", Use::honoured, "a text", "data/mnist",
     "folder of the files, in any usual layout; relative to the working directory, then to WEFT_DATA; text: a file, or "
     "a folder whose *.txt are read in the order of their names; without it data/text; hdf5: *.h5 and data/sequences"},
    {"*_input.split", "", Use::honoured, "train, val, test", "",
     "which files; train_input's are train, eval_input's test. val: its own files, or the test files; text: see "
     "held_out"},
    {"*_input.data_set", "", Use::honoured, "a text", "",
     "which of several in the folder: emnist-balanced, fashionmnist ...; without it MNIST, or the only one"},
    {"*_input.transpose", "", Use::honoured, "true or false", "false",
     "turns each picture over its diagonal: EMNIST's stand in columns"},
    {"*_input.batch_size", "", Use::honoured, "a whole number, 1 to 1073741824", "",
     "samples of a step over all systems; of eval_input as in train_input"},
    {"*_input.shuffle", "", Use::honoured, "true or false", "",
     "another order each epoch; true for training, false for evaluation"},
    {"*_input.shuffle_seed", "", Use::honoured, "a whole number, 0 to 9223372036854775807", "1", "of that order"},
    {"*_input.normalise.mean", "", Use::honoured, "a number, -1000000 to 1000000", "0.1307",
     "a pixel p of 0 to 1 becomes (p - mean) / std"},
    {"*_input.normalise.std", "", Use::honoured, "a number, 1e-06 to 1000000", "0.3081", "see mean"},
    {"*_input.drop_last_batch", "*_input.drop_last", Use::honoured, "true or false", "",
     "an epoch's last batch, if smaller, is left out; true for training, false for evaluation"},
    {"*_input.tokenizer", "", Use::honoured, "characters, gpt2", "characters",
     "text: a token is a character of the training text, or what GPT-2's byte pairs make of it"},
    {"*_input.vocabulary_dir", "", Use::honoured, "a text", "data/gpt2", "gpt2: folder of encoder.json and vocab.bpe"},
    {"*_input.max_sequence_length", "", Use::honoured, "a whole number, 1 to 1048576", "",
     "text, hdf5: tokens of a sequence; batch_size counts sequences"},
    {"*_input.held_out", "", Use::honoured, "a number, 0 to 1", "0.1",
     "text: share of the sequences, at the text's end, that split test and val have; train has the others"},
    {"*_input.masked_lm_prob", "", Use::honoured, "a number, 0.001 to 1", "",
     "text, bert: share of a sequence's tokens that are predicted, without it 0.15: 8 of 10 shown as masked, 1 as any, "
     "1 as "
     "it is"},
    {"*_input.max_predictions_per_seq", "", Use::honoured, "a whole number, 1 to 1048576", "",
     "text, bert: no more of them"},
    {"*_input.samples", "", Use::honoured, "a whole number, 1 to 2147483647", "1048576",
     "synthetic: how many there are"},

    {"model.name", "", Use::honoured, "a text", "", "names the run's folder; without it the file's name"},
    {"model.model_name", "", Use::honoured, "fully_connected, gpt2, gpt3, gpt, llama, bert", "",
     "what the network is; without it a bert if disable_nsp or encoder_nonlinearity is there, else a gpt if num_heads "
     "or "
     "vocab_size is. All between the first and the last are gpt"},
    {"model.input_features", "", Use::honoured, "a whole number, 784 to 784", "784", "synthetic: 1 to 1048576"},
    {"model.hidden_sizes", "", Use::honoured, "a list of 0 to 1024 items, each a whole number, 1 to 1048576", "",
     "outputs of each hidden layer; or depth and hidden_size"},
    {"model.depth", "", Use::honoured, "a whole number, 1 to 1024", "", "hidden layers of hidden_size each"},
    {"model.hidden_size", "", Use::honoured, "a whole number, 1 to 1048576", "", "see depth; gpt: features of a token"},
    {"model.num_classes", "", Use::honoured, "a whole number, 10 to 1048576", "10", "outputs; synthetic: from 1"},
    {"model.activation_fn", "", Use::honoured, activation_words, "relu",
     "after each hidden layer; gelu by the error function, gelu_tanh and gelu_new by tanh"},
    {"model.use_bias", "", Use::honoured, "true or false", "true", "each layer has a bias"},
    {"model.dropout", "", Use::honoured, "a number, 0 to 0.99", "0", "after each activation, in training"},
    {"model.loss", "", Use::honoured, "softmax_cross_entropy", "softmax_cross_entropy", ""},
    {"model.mixed_precision", "trainer.init.precision.enabled", Use::honoured, "true or false", "true",
     "true is what the machine does; false is refused"},
    {"model.fp16_type", "trainer.init.precision.fp16_type", Use::honoured, format_words, "float16",
     "16-bit numbers: weights on the way, samples, activations, deltas; sums and what MemoryX keeps are fp32"},
    {"model.gradient_wire", "trainer.init.precision.gradient_wire", Use::honoured, "float32, fp16_type", "",
     "gradients off the wafer, without it float32; or 16 bits as fp16_type says: summed in fp32, rounded where they "
     "leave a system and where SwarmX sums them"},
    {"model.retain_output_layer", "", Use::honoured, "auto, true, false", "auto",
     "its weights stay in the PEs between the passes"},
    {"model.sparsity", "sparsity trainer.init.sparsity", Use::honoured, "a number, 0 to 0.9999", "",
     "share of weights that are zero for ever; a list has one for each layer; from_checkpoint takes the zeros of the "
     "starting weights"},
    {"model.sparsity_seed", "", Use::honoured, "a whole number, 0 to 9223372036854775807", "1", "which ones"},

    {"optimizer.optimizer_type", "", Use::honoured, optimizer_words, "adam", ""},
    {"optimizer.learning_rate", "trainer.init.schedulers optimizer.lr", Use::honoured, "a number, 0 to 1000", "",
     "or a scheduler, or a list of them: see below"},
    {"optimizer.momentum", "", Use::honoured, "a number, 0 to 0.999999", "0", "sgd"},
    {"optimizer.dampening", "", Use::honoured, "a number, 0 to 1", "0",
     "sgd: 1 - dampening of a gradient goes into the momentum"},
    {"optimizer.nesterov", "optimizer.use_nesterov", Use::honoured, "true or false", "false",
     "sgd: look ahead by the momentum"},
    {"optimizer.betas", "", Use::honoured, "a list of 2 items, each a number, 0 to 0.999999", "[0.9, 0.999]",
     "adam, adamw; or beta1 and beta2"},
    {"optimizer.beta1", "", Use::honoured, "a number, 0 to 0.999999", "0.9", "see betas"},
    {"optimizer.beta2", "", Use::honoured, "a number, 0 to 0.999999", "0.999", "see betas"},
    {"optimizer.eps", "optimizer.epsilon", Use::honoured, "a number, 1e-30 to 1", "1e-08", "adam, adamw"},
    {"optimizer.weight_decay", "optimizer.weight_decay_rate", Use::honoured, "a number, 0 to 1000", "0",
     "of weights and biases alike, as PyTorch; adamw: decoupled"},
    {"optimizer.max_gradient_norm", "trainer.init.precision.max_gradient_norm", Use::honoured,
     "a number, 0 to 1e+30 (0: none)", "0", "gradients are clipped to this norm of all together"},
    {"optimizer.max_gradient_value", "trainer.init.precision.max_gradient_value", Use::honoured,
     "a number, 0 to 1e+30 (0: none)", "0", "each element of a gradient is clipped to this size"},
    {"optimizer.clip_timing", "", Use::honoured, "waiting, speculative", "waiting",
     "updates wait for the norm, or are made at once and made again when it says so"},
    {"optimizer.loss_scaling_factor", "trainer.init.precision.loss_scaling_factor", Use::honoured,
     "a number, 1e-30 to 2147483648", "1", "or dynamic"},
    {"optimizer.initial_loss_scale", "trainer.init.precision.initial_loss_scale", Use::honoured,
     "a number, 6.103515625e-05 to 32768", "", "dynamic: the first; without it the maximum, which is its bound"},
    {"optimizer.min_loss_scale", "trainer.init.precision.min_loss_scale", Use::honoured, "a number, 1e-30 to 32768",
     "6.103515625e-05", "dynamic"},
    {"optimizer.max_loss_scale", "trainer.init.precision.max_loss_scale", Use::honoured,
     "a number, 1e-30 to 2147483648", "32768", "dynamic; without it 2147483648 of cbfloat16"},
    {"optimizer.steps_per_increase", "trainer.init.precision.steps_per_increase", Use::honoured,
     "a whole number, 1 to 2147483647", "2000", "dynamic: finite steps before it doubles"},

    {"runconfig.mode", "", Use::honoured, "train, eval, train_and_eval", "train", ""},
    {"runconfig.max_steps",
     "runconfig.num_steps runconfig.train_steps trainer.init.loop.max_steps trainer.init.loop.num_steps", Use::honoured,
     "a whole number, 1 to 2147483647", "", "training steps, counted from the first of all; or num_epochs"},
    {"runconfig.num_epochs", "trainer.init.loop.num_epochs", Use::honoured, "a whole number, 1 to 2147483647", "",
     "passes through the data; with max_steps the smaller counts"},
    {"runconfig.steps_per_epoch", "trainer.init.loop.steps_per_epoch", Use::honoured, "a whole number, 1 to 2147483647",
     "", "of an epoch that is cut short"},
    {"runconfig.eval_steps", "trainer.init.loop.eval_steps", Use::honoured, "a whole number, 0 to 2147483647", "0",
     "batches of an evaluation; 0: all"},
    {"runconfig.eval_frequency", "trainer.init.loop.eval_frequency", Use::honoured, "a number, 0 to 2147483647", "0",
     "train_and_eval: steps between evaluations; up to 1, as a share of them all; 0: at the end"},
    {"runconfig.log_steps", "trainer.init.logging.log_steps", Use::honoured, "a whole number, 1 to 2147483647", "1",
     "steps between lines of the log"},
    {"runconfig.checkpoint_steps", "runconfig.save_checkpoints_steps trainer.init.checkpoint.steps", Use::honoured,
     "a whole number, 0 to 2147483647", "0", "steps between checkpoints; 0: at the end"},
    {"runconfig.keep_checkpoints",
     "runconfig.keep_checkpoint_max runconfig.max_checkpoints trainer.init.callbacks.KeepNCheckpoints.n", Use::honoured,
     "a whole number, 0 to 2147483647", "0", "the latest so many are kept; 0: all"},
    {"runconfig.save_initial_checkpoint", "trainer.init.checkpoint.save_initial_checkpoint", Use::honoured,
     "true or false", "false", ""},
    {"runconfig.check_loss_values", "trainer.init.callbacks.CheckLoss", Use::honoured, "true or false", "true",
     "a loss that is no number ends the run"},
    {"runconfig.seed", "trainer.init.seed", Use::honoured, "a whole number, 0 to 9223372036854775807", "1",
     "of weights and dropout"},
    {"runconfig.num_csx", "trainer.init.backend.cluster_config.num_csx", Use::honoured, "a whole number, 1 to 65536",
     "1", "systems; each takes an equal part of the batch"},
    {"runconfig.placement", "", Use::honoured, "striped, whole_tensor", "striped",
     "of a layer over the weight servers"},
    {"runconfig.micro_batch_size",
     "train_input.micro_batch_size trainer.init.callbacks.ScopedTrainFlags.csx.performance.micro_batch_size "
     "trainer.init.callbacks.GlobalFlags.csx.performance.micro_batch_size",
     Use::honoured, "a whole number, 1 to 1073741824 (or auto, or none)", "auto",
     "samples of one system that are on the wafer at a time"},
    {"runconfig.recompute", "", Use::honoured, "a whole number, 1 to 1024 (or auto, or none)", "auto",
     "layers of which the first one's input alone is kept"},
    {"runconfig.lanes", "", Use::honoured, "a whole number, 1 to 1048576 (or auto)", "auto",
     "stripes of the wafer that each hold all features"},
    {"runconfig.features_over", "", Use::honoured, "auto, rows, columns", "auto", ""},
    {"runconfig.sparse_wire", "", Use::honoured, "auto, sparse, dense", "auto",
     "how a sparse layer travels: what is kept, with its index, or all; auto: the shorter predicted step"},
    {"runconfig.precision_opt_level", "trainer.init.precision.precision_opt_level model.precision_opt_level",
     Use::honoured, "a whole number, 0 to 1", "",
     "without it 0: all sums are fp32. 1: products of weights sum in 16 bits in a PE, forward and in the delta pass, "
     "and "
     "in fp32 from PE to PE; those of gradients, of attention, of a transformer's output layer backwards and of a "
     "retained output layer backwards in fp32. 2, 16 bits in attention, is not modelled"},
    {"runconfig.stream_order", "", Use::honoured, "by_round, by_element", "by_round", "of a weight stream"},
    {"runconfig.stream_block", "", Use::honoured, "a whole number, 1 to 1048576", "1", "rounds of a block"},

    {"*_input.num_workers", "", Use::no_effect, "", "", "the machine file says how many input workers there are"},
    {"*_input.num_parallel_calls", "", Use::no_effect, "", "",
     "the machine file says how many input workers there are"},
    {"*_input.prefetch_factor", "", Use::no_effect, "", "", "the machine file says how many batches are prefetched"},
    {"*_input.prefetch_buffer_size", "", Use::no_effect, "", "",
     "the machine file says how many batches are prefetched"},
    {"*_input.persistent_workers", "", Use::no_effect, "", "", "input workers are never stopped"},
    {"*_input.to_float16", "", Use::no_effect, "", "", "samples always travel in 16 bits"},
    {"*_input.fake_data_seed", "", Use::no_effect, "", "", "data_processor: synthetic has shuffle_seed"},
    {"eval_input.micro_batch_size", "trainer.init.callbacks.ScopedValidateFlags", Use::no_effect, "", "",
     "an evaluation uses the plan of the training"},
    {"model.to_float16", "", Use::no_effect, "", "", "masters are fp32, what is streamed is fp16_type"},
    {"model.compute_eval_metrics", "", Use::no_effect, "", "", "the accuracy is always counted"},
    {"model.allow_multireplica", "", Use::no_effect, "", "", "num_csx says how many systems there are"},
    {"optimizer.log_summaries", "trainer.init.precision.log_loss_scale", Use::no_effect, "", "",
     "the report has what is logged"},
    {"optimizer.grad_accum_steps", "trainer.init.loop.grad_accum_steps", Use::no_effect, "", "",
     "runconfig.micro_batch_size says how a batch is cut"},
    {"runconfig.model_dir", "trainer.init.model_dir", Use::no_effect, "", "", "the flag -o names the folder"},
    {"runconfig.save_losses", "", Use::no_effect, "", "", "the report has every loss"},
    {"runconfig.save_summary_steps", "", Use::no_effect, "", "", "the report has every step"},
    {"runconfig.show_debug_metrics", "", Use::no_effect, "", "", "the report has what is measured"},
    {"runconfig.target_device", "trainer.init.device trainer.init.backend.backend_type", Use::no_effect, "", "",
     "the flag --machine names the machine"},
    {"runconfig.compile_only", "trainer.init.backend.compile_only", Use::no_effect, "", "",
     "the flag --compile_only says it"},
    {"runconfig.validate_only", "trainer.init.backend.validate_only", Use::no_effect, "", "",
     "the flag --validate_only says it"},
    {"runconfig.autoload_last_checkpoint", "trainer.init.checkpoint.autoload_last_checkpoint", Use::no_effect, "", "",
     "the flag --resume says it"},
    {"runconfig.num_wgt_servers", "", Use::no_effect, "", "",
     "the machine file says how many weight servers there are"},
    {"runconfig.num_workers_per_csx", "", Use::no_effect, "", "",
     "the machine file says how many input workers there are"},
    {"runconfig.num_replicas", "runconfig.multireplica", Use::no_effect, "", "",
     "num_csx says how many systems there are"},
    {"runconfig.cs_ip",
     "runconfig.num_act_servers runconfig.compile_dir runconfig.mount_dirs runconfig.python_paths "
     "runconfig.credentials_path runconfig.mgmt_address runconfig.mgmt_namespace runconfig.job_labels "
     "runconfig.job_priority runconfig.job_time_sec runconfig.disable_version_check runconfig.service_dir "
     "runconfig.cbcore_image runconfig.transfer_processes runconfig.fabric_type_blacklist "
     "runconfig.compile_crd_memory_gi runconfig.execute_crd_memory_gi runconfig.wrk_memory_gi "
     "runconfig.act_memory_gi runconfig.cmd_memory_gi runconfig.wgt_memory_gi runconfig.chf_memory_gi "
     "runconfig.use_appliance_data runconfig.autogen_policy runconfig.execution_strategy runconfig.variant "
     "runconfig.experimental_api runconfig.experimental runconfig.skip_train_recv_activations "
     "runconfig.save_stream_size runconfig.use_cs_grad_accum runconfig.use_cstorch_optimizer_step "
     "trainer.init.backend trainer.init.autorestart",
     Use::no_effect, "", "", "of a real cluster's software"},
    {"runconfig.enable_distributed",
     "runconfig.main_process_id runconfig.dist_backend runconfig.dist_addr "
     "runconfig.init_method runconfig.sync_batchnorm",
     Use::no_effect, "", "", "of GPUs"},
    {"runconfig.logging",
     "runconfig.wsc_log_level runconfig.summary_dir runconfig.enable_summaries "
     "runconfig.legacy_event_dirs runconfig.enable_act_frequency runconfig.log_initialization "
     "runconfig.log_input_summaries runconfig.op_profiler_config runconfig.dump_activations "
     "runconfig.debug_args_path runconfig.debug_args runconfig.ini runconfig.retrace_every_iteration "
     "runconfig.lazy_initialization runconfig.drop_data runconfig.hf_cache_dir wandb trainer.init.logging "
     "trainer.init.loggers trainer.init.callbacks",
     Use::no_effect, "", "", "of other programs' logs and debuggers"},
    {"runconfig.is_pretrained_checkpoint",
     "runconfig.load_checkpoint_states runconfig.disable_strict_checkpoint_loading "
     "trainer.init.checkpoint trainer.validate.ckpt_path trainer.validate_all.ckpt_paths",
     Use::no_effect, "", "", "the flags --checkpoint_path and --initial_weights say what is read"},
    {"description", "", Use::no_effect, "", "", "a remark"},
    {"trainer.validate", "trainer.validate_all", Use::no_effect, "", "", "an evaluation uses fit.val_dataloader"},

    {"*_input.use_fake_data", "", Use::only, "false", "", "data_processor: synthetic makes samples up"},
    {"model.disable_softmax", "", Use::only, "false", "", "the loss is softmax with cross entropy"},
    {"optimizer.correct_bias", "", Use::only, "true", "", "moments are corrected, as in PyTorch"},
    {"optimizer.amsgrad", "", Use::only, "false", "", "not there"},
    {"optimizer.maximize", "", Use::only, "false", "", "a loss is made smaller"},
    {"optimizer.disable_lr_steps_reset", "", Use::only, "false", "",
     "each scheduler of a list counts from its own first step"},
    {"csconfig.use_cbfloat16", "", Use::only, "false", "", "say it with model.fp16_type: cbfloat16"},
    {"csconfig", "", Use::no_effect, "", "", "of a real cluster's software"},
    {"runconfig.checkpoint_path", "trainer.fit.ckpt_path", Use::refused, "", "",
     "say it with the flag --checkpoint_path, or --initial_weights"},
};

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string with_input(std::string text, const std::string& section) {
  if (text.rfind("*_input", 0) == 0) text.replace(0, 7, section);
  return text;
}

ModelKey key_of(const KeyRow& row, const std::string& input) {
  ModelKey key{with_input(std::string(row.path), input),
               {},
               row.use,
               std::string(row.values),
               std::string(row.fallback),
               std::string(row.text)};
  for (const std::string& word : words(row.also)) key.spellings.push_back(with_input(word, input));
  const std::vector<std::string> written = key.spellings;
  for (const SectionSpelling& section : section_spellings()) {
    const std::string inside = section.section + ".";
    if (key.path.rfind(inside, 0) == 0) key.spellings.push_back(section.spelling + key.path.substr(inside.size() - 1));
    for (const std::string& other : written)
      if (other.rfind(inside, 0) == 0) key.spellings.push_back(section.spelling + other.substr(inside.size() - 1));
  }
  return key;
}

}  // namespace

const std::vector<SectionSpelling>& section_spellings() {
  static const std::vector<SectionSpelling> sections{{"model", "trainer.init.model"},
                                                     {"optimizer", "trainer.init.optimizer"},
                                                     {"train_input", "trainer.fit.train_dataloader"},
                                                     {"eval_input", "trainer.fit.val_dataloader"}};
  return sections;
}

const std::vector<ModelKey>& model_keys() {
  static const std::vector<ModelKey> keys = [] {
    std::vector<ModelKey> all;
    for (const KeyRow& row : rows) {
      all.push_back(key_of(row, "train_input"));
      if (row.path.rfind("*_input", 0) == 0) all.push_back(key_of(row, "eval_input"));
    }
    std::vector<ModelKey> transformer;
    for (const KeyRow& row : transformer_key_rows()) transformer.push_back(key_of(row, ""));
    const auto optimizer =
        std::find_if(all.begin(), all.end(), [](const ModelKey& key) { return key.path.rfind("optimizer.", 0) == 0; });
    const auto others = std::stable_partition(transformer.begin(), transformer.end(),
                                              [](const ModelKey& key) { return key.use == KeyUse::honoured; });
    all.insert(optimizer, transformer.begin(), others);
    all.insert(all.end(), others, transformer.end());
    return all;
  }();
  return keys;
}

}  // namespace weft::sw
