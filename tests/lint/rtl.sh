#!/usr/bin/env bash
# Is Verilator content with the tile and the assertions bound to it, all warnings on?
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v verilator >/dev/null || { echo "verilator is not installed"; exit 77; }
# UNOPTFLAT asks for speed: with assertions Verilator does not split a block that holds a `unique case`.
verilator --lint-only -Wall --assert -Wno-UNOPTFLAT --top-module pe_tile -Irtl/pe rtl/common/*.sv rtl/pe/pe_tile.sv \
  rtl/bind/*.sv
