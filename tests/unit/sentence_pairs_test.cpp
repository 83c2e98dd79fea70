// Question: are a sample's two sentences those that the rule says, half of them one that follows, the same for any cut
// of a batch and after a resume, each with its segments, its label and masks outside the tokens about them?
#include "hw/input/sentence_pairs.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "hw/input/token_source.h"
#include "tests/support/token_jobs.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
using hw::SentencePairs;
using Ids = std::vector<std::int32_t>;

namespace {

constexpr int length = 11, body = length - hw::tokens_about_sentences, words = 1000, mask = words, batch = 4;
constexpr SentencePairs pairs{words + 1, words + 2, 5};
constexpr hw::TokenForm form{words + 3, length, {}, 2, true};

/// Part i has the tokens 8 i, 8 i + 1, ...
hw::TokenSequences parts(int size) {
  hw::TokenSequences all;
  all.length = body;
  for (int token = 0; token < size * body; ++token) all.tokens.push_back(token);
  all.labels = all.tokens;
  return all;
}

hw::TokenMasking masking() {
  hw::TokenMasking rule;
  rule.share = 0.25;
  rule.mask = rule.words = mask;
  rule.seed = 5;
  return rule;
}

constexpr weft::test::TokenJob jobs{length, batch, 40};

struct Sample {
  Ids ids, segments, labels;
  int follows = -1;
  friend bool operator==(const Sample& a, const Sample& b) {
    return a.ids == b.ids && a.segments == b.segments && a.labels == b.labels && a.follows == b.follows;
  }
};

/// Of a step in the order of the global batch.
std::vector<Sample> samples_of(const hw::Job& job, hw::SampleSource& source, std::int64_t step) {
  std::vector<Sample> all;
  for (int system = 0; system < job.systems; ++system)
    for (int part = 0; part < job.micro_batches; ++part) {
      std::vector<std::uint16_t> ids(static_cast<std::size_t>(job.tokens() * source.features()));
      Ids labels(static_cast<std::size_t>(job.tokens()));
      source.fill(0, step, system, part, ids.data(), labels.data());
      for (int token = 0; token < job.tokens(); ++token) {
        if (token % length == 0) all.emplace_back();
        const std::uint16_t* of = ids.data() + token * source.features();
        Sample& sample = all.back();
        sample.ids.push_back(of[0]);
        CHECK(of[1] == token % length);
        sample.segments.push_back(of[2]);
        if (token % length == 0) sample.follows = of[3];
        if (token % length > 0) CHECK(of[3] == hw::no_id);
        sample.labels.push_back(labels[static_cast<std::size_t>(token)]);
      }
    }
  return all;
}

}  // namespace

TEST_CASE(
    "of two sentences the first begins a part, the second is its rest or another part's, in half of the samples") {
  constexpr int size = 100;
  hw::Job job = jobs.of(true, 1, 1);
  hw::TokenSource source(job, parts(size), {}, form, false, 0, {}, masking(), pairs);
  int follow = 0, masked = 0, count = 0;
  std::map<int, int> lengths;
  for (std::int64_t step = 0; step < 40; ++step)
    for (const Sample& sample : samples_of(job, source, step)) {
      const int part = count++ % size;
      REQUIRE(sample.ids.size() == length);
      CHECK((sample.ids.front() == pairs.classify && sample.ids.back() == pairs.separator));
      const auto middle = std::find(sample.ids.begin() + 1, sample.ids.end() - 1, pairs.separator);
      REQUIRE(middle != sample.ids.end() - 1);
      const int first = static_cast<int>(middle - sample.ids.begin()) - 1;
      CHECK((first >= 1 && first <= body - 1));
      ++lengths[first];
      CHECK((sample.follows == 0 || sample.follows == 1));
      follow += sample.follows == 0 ? 1 : 0;
      std::set<int> from;
      for (int place = 0; place < length; ++place) {
        const auto at = static_cast<std::size_t>(place);
        CHECK(sample.segments[at] == (place > first + 1 ? 1 : 0));
        if (place == 0 || place == first + 1 || place == length - 1) {
          CHECK(sample.labels[at] == hw::unlabelled);
          continue;
        }
        const int of_body = place > first ? place - 2 : place - 1;
        masked += sample.labels[at] >= 0 ? 1 : 0;
        const int word = sample.labels[at] >= 0 ? sample.labels[at] : sample.ids[at];
        CHECK(word % body == of_body);
        if (place > first) from.insert(word / body);
        if (place <= first) CHECK(word / body == part);
      }
      REQUIRE(from.size() == 1);
      CHECK((*from.begin() == part) == (sample.follows == 0));
    }
  CHECK(masked == count * 2);  // 0.25 of 8
  CHECK(source.without_label(0, 3) == batch * (length - 2));
  CHECK(lengths.size() == body - 1);
  CHECK((follow > count * 4 / 10 && follow < count * 6 / 10));
}

