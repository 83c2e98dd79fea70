// The core's knowledge of the router's queues at the ramp: which colors have room.
module output_credits
  import weft_pkg::*;
#(
  parameter int unsigned Depth = 6
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic send_i,
  input  color_t send_color_i,
  input  color_set_t room_i,  // a slot came free
  output color_set_t has_credit_o
);

  typedef logic [$clog2(Depth+1)-1:0] credit_t;

  credit_t credit_q[Colors], credit_d[Colors];
  color_set_t has_credit_q, has_credit_d;

  always_comb begin
    credit_d = credit_q;
    has_credit_d = has_credit_q | room_i;
    if (send_i) credit_d[send_color_i] -= 1'b1;
    if (room_i != '0) begin
      for (int unsigned color = 0; color < Colors; color++) credit_d[color] += credit_t'(room_i[color]);
    end
    if (send_i) has_credit_d[send_color_i] = credit_d[send_color_i] != '0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      credit_q <= '{default: credit_t'(Depth)};
      has_credit_q <= '1;
    end else begin
      credit_q <= credit_d;
      has_credit_q <= has_credit_d;
    end
  end

  assign has_credit_o = has_credit_q;

endmodule
