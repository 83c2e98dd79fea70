// Can a thread use this cycle? rtl/ISA.md says when, instruction by instruction.
module slot_rule
  import weft_pkg::*;
(
  // Of an instruction only what decides.
  /* verilator lint_off UNUSEDSIGNAL */
  input  instruction_t instruction_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  phase_e phase_i,
  input  logic burns_i,    // slots that the last action still takes
  input  logic filled_i,   // its vector finds what it reads
  input  logic arrived_i,  // a wavelet of its input color waits: the instruction's, or the one that started the task
  input  logic control_i,  // and is a control wavelet
  input  logic credit_i,   // its output color has room
  output logic usable_o
);

  logic operands, room;

  assign operands = !instruction_i.has_in || arrived_i;
  assign room = !instruction_i.has_out || credit_i;

  always_comb begin
    unique case (instruction_i.opcode)
      OpHalt: usable_o = 1'b0;
      OpLoop, OpCall, OpWindow: usable_o = 1'b1;
      OpAxpy, OpAxpyKeep, OpOuter: usable_o = phase_i != PhaseIssue || (operands && (control_i || filled_i));
      OpStore16, OpStore32, OpList16: usable_o = operands;
      default:
        if (is_vector(instruction_i.opcode, instruction_i.has_in)) begin
          unique case (phase_i)
            PhaseIssue: usable_o = room && filled_i;
            PhaseElements: usable_o = 1'b1;
            default: usable_o = room;
          endcase
        end else begin
          unique case (phase_i)
            PhaseIssue: usable_o = filled_i;
            PhaseElements: usable_o = operands && room;
            default: usable_o = room;
          endcase
        end
    endcase
    if (phase_i == PhaseStart) usable_o = arrived_i && control_i;
    usable_o |= burns_i;
  end

endmodule