TEST_CASE("pairs are the same for any number of systems and after a resume, and others each epoch") {
  const hw::Job whole = jobs.of(true, 1, 1);
  hw::TokenSource source(whole, parts(10), {}, form, true, 3, {}, masking(), pairs);
  std::vector<std::vector<Sample>> steps;
  for (std::int64_t step = 0; step < 6; ++step) steps.push_back(samples_of(whole, source, step));
  for (const auto& [systems, micro_batches] : {std::pair(2, 1), {4, 1}, {1, 4}, {2, 2}}) {
    const hw::Job cut = jobs.of(true, systems, micro_batches);
    hw::TokenSource other(cut, parts(10), {}, form, true, 3, {}, masking(), pairs);
    for (std::int64_t step = 0; step < 6; ++step)
      CHECK(samples_of(cut, other, step) == steps[static_cast<std::size_t>(step)]);
  }
  const hw::Job rest = jobs.of(true, 1, 1, 4);
  hw::TokenSource resumed(rest, parts(10), {}, form, true, 3, {}, masking(), pairs);
  CHECK(samples_of(rest, resumed, 0) == steps[4]);
  const hw::SamplePlace place{true, 0, 3}, later{true, 1, 3}, held_out{false, 0, 3};
  int differ = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const SentencePairs of{0, 0, seed};
    const auto told = [&](const hw::SamplePlace& at) {
      const SentencePairs::Pair pair = of.drawn(at, 100, 1000);
      return std::pair(pair.tokens, pair.second);
    };
    differ += (told(place) != told(later) ? 1 : 0) + (told(place) != told(held_out) ? 1 : 0);
  }
  CHECK(differ > 36);
}

TEST_CASE("a part alone has no other, and parts must leave room for the tokens about them") {
  const hw::Job job = jobs.of(false, 1, 1);
  CHECK_THROWS_WITH(hw::TokenSource(job, {}, parts(1), form, false, 0, {}, masking(), pairs),
                    Contains("evaluation set: one sequence alone has no other") && Contains("model.disable_nsp"));
  hw::TokenSequences whole = parts(11);
  whole.length = length;
  CHECK_THROWS_WITH(hw::TokenSource(job, {}, whole, form, false, 0, {}, masking(), pairs),
                    Contains("sequences of 11 tokens, the run's have 8"));
}

TEST_CASE("the label of a file's pair is the first token's last id") {
  hw::TokenSequences data = parts(6);
  data.length = body;
  data.segments.assign(6 * body, 0);
  data.next_sentences = {0, 1, 1, 0, 1, 0};
  hw::Job job = jobs.of(false, 1, 1);
  job.sample_tokens = body;
  job.batch = batch * body;
  hw::TokenSource source(job, {}, data, form, false, 0);
  std::vector<std::uint16_t> ids(static_cast<std::size_t>(batch * body * 4));
  Ids labels(batch * body);
  source.fill(0, 0, 0, 0, ids.data(), labels.data());
  for (int token = 0; token < batch * body; ++token)
    CHECK(ids[static_cast<std::size_t>(4 * token + 3)] ==
          (token % body > 0 ? hw::no_id : data.next_sentences[static_cast<std::size_t>(token / body)]));
  source.fill(0, 1, 0, 0, ids.data(), labels.data());  // two samples, then padding
  CHECK(ids[static_cast<std::size_t>(4 * 2 * body + 3)] == hw::no_id);
}
