#!/bin/sh
# Runs every fuzz target for the given time. A target that is added is run without being named here.
set -eu
time=${1:-10s}
cd "$(dirname "$0")/.."
count=0
for file in $(git grep -l '^func Fuzz' -- '*_test.go'); do
  for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
    echo "fuzz $(dirname "$file") $target for $time"
    go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 100x >/tmp/launchpad-fuzz.$$ 2>&1 || { cat /tmp/launchpad-fuzz.$$; rm -f /tmp/launchpad-fuzz.$$; exit 1; }
    count=$((count + 1))
  done
done
rm -f /tmp/launchpad-fuzz.$$
test "$count" -gt 0
echo "$count fuzz targets passed"
