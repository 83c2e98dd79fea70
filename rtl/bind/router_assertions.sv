// What holds in every cycle of a router.
module router_assertions
  import weft_pkg::*;
#(
  parameter int unsigned LinkQueue = 4,
  parameter int unsigned InputQueue = 6,
  parameter int unsigned OutputQueue = 6
) (
  input logic clk_i,
  input logic rst_ni,
  // Which wavelet it is does not matter here.
  /* verilator lint_off UNUSEDSIGNAL */
  input wavelet_t in_i[Ports],
  input wavelet_t out_o[Ports],
  /* verilator lint_on UNUSEDSIGNAL */
  input color_set_t room_o[Ports],
  input color_set_t room_i[Ports],
  input color_set_t occupied_q[Ports],
  input color_set_t has_room_q[Ports],
  input color_set_t request,
  input color_set_t leave,
  input port_t from[Colors],
  input port_set_t to[Colors],
  input logic route_write_i,
  input color_t route_color_i,
  input logic [3:0] route_depth_i
);

  for (genvar port = 0; port < Ports; port++) begin : gen_port
    queue_assertions #(.Depth(port == Ramp ? OutputQueue : LinkQueue)) u_queue (
      .clk_i,
      .rst_ni,
      .push_i(in_i[port].valid),
      .push_color_i(in_i[port].color),
      .pop_i(room_o[port]),
      .occupied_i(occupied_q[port])
    );
    credit_assertions #(.Depth(port == Ramp ? InputQueue : LinkQueue)) u_credits (
      .clk_i,
      .rst_ni,
      .send_i(out_o[port].valid),
      .send_color_i(out_o[port].color),
      .room_i(room_i[port]),
      .has_credit_i(has_room_q[port]),
      .depth_write_i(route_write_i && port == Ramp),
      .depth_color_i(route_color_i),
      .depth_i(route_depth_i)
    );
  end

  // Of the colors that leave: the outputs, those that two of them want, and who lacks a taker's room or a wavelet.
  port_set_t granted, twice, sending;
  color_set_t without_room, without_wavelet, kept_back;

  always_comb begin
    granted = '0;
    twice = '0;
    without_room = '0;
    without_wavelet = '0;
    kept_back = '0;
    for (int unsigned port = 0; port < Ports; port++) sending[port] = out_o[port].valid;
    if (request != '0 || leave != '0) begin
      for (int unsigned color = 0; color < Colors; color++) begin
        kept_back[color] = request[color] && !leave[color] && (to[color] & granted) == '0;
        if (leave[color]) begin
          twice |= granted & to[color];
          granted |= to[color];
          for (int unsigned port = 0; port < Ports; port++) begin
            without_room[color] |= to[color][port] && !has_room_q[port][color];
          end
          without_wavelet[color] = !occupied_q[from[color]][color];
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      one_grant_per_output: assert (twice == '0);
      all_takers_have_room: assert (without_room == '0);
      leaves_a_queue_with_a_wavelet: assert (without_wavelet == '0);
      only_lower_colors_go_before: assert (kept_back == '0);
      sends_what_is_granted: assert (sending == granted);
    end
  end

endmodule

bind pe_router router_assertions #(
  .LinkQueue(LinkQueue), .InputQueue(InputQueue), .OutputQueue(OutputQueue)
) u_assertions (
  .clk_i, .rst_ni, .in_i, .out_o, .room_o, .room_i, .occupied_q, .has_room_q, .request, .leave, .from, .to,
  .route_write_i, .route_color_i, .route_depth_i
);
