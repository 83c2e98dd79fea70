# shellcheck shell=bash
# Sourced by `weft`: the Debian packages that Weft uses, and how they are installed.
# Uses preset, builds, say, show_log and quietly of the launcher.

# By need.
packages_build=(g++ cmake ninja-build pkg-config libsystemc-dev libfmt-dev libcli11-dev libyaml-cpp-dev
  nlohmann-json3-dev libhdf5-dev libpcre2-dev)
packages_rtl=(verilator)
packages_test=(catch2 libbenchmark-dev shellcheck python3 python3-h5py qemu-user)
packages_lint=(clang-format-14 clang-tidy-14)
packages_yardstick=(libopenblas-dev) # `./weft bench` sets it beside its own arithmetic; can be missing
packages_npm=(npm ca-certificates)
packages_fallback=(dataset-fashion-mnist)
packages_text=(fortunes-min fortunes)

# missing_packages PACKAGE...: those that are not installed, one a line.
missing_packages() {
  local installed
  # dpkg-query fails when it does not know one of the names; what it prints is right all the same.
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  local package
  for package in "$@"; do
    grep -qxF "installed $package" <<<"$installed" || printf '%s\n' "$package"
  done
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

apt_updated=no
update_package_lists() {
  if [[ $apt_updated == yes ]]; then return; fi
  local log=$builds/apt.log
  if ! quietly "updating the package lists" "$log" as_root apt-get update; then
    show_log "$log"
    say "apt-get update failed; trying with the lists that are here"
  fi
  apt_updated=yes
}

# install_packages WHY PACKAGE...: installs those that are missing. Returns 1 when it cannot.
install_packages() {
  local why=$1
  shift
  if [[ ${WEFT_PACKAGES:-} == skip ]]; then return 0; fi
  if ! command -v dpkg-query apt-get >/dev/null; then
    say "this is not a Debian system (no dpkg-query or apt-get). Install the equivalents of: $*"
    say "then set WEFT_PACKAGES=skip"
    return 1
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then return 0; fi

  say "installing ${#missing[@]} Debian package(s) $why: ${missing[*]}"
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      say "not root and no sudo. As root: apt-get install --no-install-recommends ${missing[*]}"
      return 1
    fi
    sudo -v || return 1
  fi
  local log=$builds/apt.log
  update_package_lists
  if ! quietly "installing packages" "$log" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"; then
    show_log "$log"
    say "apt-get could not install: ${missing[*]} (Weft is tested on Debian 12)"
    return 1
  fi
}

# download_packages DIR LOG PACKAGE...: their files into DIR; nothing is installed. Returns 1 when it cannot.
download_packages() {
  local dir=$1 log=$2
  shift 2
  if [[ ${WEFT_PACKAGES:-} == skip ]] || ! command -v apt-get >/dev/null; then return 1; fi
  if quietly "downloading packages" "$log" env -C "$dir" apt-get download "$@"; then return; fi
  # The lists can be missing or old.
  if ((EUID != 0)) && ! sudo -n true 2>/dev/null; then return 1; fi
  update_package_lists
  quietly "downloading packages" "$log" env -C "$dir" apt-get download "$@"
}

needed_packages() {
  printf '%s\n' "${packages_build[@]}"
  if [[ $preset != no-rtl ]]; then printf '%s\n' "${packages_rtl[@]}"; fi
  if [[ $1 == test || $1 == bench ]]; then printf '%s\n' "${packages_test[@]}"; fi
}

# Tools whose findings differ from version to version: where this Debian has not the one, its tests are skipped.
install_lint_tools() {
  local package known=()
  if [[ ${WEFT_PACKAGES:-} == skip ]]; then return; fi
  for package in "${packages_lint[@]}"; do
    if [[ -z $(missing_packages "$package") ]] || apt-cache show "$package" >/dev/null 2>&1; then
      known+=("$package")
    else
      say "note: no package $package here; its test is skipped"
    fi
  done
  if ((${#known[@]} > 0)); then install_packages "to check the sources" "${known[@]}" || true; fi
}

openblas() { if pkg-config --exists openblas; then echo ON; else echo OFF; fi; }
