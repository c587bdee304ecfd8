#!/bin/sh
# Compares the binary interface of a library with the committed one, or commits to the present one: abi.sh check|renew LIBRARY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=$here/../../include baseline=$here/rootlet.abi
only="--drop-private-types --exported-interfaces-only --no-show-locs"
case $1 in
  renew)
    abidw --headers-dir "$include" $only --no-corpus-path --no-comp-dir-path --no-elf-needed --no-parameter-names \
      --no-write-default-sizes --type-id-style hash --out-file "$baseline" "$2"
    ;;
  check)
    # It says nothing where nothing differs; of a baseline that it cannot read it complains, and exits with 0.
    said=$(abidiff --headers-dir2 "$include" $only "$baseline" "$2" 2>&1) && test -z "$said" && exit 0
    echo "$said"
    echo "The binary interface has changed. A change to what was there breaks programs: it takes a new SONAME."
    echo "An addition, if it is meant, is committed to by: cmake --build BUILD --target renew_abi"
    exit 1
    ;;
esac
