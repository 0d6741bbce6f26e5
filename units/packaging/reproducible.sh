#!/bin/bash
# make reproducible: the last commit, built in two clones that differ in all that must not matter. Says which file differs.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() { # NAME UMASK TZ LANGUAGE
  (
    umask "$2"
    export TZ=$3 LC_ALL=$4
    git clone -q "$here" "$work/$1"
    make -C "$work/$1" release
  ) >"$work/$1.log" 2>&1 || { cat "$work/$1.log"; return 1; }
}
build one 022 UTC C &
mkdir "$work/another"
build another/place 077 Asia/Kathmandu C.UTF-8
wait $!

# The directories that were packed are compared too, so that a difference is seen where it came from.
if ! diff --recursive --brief --no-dereference "$work/one/dist" "$work/another/place/dist"; then
  echo 'make reproducible: these files are not the same in two builds of one commit' >&2
  exit 1
fi
cat "$work/one/dist/SHA256SUMS"
