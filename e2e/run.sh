#!/usr/bin/env bash
# Builds Launchpad and tests it from outside: stock client libraries first, then Chromium.
#
#   e2e/run.sh                    everything
#   e2e/run.sh clients            one part: clients or browser, or nightly, which nobody waits for
#   e2e/run.sh browser/x.test.mjs some files
#
# DATABASE=postgres://… makes the servers keep their data there, each in a new database of its own; without it they
# use the embedded one. Pictures of every page are left in e2e/shots.
set -euo pipefail
cd "$(dirname "$0")"

require() {
  local missing=()
  for program in go node curl jq nginx openssl "${CHROMIUM:-/usr/bin/chromium}" ${DATABASE:+psql}; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  /usr/bin/ruby -e 'require "oauth2"' 2>/dev/null || missing+=("ruby-oauth2")
  /usr/bin/python3 -c 'import requests_oauthlib' 2>/dev/null || missing+=("python3-requests-oauthlib")
  node -e 'require("playwright-core"); require("simple-oauth2"); require("express"); require.resolve("@modelcontextprotocol/sdk/client")' 2>/dev/null || missing+=("the packages of e2e/package-lock.json")
  [ ${#missing[@]} = 0 ] && return
  printf 'e2e: not there: %s\n' "${missing[@]}" >&2
  echo "e2e: scripts/install.sh installs what the tests need" >&2
  exit 1
}

files() {
  for part in "$@"; do
    if [ -d "$part" ]; then ls "$part"/*.test.mjs; else echo "$part"; fi
  done
}

require
work=$(mktemp -d)
tests=
clean() {
  # The tests are a process group, so that nothing that they started outlives them.
  if [ -n "$tests" ]; then kill -- "-$tests" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

go build -C .. -o "$work/launchpad" ./cmd/launchpad
export LAUNCHPAD_TEST_BIN=$work/launchpad TMPDIR=$work
export NO_PROXY=127.0.0.1,localhost,.localhost no_proxy=127.0.0.1,localhost,.localhost

[ $# -gt 0 ] || set -- clients browser
mapfile -t chosen < <(files "$@")
for file in "${chosen[@]:?no such tests}"; do [ -f "$file" ] || { echo "e2e: no such test: $file" >&2; exit 1; }; done
set -m
node support/runner.mjs "${chosen[@]}" </dev/null &
tests=$!
set +m
status=0
wait "$tests" || status=$?
exit "$status"
