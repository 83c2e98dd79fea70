// The datapath's arithmetic on its own: what a fused multiply-add of the tile is made of.
module fp_units
  import weft_pkg::*;
(
  input  half_exponent_t exponent_bits_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  input  logic [31:0] c_i,
  input  logic [15:0] half_a_i,
  input  logic [15:0] half_b_i,
  output logic [31:0] sum_o,
  output logic [15:0] scaled_o,
  output logic [31:0] fma_o,
  output logic [31:0] fma32_o,
  output logic [15:0] half_o,
  output logic [31:0] word_o
);

  term_t product;

  fp32_add u_add (.enable_i(1'b1), .a_i(term_of(a_i)), .b_i(term_of(b_i)), .sum_o);
  half_multiply u_multiply (.exponent_bits_i, .a_i(half_a_i), .b_i(half_b_i), .product_o(product));
  round_to_half u_scale (.exponent_bits_i, .value_i(product), .half_o(scaled_o));
  fp32_add u_accumulate (.enable_i(1'b1), .a_i(product), .b_i(term_of(a_i)), .sum_o(fma_o));
  fp32_fma u_fma (.enable_i(1'b1), .a_i, .b_i, .c_i, .result_o(fma32_o));
  round_to_half u_convert (.exponent_bits_i, .value_i(term_of(a_i)), .half_o);
  half_to_word u_widen (.exponent_bits_i, .half_i(half_a_i), .word_o);

endmodule
