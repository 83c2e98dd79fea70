// Do the tokens that reach a system have the right ids, with the right labels, in whole sequences?
#include "hw/input/token_source.h"

#include <catch2/catch.hpp>

#include "sw/text/character_tokenizer.h"
#include "sw/text/text_sequences.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;

namespace {

constexpr int length = 3;
constexpr hw::TokenForm form{20, 4};

/// Sequence i has the tokens 3i, 3i + 1, 3i + 2 modulo 20, and each the next one as its label.
hw::TokenSequences counted(std::int64_t size, int offset = 0) {
  sw::TokenIds row;
  for (std::int64_t token = 0; token <= size * length; ++token)
    row.push_back(static_cast<std::int32_t>((token + offset) % form.vocabulary));
  return sw::sequences_of(row, length, 0, size);
}

hw::Job job_of(int systems, int micro_batches, std::vector<hw::Stage> stages, std::int64_t first_step = 0) {
  hw::Job job;
  job.sample_tokens = length;
  job.batch = 12 * length;
  job.systems = systems;
  job.micro_batches = micro_batches;
  job.stages = std::move(stages);
  job.first_step = first_step;
  return job;
}

/// Numbers of the sequences of a step in the order of the global batch, by their first token; -1 for padding. Checks
/// every id, position and label.
std::vector<int> step_of(const hw::Job& job, hw::SampleSource& source, int stage, std::int64_t step) {
  std::vector<int> firsts;
  const auto tokens = static_cast<std::size_t>(job.tokens());
  const auto features = static_cast<std::size_t>(source.features());
  for (int system = 0; system < job.systems; ++system)
    for (int part = 0; part < job.micro_batches; ++part) {
      std::vector<std::uint16_t> samples(tokens * features, 77);
      std::vector<std::int32_t> labels(tokens, 77);
      source.fill(stage, step, system, part, samples.data(), labels.data());
      for (std::size_t token = 0; token < tokens; ++token) {
        const std::uint16_t id = samples[token * features], position = samples[token * features + 1];
        const std::size_t place = token % length;
        if (labels[token] < 0) {
          CHECK(labels[token] == -1);
          CHECK(id == hw::no_id);
          CHECK(position == hw::no_id);
          if (place == 0) firsts.push_back(-1);
          continue;
        }
        CHECK(position == place);
        CHECK(labels[token] == (id + 1) % form.vocabulary);
        if (place == 0)
          firsts.push_back(id);
        else
          CHECK(id == (firsts.back() + static_cast<int>(place)) % form.vocabulary);
      }
    }
  return firsts;
}

/// First tokens of sequences `first` to `last` - 1, then padding.
std::vector<int> range(int first, int last, int padding = 0) {
  std::vector<int> firsts;
  for (int number = first; number < last; ++number) firsts.push_back(number * length % form.vocabulary);
  firsts.insert(firsts.end(), static_cast<std::size_t>(padding), -1);
  return firsts;
}

}  // namespace

TEST_CASE("of a network without a table a token is a column: 1 at its id and at its place, 0 elsewhere") {
  const hw::TokenForm columns{3, 2, HalfFormat::bf16};
  const std::int32_t ids[] = {2, 0};
  std::vector<std::uint16_t> samples(12, 77);
  columns.write(ids, 2, samples.data());
  constexpr std::uint16_t one = 0x3f80;
  CHECK(samples == std::vector<std::uint16_t>{0, 0, one, one, 0, one, 0, 0, 0, one, 77, 77});
  CHECK((columns.count() == 5 && columns.padding() == 0));
  const hw::TokenForm without{3, 0, HalfFormat::fp16}, named{3, 0};
  without.write(ids, 2, samples.data());
  CHECK(std::vector<std::uint16_t>(samples.begin(), samples.begin() + 6) ==
        std::vector<std::uint16_t>{0, 0, 0x3c00, 0x3c00, 0, 0});
  named.write(ids, 2, samples.data());
  CHECK((samples[0] == 2 && samples[1] == 0 && named.count() == 1 && named.padding() == hw::no_id));
}

TEST_CASE("where a network has segments a token's is its last id, 0 where the data have none") {
  const hw::TokenForm both{3, 9, {}, 2}, alone{3, 0, {}, 2};
  const std::int32_t ids[] = {2, 1}, segments[] = {1, 0};
  std::vector<std::uint16_t> samples(6, 77);
  both.write(ids, 2, samples.data(), {segments, 0});
  CHECK((samples == std::vector<std::uint16_t>{2, 0, 1, 1, 1, 0} && both.count() == 3));
  both.write(ids, 2, samples.data());
  CHECK(samples == std::vector<std::uint16_t>{2, 0, 0, 1, 1, 0});
  alone.write(ids, 2, samples.data(), {segments, 0});
  CHECK((std::vector<std::uint16_t>(samples.begin(), samples.begin() + 4) == std::vector<std::uint16_t>{2, 1, 1, 0} &&
         alone.count() == 2));
}

