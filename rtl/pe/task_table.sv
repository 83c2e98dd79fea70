// Which task an idle thread begins: of those that are activated the first in the table. Launch and the end of a task
// activate once, until the task begins; a wavelet at the head of its color's queue as long as it is there.
module task_table
  import weft_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic write_i,
  input  task_number_t write_number_i,
  input  task_t write_task_i,
  input  logic launch_i,
  // Colors at whose head such a wavelet is.
  input  color_set_t data_i,
  input  color_set_t control_i,
  input  logic [Threads-1:0] idle_i,
  // Threads whose task ends in this cycle.
  input  logic [Threads-1:0] end_i,
  input  task_number_t end_number_i[Threads],
  output logic [Threads-1:0] begin_o,
  output task_number_t begin_number_o[Threads],
  // All but its thread and whether it is there: that is looked at here.
  output task_t begin_task_o[Threads]
);

  task_t task_q[Tasks];
  logic [Tasks-1:0] pending_q, pending_d, activated;
  color_set_t data_q, control_q;  // colors that start a task

  always_comb begin
    activated = pending_q;
    if (((data_i & data_q) | (control_i & control_q)) != '0) begin
      for (int unsigned number = 0; number < Tasks; number++) begin
        unique case (task_q[number].trigger)
          TriggerData: activated[number] = data_i[task_q[number].source];
          TriggerControl: activated[number] = control_i[task_q[number].source];
          default: activated[number] = pending_q[number];
        endcase
      end
    end
  end

  always_comb begin
    begin_o = '0;
    begin_number_o = '{default: '0};
    if (idle_i != '0 && activated != '0) begin
      for (int unsigned above = Tasks; above > 0; above--) begin
        if (task_q[above-1].valid && idle_i[task_q[above-1].thread] && activated[above-1]) begin
          begin_o[task_q[above-1].thread] = 1'b1;
          begin_number_o[task_q[above-1].thread] = task_number_t'(above - 1);
        end
      end
    end
  end

  for (genvar thread = 0; thread < Threads; thread++) begin : gen_begin
    assign begin_task_o[thread] = task_q[begin_number_o[thread]];
  end

  always_comb begin
    pending_d = pending_q;
    for (int unsigned thread = 0; thread < Threads; thread++) begin
      if (begin_o[thread]) pending_d[begin_number_o[thread]] = 1'b0;
    end
    if (end_i != '0) begin
      for (int unsigned number = 0; number < Tasks; number++) begin
        for (int unsigned thread = 0; thread < Threads; thread++) begin
          if (end_i[thread] && task_q[number].trigger == TriggerCompletion &&
              task_q[number].source == color_t'(end_number_i[thread])) begin
            pending_d[number] = 1'b1;
          end
        end
      end
    end
    if (launch_i) begin
      for (int unsigned number = 0; number < Tasks; number++) begin
        pending_d[number] = task_q[number].trigger == TriggerLaunch;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      task_q <= '{default: '0};
      pending_q <= '0;
      data_q <= '0;
      control_q <= '0;
    end else begin
      if (write_i) begin
        task_q[write_number_i] <= write_task_i;
        if (write_task_i.trigger == TriggerData) data_q[write_task_i.source] <= 1'b1;
        if (write_task_i.trigger == TriggerControl) control_q[write_task_i.source] <= 1'b1;
      end
      pending_q <= pending_d;
    end
  end

endmodule
