# shellcheck shell=bash
# Sourced by `weft`: packages of npm whose content is recorded in cmake/data.
# Uses root, builds, say, show_log, quietly and install_packages of the launcher.

# npm_package DIR NAME VERSION WHAT: leaves NAME-VERSION.tgz, checked against cmake/data/NAME.tgz.integrity, in DIR.
npm_package() {
  local dir=$1 name=$2 version=$3 what=$4 log=$builds/npm.log
  local tarball=$dir/$name-$version.tgz
  if ! command -v npm >/dev/null; then
    install_packages "to fetch $what" "${packages_npm[@]}" || return 1
    hash -r
    if ! command -v npm >/dev/null; then
      say "there is no npm"
      return 1
    fi
  fi
  if ! quietly "fetching $what" "$log" env -C "$dir" npm pack "$name@$version" \
    --fetch-retries=1 --fetch-timeout=60000; then
    show_log "$log"
    return 1
  fi
  if [[ ! -s $tarball ]]; then
    say "npm pack left no $name-$version.tgz"
    return 1
  fi
  local wanted found
  wanted=$(sed 's/^sha512-//' "$root/cmake/data/$name.tgz.integrity" | base64 -d | od -An -v -tx1 | tr -d ' \n')
  found=$(sha512sum <"$tarball" | cut -d' ' -f1)
  if [[ $found != "$wanted" ]]; then
    say "refused: $name-$version.tgz is not the recorded package"
    say "  recorded sha512 $wanted"
    say "  received sha512 $found"
    return 1
  fi
}
