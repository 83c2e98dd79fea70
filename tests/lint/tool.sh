# shellcheck shell=bash
# Sourced by the lint scripts.

# tool_of_version NAME VERSION: the command NAME-VERSION, or NAME if it is of that version. Else it says what is there, for
# whoever reads why a test was skipped: other versions format otherwise and find other things. Returns 1.
tool_of_version() {
  local name=$1 version=$2 found
  if command -v "$name-$version"; then return; fi
  found=$("$name" --version 2>/dev/null | grep -oE 'version [0-9]+' | head -n 1)
  if [[ $found == "version $version" ]]; then
    command -v "$name"
    return
  fi
  echo "skipped: $name $version is not installed; here is ${found:-none}" >&2
  return 1
}
