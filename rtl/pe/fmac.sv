// One lane: fp16 x fp16 + fp32, rounded once (the product is exact in fp32); or addend + fp32.
module fmac (
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  input  logic use_addend_i,
  input  logic [31:0] addend_i,
  input  logic [31:0] accumulator_i,
  output logic [31:0] sum_o
);

  logic [31:0] product;

  fp16_multiply u_multiply (.a_i, .b_i, .product_o(product));
  fp32_add u_add (.a_i(use_addend_i ? addend_i : product), .b_i(accumulator_i), .sum_o);

endmodule
