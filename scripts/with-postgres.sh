#!/bin/sh
# Runs a command with a throw-away PostgreSQL, whose address is in LAUNCHPAD_TEST_POSTGRES. Its absence is a failure, and so is
# that of a redis-server and of the proxies that tests put in front.
set -eu
here=$(dirname "$0")
export POSTGRES_CLUSTER=$$ # one of its own, so that nobody else ends it
trap '"$here/postgres.sh" stop' EXIT INT TERM
"$here/postgres.sh" start >/dev/null
LAUNCHPAD_TEST_POSTGRES=$("$here/postgres.sh" url)
export LAUNCHPAD_TEST_POSTGRES LAUNCHPAD_TEST_REQUIRE="postgres redis nginx haproxy caddy"
"$@"
