#include "sw/frontend/trainer_style.h"

#include <fmt/format.h>

#include <utility>

namespace weft::sw {
namespace {

YamlTree* inside(YamlTree& root, std::initializer_list<const char*> keys) {
  YamlTree* at = &root;
  for (const char* key : keys) {
    at = at->find(key);
    if (!at) return nullptr;
  }
  return at;
}

void error(YamlSource& source, const YamlTree& value, const std::string& why) {
  source.add_error(value.place, fmt::format("{}: {} is {}; {}", source.where(value), value.path, written(value), why));
}

/// A list of one becomes that one.
void unwrap(YamlSource& source, YamlTree* list, const char* what) {
  if (!list || !list->is_list()) return;
  if (list->entries.size() != 1) {
    error(source, *list, fmt::format("allowed: one {}", what));
    *list = {};
    return;
  }
  YamlTree only = std::move(list->entries.front().value);
  *list = std::move(only);
}

/// [{Name: settings}, ...] becomes {Name: settings, ...}.
void name_items(YamlSource& source, YamlTree* list) {
  if (!list || !list->is_list()) return;
  YamlTree named;
  named.kind = YamlTree::Kind::map;
  named.place = list->place;
  named.path = list->path;
  for (YamlEntry& item : list->entries) {
    if (!item.value.is_map() || item.value.entries.size() != 1) {
      error(source, item.value, "allowed: a section of one name and its settings");
      continue;
    }
    named.entries.push_back(std::move(item.value.entries.front()));
  }
  *list = std::move(named);
}

/// {SGD: {momentum: 0.9}} becomes {optimizer_type: SGD, momentum: 0.9}.
void name_optimizer(YamlTree* optimizer) {
  if (!optimizer || !optimizer->is_map()) return;
  for (std::size_t i = 0; i < optimizer->entries.size(); ++i) {
    YamlEntry& entry = optimizer->entries[i];
    const bool named = entry.value.is_map() || (entry.value.is_null() && optimizer->entries.size() == 1);
    if (!named || entry.key == "betas" || entry.key == "learning_rate") continue;
    YamlEntry settings = std::move(entry);
    optimizer->entries.erase(optimizer->entries.begin() + static_cast<std::ptrdiff_t>(i));
    YamlTree type;
    type.kind = YamlTree::Kind::scalar;
    type.scalar = settings.key;
    type.place = settings.key_place.line > 0 ? settings.key_place : settings.value.place;
    type.path = settings.value.path;
    optimizer->entries.push_back({"optimizer_type", type.place, std::move(type)});
    for (YamlEntry& inner : settings.value.entries) optimizer->entries.push_back(std::move(inner));
    return;
  }
}

/// CheckLoss: {} is true, CheckLoss: null false.
void name_check_loss(YamlTree* check) {
  if (!check || check->is_scalar()) return;
  check->scalar = check->is_null() ? "false" : "true";
  check->kind = YamlTree::Kind::scalar;
  check->entries.clear();
}

/// A loader of `validate` serves an evaluation where `fit` has none.
void share_loader(YamlTree& trainer) {
  const YamlTree* found = inside(trainer, {"validate", "val_dataloader"});
  if (!found) found = inside(trainer, {"validate_all", "val_dataloaders"});
  if (!found || found->is_null()) return;
  const YamlTree loader = *found;  // what follows may move it
  YamlTree& own = trainer.at("fit").at("val_dataloader");
  if (own.is_null()) own = loader;
  const YamlTree shared = own;
  const std::pair<const char*, const char*> places[] = {{"validate", "val_dataloader"},
                                                        {"validate_all", "val_dataloaders"}};
  for (const auto& [section, key] : places) {
    YamlTree* of = trainer.find(section);
    const YamlTree* other = of ? of->find(key) : nullptr;
    if (!other || !other->same_values(shared)) continue;
    of->erase(key);
    if (of->entries.empty()) trainer.erase(section);
  }
}

}  // namespace

void flatten_trainer(YamlSource& source, std::vector<std::pair<YamlTree, std::string>>& taken_away) {
  YamlTree* trainer = source.root().find("trainer");
  if (!trainer) return;
  unwrap(source, trainer, "trainer");
  if (trainer->entries.size() == 1 && trainer->find("trainer")) {  // each of a list may say its name again
    YamlTree inner = std::move(trainer->entries.front().value);
    *trainer = std::move(inner);
  }
  if (!trainer->is_map()) {
    if (!trainer->is_null()) error(source, *trainer, "must be a section of keys and values");
    source.root().erase("trainer");
    return;
  }
  name_items(source, inside(*trainer, {"init", "callbacks"}));
  name_check_loss(inside(*trainer, {"init", "callbacks", "CheckLoss"}));
  YamlTree* optimizer = inside(*trainer, {"init", "optimizer"});
  unwrap(source, optimizer, "optimizer");
  name_optimizer(optimizer);
  YamlTree* schedulers = inside(*trainer, {"init", "schedulers"});
  if (schedulers && schedulers->is_list() && schedulers->entries.empty()) *schedulers = {};
  if (optimizer && schedulers && !schedulers->is_null()) {
    for (const char* key : {"learning_rate", "lr"}) {
      const YamlTree* rate = optimizer->find(key);
      if (rate && !rate->is_null()) taken_away.emplace_back(*rate, "the schedulers say the rate");
      optimizer->erase(key);
    }
  }
  share_loader(*trainer);
  for (const char* key : {"train_dataloader", "val_dataloader"})
    unwrap(source, inside(*trainer, {"fit", key}), "loader");
}

}  // namespace weft::sw
