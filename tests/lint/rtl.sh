#!/usr/bin/env bash
# Is Verilator content with the tile and the assertions bound to it, all warnings on?
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v verilator >/dev/null || { echo "verilator is not installed"; exit 77; }
# UNOPTFLAT asks for speed: with assertions Verilator does not split a block that holds a `unique case`.
lint() {
  verilator --lint-only -Wall --assert -Wno-UNOPTFLAT -Irtl/pe rtl/common/*.sv "$@" rtl/bind/*.sv
}
lint --top-module pe_tile rtl/pe/pe_tile.sv
for shape in "1 1" "3 1" "1 3" "3 4"; do
  read -r w h <<<"$shape"
  lint --top-module pe_array -GW="$w" -GH="$h" -Irtl/array rtl/array/pe_array.sv
done
# One lane of everything; and other numbers for each operation, as wse3 has them.
lint --top-module pe_tile -GLanes=1 -GHalfFmacLanes=1 -GAddLanes=1 -GIntegerLanes=1 rtl/pe/pe_tile.sv
lint --top-module pe_tile -GLanes=4 -GHalfFmacLanes=8 -GAddLanes=4 -GMaxLanes=4 -GHalfMaxLanes=8 -GConvertLanes=4 -GIntegerLanes=8 -GFillCycles=5 rtl/pe/pe_tile.sv
