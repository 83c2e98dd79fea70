#!/usr/bin/env bash
# Are all C++ sources formatted as .clang-format says? `format.sh --fix` formats them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v clang-format-14 >/dev/null || { echo "clang-format-14 is not installed"; exit 77; }
mode=(--dry-run -Werror)
if [[ ${1:-} == --fix ]]; then mode=(-i); fi
find tlm hw sw rtl tests \( -name '*.h' -o -name '*.cpp' \) -print0 | xargs -0 clang-format-14 "${mode[@]}"
