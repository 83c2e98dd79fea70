#pragma once
// Which tensors of a model's graphs stand where on the wafer.
#include <map>
#include <string>
#include <vector>

#include "hw/spec/operand.h"

namespace weft::sw {

/// Tensors of graphs by name. Several may share a place: what an operation makes in place of what it reads.
class TensorPlaces {
 public:
  /// A new place for `name`; `form.name` is what people are told.
  hw::WaferTensor& add(const std::string& name, const hw::WaferTensor& form) {
    places_[name] = static_cast<int>(tensors_.size());
    return tensors_.emplace_back(form);
  }
  void share(const std::string& name, const std::string& with) { places_[name] = of(with); }
  /// Precondition: it has one.
  int of(const std::string& name) const { return places_.at(name); }
  hw::WaferTensor& form(int place) { return tensors_[static_cast<std::size_t>(place)]; }
  const std::vector<hw::WaferTensor>& tensors() const { return tensors_; }

 private:
  std::map<std::string, int> places_;
  std::vector<hw::WaferTensor> tensors_;
};

}  // namespace weft::sw
