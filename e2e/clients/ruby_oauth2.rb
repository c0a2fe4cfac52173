#!/usr/bin/ruby
# The oauth2 gem, configured as the documentation says and with nothing else: no state, no PKCE, no scope.
require 'json'
require 'oauth2'
require 'open3'

DEMO = JSON.parse(File.read(ENV.fetch('DEMO')))
APP = DEMO['apps']['web']
REDIRECT_URI = APP['redirect_uris'].first

def check(what, holds, got = nil)
  abort "not ok - #{what}: #{got.inspect}" unless holds
  puts "ok - #{what}"
end

# What the person's browser brings back to the app.
def answer_of(address, *decision)
  sent_to, status = Open3.capture2(ENV.fetch('PERSON'), address, *decision)
  abort "not ok - the person got stuck at #{address}" unless status.success?
  URI.decode_www_form(URI(sent_to.strip).query).to_h
end

def refusal
  yield
  nil
rescue OAuth2::Error => e
  e
end

def walk(auth_scheme)
  client = OAuth2::Client.new(APP['client_id'], APP['client_secret'], site: DEMO['issuer'],
                              authorize_url: '/oauth/authorize', token_url: '/oauth/token', auth_scheme: auth_scheme)

  code = answer_of(client.auth_code.authorize_url(redirect_uri: REDIRECT_URI))['code']
  token = client.auth_code.get_token(code, redirect_uri: REDIRECT_URI)
  check "#{auth_scheme}: the code buys a token of 2 hours", token.expires_in == 7200 && token.refresh_token, token.to_hash

  check "#{auth_scheme}: the API answers", token.get(DEMO['api']).parsed['dashboards'].any?
  token.options[:mode] = :query
  check "#{auth_scheme}: the API takes the token in the query", token.get(DEMO['api']).status == 200
  token.options[:mode] = :header

  renewed = token.refresh!
  check "#{auth_scheme}: refresh! gives a new token", renewed.token != token.token && renewed.refresh_token, renewed.to_hash
  check "#{auth_scheme}: the API takes the new one", renewed.get(DEMO['api']).status == 200

  # As version 2 of the gem does it: the token in the query of a POST, no credentials of the app.
  client.request(:post, '/oauth/revoke', params: { token: renewed.token, token_type_hint: 'access_token' })
  late = refusal { renewed.get(DEMO['api']) }
  check "#{auth_scheme}: a revoked access token is refused", late&.code == 'invalid_token', late
  client.request(:post, '/oauth/revoke', params: { token: renewed.refresh_token, token_type_hint: 'refresh_token' })
  late = refusal { renewed.refresh! }
  check "#{auth_scheme}: a revoked refresh token is refused", late&.code == 'invalid_grant', late
  check "#{auth_scheme}: the refusal explains itself", late.description.to_s.length > 10, late.description

  denied = answer_of(client.auth_code.authorize_url(redirect_uri: REDIRECT_URI, prompt: 'consent'), '--cancel')
  check "#{auth_scheme}: Cancel comes back as access_denied", denied['error'] == 'access_denied', denied
end

%i[request_body basic_auth].each { |scheme| walk(scheme) }
