// How many elements a cycle of a vector in memory takes, and whether its sources fall in the same banks (rtl/ISA.md).
module bank_rule
  import weft_pkg::*;
#(
  parameter lane_spec_t Lanes = '0
) (
  input  logic [5:0] opcode_i,
  input  logic half_sums_i,
  input  logic [15:0] element_stride_i,
  // Of the cycle's first elements, modulo half of the banks.
  input  logic [1:0] base_i,     // word of the vector's element 0
  input  logic [1:0] element_i,  // which element
  input  logic [1:0] x_i,        // word of the second source
  output lanes_t lanes_o,
  output logic clash_o  // an element cycle takes two
);

  logic [1:0] bank;

  assign lanes_o = walking_lanes(Lanes, opcode_i, half_sums_i, element_stride_i);
  assign bank = base_i + (has_halves(opcode_i, half_sums_i) ? element_i : {element_i[0], 1'b0});
  assign clash_o = has_two_sources(opcode_i) && bank == x_i;

endmodule
