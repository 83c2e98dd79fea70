// The core's side of the ramp: one queue per color. The router's credits keep them from overflowing.
module input_queues
  import weft_pkg::*;
#(
  parameter int unsigned Depth = 6
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  wavelet_t in_i,
  input  color_t color_i[Threads],
  output wavelet_t head_o[Threads],
  // Colors at whose head a data or a control wavelet is.
  output color_set_t data_o,
  output color_set_t control_o,
  input  logic take_i,
  input  color_t take_color_i
);

  typedef logic [$clog2(Depth+1)-1:0] index_t;

  function automatic index_t wrapped(index_t index);
    return index == index_t'(Depth) ? '0 : index;
  endfunction

  logic [32:0] queue_q[Colors][Depth];
  index_t first_q[Colors], last_q[Colors], first_d[Colors], last_d[Colors];
  color_set_t occupied_q, occupied_d, control_q, control_d;  // control: of the head, where there is one

  for (genvar thread = 0; thread < Threads; thread++) begin : gen_head
    assign head_o[thread].valid = occupied_q[color_i[thread]];
    assign head_o[thread].color = color_i[thread];
    assign {head_o[thread].control, head_o[thread].data} = queue_q[color_i[thread]][first_q[color_i[thread]]];
  end
  assign data_o = occupied_q & ~control_q;
  assign control_o = occupied_q & control_q;

  always_comb begin
    first_d = first_q;
    last_d = last_q;
    occupied_d = occupied_q;
    control_d = control_q;
    if (take_i) begin
      first_d[take_color_i] = wrapped(first_q[take_color_i] + 1'b1);
      control_d[take_color_i] = queue_q[take_color_i][first_d[take_color_i]][32];
      if (first_d[take_color_i] == last_q[take_color_i]) occupied_d[take_color_i] = 1'b0;
    end
    if (in_i.valid) begin
      if (!occupied_d[in_i.color]) control_d[in_i.color] = in_i.control;
      last_d[in_i.color] = wrapped(last_q[in_i.color] + 1'b1);
      occupied_d[in_i.color] = 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= '{default: '0};
      last_q <= '{default: '0};
      occupied_q <= '0;
      control_q <= '0;
    end else begin
      first_q <= first_d;
      last_q <= last_d;
      occupied_q <= occupied_d;
      control_q <= control_d;
    end
    if (in_i.valid) queue_q[in_i.color][last_q[in_i.color]] <= {in_i.control, in_i.data};
  end

endmodule
