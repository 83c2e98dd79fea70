#include "sw/graph/model_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hw/spec/optimizer_spec.h"
#include "sw/frontend/huggingface_style.h"
#include "sw/frontend/key_rows.h"
#include "sw/graph/operation_types.h"
#include "sw/graph/schedule_section.h"
#include "tlm/base/half.h"

namespace weft::sw {
namespace {

constexpr const char* opening = R"(# Model files

Written by `weft keys`; do not edit it by hand.

A model file is YAML with the sections and keys that people know from the published model collection: its files of the
parameters style (`train_input`, `eval_input`, `model`, `optimizer`, `runconfig`), of the trainer style (`trainer.init`,
`trainer.fit`) and with TensorFlow's spellings. A file may mix them; a key that is said twice must say the same.
Aliases and merges (`&a`, `*a`, `<<: *a`) work, and a section of any name may hold what they stand for. `null` is as
good as not written.

All mistakes of a file and of the flags are told at once, each with its line, the value, what is allowed and the nearest
name. A key of the published files that has no effect here is told in one line. Any other key is refused.

`--set runconfig.max_steps=10` changes a key, in any of its spellings; `--set optimizer.momentum=null` takes one away;
`--set 'optimizer.learning_rate[1].total_iters=50'` reaches into a list.

`eval_input` has the keys of `train_input`, and what it leaves out is as there.
)";

bool is_of_evaluation(const ModelKey& key) { return key.path.rfind("eval_input.", 0) == 0; }

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

std::string spelled(const ModelKey& key) {
  std::vector<std::string> all;
  for (const std::string& spelling : key.spellings) all.push_back(code(spelling));
  return fmt::format("{}", fmt::join(all, ", "));
}

void add_honoured(std::string& page) {
  std::string section;
  for (const ModelKey& key : model_keys()) {
    if (key.use != KeyUse::honoured || is_of_evaluation(key)) continue;
    const std::string of = key.path.substr(0, key.path.find('.'));
    if (of != section) {
      page += fmt::format("\n## {}\n\n| Key | Allowed | Default | | Also |\n|---|---|---|---|---|\n", of);
      section = of;
    }
    page += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.path.substr(of.size() + 1), told_values(key),
                        code(key.fallback), key.text, spelled(key));
  }
}

void add_schedulers(std::string& page) {
  page +=
      "\n## Schedulers\n\nOf `optimizer.learning_rate`: `{scheduler: Name, its keys}` or `{Name: {its keys}}`; "
      "letters' "
      "case and a final `LR` do\nnot count. A list is one after another, each as long as its `total_iters`, the last "
      "for "
      "ever; with\n`main_scheduler: chained` in each they are multiplied. t is the step, from 0; within a list, from "
      "the "
      "part's first.\n`steps` and `decay_steps` are `total_iters`. They are PyTorch's "
      "(`tests/judge/torch_tables.py`).\n\n"
      "| Name | Keys (default) | |\n|---|---|---|\n";
  for (const SchedulerPage& form : scheduler_pages())
    page += fmt::format("| {} | {} | {} |\n", form.names, form.keys, form.text);
}

void add_others(std::string& page) {
  page += "\n## Without effect\n\n| Key | Why |\n|---|---|\n";
  for (const ModelKey& key : model_keys())
    if (key.use == KeyUse::no_effect && !is_of_evaluation(key))
      page +=
          fmt::format("| {}{}{} | {} |\n", code(key.path), key.spellings.empty() ? "" : ", ", spelled(key), key.text);
  page += "\n## Refused but for one value\n\n| Key | Allowed | Why |\n|---|---|---|\n";
  for (const ModelKey& key : model_keys())
    if (key.use == KeyUse::only && !is_of_evaluation(key))
      page += fmt::format("| {} | {} | {} |\n", code(key.path), key.values, key.text);
  for (const ModelKey& key : model_keys())
    if (key.use == KeyUse::refused) page += fmt::format("| {} | nothing | {} |\n", code(key.path), key.text);
}

constexpr const char* huggingface_opening = R"(
## Hugging Face's config.json

`weft train path/to/config.json` reads a model as Hugging Face's transformers describe it: gpt2, gpt_neox, gptj, llama,
mistral, bert. What it does not say of the training is as their Trainer has it (a constant rate of 5e-5, AdamW, batches of 8,
3 epochs), is told in the log, and is changed with `--set`, as every key above. `--checkpoint_path model.safetensors`
begins with published weights; `weft export RUN -o model.safetensors` writes them with a config.json
(a mistral's as a llama's, which it then is). A bert is BertForMaskedLM, or
BertForPreTraining where `architectures` says it; of a model file without num_segments the first row of a file's table of segments
is added to every position's, and zeros go out; an output layer that shares the embedding has no
bias, so a file's must be zero, or `--set model.share_embedding_weights=false` takes both.

| Key | Of | Is | Default |
|---|---|---|---|
)";

void add_huggingface(std::string& page) {
  page += huggingface_opening;
  for (const HuggingFaceKey& key : huggingface_keys()) {
    const std::string of = key.models.empty() ? "all" : std::string(key.models);
    std::string is = std::string(key.becomes);
    if (key.use == KeyUse::no_effect) is = fmt::format("without effect: {}", key.text);
    if (key.use == KeyUse::only) is = fmt::format("nothing else allowed: {}", key.text);
    if (key.use == KeyUse::honoured && !key.text.empty()) is += (is.empty() ? "" : "; ") + std::string(key.text);
    page += fmt::format("| `{}` | {} | {} | {} |\n", key.key, of, is, code(std::string(key.fallback)));
  }
}

}  // namespace

std::string told_values(const ModelKey& key) {
  std::vector<std::string> activations, optimizers, formats;
  for (const auto& [name, operation] : activation_functions()) activations.push_back(name);
  for (const hw::OptimizerForm& form : hw::optimizer_forms) optimizers.emplace_back(form.name);
  for (const HalfFormatRow& row : half_formats) formats.emplace_back(row.in_model_files);
  std::string values = key.values;
  for (const auto& [words, names] :
       {std::pair(activation_words, activations), {optimizer_words, optimizers}, {format_words, formats}})
    if (const std::size_t at = values.find(words); at != std::string::npos)
      values.replace(at, words.size(), fmt::format("{}", fmt::join(names, ", ")));
  return values;
}

std::string model_page() {
  std::string page = opening;
  add_honoured(page);
  add_schedulers(page);
  add_others(page);
  add_huggingface(page);
  return page;
}

}  // namespace weft::sw
