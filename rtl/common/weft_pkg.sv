// What tile, core and router share: sizes, the wavelet, routes, and the instruction set's encoding (hw/pe/isa.h is its
// definition, a test holds the two equal).
package weft_pkg;

  parameter int unsigned Links = 4;  // north, east, south, west
  parameter int unsigned Ports = 5;  // and the ramp
  parameter int unsigned Ramp = 4;
  parameter int unsigned Colors = 24;
  parameter int unsigned SwitchPositions = 4;
  parameter int unsigned Threads = 2;  // 0 = main, 1 = receiver
  parameter int unsigned LoopCounters = 4;
  parameter int unsigned ProgramCapacity = 64;
  parameter int unsigned InstructionWords = 5;
  parameter int unsigned Banks = 8;
  parameter int unsigned BankRows = 3072;
  parameter int unsigned SramWords = Banks * BankRows;  // of 16 bits: 48 kB

  typedef logic [4:0] color_t;
  typedef logic [Colors-1:0] color_set_t;
  typedef logic [Ports-1:0] port_set_t;
  typedef logic [2:0] port_t;
  typedef logic [$clog2(ProgramCapacity)-1:0] pc_t;
  typedef logic [14:0] sram_address_t;

  typedef struct packed {
    logic valid;
    logic control;
    color_t color;
    logic [31:0] data;
  } wavelet_t;

  // Data of a control wavelet.
  parameter int unsigned SilentBit = 16;

  typedef struct packed {
    port_t receive;
    port_set_t transmit;
  } route_t;

  typedef enum logic [5:0] {
    OpHalt = 6'd0,
    OpLoop = 6'd1,
    OpAxpy = 6'd2,
    OpAxpyMemory = 6'd3,
    OpDrain = 6'd4,
    OpStore16 = 6'd5,
    OpStore32 = 6'd6,
    OpSend16 = 6'd7,
    OpSend32 = 6'd8,
    OpRelu16 = 6'd9,
    OpReluBack16 = 6'd10,
    OpAdd32 = 6'd11,
    OpSub32 = 6'd12,
    OpMul32 = 6'd13,
    OpMax32 = 6'd14,
    OpFmac32 = 6'd15,
    OpFmac32Calls = 6'd16,
    OpCall = 6'd17,
    OpDrain16 = 6'd18,
    OpOuter = 6'd19,
    OpOuterMemory = 6'd20,
    OpToHalf16 = 6'd21,
    OpCount32 = 6'd22,
    OpXorShift32 = 6'd23,
    OpMulInt32 = 6'd24,
    OpScale16 = 6'd25,
    OpZeroBelow16 = 6'd26,
    OpAxpyKeep = 6'd27,
    OpList16 = 6'd48
  } opcode_e;

  typedef struct packed {
    logic [15:0] advance;
    logic [15:0] scalars;  // loop: target
    logic [15:0] element_stride;  // loop: counter
    logic [15:0] row_stride;
    logic [15:0] c;
    logic [15:0] b;
    logic [15:0] a;
    logic [15:0] count;
    logic [10:0] reserved;
    logic listed;
    logic silent;
    logic close;
    color_t fabric_out;
    color_t fabric_in;
    logic has_out;
    logic has_in;
    logic [5:0] opcode;
  } instruction_t;

  // Of a vector instruction: before its first element, at its elements, before the control wavelet behind them.
  typedef enum logic [1:0] {PhaseIssue, PhaseElements, PhaseClose} phase_e;

  // AXPYM, OUTERM, and FMAC32 and the like: vectors from memory. The others that take elements: one a slot.
  function automatic logic is_vector(logic [5:0] opcode, logic has_in);
    unique case (opcode)
      OpAxpyMemory, OpOuterMemory, OpRelu16, OpReluBack16, OpFmac32, OpFmac32Calls, OpToHalf16: return 1'b1;
      OpCount32, OpXorShift32, OpMulInt32, OpScale16, OpZeroBelow16: return 1'b1;
      OpAdd32, OpSub32, OpMul32, OpMax32: return !has_in;
      default: return 1'b0;
    endcase
  endfunction

  // Scalars from the fabric, the vector that the wavelet's index names.
  function automatic logic is_axpy(logic [5:0] opcode);
    return opcode == OpAxpy || opcode == OpAxpyKeep;
  endfunction

  function automatic logic is_outer(logic [5:0] opcode);
    return opcode == OpOuter || opcode == OpOuterMemory;
  endfunction

  // Scalars from memory, sent as they are used.
  function automatic logic gives_scalars(logic [5:0] opcode);
    return opcode == OpAxpyMemory || opcode == OpOuterMemory;
  endfunction

  // Vectors in memory that are read; a scalar is read before.
  function automatic logic has_two_sources(logic [5:0] opcode);
    unique case (opcode)
      OpReluBack16, OpAdd32, OpSub32, OpMul32, OpMax32, OpFmac32, OpFmac32Calls: return 1'b1;
      default: return 1'b0;
    endcase
  endfunction

  function automatic logic is_fmac(logic [5:0] opcode);
    return opcode == OpFmac32 || opcode == OpFmac32Calls;
  endfunction

  // What a thread did in this cycle: an issue, an element of DRAIN or STORE, a control wavelet, a branch.
  typedef struct packed {
    logic valid;
    logic thread;
    pc_t pc;
    logic took;
    wavelet_t sent;
  } probe_t;

endpackage
