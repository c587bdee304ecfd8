#!/bin/sh
# Installs the packages of all workloads (Debian 12, root), runs them all, and prints the table.
#   tests/programs/workloads.sh [TESTS]     TESTS: the tests' program; build/test/tests/rootlet_tests
# What is installed stays. Services are not started where policy-rc.d says so, as it does in containers.
set -eu
tests=${1:-build/test/tests/rootlet_tests}
packages=$(sed -n 's/^packages = \[\(.*\)\]$/\1/p' "$(dirname "$0")"/workloads/*.toml | tr -d '",' | tr ' ' '\n' | sort -u)

missing=
for package in strace curl file python3 bind9-dnsutils $packages; do
  dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
if [ -n "$missing" ]; then
  apt-get update -q
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
fi
ROOTLET_WORKLOADS=all exec "$tests" --gtest_filter='*Workloads*' --gtest_brief=1
