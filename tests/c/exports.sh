#!/bin/sh
# The library exports the functions of the header and of the committed list, and nothing else; a program calls each of them.
set -eu
library=$1 list=$2 header=$3 program=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The node of versions counts as a symbol.
nm -D --defined-only "$library" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | LC_ALL=C sort > "$work/exported"
sed -n 's/^ *\(rootlet_[a-z_]*\);.*/\1/p' "$list" | LC_ALL=C sort > "$work/listed"
sed -n 's/^ROOTLET_API .*[ *]\(rootlet_[a-z_]*\)(.*/\1/p' "$header" | LC_ALL=C sort > "$work/declared"
nm -D --undefined-only "$program" | awk '{sub(/@.*/, "", $2); print $2}' | grep '^rootlet_' | LC_ALL=C sort > "$work/called"
status=0
compare() {
  diff -u --label "$1" --label "$2" "$work/$1" "$work/$2" || status=1
}
compare listed exported
compare listed declared
compare listed called
test "$(wc -l < "$work/listed")" -ge 81 || status=1
readelf -d "$library" | grep -q 'SONAME.*\[librootlet\.so\.0\]' || { echo "the SONAME is not librootlet.so.0"; status=1; }
exit $status
