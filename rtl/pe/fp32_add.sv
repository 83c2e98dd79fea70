// fp32 addition, round to nearest even, subnormals kept, every NaN canonical.
module fp32_add (
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] sum_o
);

  // The lesser operand's sign is not needed: the greater one's decides.
  /* verilator lint_off UNUSEDSIGNAL */
  logic [31:0] greater, lesser;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [7:0] exponent_large, exponent_small, distance, exponent;
  logic [26:0] significand_large, significand_small, aligned, kept;
  logic [27:0] total;
  logic [4:0] zeros, shift;
  logic subtract, lost, round_up;
  logic [30:0] rounded;

  always_comb begin
    greater = a_i[30:0] >= b_i[30:0] ? a_i : b_i;
    lesser = a_i[30:0] >= b_i[30:0] ? b_i : a_i;
    subtract = a_i[31] ^ b_i[31];
    exponent_large = greater[30:23] == 8'd0 ? 8'd1 : greater[30:23];
    exponent_small = lesser[30:23] == 8'd0 ? 8'd1 : lesser[30:23];
    // Three more bits: guard, round, sticky.
    significand_large = {greater[30:23] != 8'd0, greater[22:0], 3'b000};
    significand_small = {lesser[30:23] != 8'd0, lesser[22:0], 3'b000};
    distance = exponent_large - exponent_small;
    aligned = distance > 8'd26 ? 27'd0 : significand_small >> distance;
    lost = distance > 8'd26 ? significand_small != 27'd0 : (aligned << distance) != significand_small;
    aligned[0] = aligned[0] | lost;
    total = subtract ? {1'b0, significand_large} - {1'b0, aligned} : {1'b0, significand_large} + {1'b0, aligned};
    zeros = 5'd27;
    for (int unsigned bit_index = 0; bit_index < 27; bit_index++) if (total[bit_index]) zeros = 5'd26 - 5'(bit_index);
    shift = 8'(zeros) < exponent_large ? zeros : 5'(exponent_large - 8'd1);
    if (total[27]) begin
      kept = {total[27:2], total[1] | total[0]};
      exponent = exponent_large + 8'd1;
    end else begin
      kept = total[26:0] << shift;
      exponent = kept[26] ? exponent_large - 8'(shift) : 8'd0;
    end
    round_up = kept[2] && (kept[1] || kept[0] || kept[3]);
    rounded = {exponent, kept[25:3]} + 31'(round_up);

    if ((&a_i[30:23] && a_i[22:0] != 23'd0) || (&b_i[30:23] && b_i[22:0] != 23'd0) ||
        (&a_i[30:23] && &b_i[30:23] && subtract)) begin
      sum_o = 32'h7fc0_0000;
    end else if (&greater[30:23]) begin
      sum_o = {greater[31], 8'hff, 23'd0};
    end else if (total == 28'd0) begin
      sum_o = {a_i[31] & b_i[31], 31'd0};
    end else if (&exponent) begin
      sum_o = {greater[31], 8'hff, 23'd0};
    end else begin
      sum_o = {greater[31], rounded};
    end
  end

endmodule
