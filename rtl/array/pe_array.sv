// W x H tiles joined wire by wire: what one drives in a cycle, its neighbour takes at the cycle's end. Tiles count from the
// north-west corner, row by row. Edges are numbered as in hw/pe/array_setup.h: north and south by column, then east and west
// by row.
//
// The host port of one tile a cycle, as pe_tile's; launch goes to all of them in the same cycle.
module pe_array
  import weft_pkg::*;
#(
  parameter int unsigned W = 2,
  parameter int unsigned H = 2,
  localparam int unsigned Tiles = W * H,
  localparam int unsigned Edges = 2 * (W + H)
) (
  input  logic clk_i,
  input  logic rst_ni,
  // What the neighbours behind the edges drive. What the array drives there is among link_o and link_room_o.
  input  wavelet_t edge_i[Edges],
  input  color_set_t edge_room_i[Edges],
  // Every wire of the array, by the tile and link that drives it.
  output wavelet_t link_o[Tiles*Links],
  output color_set_t link_room_o[Tiles*Links],
  input  logic [15:0] host_tile_i,
  input  logic host_write_i,
  input  logic [15:0] host_address_i,
  input  logic [31:0] host_data_i,
  output logic [31:0] host_data_o[Tiles],
  input  logic launch_i,
  output logic [Threads-1:0] running_o[Tiles],
  output color_set_t waiting_o[Tiles],
  output logic fault_o[Tiles],
  output probe_t probe_o[Tiles]
);

  localparam int unsigned North = 0, East = 1, South = 2, West = 3;
  localparam logic [15:0] LaunchAddress = 16'ha000;

  for (genvar y = 0; y < H; y++) begin : gen_row
    for (genvar x = 0; x < W; x++) begin : gen_tile
      localparam int unsigned Tile = y * W + x;

      wavelet_t [Links-1:0] to_tile, from_tile;
      color_set_t [Links-1:0] room_to_tile, room_from_tile;

      if (y > 0) begin : gen_north
        assign to_tile[North] = link_o[(Tile-W)*Links+South];
        assign room_to_tile[North] = link_room_o[(Tile-W)*Links+South];
      end else begin : gen_north_edge
        assign to_tile[North] = edge_i[x];
        assign room_to_tile[North] = edge_room_i[x];
      end
      if (y + 1 < H) begin : gen_south
        assign to_tile[South] = link_o[(Tile+W)*Links+North];
        assign room_to_tile[South] = link_room_o[(Tile+W)*Links+North];
      end else begin : gen_south_edge
        assign to_tile[South] = edge_i[W+x];
        assign room_to_tile[South] = edge_room_i[W+x];
      end
      if (x + 1 < W) begin : gen_east
        assign to_tile[East] = link_o[(Tile+1)*Links+West];
        assign room_to_tile[East] = link_room_o[(Tile+1)*Links+West];
      end else begin : gen_east_edge
        assign to_tile[East] = edge_i[2*W+y];
        assign room_to_tile[East] = edge_room_i[2*W+y];
      end
      if (x > 0) begin : gen_west
        assign to_tile[West] = link_o[(Tile-1)*Links+East];
        assign room_to_tile[West] = link_room_o[(Tile-1)*Links+East];
      end else begin : gen_west_edge
        assign to_tile[West] = edge_i[2*W+H+y];
        assign room_to_tile[West] = edge_room_i[2*W+H+y];
      end

      for (genvar link = 0; link < Links; link++) begin : gen_link
        assign link_o[Tile*Links+link] = from_tile[link];
        assign link_room_o[Tile*Links+link] = room_from_tile[link];
      end

      tile_block u_tile (
        .clk_i,
        .rst_ni,
        .link_i(to_tile),
        .link_room_o(room_from_tile),
        .link_o(from_tile),
        .link_room_i(room_to_tile),
        .host_write_i(launch_i || (host_write_i && host_tile_i == 16'(Tile))),
        .host_address_i(launch_i ? LaunchAddress : host_address_i),
        .host_data_i,
        .host_data_o(host_data_o[Tile]),
        .running_o(running_o[Tile]),
        .waiting_o(waiting_o[Tile]),
        .fault_o(fault_o[Tile]),
        .probe_o(probe_o[Tile])
      );
    end
  end

endmodule
