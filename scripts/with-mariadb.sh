#!/bin/sh
# Runs a command with a throw-away MariaDB, whose address is in LAUNCHPAD_TEST_MARIADB. Its absence is a failure.
set -eu
server=$(command -v mariadbd || echo /usr/sbin/mariadbd)
[ -x "$server" ] || { echo "with-mariadb.sh: MariaDB is not installed; run scripts/install.sh" >&2; exit 1; }
directory=$(mktemp -d /tmp/launchpad-mariadb-XXXXXX)
user=$(id -un)
mariadb-install-db --no-defaults --user="$user" --datadir="$directory/data" --auth-root-authentication-method=normal --skip-test-db >"$directory/install.log" 2>&1 ||
  { cat "$directory/install.log" >&2; exit 1; }
"$server" --no-defaults --user="$user" --datadir="$directory/data" --socket="$directory/socket" --pid-file="$directory/pid" \
  --skip-networking --innodb-flush-log-at-trx-commit=0 >"$directory/server.log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null || true; wait $pid 2>/dev/null || true; rm -rf "$directory"' EXIT INT TERM
for _ in $(seq 300); do
  mariadb-admin --no-defaults --socket="$directory/socket" --user=root ping >/dev/null 2>&1 && break
  kill -0 $pid 2>/dev/null || { cat "$directory/server.log" >&2; exit 1; }
  sleep 0.1
done
mariadb --no-defaults --socket="$directory/socket" --user=root -e 'CREATE DATABASE old CHARACTER SET utf8mb4'
LAUNCHPAD_TEST_MARIADB="mysql://root@localhost/old?socket=$directory/socket"
export LAUNCHPAD_TEST_MARIADB LAUNCHPAD_TEST_REQUIRE="${LAUNCHPAD_TEST_REQUIRE:-} mariadb"
"$@"
