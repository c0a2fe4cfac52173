#!/usr/bin/env bash
# The page of 2013, typed word for word, by an app that it was written for and by one that it was not.
set -euo pipefail

demo() { jq -er "$1" "$DEMO"; }
fail() { echo "not ok - $*" >&2; exit 1; }
pass() { echo "ok - $*"; }
escaped() { jq -rn --arg u "$1" '$u|@uri'; }

issuer=$(demo .issuer) api=$(demo .api)
body=$(mktemp)
trap 'rm -f "$body"' EXIT

# wants STATUS WHAT CURL-ARGUMENTS
wants() {
  local status=$1 what=$2 got
  shift 2
  got=$(curl -sS -o "$body" -w '%{http_code}' "$@")
  [ "$got" = "$status" ] || fail "$what: got $got, want $status: $(cat "$body")"
  pass "$what"
}
says() { [ "$(jq -er .error "$body")" = "$1" ] && grep -q "/docs/errors/$2\"" "$body" || fail "want $1 by $2: $(cat "$body")"; }

# of APP: its credentials, and a code that a person gave it
of() {
  id=$(demo ".apps.$1.client_id") secret=$(demo ".apps.$1.client_secret") redirect=$(escaped "$(demo ".apps.$1.redirect_uris[0]")")
  code=$("$PERSON" "$issuer/oauth/authorize?response_type=code&client_id=$id&redirect_uri=$redirect" | sed -E 's/.*[?&]code=([^&]*).*/\1/')
}

of draft5
wants 200 "the code buys a token" -X POST "$issuer/oauth/token?client_id=$id&redirect_uri=$redirect&client_secret=$secret&code=$code"
access=$(jq -er .access_token "$body") refresh=$(jq -er .refresh_token "$body")
wants 200 "the API takes it in the address" "$api?access_token=$access"
wants 200 "refresh" -X POST "$issuer/oauth/token?type=refresh&client_id=$id&client_secret=$secret&refresh_token=$refresh"
wants 400 "a wrong secret" -X POST "$issuer/oauth/token?client_id=$id&redirect_uri=$redirect&client_secret=wrong&code=$code"
says incorrect_client_credentials client_authentication_failed

of web
wants 400 "an app of today is told where parameters belong" -X POST "$issuer/oauth/token?client_id=$id&redirect_uri=$redirect&client_secret=$secret&code=$code"
says invalid_request parameters_in_query
wants 200 "and its code is still good there" "$issuer/oauth/token" -d grant_type=authorization_code -d "client_id=$id" -d "client_secret=$secret" -d "code=$code" -d "redirect_uri=$(demo '.apps.web.redirect_uris[0]')"
