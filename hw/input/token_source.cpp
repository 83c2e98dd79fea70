#include "hw/input/token_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tlm/base/error.h"

namespace weft::hw {

namespace {

void require_inside(const std::string& set, const std::string& what, const std::vector<std::int32_t>& ids, int length,
                    int least, int vocabulary) {
  const auto outside =
      std::find_if(ids.begin(), ids.end(), [=](std::int32_t id) { return id < least || id >= vocabulary; });
  if (outside == ids.end()) return;
  const std::ptrdiff_t place = outside - ids.begin();
  throw UsageError(fmt::format("{} set: {} {} at place {} of sequence {}; the model's vocabulary is 0 to {}", set, what,
                               *outside, place % length, place / length, vocabulary - 1));
}

}  // namespace

void TokenForm::write(const std::int32_t* ids, int tokens, std::uint16_t* samples) const {
  if (columns) std::fill_n(samples, static_cast<std::ptrdiff_t>(tokens) * count(), std::uint16_t{0});
  const std::uint16_t one = columns ? float_to_half(*columns, 1.0F) : 0;
  for (int place = 0; place < tokens; ++place, samples += count()) {
    if (columns) {
      samples[ids[place]] = one;
      if (positions > 0) samples[vocabulary + place] = one;
    } else {
      samples[0] = static_cast<std::uint16_t>(ids[place]);
      if (positions > 0) samples[1] = static_cast<std::uint16_t>(place);
    }
  }
}

TokenSource::TokenSource(const Job& job, TokenSequences train, TokenSequences test, TokenForm form, bool shuffle,
                         std::uint64_t shuffle_seed, std::optional<DataPosition> from,
                         std::optional<TokenMasking> masking)
    : OrderedSource(job, {train.size(), test.size()}, shuffle, shuffle_seed, from),
      length_(job.sample_tokens),
      train_(std::move(train)),
      test_(std::move(test)),
      form_(form),
      masking_(masking) {
  if (form.positions > 0 && length_ > form.positions)
    throw UsageError(
        fmt::format("max_sequence_length: {} tokens, the model has {} positions", length_, form.positions));
  for (const auto& [set, data] : {std::pair("training", &train_), std::pair("evaluation", &test_)}) {
    if (data->size() == 0) continue;
    if (data->length != length_)
      throw UsageError(fmt::format("{} set: sequences of {} tokens, the run's have {}", set, data->length, length_));
    require_inside(set, "token", data->tokens, length_, 0, form.vocabulary);
    require_inside(set, "label", data->labels, length_, unlabelled, form.vocabulary);
  }
}

void TokenSource::write(const SamplePlace& place, std::uint16_t* samples, std::int32_t* labels) const {
  const TokenSequences& data = set_of(place);
  const auto first = static_cast<std::ptrdiff_t>(place.index) * length_;
  std::copy_n(data.labels.begin() + first, length_, labels);
  std::vector<std::int32_t> tokens(data.tokens.begin() + first, data.tokens.begin() + first + length_);
  if (masking_) masking_->apply(place, length_, tokens.data(), labels);
  if (!data.lengths.empty())
    std::fill(labels + data.lengths[static_cast<std::size_t>(place.index)], labels + length_, padding_label);
  form_.write(tokens.data(), length_, samples);
}

std::int64_t TokenSource::unlabelled_of(const SamplePlace& place) const {
  if (masking_) return length_ - masking_->chosen(length_);
  const auto first = set_of(place).labels.begin() + static_cast<std::ptrdiff_t>(place.index) * length_;
  return std::count(first, first + length_, unlabelled);
}

}  // namespace weft::hw
