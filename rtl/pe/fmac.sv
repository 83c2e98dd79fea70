// One lane: half x half + fp32, rounded once; or addend + fp32.
module fmac
  import weft_pkg::*;
(
  input  logic enable_i,
  input  half_exponent_t exponent_bits_i,
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  input  logic use_addend_i,
  input  logic [31:0] addend_i,
  input  logic [31:0] accumulator_i,
  output logic [31:0] sum_o
);

  term_t product;

  half_multiply u_multiply (.exponent_bits_i, .a_i, .b_i, .product_o(product));
  fp32_add u_add (
    .enable_i,
    .a_i(use_addend_i ? term_of(addend_i) : product),
    .b_i(term_of(accumulator_i)),
    .sum_o
  );

endmodule
