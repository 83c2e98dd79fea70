// The instructions of one PE, 32 bits written at a time. Each thread reads the one it stands at.
module program_store
  import weft_pkg::*;
(
  input  logic clk_i,
  input  logic write_i,
  input  pc_t write_pc_i,
  input  logic [2:0] write_word_i,
  input  logic [31:0] write_data_i,
  input  pc_t pc_i[Threads],
  output instruction_t instruction_o[Threads]
);

  instruction_t code_q[ProgramCapacity];

  always_ff @(posedge clk_i) begin
    for (int unsigned word = 0; word < InstructionWords; word++) begin
      if (write_i && 3'(word) == write_word_i) code_q[write_pc_i][32*word+:32] <= write_data_i;
    end
  end

  for (genvar thread = 0; thread < Threads; thread++) begin : gen_read
    assign instruction_o[thread] = code_q[pc_i[thread]];
  end

endmodule
