// `Stages` registers in a row.
module delay_line #(
  parameter int unsigned Width = 1,
  parameter int unsigned Stages = 1
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic [Width-1:0] data_i,
  output logic [Width-1:0] data_o
);

  if (Stages == 0) begin : gen_wire
    // Without a stage clock and reset are not used.
    logic unused_clock;
    assign unused_clock = clk_i ^ rst_ni;
    assign data_o = data_i;
  end else begin : gen_registers
    logic [Width-1:0] stage_q[Stages];
    always_ff @(posedge clk_i) begin
      for (int unsigned stage = 0; stage < Stages; stage++) begin
        if (!rst_ni) stage_q[stage] <= '0;
        else stage_q[stage] <= stage == 0 ? data_i : stage_q[stage-1];
      end
    end
    assign data_o = stage_q[Stages-1];
  end

endmodule
