// A tile with plain vectors at its ports, link 0 in the lowest bits: what Verilator can build once and place often.
module tile_block
  import weft_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic [Links*$bits(wavelet_t)-1:0] link_i,
  output logic [Links*Colors-1:0] link_room_o,
  output logic [Links*$bits(wavelet_t)-1:0] link_o,
  input  logic [Links*Colors-1:0] link_room_i,
  input  logic host_write_i,
  input  logic [15:0] host_address_i,
  input  logic [31:0] host_data_i,
  output logic [31:0] host_data_o,
  output logic [Threads-1:0] running_o,
  output logic [Colors-1:0] waiting_o,
  output logic fault_o,
  output logic [$bits(probe_t)-1:0] probe_o
);

  wavelet_t link_in[Links], link_out[Links];
  color_set_t room_in[Links], room_out[Links];

  for (genvar link = 0; link < Links; link++) begin : gen_link
    assign link_in[link] = link_i[link*$bits(wavelet_t)+:$bits(wavelet_t)];
    assign link_o[link*$bits(wavelet_t)+:$bits(wavelet_t)] = link_out[link];
    assign room_in[link] = link_room_i[link*Colors+:Colors];
    assign link_room_o[link*Colors+:Colors] = room_out[link];
  end

  pe_tile u_tile (
    .clk_i,
    .rst_ni,
    .link_i(link_in),
    .link_room_o(room_out),
    .link_o(link_out),
    .link_room_i(room_in),
    .host_write_i,
    .host_address_i,
    .host_data_i,
    .host_data_o,
    .running_o,
    .waiting_o,
    .fault_o,
    .probe_o
  );

endmodule
