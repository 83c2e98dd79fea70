#pragma once
// rtl/array/pe_array.sv, 2 x 2, behind the interface of joined tiles: the same runs, but the wires between the tiles
// are SystemVerilog's. Slow (a tile is a library behind Verilator's wrapper); for tests.
#include <memory>
#include <vector>

#include "hw/pe/clocked_pe.h"

namespace weft::rtl {

class SvArray {
 public:
  static constexpr int width = 2, height = 2;

  SvArray();
  ~SvArray();

  /// For arrays of this size, all of their PEs. Valid as long as this object.
  hw::ClockedRectangle rectangle();

 private:
  class Model;
  class Pe;
  std::unique_ptr<Model> model_;
  std::vector<std::unique_ptr<Pe>> pes_;
};

}  // namespace weft::rtl
