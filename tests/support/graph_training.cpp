#include "tests/support/graph_training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hw/input/token_sequences.h"
#include "hw/pe/special_functions.h"
#include "hw/spec/machine_file.h"
#include "sw/graph/initial_weights.h"
#include "tests/support/fp16.h"
#include "tests/support/paths.h"
#include "tlm/base/split_mix.h"

namespace weft::test {

namespace {

double as_half(double value) { return round_to_half(static_cast<float>(value)); }

hw::TrainingState beginning(const hw::Job& job) {
  hw::TrainingState state = hw::initial_state(job);
  const auto parameters = sw::initial_weights(job.layers, 3);
  for (std::size_t layer = 0; layer < parameters.size(); ++layer) {
    parameters[layer].put_into(state.layers[layer]);
    const bool norm = job.layers[layer].kind == hw::LayerKind::norm;
    for (int tensor = 0; job.layers[layer].has_parameters() && tensor < job.layers[layer].tensors(); ++tensor) {
      float place = static_cast<float>(layer);
      for (float& value : state.layers[layer].tensors[static_cast<std::size_t>(tensor)].values)
        value = round_to_half(job.format, value + (norm ? 0.3F * std::sin(place += 2.0F) : 0.0F));
    }
  }
  return state;
}

double norm_of(const Values& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

}  // namespace

int CountedWords::word(std::int64_t sequence, std::int64_t place) const {
  return static_cast<int>((sequence * 11 + place * (1 + sequence % 3)) % vocabulary_);
}

double CountedWords::value(std::int64_t token, int feature) const {
  const std::int64_t place = token % length_;
  return feature == 0 ? word(token / length_, place) : static_cast<double>(place);
}

double MaskedWords::value(std::int64_t token, int feature) const {
  if (feature < words_.features()) return words_.value(token, feature);
  if (feature == label_id()) return token % length_ > 0 ? -1 : token / length_ % 3 == 0 ? 0 : 1;
  const std::int64_t sequence = token / length_, behind = token % length_ > 1 + sequence % (length_ - 2) ? 1 : 0;
  return static_cast<double>((sequence + behind) % segments_);
}

int MaskedWords::label(std::int64_t token) const {
  const std::int64_t sequence = token / length_, place = token % length_;
  if (padded_ && place > (sequence * 5 + 2) % length_) return hw::padding_label;
  return place % 3 == 0 ? words_.label(token) : -1;
}

double NoisyPatterns::value(std::int64_t token, int feature) const {
  const std::uint64_t drawn = split_mix(static_cast<std::uint64_t>(token * 1009 + feature + 1) * split_mix_gamma) >> 40;
  return as_half(static_cast<double>(drawn) / 16777216.0 - 0.5 + (feature % classes_ == label(token) ? 1.0 : 0.0));
}

namespace {

/// Where a token of a step's batch stands, if tokens are dealt to columns: dropout is drawn by places.
std::size_t place_of(const hw::Job& job, const hw::Mapping& mapping, std::size_t token) {
  const int tokens = job.tokens() / mapping.lanes, number = static_cast<int>(token) % tokens;
  const hw::TokenOrder order(tokens, std::min(mapping.lane.width, tokens), job.dealt_tokens());
  return token - static_cast<std::size_t>(number) + static_cast<std::size_t>(order.place_of(number));
}

/// The same of a feature of scores, for a token: its key.
std::size_t place_of_key(const hw::Job& job, const hw::Mapping& mapping, std::size_t feature, std::size_t token) {
  const auto length = static_cast<std::size_t>(job.sample_tokens);
  const std::size_t key = feature % length, first = token / length * length;
  return feature - key + place_of(job, mapping, first + key) - first;
}

/// As hw/csx draws it: by step and layer, of an element's place in the step's batch; of probabilities the layer is
/// that of their scores.
double dropout_factor(const hw::Job& job, const hw::Mapping& mapping, const sw::OperationGraph& graph,
                      const sw::Operation& operation, int step, std::size_t feature, std::size_t token) {
  const bool tiled = operation.type == "TiledAttention";
  std::string layer = tiled ? operation.name : operation.inputs.front();
  if (tiled) feature = place_of_key(job, mapping, feature, token);
  for (const sw::Operation& maker : graph.operations)
    if (maker.name + ".dropout" == operation.name) {
      layer = maker.name;
      if (maker.type != "AttentionSoftmax") continue;
      layer = maker.inputs.front();
      feature = place_of_key(job, mapping, feature, token);
    }
  token = place_of(job, mapping, token);
  const auto found =
      std::find_if(job.layers.begin(), job.layers.end(), [&](const auto& of) { return of.name == layer; });
  const auto place = static_cast<std::uint64_t>(found - job.layers.begin());
  const std::uint64_t key =
      split_mix((job.seed + 1) * split_mix_gamma + static_cast<std::uint64_t>(step) * 1024 + place + 1);
  const double probability = operation.attribute(tiled ? "dropout" : "probability");
  const std::uint32_t bits =
      hw::dropout_bits(key, static_cast<std::uint32_t>(feature), static_cast<std::uint32_t>(token));
  return bits < std::ldexp(probability, 32) ? 0 : as_half(1 / (1 - probability));
}

}  // namespace

class GraphTraining::Source final : public hw::SampleSource {
 public:
  Source(const hw::Job& job, const TrainingTokens& tokens, int evaluation_tokens)
      : job_(job), tokens_(tokens), evaluation_tokens_(evaluation_tokens) {}
  int features() const override { return tokens_.features(); }
  void fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
            std::int32_t* labels) override {
    const bool train = job_.stages[static_cast<std::size_t>(stage)].train;
    for (int place = 0; place < job_.tokens(); ++place) {
      const std::int64_t token =
          step * job_.batch + system * job_.tokens_per_system() + micro_batch * job_.tokens() + place;
      const bool padding = !train && token >= evaluation_tokens_;
      labels[place] = padding ? -1 : tokens_.label(token);
      for (int feature = 0; feature < features(); ++feature) *samples++ = bits(padding, tokens_.value(token, feature));
    }
  }

