#!/usr/bin/env bash
# The whole workflow by hand, as somebody does who tries the documentation out.
set -euo pipefail

demo() { jq -er "$1" "$DEMO"; }
fail() { echo "not ok - $*" >&2; exit 1; }
pass() { echo "ok - $*"; }

issuer=$(demo .issuer) api=$(demo .api)
id=$(demo .apps.web.client_id) secret=$(demo .apps.web.client_secret) redirect=$(demo '.apps.web.redirect_uris[0]')
question="$issuer/oauth/authorize?response_type=code&client_id=$id&redirect_uri=$(jq -rn --arg u "$redirect" '$u|@uri')"

body=$(mktemp) head=$(mktemp)
trap 'rm -f "$body" "$head"' EXIT

# wants STATUS WHAT CURL-ARGUMENTS: the answer is left in $body and $head.
wants() {
  local status=$1 what=$2 got
  shift 2
  got=$(curl -sS -o "$body" -D "$head" -w '%{http_code}' "$@")
  [ "$got" = "$status" ] || fail "$what: got $got, want $status: $(cat "$body")"
  pass "$what"
}
in_body() { jq -er "$1" "$body" || fail "no $1 in $(cat "$body")"; }
in_head() { grep -qi "$1" "$head" || fail "no header like $1 in: $(cat "$head")"; }
says() { [ "$(in_body .error)" = "$1" ] && in_body '.error_description, .error_uri' >/dev/null || fail "want $1: $(cat "$body")"; }
parameter() { sed -E "s/.*[?&]$1=([^&]*).*/\1/"; }
bearer() { echo "Authorization: Bearer $1"; }

walk() {
  local how=$1 code access refresh
  shift # what remains proves who the app is
  code=$("$PERSON" "$question" | parameter code)
  wants 200 "$how: the code buys a token" "$issuer/oauth/token" "$@" -d grant_type=authorization_code -d "code=$code" -d "redirect_uri=$redirect"
  in_head '^cache-control: no-store'
  access=$(in_body .access_token) refresh=$(in_body .refresh_token)
  wants 200 "$how: the API answers" -H "$(bearer "$access")" "$api"
  wants 200 "$how: the API takes the token in the query" "$api?access_token=$access"

  wants 200 "$how: refresh" "$issuer/oauth/token" "$@" -d grant_type=refresh_token -d "refresh_token=$refresh"
  access=$(in_body .access_token) refresh=$(in_body .refresh_token)
  wants 200 "$how: the API takes the new token" -H "$(bearer "$access")" "$api"

  wants 200 "$how: revocation" "$issuer/oauth/revoke" "$@" -d "token=$refresh"
  in_head '^content-type: application/json'
  wants 401 "$how: the API refuses the access token, too" -H "$(bearer "$access")" "$api"
  in_head '^www-authenticate: Bearer .*error="invalid_token"'
  wants 400 "$how: the refresh token is refused" "$issuer/oauth/token" "$@" -d grant_type=refresh_token -d "refresh_token=$refresh"
  says invalid_grant

  code=$("$PERSON" "$question" | parameter code)
  wants 200 "$how: another code" "$issuer/oauth/token" "$@" -d grant_type=authorization_code -d "code=$code" -d "redirect_uri=$redirect"
  access=$(in_body .access_token)
  wants 400 "$how: a code is good once" "$issuer/oauth/token" "$@" -d grant_type=authorization_code -d "code=$code" -d "redirect_uri=$redirect"
  says invalid_grant
  wants 401 "$how: and its replay ends what it bought" -H "$(bearer "$access")" "$api"
}

walk Basic -u "$id:$secret"
walk body -d "client_id=$id" -d "client_secret=$secret"

wants 401 "a wrong secret" "$issuer/oauth/token" -u "$id:wrong" -d grant_type=refresh_token -d refresh_token=x
in_head '^www-authenticate: Basic'
says invalid_client
wants 401 "no token" "$api"
in_head '^www-authenticate: Bearer'
denied=$("$PERSON" "$question&prompt=consent&state=s1" --cancel)
[ "$(parameter error <<<"$denied") $(parameter state <<<"$denied")" = "access_denied s1" ] || fail "Cancel: $denied"
pass "Cancel comes back as access_denied"
