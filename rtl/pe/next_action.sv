// What a thread would do in this cycle: its instruction as it runs, where its next vector stands, whether it can.
module next_action
  import weft_pkg::*;
(
  // Which task it runs is the sequencer's business.
  /* verilator lint_off UNUSEDSIGNAL */
  input  thread_t thread_i,
  input  wavelet_t head_i,  // of its instruction's input color
  /* verilator lint_on UNUSEDSIGNAL */
  input  instruction_t instruction_i,  // as the program has it
  input  logic credit_i,               // its output color has room
  output action_t action_o,
  output logic usable_o
);

  logic waits;

  // Of no scalars the control wavelet alone.
  assign action_o.phase = thread_i.phase == PhaseIssue && instruction_i.windowed_scalars && thread_i.window.count == '0 ?
                   PhaseClose : thread_i.phase;

  running_instruction u_running (
    .written_i(instruction_i),
    .list_count_i(thread_i.list_count),
    .window_i(thread_i.window),
    .pass_i(thread_i.passes[0]),
    .vector_i(thread_i.vector_index),
    .running_o(action_o.instruction),
    .pass_o(action_o.pass),
    .vector_o(action_o.number),
    .vectors_o(action_o.vectors)
  );

  operand_addresses u_addresses (
    .instruction_i(action_o.instruction),
    .pass_i(action_o.pass),
    .vector_i(action_o.number),
    .index_i(head_i.data[31:16]),
    .kept_rounds_i(thread_i.kept_rounds),
    .windows_i(thread_i.window.taken),
    .before_i(thread_i.written),
    .place_o(action_o.place),
    .waits_o(waits)
  );

  slot_rule u_rule (
    .instruction_i,
    .phase_i(action_o.phase),
    .burns_i(thread_i.burn != '0),
    .filled_i(thread_i.fill == '0 || !waits),
    .arrived_i(head_i.valid),
    .control_i(head_i.control),
    .credit_i,
    .usable_o
  );

endmodule