  std::int64_t without_label(int stage, std::int64_t step) override {
    const bool train = job_.stages[static_cast<std::size_t>(stage)].train;
    std::int64_t count = 0;
    for (std::int64_t token = step * job_.batch; token < (step + 1) * job_.batch; ++token)
      if ((train || token < evaluation_tokens_) && tokens_.label(token) < 0) ++count;
    return count;
  }

 private:
  std::uint16_t bits(bool padding, double value) const {
    if (job_.tensors.front().ids) return padding || value < 0 ? hw::no_id : static_cast<std::uint16_t>(value);
    return padding ? std::uint16_t{0} : float_to_half(job_.format, static_cast<float>(value));
  }

  const hw::Job& job_;
  const TrainingTokens& tokens_;
  int evaluation_tokens_;
};

struct GraphTraining::Results final : hw::RunObserver {
  void on_step(const hw::StepResult& result) override { steps.push_back(result); }
  void on_checkpoint(const hw::TrainingState&, Picosecond) override {}
  std::vector<hw::StepResult> steps;
};

struct GraphTraining::Parts {
  Parts(const sw::OperationGraph& of, const TrainingTokens& from, const TrainingWay& in)
      : graph(of), tokens(from), way(in), source(job, from, in.evaluation_tokens), pool(in.threads) {
    machine = hw::load_machine("mini", source_path("hw/machines"));
    if (way.wishes.lanes > 1) machine.io.rows_per_channel = machine.fabric.user_height / way.wishes.lanes;
    if (way.mapping && way.mapping->lanes > 1) machine.io.rows_per_channel = 1;
    if (way.chunk_bytes > 0) machine.memoryx.chunk_bytes = way.chunk_bytes;
    const sw::MatchedModel model = sw::matched_model(graph);
    job.format = way.format;
    job.layers = model.layers;
    job.tensors = model.tensors;
    job.activations = model.activations;
    job.sample_tokens = way.sample_tokens;
    job.batch = way.batch * way.sample_tokens;
    job.systems = way.systems;
    job.micro_batches = way.micro_batches;
    job.optimizer.kind = way.optimizer;
    job.schedule.rate = way.rate;
    job.loss_scale = way.loss_scale;
    job.clip = way.clip;
    job.timing_only = way.timing_only;
    job.stages = {{true, way.steps}};
    if (way.evaluation_steps > 0) job.stages.push_back({false, way.evaluation_steps});
    map(model);
    initial = beginning(job);
    if (way.start) way.start(initial);
    hw::SystemPlan plan{&job, &machine, mapping, way.cut, nullptr, [](bool, int) { return Cycle{0}; }, &pool};
    if (way.watch) plan.watch = [this](int system) { return way.watch(job, system); };
    if (way.fast_forward) plan.memo = &memo;
    static int number = 0;
    cluster.emplace(fmt::format("graph{}", number++).c_str(), plan, initial, source, control, results, recorder);
  }

