#include "hw/memoryx/update_book.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "hw/memoryx/schedule.h"
#include "tlm/base/error.h"
#include "tlm/block/describe.h"
#include "tlm/block/work_of.h"

namespace weft::hw {

using proto::describe;

namespace {

std::vector<int> chunks_of(const Job& job, const MachineSpec& machine) {
  std::vector<int> chunks;
  for (const MatrixLayer& layer : job.layers)
    chunks.push_back(
        layer.has_parameters() ? gradient_shape(layer, machine.memoryx.chunk_bytes, job.gradient_wire).chunks() : 0);
  return chunks;
}

std::ptrdiff_t layers_with_parameters(const Job& job) {
  return std::count_if(job.layers.begin(), job.layers.end(),
                       [](const MatrixLayer& layer) { return layer.has_parameters(); });
}

}  // namespace

UpdateBook::UpdateBook(const Job& job, const MachineSpec& machine, const Placement& placement, ParameterStore& store,
                       std::vector<WeightServer>& servers, LossScale loss_scale)
    : job_(job),
      placement_(placement),
      store_(store),
      servers_(servers),
      loss_scale_(loss_scale),
      norm_(job.clip, chunks_of(job, machine), 2 * machine.swarmx.link_latency_ps) {
  for (const MatrixLayer& layer : job.layers) {
    LayerBook& book = layers_.emplace_back();
    book.sharers = job.sharers(static_cast<int>(layers_.size()) - 1);
    book.shape = gradient_shape(layer, machine.memoryx.chunk_bytes, job.gradient_wire);
    book.chunks.resize(book.shape.chunks());
  }
}

void UpdateBook::gradient(std::int64_t train_step, const proto::BlockTag& tag, proto::Block::Payload payload,
                          Picosecond at, proto::Cause cause) {
  if (tag.layer < 0 || tag.layer >= static_cast<int>(layers_.size()) || tag.chunk < 0 ||
      tag.chunk >= layers_[tag.layer].shape.chunks())
    throw SimulationError("memoryx: no such chunk: " + describe(tag));
  LayerBook& book = layers_[tag.layer];
  ChunkState& chunk = book.chunks[tag.chunk];
  if (train_step != book.version || tag.micro_batch != chunk.parts / book.sharers)
    throw SimulationError(
        fmt::format("memoryx: {} came, version {} of the layer waits for micro-batch {} of training step {}",
                    describe(tag), book.version, chunk.parts / book.sharers, book.version));
  const std::int64_t elements = book.shape.chunk_elements(tag.chunk);
  const Bytes due = book.shape.chunk_bytes(tag.chunk);
  if (!payload || static_cast<Bytes>(payload->size()) != due)
    throw SimulationError(
        fmt::format("memoryx: {} has {} bytes, its chunk has {}", describe(tag), payload ? payload->size() : 0, due));
  payload = store_.of_trained(tag.layer, tag.chunk, widened(std::move(payload), elements));
  if (parts_of(book) > 1) {
    store_.accumulate(tag.layer, tag.chunk, *payload, chunk.parts == 0);
    chunk.at = servers_[placement_.server(tag.layer, tag.chunk)].accumulate(at, tag.layer, elements, chunk.parts == 0,
                                                                            &cause, proto::work_of(tag));
  } else {
    chunk.payload = std::move(payload);
    chunk.at = at;
  }
  chunk.cause = std::move(cause);
  if (++chunk.parts < parts_of(book)) return;
  book.complete.push_back(tag.chunk);
  if (norm_.clips()) square(tag.layer, tag.chunk);
  if (!norm_.clips() || !norm_.known()) return advance(tag.layer);
  for (int layer = 0; layer < static_cast<int>(layers_.size()); ++layer) advance(layer);  // in the order of their need
}

void UpdateBook::streams_read(std::int64_t train_step, int layer, Picosecond at, const proto::Cause& cause) {
  LayerBook& book = layers_[layer];
  if (train_step != book.version || train_step != book.steps_read)
    throw SimulationError(fmt::format("memoryx: streams of layer {} for training step {} were read from version {}",
                                      job_.layers[layer].name, train_step, book.version));
  ++book.steps_read;
  book.read_at = at;
  book.read_cause = cause;
  advance(layer);
}

proto::Block::Payload UpdateBook::widened(proto::Block::Payload payload, std::int64_t elements) const {
  if (!job_.gradient_wire.halves() || !payload->has_bytes()) return payload;
  const auto count = static_cast<std::size_t>(elements);
  auto wide = std::make_shared<proto::PayloadBytes>(count * sizeof(float));
  job_.gradient_wire.take(payload->data(), count, reinterpret_cast<float*>(wide->data()));
  return wide;
}

const float* UpdateBook::gradient_of(int layer, int chunk) const {
  if (job_.timing_only) return nullptr;
  const ChunkState& state = layers_[layer].chunks[chunk];
  return state.payload ? reinterpret_cast<const float*>(state.payload->data()) : store_.gradient_sum(layer, chunk);
}

bool UpdateBook::finite(int layer) const {
  if (job_.timing_only) return true;
  const StreamShape& shape = layers_[layer].shape;
  for (int chunk = 0; chunk < shape.chunks(); ++chunk)
    if (!all_finite(gradient_of(layer, chunk), shape.chunk_elements(chunk))) return false;
  return true;
}

void UpdateBook::advance(int layer) {
  LayerBook& book = layers_[layer];
  const int chunks = book.shape.chunks();
  if (book.steps_read <= book.version) return;  // a stream of this version is still to be read
  if (norm_.clips()) return advance_clipped(layer);
  Picosecond from = book.read_at;
  proto::Cause from_cause = book.read_cause;
  if (job_.loss_scale.dynamic) {
    if (static_cast<int>(book.complete.size()) < chunks) return;
    for (const ChunkState& chunk : book.chunks) {
      if (chunk.at <= from) continue;
      from = chunk.at;
      from_cause = chunk.cause;
    }
    if (!finite(layer)) {
      step_finite_ = false;
      book.update_from = from;
      decide(layer, from, false, from_cause);
      return;
    }
  }
  const double rate = learning_rate(job_.schedule, job_.first_step + book.version);
  const GradientScale scale = gradient_scale(book.version);
  std::sort(book.complete.begin(), book.complete.end());
  for (int index : book.complete) {
    ChunkState& chunk = book.chunks[index];
    store_.update(layer, index, gradient_of(layer, index), scale, rate);
    WeightServer& server = servers_[placement_.server(layer, index)];
    const Picosecond start = std::max(from, chunk.at);
    proto::Cause why = chunk.at >= from ? std::move(chunk.cause) : from_cause;
    const Picosecond end = server.update(start, layer, book.shape.chunk_elements(index), &why, work_of(layer));
    updated(book, start, end, std::move(why));
    chunk.payload.reset();
    ++book.updated;
  }
  book.complete.clear();
  if (book.updated == chunks) {
    store_.count_update(layer);
    decide(layer, book.version_at, true, book.version_cause);
  }
}

GradientScale UpdateBook::gradient_scale(std::int64_t version) const {
  const auto place = static_cast<std::size_t>(version - steps_decided_);
  const std::int64_t tokens = place < tokens_.size() ? tokens_[place] : job_.batch;
  GradientScale scale{static_cast<float>(1.0 / (loss_scale_.scale() * static_cast<double>(tokens)))};
  if (job_.clip.max_value > 0) scale.limit = static_cast<float>(job_.clip.max_value);
  return scale;
}

// The chunk is whole: its server squares it and keeps it.
void UpdateBook::square(int layer, int index) {
  LayerBook& book = layers_[layer];
  ChunkState& chunk = book.chunks[index];
  const std::int64_t elements = book.shape.chunk_elements(index);
  chunk.at = servers_[placement_.server(layer, index)].square(chunk.at, layer, elements, parts_of(book) == 1,
                                                              &chunk.cause, work_of(layer));
  const float* gradient = gradient_of(layer, index);
  const Picosecond known_before = norm_.at();
  norm_.add(layer, index, gradient ? sum_of_squares(gradient, elements, gradient_scale(book.version).unscale) : 0,
            chunk.at);
  if (norm_.at() > known_before)
    norm_cause_ = chunk.cause.then(proto::Limiter::memoryx_sum, work_of(layer), norm_.at());
}

void UpdateBook::advance_clipped(int layer) {
  LayerBook& book = layers_[layer];
  if (job_.clip.timing == ClipTiming::speculative) update_at_once(layer);
  if (!norm_.known()) return;
  if (job_.loss_scale.dynamic && !std::isfinite(norm_.norm())) {
    step_finite_ = false;
    book.update_from = std::min(book.update_from, norm_.at());
    decide(layer, norm_.at(), false, norm_cause_);
  } else {
    update_all(layer);
    decide(layer, book.version_at, true, book.version_cause);
  }
}

void UpdateBook::updated(LayerBook& book, Picosecond start, Picosecond end, proto::Cause why) {
  book.update_from = std::min(book.update_from, start);
  if (end <= book.version_at) return;
  book.version_at = end;
  book.version_cause = std::move(why);
}

// Time alone: nobody sees the values before the norm is known, and then they may be others.
void UpdateBook::update_at_once(int layer) {
  LayerBook& book = layers_[layer];
  std::sort(book.complete.begin(), book.complete.end());
  for (const int index : book.complete) {
    const ChunkState& chunk = book.chunks[index];
    const Picosecond start = std::max(book.read_at, chunk.at);
    proto::Cause why = chunk.at >= book.read_at ? chunk.cause : book.read_cause;
    const Picosecond end = servers_[placement_.server(layer, index)].update_keeping_old(
        start, layer, book.shape.chunk_elements(index), &why, work_of(layer));
    updated(book, start, end, std::move(why));
  }
  book.complete.clear();
}

void UpdateBook::update_all(int layer) {
  LayerBook& book = layers_[layer];
  const double rate = learning_rate(job_.schedule, job_.first_step + book.version);
  GradientScale scale = gradient_scale(book.version);
  scale.clip = norm_.factor();
  const bool at_once = job_.clip.timing == ClipTiming::speculative;
  const bool stands = at_once && scale.clip == 1.0F && !job_.timing_only;
  for (int index = 0; index < book.shape.chunks(); ++index) {
    store_.update(layer, index, gradient_of(layer, index), scale, rate);
    if (stands) continue;
    const Picosecond start = std::max(book.read_at, norm_.at());  // a chunk is in before the norm is known
    proto::Cause why = norm_.at() >= book.read_at ? norm_cause_ : book.read_cause;
    const Picosecond end = servers_[placement_.server(layer, index)].update(
        start, layer, book.shape.chunk_elements(index), &why, work_of(layer));
    updated(book, start, end, std::move(why));
  }
  if (norm_.at() > book.version_at) {
    book.version_at = norm_.at();
    book.version_cause = norm_cause_;
  }
  store_.count_update(layer);
}

void UpdateBook::decide(int layer, Picosecond at, bool applied, const proto::Cause& cause) {
  LayerBook& book = layers_[layer];
  if (at > book.version_at) {
    book.version_at = at;
    book.version_cause = cause;
  }
  records_.push_back({book.version, layer, book.update_from, book.version_at, applied,
                      proto::most_of(book.version_cause, book.update_from, proto::Limiter::memoryx_update)});
  book.update_from = no_update;
  ++book.version;
  book.complete.clear();
  book.updated = 0;
  for (ChunkState& chunk : book.chunks) chunk = {};
  if (book.version_at > decided_at_) {
    decided_at_ = book.version_at;
    decided_cause_ = book.version_cause;
  }
  if (++layers_decided_ < layers_with_parameters(job_)) return;
  if (norm_.clips()) {
    const bool repaired = job_.clip.timing == ClipTiming::speculative && (norm_.factor() != 1.0F || job_.timing_only);
    clip_records_.push_back(
        {steps_decided_, norm_.norm(), norm_.factor(), repaired, norm_.last_at(), norm_.at(), decided_at_});
    norm_.next_step();
  }
  loss_scale_.step_done(step_finite_);
  step_finite_ = true;
  layers_decided_ = 0;
  if (!tokens_.empty()) tokens_.pop_front();
  ++steps_decided_;
}

std::string UpdateBook::missing(int layer) const {
  const LayerBook& book = layers_[layer];
  if (book.steps_read <= book.version)
    return fmt::format("the streams of layer {} in training step {} to be read", job_.layers[layer].name, book.version);
  for (std::size_t chunk = 0; chunk < book.chunks.size(); ++chunk)
    if (book.chunks[chunk].parts < parts_of(book))
      return fmt::format("the gradient of layer {} chunk {} micro-batch {} of training step {}",
                         job_.layers[layer].name, chunk, book.chunks[chunk].parts / book.sharers, book.version);
  return fmt::format("the update of layer {}", job_.layers[layer].name);
}

}  // namespace weft::hw
