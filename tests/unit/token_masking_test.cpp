// Question: are the tokens that a BERT predicts those that the rule says, the same for any cut of a batch and after a
// resume, and are they counted?
#include "hw/input/token_masking.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>

#include "hw/input/token_source.h"
#include "tests/support/token_jobs.h"

using namespace weft;
using hw::TokenMasking;
using Ids = std::vector<std::int32_t>;

namespace {

constexpr int length = 12, batch = 4;

TokenMasking half_of_them() {
  TokenMasking masking;
  masking.share = 0.5;
  masking.mask = masking.words = 40;
  masking.seed = 7;
  return masking;
}

/// Every token is its sequence's number; `padded`: sequence i has i + 1 of them.
hw::TokenSequences numbered(int size, bool padded = false) {
  hw::TokenSequences all;
  all.length = length;
  for (int sequence = 0; sequence < size; ++sequence) {
    all.tokens.insert(all.tokens.end(), length, sequence);
    if (padded) all.lengths.push_back(std::min(sequence + 1, length));
    for (int place = 0; place < length; ++place)
      all.labels.push_back(padded && (place > sequence || place % 3 == 1) ? hw::unlabelled : sequence);
  }
  return all;
}

constexpr weft::test::TokenJob jobs{length, batch, 20};

/// Of a step in the order of the global batch.
Ids labels_of(const hw::Job& job, hw::SampleSource& source, std::int64_t step) {
  Ids all;
  for (int system = 0; system < job.systems; ++system)
    for (int part = 0; part < job.micro_batches; ++part) {
      std::vector<std::uint16_t> samples(static_cast<std::size_t>(job.tokens() * source.features()));
      Ids labels(static_cast<std::size_t>(job.tokens()));
      source.fill(0, step, system, part, samples.data(), labels.data());
      all.insert(all.end(), labels.begin(), labels.end());
    }
  return all;
}

std::int64_t with_label(const Ids& labels) {
  return std::count_if(labels.begin(), labels.end(), [](std::int32_t label) { return label >= 0; });
}

}  // namespace

// tests/judge/masked_tokens.py: Masking(0.5, 0, 40, 7).apply(train, sample, list(range(12)), epoch)
TEST_CASE("masked tokens are those that the rule gives when another program follows it") {
  struct Case {
    hw::SamplePlace place;
    Ids shown, labels;
  };
  for (const Case& one :
       {Case{{true, 2, 3}, {0, 1, 2, 40, 4, 40, 40, 7, 8, 40, 10, 40}, {-1, -1, 2, 3, -1, 5, 6, -1, -1, 9, -1, 11}},
        Case{{false, 0, 3}, {40, 1, 37, 3, 14, 5, 40, 40, 40, 9, 10, 11}, {0, -1, 2, -1, 4, -1, 6, 7, 8, -1, -1, -1}},
        Case{{true, 5, std::int64_t{1} << 40},
             {0, 1, 40, 3, 4, 40, 6, 7, 36, 9, 40, 40},
             {-1, -1, 2, -1, -1, 5, -1, 7, 8, -1, 10, 11}}}) {
    Ids tokens(length);
    std::iota(tokens.begin(), tokens.end(), 0);
    Ids labels = tokens;
    half_of_them().apply(one.place, length, tokens.data(), labels.data());
    CHECK(tokens == one.shown);
    CHECK(labels == one.labels);
  }
}

TEST_CASE("how many: the share rounded, one at least, no more than the bound and than there are") {
  TokenMasking masking;
  CHECK(masking.chosen(128) == 19);
  CHECK(masking.chosen(10) == 2);  // 1.5, to the even one
  CHECK(masking.chosen(30) == 4);  // 4.5
  CHECK(masking.chosen(1) == 1);
  masking.most = 20;
  CHECK(masking.chosen(512) == 20);
  CHECK(masking.chosen(128) == 19);
  masking.share = 1;
  CHECK(masking.chosen(7) == 7);
}

TEST_CASE("a batch has the same masks on any number of systems and after a resume, and others in the next epoch") {
  hw::TokenSource whole(jobs.of(true, 1, 1), numbered(8), {}, {41, length}, true, 3, {}, half_of_them());
  std::vector<Ids> steps;
  for (int step = 0; step < 6; ++step) {
    steps.push_back(labels_of(jobs.of(true, 1, 1), whole, step));
    CHECK(with_label(steps.back()) == batch * length / 2);
    CHECK(whole.without_label(0, step) == batch * length / 2);
  }
  const hw::Job parts = jobs.of(true, 2, 2), rest = jobs.of(true, 1, 1, 3);
  hw::TokenSource cut(parts, numbered(8), {}, {41, length}, true, 3, {}, half_of_them());
  hw::TokenSource resumed(rest, numbered(8), {}, {41, length}, true, 3, {}, half_of_them());
  for (int step = 0; step < 6; ++step) CHECK(labels_of(parts, cut, step) == steps[static_cast<std::size_t>(step)]);
  for (int step = 3; step < 6; ++step)
    CHECK(labels_of(rest, resumed, step - 3) == steps[static_cast<std::size_t>(step)]);
  const hw::Job in_order = jobs.of(true, 1, 1);
  hw::TokenSource straight(in_order, numbered(8), {}, {41, length}, false, 3, {}, half_of_them());
  CHECK(labels_of(in_order, straight, 0) != labels_of(in_order, straight, 2));  // the same sequences
}

TEST_CASE(
    "padding has a label of its own, and with what is not labelled it is counted, but not samples that are not there") {
  const hw::Job job = jobs.of(false, 2, 1);
  hw::TokenSource source(job, {}, numbered(6, true), {41, length}, false, 0);
  const Ids first = labels_of(job, source, 0), second = labels_of(job, source, 1);
  CHECK(Ids(first.begin(), first.begin() + length) == Ids{0, -2, -2, -2, -2, -2, -2, -2, -2, -2, -2, -2});
  CHECK(Ids(first.end() - length, first.end()) == Ids{3, -1, 3, 3, -2, -2, -2, -2, -2, -2, -2, -2});
  CHECK(source.without_label(0, 0) == batch * length - with_label(first));
  CHECK(source.without_label(0, 1) == 2 * length - with_label(second));
}