  void map(const sw::MatchedModel& model) {
    if (way.mapping) {
      mapping = *way.mapping;
      job.train_launches = sw::train_launches(model, false, static_cast<int>(model.layers.size()));
      job.eval_launches = sw::eval_launches(model);
      return;
    }
    sw::PlanWishes wishes = way.wishes;
    wishes.sample_tokens = way.sample_tokens;
    wishes.micro_batch_size = {sw::MicroBatch::Kind::samples, way.batch / way.systems / way.micro_batches};
    const sw::Plan plan = sw::make_plan(model, machine, way.batch, way.systems, sw::RetainOutput::automatic, wishes);
    mapping = plan.mapping;
    for (const sw::PlannedLaunch& planned : plan.train) job.train_launches.push_back(planned.launch);
    for (const sw::PlannedLaunch& planned : plan.eval) job.eval_launches.push_back(planned.launch);
  }

  sw::OperationGraph graph;
  const TrainingTokens& tokens;
  TrainingWay way;
  hw::MachineSpec machine;
  hw::Mapping mapping;
  hw::Job job;
  hw::TrainingState initial;
  Source source;
  Results results;
  hw::RunToEnd control;
  proto::NullRecorder recorder;
  ThreadPool pool;
  hw::LaunchMemo memo;
  std::optional<hw::Cluster> cluster;
};

GraphTraining::GraphTraining(const sw::OperationGraph& graph, const TrainingTokens& tokens, const TrainingWay& way)
    : parts_(std::make_unique<Parts>(graph, tokens, way)) {}
GraphTraining::~GraphTraining() = default;

void GraphTraining::run() { parts_->cluster->run(); }

const hw::Job& GraphTraining::job() const { return parts_->job; }
const hw::MachineSpec& GraphTraining::machine() const { return parts_->machine; }
const hw::Mapping& GraphTraining::mapping() const { return parts_->mapping; }
const std::vector<hw::StepResult>& GraphTraining::results() const { return parts_->results.steps; }

double GraphTraining::loss(int step) const {
  const auto counted = static_cast<double>(job().batch - parts_->source.without_label(0, step));
  const hw::StepResult& result = results()[static_cast<std::size_t>(step)];
  return result.loss_sum / counted + result.sample_loss_sum / (job().batch / job().sample_tokens);
}

std::vector<Picosecond> GraphTraining::ends() const {
  std::vector<Picosecond> ends;
  for (const hw::StepResult& result : results()) ends.push_back(result.at);
  return ends;
}

hw::TrainingState GraphTraining::state() const { return parts_->cluster->memoryx().state(); }

Tensors GraphTraining::initial_parameters() const { return parameters(parts_->initial); }
Tensors GraphTraining::parameters() const { return parameters(state()); }

Tensors GraphTraining::parameters(const hw::TrainingState& of) const {
  Tensors all;
  for (std::size_t layer = 0; layer < of.layers.size(); ++layer) {
    const hw::MatrixLayer& form = job().layers[layer];
    const std::vector<hw::StateTensor>& tensors = of.layers[layer].tensors;
    for (std::size_t tensor = 0; form.has_parameters() && tensor < static_cast<std::size_t>(form.tensors()); ++tensor)
      all[form.name + "." + tensors[tensor].name] = {tensors[tensor].values.begin(), tensors[tensor].values.end()};
  }
  return all;
}

Tensors GraphTraining::inputs(std::int64_t step, bool train) const {
  const auto count = static_cast<std::size_t>(job().batch);
  Values samples(count * static_cast<std::size_t>(parts_->tokens.features())), labels(count);
  for (std::size_t place = 0; place < count; ++place) {
    const std::int64_t token = step * job().batch + static_cast<std::int64_t>(place);
    const bool padding = !train && token >= parts_->way.evaluation_tokens;
    labels[place] = padding ? -1 : parts_->tokens.label(token);
    if (padding) continue;
    for (int feature = 0; feature < parts_->tokens.features(); ++feature)
      samples[static_cast<std::size_t>(feature) * count + place] = parts_->tokens.value(token, feature);
  }
  return {{"samples", std::move(samples)}, {"labels", std::move(labels)}};
}

GraphReference GraphTraining::reference() const {
  ReferenceOptimizer optimizer;
  optimizer.rule =
      parts_->way.optimizer == hw::OptimizerKind::sgd ? ReferenceOptimizer::Rule::sgd : ReferenceOptimizer::Rule::adam;
  optimizer.rate = parts_->way.rate;
  GraphReference reference(parts_->graph, initial_parameters(), optimizer);
  reference.set_dropout([job = &job(), mapping = mapping(), graph = parts_->graph](
                            const sw::Operation& operation, int step, std::size_t feature, std::size_t token) {
    return dropout_factor(*job, mapping, graph, operation, step, feature, token);
  });
  return reference;
}

GraphReference GraphTraining::trained_reference() const {
  Tensors halves = parameters();
  for (auto& [name, values] : halves)
    for (double& value : values) value = round_to_half(job().format, static_cast<float>(value));
  return {parts_->graph, halves};
}

double farthest(const Tensors& some, const Tensors& all) {
  double most = 0;
  for (const auto& [name, values] : some)
    for (std::size_t i = 0; i < values.size(); ++i) most = std::max(most, std::fabs(values[i] - all.at(name).at(i)));
  return most;
}

TrackedTraining tracked(GraphTraining& training, const std::string& but) {
  training.run();
  GraphReference reference = training.reference();
  TrackedTraining result;
  const auto steps = static_cast<int>(training.results().size());
  for (int step = 0; step < steps; ++step) {
    result.last_loss = reference.step(training.inputs(step));
    if (step == 0) result.first_loss = result.last_loss;
    result.loss += std::fabs(result.last_loss - training.loss(step)) / steps;
  }
  const Tensors trained = training.parameters();
  double count = 0;
  for (const auto& [name, values] : reference.parameters()) {
    if (!but.empty() && name.size() >= but.size() && name.compare(name.size() - but.size(), but.size(), but) == 0)
      continue;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double difference = std::fabs(values[i] - trained.at(name).at(i));
      result.weight = std::max(result.weight, difference);
      result.mean_weight += difference;
      ++count;
    }
  }
  result.mean_weight /= count;
  return result;
}

std::vector<GradientError> gradient_errors(GraphTraining& training) {
  training.run();
  const Tensors before = training.initial_parameters(), after = training.parameters(),
                exact = training.reference().backward(training.inputs(0));
  std::vector<GradientError> errors;
  double largest = 0;
  for (const auto& [name, values] : before) {
    const Values& expected = exact.at("d." + name);
    Values difference(values);
    for (std::size_t i = 0; i < values.size(); ++i) difference[i] -= after.at(name).at(i) + expected[i];
    errors.push_back({name, norm_of(difference), norm_of(expected)});
    largest = std::max(largest, errors.back().norm);
  }
  for (GradientError& error : errors) error.largest = largest;
  return errors;
}

}  // namespace weft::test
