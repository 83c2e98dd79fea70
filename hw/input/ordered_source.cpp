#include "hw/input/ordered_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/spec/train_steps.h"
#include "tlm/base/error.h"

namespace weft::hw {

OrderedSource::OrderedSource(const Job& job, Sizes sizes, bool shuffle, std::uint64_t shuffle_seed,
                             std::optional<DataPosition> from)
    : job_(job), test_size_(sizes.test) {
  if (job.tokens() % job.sample_tokens != 0)
    throw UsageError(
        fmt::format("a micro-batch of {} tokens cuts a sequence of {}: runconfig.micro_batch_size, or another plan",
                    job.tokens(), job.sample_tokens));
  const bool trains = std::any_of(job.stages.begin(), job.stages.end(), [](const Stage& stage) { return stage.train; });
  if (!trains) return;
  const int batch = job.batch / job.sample_tokens;
  if (sizes.train < batch)
    throw UsageError(fmt::format("train_input.batch_size: {} samples, the training set has {}", batch, sizes.train));
  if (from && from->sample > sizes.train)
    throw UsageError(fmt::format("training goes on at sample {}, the training set has {}", from->sample, sizes.train));
  order_.emplace(sizes.train, batch, shuffle, shuffle_seed,
                 from ? *from : SampleWalk(sizes.train, batch).after(job.first_step));
}

DataPosition OrderedSource::after(std::int64_t steps) const {
  return order_ ? order_->walk().after(steps) : DataPosition{};
}

std::optional<SamplePlace> OrderedSource::sample(int stage, std::int64_t step, int place) {
  const int batch = job_.batch / job_.sample_tokens;
  if (!job_.stages[static_cast<std::size_t>(stage)].train) {
    const std::int64_t index = step * batch + place;
    return index < test_size_ ? std::optional<SamplePlace>({false, 0, index}) : std::nullopt;
  }
  const std::int64_t train_step = train_steps_before(job_, stage) + step;
  return SamplePlace{true, order_->walk().batch(train_step).epoch, order_->index(train_step, place)};
}

std::int64_t OrderedSource::without_label(int stage, std::int64_t step) {
  std::int64_t count = 0;
  for (int place = 0; place < job_.batch / job_.sample_tokens; ++place)
    if (const auto at = sample(stage, step, place)) count += unlabelled_of(*at);
  return count;
}

void OrderedSource::fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
                         std::int32_t* labels) {
  const int length = job_.sample_tokens;
  const int first = (system * job_.tokens_per_system() + micro_batch * job_.tokens()) / length;
  const std::ptrdiff_t values = static_cast<std::ptrdiff_t>(length) * features();
  for (int place = first; place < first + job_.tokens() / length; ++place, samples += values, labels += length) {
    const auto at = sample(stage, step, place);
    if (at) {
      write(*at, samples, labels);
      continue;
    }
    std::fill_n(samples, values, padding());
    std::fill_n(labels, length, -1);
  }
}

}  // namespace weft::hw
