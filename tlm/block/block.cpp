#include "tlm/block/block.h"

#include <algorithm>
#include <limits>

#include "tlm/base/checked.h"

namespace weft::proto {

Block::Block(const BlockTag& tag, Payload payload, Cause cause)
    : tag_(tag), payload_(std::move(payload)), cause_(std::move(cause)) {
  handle_.block = this;
  transaction_.set_command(tlm::TLM_WRITE_COMMAND);
  // The generic payload wants a writable pointer; receivers read through Block::payload().
  transaction_.set_data_ptr(payload_ ? const_cast<unsigned char*>(payload_->data()) : nullptr);
  // TLM counts 32 bits; a block's size is its payload's.
  constexpr std::size_t longest = std::numeric_limits<unsigned>::max();
  transaction_.set_data_length(payload_ ? static_cast<unsigned>(std::min(payload_->size(), longest)) : 0);
  transaction_.set_streaming_width(transaction_.get_data_length());
  transaction_.set_extension(&tag_);
  transaction_.set_extension(&handle_);
  transaction_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

Block::~Block() {
  transaction_.clear_extension(&tag_);
  transaction_.clear_extension(&handle_);
}

Block& Block::behind(tlm::tlm_generic_payload& transaction) {
  const Handle* handle = nullptr;
  transaction.get_extension(handle);
  if (!handle) throw SimulationError("a generic payload without a block arrived at a block socket");
  return *handle->block;
}

const Block& Block::of(tlm::tlm_generic_payload& transaction) { return behind(transaction); }

void Block::arrives(tlm::tlm_generic_payload& transaction, Cause cause) {
  behind(transaction).cause_ = std::move(cause);
}

Picosecond absolute_ps(const sc_core::sc_time& delay) {
  static const sc_core::sc_time one(1, sc_core::SC_PS);
  return static_cast<Picosecond>((sc_core::sc_time_stamp() + delay).value() / one.value());
}

sc_core::sc_time delay_until(Picosecond at) {
  static const sc_core::sc_time one(1, sc_core::SC_PS);
  return sc_core::sc_time::from_value(static_cast<std::uint64_t>(at) * one.value()) - sc_core::sc_time_stamp();
}

Picosecond Link::send(Picosecond ready, Bytes bytes) {
  constexpr const char *what = "the time of a block on a link", *unit = "ps";
  const Picosecond duration = checked_ceil(static_cast<double>(bytes) * 8000.0 / gbps_, what, unit);
  last_start_ = std::max(ready, free_);
  free_ = checked_add(last_start_, duration, what, unit);
  busy_ps_ += duration;
  bytes_ += bytes;
  return checked_add(free_, latency_ps_, what, unit);
}

}  // namespace weft::proto
