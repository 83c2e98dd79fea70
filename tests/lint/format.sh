#!/usr/bin/env bash
# Are all C++ sources formatted as .clang-format says? `format.sh --fix` formats them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/lint/tool.sh
tool=$(tool_of_version clang-format 14) || exit 77
mode=(--dry-run -Werror)
if [[ ${1:-} == --fix ]]; then mode=(-i); fi
find tlm hw sw rtl tests examples \( -name '*.h' -o -name '*.cpp' \) -print0 | xargs -0 "$tool" "${mode[@]}"
