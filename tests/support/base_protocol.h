#pragma once
// What TLM's base protocol asks of a blocking transaction (IEEE 1666, generic payload and b_transport), as checks of
// what is seen in a joint between two sockets: before the target is called, and after it has answered.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace weft::test {

/// A transaction's attributes that a target leaves as they are, its bytes among them.
struct SeenPayload {
  tlm::tlm_command command;
  sc_dt::uint64 address;
  const unsigned char *data, *byte_enable;
  unsigned length, byte_enable_length, streaming_width;
  std::vector<unsigned char> bytes;

  explicit SeenPayload(const tlm::tlm_generic_payload& of)
      : command(of.get_command()),
        address(of.get_address()),
        data(of.get_data_ptr()),
        byte_enable(of.get_byte_enable_ptr()),
        length(of.get_data_length()),
        byte_enable_length(of.get_byte_enable_length()),
        streaming_width(of.get_streaming_width()) {
    if (command == tlm::TLM_WRITE_COMMAND && data) bytes.assign(data, data + length);
  }
};

/// What is wrong with a transaction that is about to reach its target; empty: nothing.
inline std::string fault_before(const tlm::tlm_generic_payload& payload) {
  if (payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE)
    return "starts with the response " + payload.get_response_string();
  if (payload.is_dmi_allowed()) return "starts with the DMI hint set";
  if (payload.get_gp_option() != tlm::TLM_MIN_PAYLOAD) return "has another option than TLM_MIN_PAYLOAD";
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return "";
  if (payload.get_data_length() == 0) return "reads or writes no bytes; TLM_IGNORE_COMMAND does that";
  if (!payload.get_data_ptr()) return "has no data pointer";
  if (payload.get_streaming_width() == 0) return "has streaming width 0";
  if (payload.get_byte_enable_ptr() && payload.get_byte_enable_length() == 0) return "has byte enables of length 0";
  return "";
}

/// What is wrong with one that came back. `delay_before`, `delay`: annotated at the call and at the return.
inline std::string fault_after(const SeenPayload& before, const tlm::tlm_generic_payload& payload,
                               const sc_core::sc_time& delay_before, const sc_core::sc_time& delay) {
  const SeenPayload after(payload);
  if (payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE) return "was not answered";
  if (after.command != before.command || after.address != before.address)
    return "came back as another command or address";
  if (after.data != before.data || after.length != before.length || after.streaming_width != before.streaming_width)
    return "came back with another data pointer, length or streaming width";
  if (after.byte_enable != before.byte_enable || after.byte_enable_length != before.byte_enable_length)
    return "came back with other byte enables";
  if (after.bytes != before.bytes) return "came back with other bytes than it wrote";
  if (delay < delay_before) return "came back with a shorter delay";
  return "";
}

}  // namespace weft::test
