#!/usr/bin/env bash
# Installs what the tests need and is not there yet: as root on Debian by apt, else it says what to install.
set -euo pipefail
cd "$(dirname "$0")/.."

oldest_node=20

# What is looked for, and the Debian package that has it; one a line.
missing_packages() {
  command -v curl >/dev/null || echo curl
  command -v jq >/dev/null || echo jq
  command -v openssl >/dev/null || echo openssl
  [ -x /usr/bin/chromium ] || echo chromium
  postgresql_there || echo postgresql
  /usr/bin/ruby -e 'require "oauth2"' 2>/dev/null || echo ruby-oauth2
  /usr/bin/ruby -e '%w[doorkeeper rails bcrypt pg].each { |name| gem name }' 2>/dev/null || printf '%s\n' ruby-doorkeeper ruby-rails ruby-bcrypt ruby-pg
  { command -v mariadbd || [ -x /usr/sbin/mariadbd ]; } >/dev/null || echo mariadb-server
  /usr/bin/python3 -c 'import requests_oauthlib' 2>/dev/null || echo python3-requests-oauthlib
  command -v redis-server >/dev/null || echo redis-server
  # Root mounts FUSE file systems itself.
  [ "$(id -u)" = 0 ] || command -v fusermount3 >/dev/null || echo fuse3
  for proxy in nginx haproxy caddy; do
    { command -v "$proxy" || [ -x "/usr/sbin/$proxy" ]; } >/dev/null || echo "$proxy"
  done
  command -v node >/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
}

postgresql_there() {
  command -v psql >/dev/null && { command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
}

install_packages() {
  local log
  log=$(mktemp)
  echo "installing: $*"
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
  rm -f "$log"
}

node_packages_there() {
  # npm leaves a copy of the lock file beside what it installed.
  [ e2e/node_modules/.package-lock.json -nt e2e/package-lock.json ] && [ e2e/node_modules/.package-lock.json -nt e2e/package.json ]
}

mapfile -t packages < <(missing_packages)
if [ ${#packages[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    install_packages "${packages[@]}"
    mapfile -t packages < <(missing_packages)
  fi
  if [ ${#packages[@]} -gt 0 ]; then
    echo "The tests need packages that are not installed. On Debian:" >&2
    echo "  sudo apt-get update && sudo apt-get install -y ${packages[*]}" >&2
    exit 1
  fi
fi
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt $oldest_node ]; then
  echo "The tests need Node.js $oldest_node or newer; $(command -v node) is $(node --version)." >&2
  exit 1
fi
node_packages_there || (cd e2e && npm ci --ignore-scripts --loglevel=error >/dev/null)
