// The threads' registers, and what each thread is at in this cycle: where it was left, or the beginning of a task.
module threads
  import weft_pkg::*;
#(
  parameter int unsigned DispatchCycles = 4
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic launch_i,
  input  logic task_write_i,
  input  task_number_t task_number_i,
  input  task_t task_i,
  input  color_set_t data_i,     // colors at whose head a data wavelet is
  input  color_set_t control_i,  // or a control wavelet
  input  logic slot_i,           // thread `now_i` acts and goes on as `next_i`
  input  logic now_i,
  input  thread_t next_i,
  input  logic [Threads-1:0] halted_i,  // threads that stand at HALT
  output thread_t thread_o[Threads]
);

  thread_t thread_q[Threads], thread_d[Threads];
  logic [Threads-1:0] idle, begins, ends;
  task_number_t begin_number[Threads], end_number[Threads];
  // Where it runs is what chose it.
  /* verilator lint_off UNUSEDSIGNAL */
  task_t begin_task[Threads];
  /* verilator lint_on UNUSEDSIGNAL */

  for (genvar thread = 0; thread < Threads; thread++) begin : gen_thread
    assign idle[thread] = !thread_q[thread].active;
    assign ends[thread] = thread_o[thread].active && halted_i[thread];
    assign end_number[thread] = thread_o[thread].number;

    always_comb begin
      thread_o[thread] = thread_q[thread];
      if (begins[thread]) begin
        thread_o[thread] = '0;
        thread_o[thread].active = 1'b1;
        thread_o[thread].number = begin_number[thread];
        thread_o[thread].color = begin_task[thread].source;
        thread_o[thread].pc = begin_task[thread].entry;
        thread_o[thread].phase = begin_task[thread].trigger == TriggerControl ? PhaseStart : PhaseIssue;
        thread_o[thread].fill = thread_q[thread].fill;
        thread_o[thread].written = thread_q[thread].written;
        if (thread == 0) thread_o[thread].start = cycles_t'(DispatchCycles);
      end
    end

    always_comb begin
      thread_d[thread] = thread_o[thread];
      if (slot_i && now_i == 1'(thread)) thread_d[thread] = next_i;
      if (ends[thread]) thread_d[thread].active = 1'b0;
      if (thread_d[thread].fill != '0) thread_d[thread].fill -= 1'b1;
      if (thread_d[thread].start != '0) thread_d[thread].start -= 1'b1;
    end
  end

  task_table u_tasks (
    .clk_i,
    .rst_ni,
    .write_i(task_write_i),
    .write_number_i(task_number_i),
    .write_task_i(task_i),
    .launch_i,
    .data_i,
    .control_i,
    .idle_i(idle),
    .end_i(ends),
    .end_number_i(end_number),
    .begin_o(begins),
    .begin_number_o(begin_number),
    .begin_task_o(begin_task)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni || launch_i) thread_q <= '{default: '0};
    else thread_q <= thread_d;
  end

endmodule
