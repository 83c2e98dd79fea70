#include "hw/input/token_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tlm/base/error.h"

namespace weft::hw {

namespace {

/// Allowed: `least` to `count` - 1, of which those from 0 on are `whole`.
void require_inside(const std::string& set, const std::string& what, const std::vector<std::int32_t>& ids, int length,
                    int least, int count, const std::string& whole) {
  const auto outside = std::find_if(ids.begin(), ids.end(), [=](std::int32_t id) { return id < least || id >= count; });
  if (outside == ids.end()) return;
  const std::ptrdiff_t place = outside - ids.begin();
  throw UsageError(fmt::format("{} set: {} {} at place {} of sequence {}; the model's {} 0 to {}", set, what, *outside,
                               place % length, place / length, whole, count - 1));
}

}  // namespace

void TokenForm::write(const std::int32_t* ids, int tokens, std::uint16_t* samples, Sentences sentences) const {
  if (columns) std::fill_n(samples, static_cast<std::ptrdiff_t>(tokens) * count(), std::uint16_t{0});
  const std::uint16_t one = columns ? float_to_half(*columns, 1.0F) : 0;
  for (int place = 0; place < tokens; ++place, samples += count()) {
    if (columns) {
      samples[ids[place]] = one;
      if (positions > 0) samples[vocabulary + place] = one;
    } else {
      samples[0] = static_cast<std::uint16_t>(ids[place]);
      if (positions > 0) samples[1] = static_cast<std::uint16_t>(place);
      std::uint16_t* more = samples + 1 + (positions > 0 ? 1 : 0);
      if (segments > 0) *more++ = static_cast<std::uint16_t>(sentences.segments ? sentences.segments[place] : 0);
      if (next_sentences) *more = place == 0 ? static_cast<std::uint16_t>(sentences.label) : no_id;
    }
  }
}

TokenSource::TokenSource(const Job& job, TokenSequences train, TokenSequences test, TokenForm form, bool shuffle,
                         std::uint64_t shuffle_seed, std::optional<DataPosition> from,
                         std::optional<TokenMasking> masking, std::optional<SentencePairs> pairs)
    : OrderedSource(job, {train.size(), test.size()}, shuffle, shuffle_seed, from),
      length_(job.sample_tokens),
      train_(std::move(train)),
      test_(std::move(test)),
      form_(form),
      masking_(masking),
      pairs_(pairs) {
  if (form.positions > 0 && length_ > form.positions)
    throw UsageError(
        fmt::format("max_sequence_length: {} tokens, the model has {} positions", length_, form.positions));
  for (const auto& [set, data] : {std::pair("training", &train_), std::pair("evaluation", &test_)}) {
    if (data->size() == 0) continue;
    if (data->length != length())
      throw UsageError(fmt::format("{} set: sequences of {} tokens, the run's have {}", set, data->length, length()));
    if (pairs_ && data->size() < 2)
      throw UsageError(
          fmt::format("{} set: one sequence alone has no other to take a sentence of (model.disable_nsp "
                      "false): a longer text, or a shorter max_sequence_length",
                      set));
    require_inside(set, "token", data->tokens, length(), 0, form.vocabulary, "vocabulary is");
    require_inside(set, "label", data->labels, length(), unlabelled, form.vocabulary, "vocabulary is");
    require_inside(set, "segment", data->segments, length(), 0, form.segments, "segments are");
  }
}

void TokenSource::write(const SamplePlace& place, std::uint16_t* samples, std::int32_t* labels) const {
  if (pairs_) return write_pair(place, samples, labels);
  const TokenSequences& data = set_of(place);
  const auto index = static_cast<std::size_t>(place.index);
  const auto first = static_cast<std::ptrdiff_t>(place.index) * length_;
  std::copy_n(data.labels.begin() + first, length_, labels);
  std::vector<std::int32_t> tokens(data.tokens.begin() + first, data.tokens.begin() + first + length_);
  if (masking_) masking_->apply(place, length_, tokens.data(), labels);
  if (!data.lengths.empty()) std::fill(labels + data.lengths[index], labels + length_, padding_label);
  TokenForm::Sentences sentences;
  if (!data.segments.empty()) sentences.segments = data.segments.data() + first;
  if (!data.next_sentences.empty()) sentences.label = data.next_sentences[index];
  form_.write(tokens.data(), length_, samples, sentences);
}

void TokenSource::write_pair(const SamplePlace& place, std::uint16_t* samples, std::int32_t* labels) const {
  const TokenSequences& data = set_of(place);
  const SentencePairs::Pair pair = pairs_->drawn(place, length(), data.size());
  const auto part = [&](std::int64_t index) {
    return data.tokens.begin() + static_cast<std::ptrdiff_t>(index) * length();
  };
  std::vector<std::int32_t> tokens(part(place.index), part(place.index) + pair.tokens);
  tokens.insert(tokens.end(), part(pair.second) + pair.tokens, part(pair.second) + length());
  std::vector<std::int32_t> predicted = tokens, segments(tokens.size(), 1);
  masking_->apply(place, length(), tokens.data(), predicted.data());
  std::fill_n(segments.begin(), pair.tokens, 0);
  tokens = SentencePairs::around(tokens, pair.tokens, pairs_->classify, pairs_->separator);
  predicted = SentencePairs::around(predicted, pair.tokens, unlabelled, unlabelled);
  segments = SentencePairs::around(segments, pair.tokens, 0, 0);
  segments.back() = 1;
  std::copy(predicted.begin(), predicted.end(), labels);
  form_.write(tokens.data(), length_, samples, {segments.data(), pair.follows ? 0 : 1});
}

std::int64_t TokenSource::unlabelled_of(const SamplePlace& place) const {
  if (masking_) return length_ - masking_->chosen(length());
  const auto first = set_of(place).labels.begin() + static_cast<std::ptrdiff_t>(place.index) * length_;
  return std::count(first, first + length_, unlabelled);
}

}  // namespace weft::hw
