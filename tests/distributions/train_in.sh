#!/usr/bin/env bash
# Builds and trains in a fresh Debian of another release: train_in.sh SUITE FOLDER [COMMAND...]. See README.md.
# Exit code: the command's; 2 usage; 77 a tool is missing.
set -euo pipefail
(($# >= 2)) || { echo "usage: train_in.sh SUITE FOLDER [COMMAND...]" >&2; exit 2; }
suite=$1 folder=$(realpath -m "$2")
shift 2
command=("${@:-./weft}")
if (($# == 0)); then command=(./weft train fc_mnist); fi
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
((EUID == 0)) || { echo "debootstrap and chroot need root" >&2; exit 77; }
for tool in debootstrap unshare git apt-get; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 77; }
done

# Any suite is made as sid is; older debootstraps lack the scripts of newer suites.
if [[ ! -e $folder/etc/debian_version ]]; then
  # shellcheck disable=SC2016 # words of apt
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
  [[ -n $mirror ]] || { echo "apt knows no mirror of Debian" >&2; exit 77; }
  debootstrap --variant=minbase "$suite" "$folder" "$mirror" /usr/share/debootstrap/scripts/sid
fi
for file in /etc/resolv.conf /etc/hosts; do if [[ -e $file ]]; then cp -L "$file" "$folder/etc/"; fi; done
rm -rf "$folder/weft"
mkdir "$folder/weft"
git -C "$source" archive HEAD | tar -x -C "$folder/weft"
if [[ -d $source/data/mnist ]]; then
  mkdir "$folder/weft/data"
  cp -rL "$source/data/mnist" "$folder/weft/data/"
fi

# The mounts end with the process.
start=$SECONDS status=0
TIMEFORMAT='%U %S'
# shellcheck disable=SC2016 # words of the inner shell
{ time unshare --mount --fork bash -c '
  mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" || exit 77
  folder=$1
  shift
  exec chroot "$folder" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
    bash -c "cd /weft && exec \"\$@\"" weft "$@"' in-chroot "$folder" "${command[@]}" 2>&3; } 3>&2 2>"$folder/weft/time" || status=$?
read -r user system < <(tail -n 1 "$folder/weft/time")
minutes() { awk -v s="$1" 'BEGIN { printf "%.1f", s / 60 }'; }
echo "$suite ($(cat "$folder/etc/debian_version")): ${command[*]}: exit $status after $(minutes $((SECONDS - start))) min," \
  "$(awk -v u="$user" -v s="$system" 'BEGIN { printf "%.1f", (u + s) / 60 }') min of processor time"
exit "$status"
