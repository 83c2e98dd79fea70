// What holds in every cycle of a task table.
module task_assertions
  import weft_pkg::*;
(
  input logic clk_i,
  input logic rst_ni,
  input logic write_i,
  input logic launch_i,
  input color_set_t data_i,
  input color_set_t control_i,
  input logic [Threads-1:0] idle_i,
  input logic [Threads-1:0] end_i,
  input task_number_t [Threads-1:0] end_number_i,
  input logic [Threads-1:0] begin_o,
  input task_number_t [Threads-1:0] begin_number_o,
  // Where its code begins is the sequencer's business.
  /* verilator lint_off UNUSEDSIGNAL */
  input task_t [Tasks-1:0] task_q
  /* verilator lint_on UNUSEDSIGNAL */
);

  // Ends of each task that no task has followed: a count of its own, from the outside.
  logic [Tasks-1:0] ended_q, launched_q;

  always_ff @(posedge clk_i) begin
    for (int unsigned number = 0; number < Tasks; number++) begin
      automatic task_number_t source = task_number_t'(task_q[number].source);
      for (int unsigned thread = 0; thread < Threads; thread++) begin
        if (begin_o[thread] && 32'(begin_number_o[thread]) == number) begin
          ended_q[number] <= 1'b0;
          launched_q[number] <= 1'b0;
        end
      end
      for (int unsigned thread = 0; thread < Threads; thread++) begin
        if (end_i[thread] && end_number_i[thread] == source) ended_q[number] <= 1'b1;
      end
    end
    if (launch_i) launched_q <= '1;
    if (!rst_ni || launch_i) ended_q <= '0;
    if (!rst_ni) launched_q <= '0;
  end

  function automatic logic may_begin(int unsigned number);
    unique case (task_q[number].trigger)
      TriggerLaunch: return task_q[number].valid && launched_q[number];
      TriggerData: return task_q[number].valid && data_i[task_q[number].source];
      TriggerControl: return task_q[number].valid && control_i[task_q[number].source];
      default: return task_q[number].valid && ended_q[number];
    endcase
  endfunction

  for (genvar thread = 0; thread < Threads; thread++) begin : gen_thread
    logic earlier, some;
    always_comb begin
      earlier = 1'b0;
      some = 1'b0;
      for (int unsigned number = 0; number < Tasks; number++) begin
        if (task_q[number].thread == 1'(thread) && may_begin(number)) begin
          some = 1'b1;
          earlier |= number < 32'(begin_number_o[thread]);
        end
      end
    end

    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        begins_on_an_idle_thread: assert (!begin_o[thread] || idle_i[thread]);
        begins_what_is_activated: assert (
            !begin_o[thread] || (may_begin(32'(begin_number_o[thread])) &&
                                 task_q[begin_number_o[thread]].thread == 1'(thread)));
        first_in_the_table: assert (!begin_o[thread] || !earlier);
        nobody_waits_for_an_idle_thread: assert (!some || !idle_i[thread] || begin_o[thread]);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) written_while_it_stands: assert (!write_i || (idle_i == '1 && begin_o == '0));
  end

endmodule

bind task_table task_assertions u_assertions (
  .clk_i, .rst_ni, .write_i, .launch_i, .data_i, .control_i, .idle_i, .end_i,
  .end_number_i({end_number_i[1], end_number_i[0]}), .begin_o, .begin_number_o({begin_number_o[1], begin_number_o[0]}),
  .task_q({task_q[7], task_q[6], task_q[5], task_q[4], task_q[3], task_q[2], task_q[1], task_q[0]})
);
