# shellcheck shell=bash
# Sourced by `weft`: brings a build tree up to date, and knows without writing anything whether it is.
# Uses root, preset, builds, build, say, die, show_log and quietly of the launcher.

# --- is it current? --------------------------------------------------------------------------------------------

# The instruction sets of this processor, as the kernel names them: what -march=native depends on.
processor() {
  sed -n '/^flags/{s/.*: //p;q}' /proc/cpuinfo 2>/dev/null | tr ' ' '\n' |
    grep -E '^(sse|ssse|avx|amx|fma|f16c|bmi|abm|popcnt|movbe|adx|gfni|vaes|vpclmul|sha)' | sort | tr '\n' ' '
}

# What a build is made of beside its sources. A portable one runs on every processor.
made_of() { if [[ $(cached WEFT_NATIVE) == OFF ]]; then echo "$root"; else echo "$root $(processor)"; fi; }

# changed_since FILE PATH...: is a source among PATH newer? A folder is, when a file came, went or was renamed.
changed_since() {
  local file=$1
  shift
  [[ -n $(find "$@" \( -name machines -o -name models -o -name fabric_programs -o -name __pycache__ \) -prune -o \
    \( -type d -o -name '*.cpp' -o -name '*.h' -o -name '*.sv' -o -name '*.cmake' -o -name CMakeLists.txt \
    -o -name CMakePresets.json -o -name status \) -newer "$file" -print -quit 2>/dev/null) ]]
}

# current PROGRAM: can it run as it is? Where nothing could be built anyhow, newer system packages do not count.
current() {
  local program=$1 stamp=$build/current sources=()
  [[ -x $program && -r $stamp && $(<"$stamp") == "$(made_of)" ]] || return 1
  sources=("$root"/{tlm,hw,rtl,sw,cmake,CMakeLists.txt,CMakePresets.json})
  if [[ -w $build ]]; then sources+=("${DPKG_ADMINDIR:-/var/lib/dpkg}/status"); fi
  ! changed_since "$stamp" "${sources[@]}"
}

# --- configuring -----------------------------------------------------------------------------------------------

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt" 2>/dev/null; }

# A tree whose objects are another processor's is built again: CMake does not see the difference, -march=native is the same.
forget_other_processor() {
  local file=$build/processor
  if [[ -f $build/build.ninja && $(cached WEFT_NATIVE) != OFF && -f $file && $(<"$file") != "$(processor)" ]]; then
    say "$build was built for another processor; building it again for this one"
    rm -rf "$build"
  fi
}

# configure [anew] [CMAKE OPTIONS]: without `anew` only where there is no usable build tree or an option is to change.
configure() {
  local fresh=() log=$builds/$preset-configure.log option name changed=no
  if [[ ${1:-} == anew ]]; then
    changed=yes
    shift
  fi
  if [[ -f $build/CMakeCache.txt && $(cached CMAKE_HOME_DIRECTORY) != "$root" ]]; then
    fresh=(--fresh) # the tree was moved or copied
  fi
  for option in "$@"; do
    name=${option#-D}
    if [[ $(cached "${name%%=*}") != "${name#*=}" ]]; then changed=yes; fi
  done
  if [[ -f $build/build.ninja && ${#fresh[@]} -eq 0 && $changed == no ]]; then return; fi
  say "configuring $build"
  if ! quietly "configuring" "$log" env -C "$root" cmake "${fresh[@]}" --preset "$preset" -B "$build" "$@"; then
    show_log "$log"
    die "cmake failed; the whole log is $log"
  fi
  processor >"$build/processor"
}

# What tests need is not there on a fresh machine, also where a tree with tests was brought along: then without them.
configure_program() {
  if [[ -f $build/CMakeCache.txt && (${WEFT_PACKAGES:-} == skip || -z $(missing_packages "${packages_test[@]}")) ]]; then
    configure
  else
    configure -DBUILD_TESTING=OFF
  fi
}

# --- building --------------------------------------------------------------------------------------------------

# Shows ninja's "N/M" as one line on a terminal, and every 10 s elsewhere.
build_progress() {
  local line last=$SECONDS shown=no
  while IFS= read -r line; do
    [[ $line =~ ^([0-9]+)/([0-9]+)\  && $line != *globbed* ]] || continue
    if [[ -t 2 ]]; then
      printf '\rweft: building %s ' "${BASH_REMATCH[0]}" >&2
      shown=yes
    elif [[ $shown == no ]] || ((SECONDS - last >= 10)); then
      say "building ${BASH_REMATCH[0]}"
      shown=yes
      last=$SECONDS
    fi
  done
  if [[ -t 2 && $shown == yes ]]; then printf '\n' >&2; fi
}

# run_ninja LOG TARGET...
run_ninja() {
  local log=$1
  shift
  NINJA_STATUS='%f/%t ' ninja -C "$build" "$@" 2>&1 </dev/null 9>&- | tee "$log" | build_progress
}

# build_targets TARGET...: the file `current` says of the program since when it is, and what for.
build_targets() {
  local log=$build/build.log stamp=$build/current
  # What changes while ninja runs is newer than this.
  : >"$stamp.part"
  if ! run_ninja "$log" "$@"; then
    # Verilator runs before CMake does, with the files of the last configuration: a `git pull` can bring a module that
    # they lack, and then ninja cannot renew its own list.
    if ! grep -qF "rebuilding 'build.ninja'" "$log" || ! { configure anew && run_ninja "$log" "$@"; }; then
      show_log "$log"
      die "the build failed; the whole log is $log"
    fi
  fi
  if [[ $* != weft && $* != all ]]; then return; fi
  touch -r "$stamp.part" "$stamp.time"
  made_of >"$stamp.part"
  touch -r "$stamp.time" "$stamp.part"
  rm "$stamp.time"
  mv "$stamp.part" "$stamp"
}
