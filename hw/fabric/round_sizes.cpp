#include "hw/fabric/round_sizes.h"

#include <algorithm>

#include "hw/fabric/time_rings.h"

namespace weft::hw {

RoundSizes::RoundSizes(const FabricTiming& timing, const StreamReduceShape& shape)
    : positions_(shape.positions),
      lanes_(shape.lanes),
      issue_(timing.issue),
      input_queue_(timing.input_queue),
      each_by_itself_(shape.positions_differ()),
      most_wavelets_(shape.wavelets),
      most_elements_(shape.elements),
      data_(shape.wavelets),
      sent_(static_cast<std::size_t>(shape.chain), 0),
      begin_sent_(sent_) {
  for (int position = 0; position < positions_; ++position) {
    const int elements = most_elements_[static_cast<std::size_t>(position)];
    length_.push_back(issue_ + static_cast<int>(ceil_div(elements, lanes_)));
    if (elements == 0) continue;
    active_ = position + 1;
    max_elements_ = std::max(max_elements_, elements);
    if (groups_.empty() || groups_.back().elements != elements || each_by_itself_)
      groups_.push_back({position, position, elements, elements});
    groups_.back().last = position + 1;
  }
}

void RoundSizes::begin_round(const std::uint16_t* wavelets, const std::uint16_t* elements) {
  if (wavelets) data_.assign(wavelets, wavelets + data_.size());
  if (!elements) return;
  max_elements_ = 0;
  for (Group& group : groups_) {
    group.elements = elements[group.first];
    max_elements_ = std::max(max_elements_, group.elements);
    length_[static_cast<std::size_t>(group.first)] = issue_ + static_cast<int>(ceil_div(group.elements, lanes_));
  }
}

void RoundSizes::close_round() {
  for (std::size_t line = 0; line < sent_.size(); ++line) sent_[line] += data_[line] + 1;
  for (Group& group : groups_) {
    group.summed += group.elements;
    group.axpy_cycles += length_[static_cast<std::size_t>(group.first)] - issue_;
  }
  ++rounds_;
}

void RoundSizes::begin() {
  first_round_ = rounds_;
  begin_sent_ = sent_;
  for (Group& group : groups_) {
    group.begin_summed = group.summed;
    group.begin_axpys = group.axpy_cycles;
  }
}

void RoundSizes::set_rounds(std::int64_t rounds) {
  rounds_ = rounds;
  for (std::size_t line = 0; line < sent_.size(); ++line) sent_[line] = rounds * (most_wavelets_[line] + 1);
  for (Group& group : groups_) {
    group.summed = rounds * group.elements;
    group.axpy_cycles = rounds * (length_[static_cast<std::size_t>(group.first)] - issue_);
  }
}

const RoundSizes::Group& RoundSizes::group_at(int position) const {
  if (each_by_itself_) return groups_[static_cast<std::size_t>(position)];
  return *std::find_if(groups_.begin(), groups_.end(), [=](const Group& group) { return position < group.last; });
}

std::int64_t RoundSizes::wavelets_taken(int line) const {
  const auto l = static_cast<std::size_t>(line);
  return sent_[l] - begin_sent_[l] - (rounds_ - first_round_);
}

std::int64_t RoundSizes::elements_summed(int position) const {
  if (position >= active_) return 0;
  const Group& group = group_at(position);
  return group.summed - group.begin_summed;
}

std::int64_t RoundSizes::axpy_cycles(int position) const {
  if (position >= active_) return 0;
  const Group& group = group_at(position);
  return group.axpy_cycles - group.begin_axpys;
}

void RoundSizes::compare_positions(std::int32_t /*shift*/, std::vector<std::int32_t>& differs) const {
  for (std::size_t p = 1; p < differs.size(); ++p) differs[p] |= most_elements_[p] ^ most_elements_[p - 1];
}

bool RoundSizes::line_follows(int line, std::int32_t /*shift*/, const RoundSizes& /*sizes*/) const {
  const auto l = static_cast<std::size_t>(line);
  return most_wavelets_[l] == most_wavelets_[l + 1];
}

void RoundSizes::take_lines(const RoundSizes& from, const std::vector<LineSource>& sources) {
  rounds_ = from.rounds_;
  owners_from_ = from.owners_from_;
  groups_ = from.groups_;
  length_ = from.length_;
  max_elements_ = from.max_elements_;
  for (std::size_t line = 0; line < sources.size(); ++line)
    sent_[line] = from.sent_[static_cast<std::size_t>(sources[line].line)];
}

// Precondition: positions have their own elements in every round.
void RoundSizes::take_positions(const RoundSizes& from, const std::vector<int>& /*chosen*/) {
  set_rounds(from.rounds_);
  owners_from_ = from.owners_from_;
  sent_ = from.sent_;
}

}  // namespace weft::hw
