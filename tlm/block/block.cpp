#include "tlm/block/block.h"

#include <algorithm>
#include <cmath>

#include "tlm/base/error.h"

namespace weft::proto {

Block::Block(const BlockTag& tag, Payload payload) : tag_(tag), payload_(std::move(payload)) {
  handle_.block = this;
  transaction_.set_command(tlm::TLM_WRITE_COMMAND);
  // The generic payload wants a writable pointer; receivers read through Block::payload().
  transaction_.set_data_ptr(payload_ ? const_cast<unsigned char*>(payload_->data()) : nullptr);
  transaction_.set_data_length(payload_ ? static_cast<unsigned>(payload_->size()) : 0);
  transaction_.set_streaming_width(transaction_.get_data_length());
  transaction_.set_extension(&tag_);
  transaction_.set_extension(&handle_);
  transaction_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

Block::~Block() {
  transaction_.clear_extension(&tag_);
  transaction_.clear_extension(&handle_);
}

const Block& Block::of(tlm::tlm_generic_payload& transaction) {
  const Handle* handle = nullptr;
  transaction.get_extension(handle);
  if (!handle) throw SimulationError("a generic payload without a block arrived at a block socket");
  return *handle->block;
}

Picosecond absolute_ps(const sc_core::sc_time& delay) {
  static const sc_core::sc_time one(1, sc_core::SC_PS);
  return static_cast<Picosecond>((sc_core::sc_time_stamp() + delay).value() / one.value());
}

sc_core::sc_time delay_until(Picosecond at) {
  return sc_core::sc_time(static_cast<double>(at), sc_core::SC_PS) - sc_core::sc_time_stamp();
}

Picosecond Link::send(Picosecond ready, Bytes bytes) {
  const auto duration = static_cast<Picosecond>(std::ceil(static_cast<double>(bytes) * 8000.0 / gbps_));
  last_start_ = std::max(ready, free_);
  free_ = last_start_ + duration;
  busy_ps_ += duration;
  bytes_ += bytes;
  return free_ + latency_ps_;
}

}  // namespace weft::proto
