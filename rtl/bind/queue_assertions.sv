// A set of queues, one per color: a count of its own against what the block believes.
module queue_assertions
  import weft_pkg::*;
#(
  parameter int unsigned Depth = 6
) (
  input logic clk_i,
  input logic rst_ni,
  input logic push_i,
  input color_t push_color_i,
  input color_set_t pop_i,
  input color_set_t occupied_i
);

  typedef logic [$clog2(Depth+1)-1:0] count_t;

  count_t count_q[Colors];
  color_set_t filled_q, full_q, push;
  assign push = push_i ? color_set_t'(1) << push_color_i : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '{default: '0};
      filled_q <= '0;
      full_q <= '0;
    end else if (push_i || pop_i != '0) begin
      for (int unsigned color = 0; color < Colors; color++) begin
        automatic count_t next = count_q[color] + count_t'(push[color]) - count_t'(pop_i[color]);
        count_q[color] <= next;
        filled_q[color] <= next != '0;
        full_q[color] <= next == count_t'(Depth);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      no_overflow: assert (!push_i || (push & ~full_q) != '0);
      no_underflow: assert ((pop_i & ~filled_q) == '0);
      occupied_is_not_empty: assert (occupied_i == filled_q);
    end
  end

endmodule
