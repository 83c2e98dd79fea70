// Five ports, per input port and color a queue, per color a route with up to four switch positions; in ring mode the first
// one comes behind the last, else the last one stays.
//
// In each cycle every color may send the head of the queue that its switch receives from, if all takers have room. Where
// colors meet at an output the lower color goes first. Outputs depend on registers only: what leaves in cycle d is in
// the neighbour's queue in d + 1, the room it leaves is known there in d + 1.
module pe_router
  import weft_pkg::*;
#(
  parameter int unsigned LinkQueue = 4,    // wavelets per color and link
  parameter int unsigned InputQueue = 6,   // between router and core
  parameter int unsigned OutputQueue = 6   // between core and router
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  wavelet_t in_i[Ports],
  output color_set_t room_o[Ports],  // a slot of the queue came free
  output wavelet_t out_o[Ports],
  input  color_set_t room_i[Ports],  // a slot of the taker's queue came free
  // One switch position of one color; position 0 is the one that a color starts in.
  input  logic route_write_i,
  input  color_t route_color_i,
  input  logic [1:0] route_position_i,
  input  logic [1:0] route_last_i,
  input  logic [3:0] route_depth_i,  // of the color's queue to the core; 0: InputQueue
  input  logic route_ring_i,
  input  route_t route_i
);

  localparam int unsigned Depth = LinkQueue > OutputQueue ? LinkQueue : OutputQueue;
  localparam int unsigned MaxCredit = Depth > InputQueue ? Depth : InputQueue;
  typedef logic [$clog2(Depth+1)-1:0] index_t;
  typedef logic [$clog2(MaxCredit+1)-1:0] credit_t;

  typedef struct packed {
    logic control;
    logic [31:0] data;
  } entry_t;

  function automatic index_t wrapped(index_t index);
    return index == index_t'(Depth) ? '0 : index;
  endfunction

  function automatic credit_t initial_credit(int unsigned port);
    return port == Ramp ? credit_t'(InputQueue) : credit_t'(LinkQueue);
  endfunction

  entry_t queue_q[Ports][Colors][Depth];
  index_t first_q[Ports][Colors], first_d[Ports][Colors], last_q[Ports][Colors], last_d[Ports][Colors];
  color_set_t occupied_q[Ports], occupied_d[Ports];
  credit_t credit_q[Ports][Colors], credit_d[Ports][Colors];
  color_set_t has_room_q[Ports], has_room_d[Ports];
  route_t route_q[Colors][SwitchPositions];
  logic [1:0] position_q[Colors], position_d[Colors], last_position_q[Colors];
  color_set_t ring_q;

  // Who could leave, and whereto.
  color_set_t waiting, request;
  entry_t head[Colors];
  port_t from[Colors];
  port_set_t to[Colors], room;

  always_comb begin
    waiting = occupied_q[0] | occupied_q[1] | occupied_q[2] | occupied_q[3] | occupied_q[4];
    request = '0;
    head = '{default: '0};
    from = '{default: '0};
    to = '{default: '0};
    room = '0;
    for (int unsigned color = 0; color < Colors; color++) begin
      if (waiting[color]) begin
        from[color] = route_q[color][position_q[color]].receive;
        to[color] = route_q[color][position_q[color]].transmit;
        head[color] = queue_q[from[color]][color][first_q[from[color]][color]];
        if (head[color].control && head[color].data[SilentBit]) begin
          to[color][Ramp] = 1'b0;
          // Nobody behind the last switch that it moves has a use for it.
          if (head[color].data[15:0] <= 16'd1) to[color] = '0;
        end
        for (int unsigned port = 0; port < Ports; port++) room[port] = has_room_q[port][color];
        request[color] = occupied_q[from[color]][color] && (to[color] & ~room) == '0;
      end
    end
  end

  // Who leaves: the lowest color first, then who does not meet it, and so on.
  color_set_t leave;
  port_set_t used;

  always_comb begin
    leave = '0;
    used = '0;
    if (request != '0) begin
      for (int unsigned color = 0; color < Colors; color++) begin
        if (request[color] && (to[color] & used) == '0) begin
          leave[color] = 1'b1;
          used |= to[color];
        end
      end
    end
  end

  logic advances;

  always_comb begin
    out_o = '{default: '0};
    room_o = '{default: '0};
    position_d = position_q;
    advances = 1'b0;
    if (leave != '0) begin
      for (int unsigned color = 0; color < Colors; color++) begin
        if (leave[color]) begin
          room_o[from[color]][color] = 1'b1;
          advances = head[color].control && head[color].data[15:0] != 16'd0;
          if (advances) begin
            if (position_q[color] != last_position_q[color]) position_d[color] = position_q[color] + 2'd1;
            else if (ring_q[color]) position_d[color] = 2'd0;
          end
          for (int unsigned port = 0; port < Ports; port++) begin
            if (to[color][port]) begin
              out_o[port].valid = 1'b1;
              out_o[port].control = head[color].control;
              out_o[port].color = color_t'(color);
              out_o[port].data = head[color].data - 32'(advances);
            end
          end
        end
      end
    end
    if (route_write_i) position_d[route_color_i] = 2'd0;
  end

  always_comb begin
    first_d = first_q;
    last_d = last_q;
    occupied_d = occupied_q;
    for (int unsigned port = 0; port < Ports; port++) begin
      if (room_o[port] != '0) begin
        for (int unsigned color = 0; color < Colors; color++) begin
          if (room_o[port][color]) begin
            first_d[port][color] = wrapped(first_q[port][color] + 1'b1);
            if (first_d[port][color] == last_q[port][color]) occupied_d[port][color] = 1'b0;
          end
        end
      end
      if (in_i[port].valid) begin
        last_d[port][in_i[port].color] = wrapped(last_q[port][in_i[port].color] + 1'b1);
        occupied_d[port][in_i[port].color] = 1'b1;
      end
    end
  end

  always_comb begin
    credit_d = credit_q;
    has_room_d = has_room_q;
    for (int unsigned port = 0; port < Ports; port++) begin
      if (out_o[port].valid) credit_d[port][out_o[port].color] -= 1'b1;
      if (room_i[port] != '0) begin
        for (int unsigned color = 0; color < Colors; color++) credit_d[port][color] += credit_t'(room_i[port][color]);
        has_room_d[port] |= room_i[port];
      end
      if (out_o[port].valid) has_room_d[port][out_o[port].color] = credit_d[port][out_o[port].color] != '0;
    end
    if (route_write_i && route_depth_i != '0) credit_d[Ramp][route_color_i] = credit_t'(route_depth_i);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int unsigned port = 0; port < Ports; port++) begin
        first_q[port] <= '{default: '0};
        last_q[port] <= '{default: '0};
        for (int unsigned color = 0; color < Colors; color++) credit_q[port][color] <= initial_credit(port);
      end
      occupied_q <= '{default: '0};
      has_room_q <= '{default: '1};
      position_q <= '{default: '0};
    end else begin
      first_q <= first_d;
      last_q <= last_d;
      occupied_q <= occupied_d;
      credit_q <= credit_d;
      has_room_q <= has_room_d;
      position_q <= position_d;
    end
    for (int unsigned port = 0; port < Ports; port++) begin
      if (in_i[port].valid) begin
        queue_q[port][in_i[port].color][last_q[port][in_i[port].color]] <=
            '{control: in_i[port].control, data: in_i[port].data};
      end
    end
    if (route_write_i) begin
      route_q[route_color_i][route_position_i] <= route_i;
      last_position_q[route_color_i] <= route_last_i;
      ring_q[route_color_i] <= route_ring_i;
    end
  end

endmodule
