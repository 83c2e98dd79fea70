// A sender's credits, one number per color: none is spent that is not there, none comes back that was not spent.
module credit_assertions
  import weft_pkg::*;
#(
  parameter int unsigned Depth = 6  // of the taker's queue, at most
) (
  input logic clk_i,
  input logic rst_ni,
  input logic send_i,
  input color_t send_color_i,
  input color_set_t room_i,
  input color_set_t has_credit_i,
  input logic depth_write_i,  // of one color: this depth, if it is not 0
  input color_t depth_color_i,
  input logic [3:0] depth_i
);

  typedef logic [$clog2(Depth+1)-1:0] count_t;

  count_t sent_q[Colors];  // and not yet taken
  count_t depth_q[Colors];
  color_set_t out_q, full_q, send;
  assign send = send_i ? color_set_t'(1) << send_color_i : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sent_q <= '{default: '0};
      out_q <= '0;
      full_q <= '0;
      depth_q <= '{default: count_t'(Depth)};
    end else if (depth_write_i && depth_i != '0) begin
      depth_q[depth_color_i] <= count_t'(depth_i);
    end else if (send_i || room_i != '0) begin
      for (int unsigned color = 0; color < Colors; color++) begin
        automatic count_t next = sent_q[color] + count_t'(send[color]) - count_t'(room_i[color]);
        sent_q[color] <= next;
        out_q[color] <= next != '0;
        full_q[color] <= next == depth_q[color];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      sends_with_credit: assert (!send_i || (send & ~full_q) != '0);
      no_credit_from_nowhere: assert ((room_i & ~out_q) == '0);
      credit_is_room: assert (has_credit_i == ~full_q);
    end
  end

endmodule
