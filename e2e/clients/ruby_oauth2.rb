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

# Not every system knows that names under localhost are this computer.
def client(site, auth_scheme)
  OAuth2::Client.new(APP['client_id'], APP['client_secret'], site: site, authorize_url: '/oauth/authorize', token_url: '/oauth/token', auth_scheme: auth_scheme) do |builder|
    builder.request :url_encoded
    builder.adapter(:net_http) { |http| http.ipaddr = '127.0.0.1' }
  end
end

def walk(auth_scheme)
  client = client(DEMO['issuer'], auth_scheme)

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

# The base URL that the old documentation gives: an account's own host.
def walk_from(account, other)
  client = client(DEMO['account_hosts'].sub('{account}', account), :request_body)
  address = client.auth_code.authorize_url(redirect_uri: REDIRECT_URI)
  check "#{account}: the flow begins at the account's host", URI(address).host.start_with?("#{account}."), address
  answer = answer_of(address)
  check "#{account}: the issuer stays the same", answer['iss'] == DEMO['issuer'], answer
  token = client.auth_code.get_token(answer['code'], redirect_uri: REDIRECT_URI)
  check "#{account}: the code buys a token", token.token && token.refresh_token, token.to_hash
  path = URI(DEMO['api']).path
  check "#{account}: a call there means that account", token.get(path).headers['launchpad-account'] == account
  named = token.get(path, headers: { 'Launchpad-Account' => other })
  check "#{account}: whatever a header says", named.headers['launchpad-account'] == account
  check "#{account}: refresh! works there", token.refresh!.get(path).status == 200
  client.request(:post, '/oauth/revoke', params: { token: token.token })
  check "#{account}: so does revocation", refusal { token.get(path) }&.code == 'invalid_token'
end

%i[request_body basic_auth].each { |scheme| walk(scheme) }
here, there = DEMO['accounts'].map { |account| account['slug'] }
walk_from(there, here)