TEST_CASE(
    "a sequence comes with its own segments, its padding samples with none, and one beyond the table is refused") {
  const hw::Job job = job_of(1, 1, {{true, 1}, {false, 1}});
  const hw::TokenForm with{20, 4, {}, 3};
  hw::TokenSequences train = counted(12), test = counted(2);
  for (std::int32_t token = 0; token < 12 * length; ++token) train.segments.push_back(token / 4 % 3);
  test.segments.assign(2 * length, 2);
  hw::TokenSource source(job, train, test, with, false, 0);
  std::vector<std::uint16_t> samples(12 * length * 3, 77);
  std::vector<std::int32_t> labels(12 * length);
  source.fill(0, 0, 0, 0, samples.data(), labels.data());
  for (std::size_t token = 0; token < 12 * length; ++token) CHECK(samples[3 * token + 2] == token / 4 % 3);
  source.fill(1, 0, 0, 0, samples.data(), labels.data());
  CHECK((samples[2] == 2 && samples[2 * length * 3 - 1] == 2 && samples[2 * length * 3 + 2] == hw::no_id));
  train.segments[7] = 3;
  CHECK_THROWS_WITH(hw::TokenSource(job, train, test, with, false, 0),
                    Contains("training set: segment 3 at place 1 of sequence 2; the model's segments are 0 to 2"));
}

TEST_CASE("a text's sequences are consecutive, each token is labelled with the next, and the rest is left out") {
  const std::vector<sw::TextFile> texts{{"a.txt", "abca"}, {"b.txt", "cbab"}};
  const sw::CharacterTokenizer tokenizer(texts);
  const sw::TokenIds row = sw::row_of(texts, tokenizer);
  CHECK(row == sw::TokenIds{0, 1, 2, 0, 2, 1, 0, 1});
  CHECK(sw::whole_sequences(8, 3) == 2);
  CHECK(sw::whole_sequences(7, 3) == 2);  // 6 tokens and the label of the last
  CHECK(sw::whole_sequences(6, 3) == 1);
  CHECK(sw::whole_sequences(3, 3) == 0);
  CHECK(sw::whole_sequences(0, 3) == 0);
  CHECK(sw::whole_sequences(0, 1) == 0);
  CHECK(sw::whole_sequences(2, 1) == 1);
  const hw::TokenSequences all = sw::sequences_of(row, 3, 0, 2);
  CHECK(all.tokens == std::vector<std::int32_t>{0, 1, 2, 0, 2, 1});
  CHECK(all.labels == std::vector<std::int32_t>{1, 2, 0, 2, 1, 0});
  const hw::TokenSequences last = sw::sequences_of(row, 3, 1, 2);
  CHECK(last.tokens == std::vector<std::int32_t>{0, 2, 1});
  CHECK(last.labels == std::vector<std::int32_t>{2, 1, 0});
  CHECK(last.size() == 1);
}

TEST_CASE("the share that is held out is whole sequences, and one at least") {
  CHECK(sw::held_out_sequences(100, 0.1) == 10);
  CHECK(sw::held_out_sequences(104, 0.1) == 10);
  CHECK(sw::held_out_sequences(106, 0.1) == 11);
  CHECK(sw::held_out_sequences(3, 0.1) == 1);
  CHECK(sw::held_out_sequences(3, 0) == 0);
  CHECK(sw::held_out_sequences(3, 1) == 3);
  CHECK(sw::held_out_sequences(0, 0.5) == 0);
}

TEST_CASE("systems and micro-batches share a batch in whole sequences, each once") {
  for (const auto& [systems, parts] : std::vector<std::pair<int, int>>{{1, 1}, {2, 1}, {3, 2}, {4, 3}, {12, 1}}) {
    const hw::Job job = job_of(systems, parts, {{true, 10}});
    hw::TokenSource source(job, counted(30), {}, form, false, 0);
    CHECK(source.features() == 2);
    CHECK(step_of(job, source, 0, 0) == range(0, 12));
    CHECK(step_of(job, source, 0, 1) == range(12, 24));
    CHECK(step_of(job, source, 0, 2) == range(0, 12));  // 24 to 29 are dropped
  }
}

