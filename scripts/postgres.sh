#!/usr/bin/env bash
# A PostgreSQL cluster to throw away, for tests: on loopback, everybody trusted, on a free port.
#
#   scripts/postgres.sh start   starts it, unless it runs, and prints its postgres:// address
#   scripts/postgres.sh url     prints the address
#   scripts/postgres.sh stop    ends it and removes everything
#
# FSYNC=on makes it as careful as a real one, which crash tests and measurements need. POSTGRES_CLUSTER=name keeps it
# apart from others of the same checkout, which would otherwise be shared, and stopped together.
set -euo pipefail

# One cluster for each user, checkout and name. The path stays short: a unix socket's name has 107 bytes at most.
checkout=$(cd "$(dirname "$0")/.." && pwd)
directory=/tmp/launchpad-postgres-$(id -u)-$(printf %s "$checkout" | cksum | cut -d' ' -f1)${POSTGRES_CLUSTER:+-$POSTGRES_CLUSTER}

main() {
  case "${1:-}" in
    start) running || start; url ;;
    url) running || die "no cluster runs; start it by: $0 start"; url ;;
    stop) stop ;;
    *) sed -n 's/^# \{0,1\}//p' "$0" | sed -n '2,9p' >&2; exit 2 ;;
  esac
}

die() { echo "postgres.sh: $*" >&2; exit 1; }

# PostgreSQL does not run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

binaries() {
  local newest
  if command -v initdb >/dev/null && command -v pg_ctl >/dev/null; then
    newest=$(dirname "$(readlink -f "$(command -v pg_ctl)")")
  else
    newest=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  fi
  [ -x "${newest:-}/initdb" ] || die "PostgreSQL is not installed; run scripts/install.sh"
  echo "$newest"
}

running() { [ -d "$directory/data" ] && as_postgres "$(binaries)/pg_ctl" status -D "$directory/data" >/dev/null 2>&1; }

url() { echo "postgres://postgres@127.0.0.1:$(cat "$directory/port")/postgres?sslmode=disable"; }

start() {
  local bin port
  bin=$(binaries)
  rm -rf "$directory"
  mkdir -m 700 "$directory"
  if [ "$(id -u)" = 0 ]; then chown postgres "$directory"; fi
  as_postgres "$bin/initdb" -D "$directory/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
  settings | as_postgres tee -a "$directory/data/postgresql.conf" >/dev/null
  # Below the ports that the system hands out, so that nobody takes it between two attempts.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + RANDOM % 12000))
    if as_postgres "$bin/pg_ctl" start -w -s -D "$directory/data" -l "$directory/log" -o "-p $port" >/dev/null 2>&1; then
      echo "$port" >"$directory/port"
      return
    fi
  done
  cat "$directory/log" >&2
  stop
  die "the cluster did not start"
}

settings() {
  cat <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$directory'
max_connections = 200
fsync = ${FSYNC:-off}
synchronous_commit = ${FSYNC:-off}
full_page_writes = ${FSYNC:-off}
CONF
}

stop() {
  if running; then as_postgres "$(binaries)/pg_ctl" stop -m immediate -s -D "$directory/data" >/dev/null; fi
  rm -rf "$directory"
}

main "$@"
