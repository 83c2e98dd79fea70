#include "tlm/block/transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tlm/base/error.h"
#include "tlm/block/describe.h"

namespace weft::proto {

namespace {

/// What data pointers of a run that only times point at: TLM asks for bytes behind them.
PayloadBytes& shared_by_all() {
  static PayloadBytes bytes(4096);
  return bytes;
}

/// A transaction's extensions are not its own: they are taken from it before it ends.
class Write {
 public:
  explicit Write(const Block& block) : tag_(block.tag) {
    content_.payload = block.payload;
    content_.cause = block.cause;
    transaction_.set_extension(&tag_);
    transaction_.set_extension(&content_);
    transaction_.set_command(block.bytes() > 0 ? tlm::TLM_WRITE_COMMAND : tlm::TLM_IGNORE_COMMAND);
    if (block.bytes() > 0) {
      const bool whole = block.payload->has_bytes();
      const PayloadBytes& bytes = whole ? *block.payload : shared_by_all();
      const std::size_t length = std::min(block.payload->size(), bytes.size());
      if (length > std::numeric_limits<unsigned>::max())
        throw SimulationError(
            fmt::format("{} has {} bytes; a transaction has at most 2^32 - 1", describe(block.tag), length));
      // The generic payload wants a writable pointer; a target of a write reads.
      transaction_.set_data_ptr(const_cast<unsigned char*>(bytes.data()));
      transaction_.set_data_length(static_cast<unsigned>(length));
      transaction_.set_streaming_width(static_cast<unsigned>(length));
    }
  }
  ~Write() {
    transaction_.clear_extension(&tag_);
    transaction_.clear_extension(&content_);
  }
  Write(const Write&) = delete;
  Write& operator=(const Write&) = delete;

  tlm::tlm_generic_payload& transaction() { return transaction_; }

 private:
  BlockTag tag_;
  BlockContent content_;
  tlm::tlm_generic_payload transaction_;
};

}  // namespace

void send(tlm::tlm_initiator_socket<>& out, const Block& block, Picosecond at) {
  Write write(block);
  sc_core::sc_time delay = delay_until(at);
  out->b_transport(write.transaction(), delay);
  if (!write.transaction().is_response_ok())
    throw SimulationError(fmt::format("{}: the answer to {} is {}", out.name(), describe(block.tag),
                                      write.transaction().get_response_string()));
}

Block block_of(const tlm::tlm_generic_payload& transaction) {
  const BlockTag* tag = nullptr;
  transaction.get_extension(tag);
  if (!tag) throw SimulationError("a transaction without a BlockTag came to a socket of blocks");
  const BlockContent* content = nullptr;
  transaction.get_extension(content);
  if (content) return {*tag, content->payload, content->cause};
  if (transaction.get_command() == tlm::TLM_IGNORE_COMMAND) return {*tag};
  const unsigned char* data = transaction.get_data_ptr();
  return {*tag, std::make_shared<const PayloadBytes>(data, data + transaction.get_data_length())};
}

std::optional<Block> take(tlm::tlm_generic_payload& transaction) {
  tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  if (transaction.is_read())
    status = tlm::TLM_COMMAND_ERROR_RESPONSE;
  else if (transaction.get_byte_enable_ptr())
    status = tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  else if (transaction.get_streaming_width() < transaction.get_data_length())
    status = tlm::TLM_BURST_ERROR_RESPONSE;
  transaction.set_response_status(status);
  if (status != tlm::TLM_OK_RESPONSE) return std::nullopt;
  return block_of(transaction);
}

Picosecond absolute_ps(const sc_core::sc_time& delay) {
  static const sc_core::sc_time one(1, sc_core::SC_PS);
  return static_cast<Picosecond>((sc_core::sc_time_stamp() + delay).value() / one.value());
}

sc_core::sc_time delay_until(Picosecond at) {
  static const sc_core::sc_time one(1, sc_core::SC_PS);
  return sc_core::sc_time::from_value(static_cast<std::uint64_t>(at) * one.value()) - sc_core::sc_time_stamp();
}

}  // namespace weft::proto