TEST_CASE("an evaluation sees each sequence once, then padding of whole sequences") {
  const hw::Job job = job_of(2, 3, {{false, 3}});
  hw::TokenSource source(job, {}, counted(26), form, false, 0);
  CHECK(step_of(job, source, 0, 1) == range(12, 24));
  CHECK(step_of(job, source, 0, 2) == range(24, 26, 10));
}

TEST_CASE("a run that is resumed at any step sees the sequences that the straight run would have seen") {
  const hw::Job whole = job_of(2, 1, {{true, 9}});
  hw::TokenSource straight(whole, counted(50), {}, form, true, 9);
  CHECK(step_of(whole, straight, 0, 0) != range(0, 12));
  for (std::int64_t done = 1; done < 9; ++done) {
    const hw::Job rest = job_of(2, 1, {{true, 9 - done}}, done);
    hw::TokenSource counted_on(rest, counted(50), {}, form, true, 9);
    hw::TokenSource placed(rest, counted(50), {}, form, true, 9, straight.after(done));
    for (std::int64_t step = done; step < 9; ++step) {
      CHECK(step_of(rest, counted_on, 0, step - done) == step_of(whole, straight, 0, step));
      CHECK(step_of(rest, placed, 0, step - done) == step_of(whole, straight, 0, step));
    }
  }
  CHECK(straight.after(2) == hw::DataPosition{0, 24});  // sequences
  CHECK(straight.after(5) == hw::DataPosition{1, 12});
}

TEST_CASE("a token beyond the vocabulary or the positions is refused with its place") {
  const hw::Job job = job_of(1, 1, {{true, 1}, {false, 1}});
  hw::TokenSequences bad = counted(12);
  bad.tokens[7] = 20;
  CHECK_THROWS_WITH(hw::TokenSource(job, bad, counted(1), form, false, 0),
                    Contains("training set: token 20 at place 1 of sequence 2") && Contains("0 to 19"));
  bad = counted(1);
  bad.labels[2] = 21;
  CHECK_THROWS_WITH(hw::TokenSource(job, counted(12), bad, form, false, 0),
                    Contains("evaluation set: label 21 at place 2 of sequence 0"));
  CHECK_THROWS_WITH(hw::TokenSource(job, counted(12), counted(1), {20, 2}, false, 0),
                    Contains("3 tokens") && Contains("2 positions"));
}

TEST_CASE("a batch that cuts a sequence or is larger than the text is refused") {
  hw::Job job = job_of(1, 1, {{true, 1}});
  CHECK_THROWS_WITH(hw::TokenSource(job, counted(11), {}, form, false, 0),
                    Contains("batch_size: 12 samples") && Contains("11"));
  job.micro_batches = 9;
  CHECK_THROWS_WITH(hw::TokenSource(job, counted(12), {}, form, false, 0), Contains("4 tokens cuts a sequence of 3"));
}

TEST_CASE("the files of a text are the one that is named, or the folder's in the order of their names") {
  const test::ScratchFolder folder;
  const auto put = [&folder](const std::string& name, const std::string& text) {
    test::write_bytes(folder / name, {text.begin(), text.end()});
  };
  put("b.txt", "B");
  put("a.txt", "A");
  put("c.dat", "C");
  CHECK(sw::files_ending_in(".txt", folder.path()) == std::vector{folder / "a.txt", folder / "b.txt"});
  CHECK(sw::files_ending_in(".txt", folder / "c.dat") == std::vector{folder / "c.dat"});
  CHECK(sw::read_texts(sw::files_ending_in(".txt", folder.path()))[1].text == "B");
  CHECK_THROWS_WITH(sw::files_ending_in(".txt", folder / "a.tyt"),
                    Contains("a.tyt: no such file") && Contains("nearest: ") && Contains("a.txt"));
  put("a.txt",
      "\xEF\xBB\xBF"
      "A\xEF\xBB\xBF");  // at the begin a byte order mark, elsewhere a character
  CHECK(sw::read_texts({folder / "a.txt"})[0].text == "A\xEF\xBB\xBF");
  CHECK_THROWS_WITH(sw::files_ending_in(".txt", "/dev/null"), Contains("/dev/null: neither a file nor a folder"));
  put("a.txt", "");
  CHECK(sw::read_texts(sw::files_ending_in(".txt", folder.path())).size() == 2);
  put("b.txt", "");
  CHECK_THROWS_WITH(sw::read_texts(sw::files_ending_in(".txt", folder.path())), Contains("b.txt: the text is empty"));
  std::filesystem::remove(folder / "a.txt");
  std::filesystem::remove(folder / "b.txt");
  CHECK_THROWS_WITH(sw::files_ending_in(".txt", folder.path()), Contains("holds no *.txt; found: c.dat"));
}
