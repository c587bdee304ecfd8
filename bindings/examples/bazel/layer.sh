#!/bin/sh
# layer.sh ROOTLET TREE.tar LAYER.tar CLOSURE.json ARGUMENT...
#
# One action of a build: reads the first two, writes the next two, and nothing else. The tree is unpacked, since a sandbox
# may show files as links that lead out of any root; it is always called "root", so that the outputs do not depend on where
# the action runs. ARGUMENTs are entries, and options that `rootlet resolve` and `rootlet build` share.
set -eu
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
rootlet=$(absolute "$1") tree=$(absolute "$2") layer=$(absolute "$3") closure=$(absolute "$4")
shift 4
work=$(mktemp -d "$layer.XXXXXX")
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
mkdir root
tar -xpf "$tree" -C root --no-same-owner --exclude='dev/*' --exclude='./dev/*'
"$rootlet" resolve --root root --format json "$@" >"$closure"
"$rootlet" build --quiet --root root --tar "$layer" "$@"
