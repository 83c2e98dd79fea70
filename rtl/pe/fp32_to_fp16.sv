// fp32 to fp16, round to nearest even, subnormals kept, overflow to infinity, every NaN canonical.
module fp32_to_fp16 (
  input  logic [31:0] value_i,
  output logic [15:0] half_o
);

  logic [23:0] significand;
  // A normal half's leading one is implied.
  /* verilator lint_off UNUSEDSIGNAL */
  logic [23:0] kept;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [7:0] exponent;
  logic [4:0] drop;
  logic lost, guard;
  logic [14:0] truncated;

  always_comb begin
    exponent = value_i[30:23];
    significand = {exponent != 8'd0, value_i[22:0]};
    // Normal halves begin at fp32 exponent field 113; below, one more bit is dropped per step.
    if (exponent >= 8'd113) drop = 5'd13;
    else if (exponent < 8'd102) drop = 5'd25;
    else drop = 5'd13 + 5'(8'd113 - exponent);
    kept = drop > 5'd23 ? 24'd0 : significand >> drop;
    guard = drop > 5'd24 ? 1'b0 : significand[drop - 5'd1];
    lost = drop > 5'd24 ? significand != 24'd0 : (significand & ((24'd1 << (drop - 5'd1)) - 24'd1)) != 24'd0;
    truncated = exponent >= 8'd113 ? {5'(exponent - 8'd112), kept[9:0]} : {4'd0, kept[10:0]};
    if (&exponent && value_i[22:0] != 23'd0) half_o = 16'h7e00;
    else if (exponent > 8'd142) half_o = {value_i[31], 15'h7c00};
    else half_o = {value_i[31], truncated + 15'(guard && (lost || kept[0]))};
  end

endmodule
