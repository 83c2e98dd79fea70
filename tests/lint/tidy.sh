#!/usr/bin/env bash
# Is clang-tidy content with the sources of hw/ and sw/? Usage: tidy.sh BUILD_DIR [FILE...]
# BUILD_DIR holds compile_commands.json. Files that this build does not compile are left out, and the check of the
# processor, which asks for features by GCC's names.
set -euo pipefail
build=$(readlink -f "$1")
shift
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/lint/tool.sh
tool=$(tool_of_version clang-tidy 14) || exit 77
files=("$@")
if ((${#files[@]} == 0)); then
  mapfile -t files < <(find hw sw -name '*.cpp' ! -name processor_check.cpp | sort | while read -r file; do
    if grep -qF "/$file\"" "$build/compile_commands.json"; then echo "$file"; fi
  done)
fi
if ((${#files[@]} == 0)); then
  echo "$build/compile_commands.json names no source of hw/ or sw/"
  exit 1
fi
echo "clang-tidy over ${#files[@]} files"
# The commands are GCC's: flags that clang does not know are no finding.
printf '%s\0' "${files[@]}" | xargs -0 -n 2 -P "$(nproc)" \
  "$tool" -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option 2>/dev/null
