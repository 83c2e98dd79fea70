#include "hw/input/dataset_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/spec/train_steps.h"
#include "tlm/base/error.h"

namespace weft::hw {

DatasetSource::DatasetSource(const Job& job, Dataset train, Dataset test, bool shuffle, std::uint64_t shuffle_seed,
                             std::optional<DataPosition> from)
    : job_(job),
      train_(std::move(train)),
      test_(std::move(test)),
      features_(std::max(train_.features, test_.features)) {
  const bool trains = std::any_of(job.stages.begin(), job.stages.end(), [](const Stage& stage) { return stage.train; });
  if (!trains) return;
  if (train_.size() < job.batch)
    throw UsageError(
        fmt::format("train_input.batch_size: {} samples, the training set has {}", job.batch, train_.size()));
  if (from && from->sample > train_.size())
    throw UsageError(
        fmt::format("training goes on at sample {}, the training set has {}", from->sample, train_.size()));
  order_.emplace(train_.size(), job.batch, shuffle, shuffle_seed,
                 from ? *from : SampleWalk(train_.size(), job.batch).after(job.first_step));
}

DataPosition DatasetSource::after(std::int64_t steps) const {
  return order_ ? order_->walk().after(steps) : DataPosition{};
}

void DatasetSource::fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
                         std::int32_t* labels) {
  const bool train = job_.stages[static_cast<std::size_t>(stage)].train;
  const std::int64_t train_step = train_steps_before(job_, stage) + step;
  const int first = system * job_.samples_per_system() + micro_batch * job_.tokens();
  for (int token = 0; token < job_.tokens(); ++token, samples += features_) {
    const std::int64_t index = train ? order_->index(train_step, first + token) : step * job_.batch + first + token;
    const Dataset& data = train ? train_ : test_;
    if (index >= data.size()) {
      std::fill_n(samples, features_, std::uint16_t{0});
      labels[token] = -1;
      continue;
    }
    std::copy_n(data.sample(index), features_, samples);
    labels[token] = data.labels[static_cast<std::size_t>(index)];
  }
}

}  // namespace weft::hw
