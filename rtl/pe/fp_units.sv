// The datapath's arithmetic on its own: what a fused multiply-add of the tile is made of. The product of two fp16 is
// exact in fp32, so product and sum together round once.
module fp_units (
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  input  logic [31:0] c_i,
  input  logic [15:0] half_a_i,
  input  logic [15:0] half_b_i,
  output logic [31:0] sum_o,
  output logic [31:0] product_o,
  output logic [31:0] fma_o,
  output logic [31:0] fma32_o,
  output logic [15:0] half_o
);

  fp32_add u_add (.a_i, .b_i, .sum_o);
  fp16_multiply u_multiply (.a_i(half_a_i), .b_i(half_b_i), .product_o);
  fp32_add u_accumulate (.a_i(product_o), .b_i(a_i), .sum_o(fma_o));
  fp32_fma u_fma (.enable_i(1'b1), .a_i, .b_i, .c_i, .result_o(fma32_o));
  fp32_to_fp16 u_convert (.value_i(a_i), .half_o);

endmodule
