#!/usr/bin/env bash
# Is shellcheck content with every shell script of the tree?
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v shellcheck >/dev/null || { echo "shellcheck is not installed"; exit 77; }
mapfile -t scripts < <({ find .ci cmake tests traces hw sw tlm rtl -type f; echo weft; } |
  xargs -d '\n' grep -lE -m1 '^#!/(usr/bin/env bash|bin/(ba)?sh)')
echo "shellcheck over ${#scripts[@]} scripts"
shellcheck --external-sources --check-sourced "${scripts[@]}" # the launcher's parts within it
