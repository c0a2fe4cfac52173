#!/usr/bin/ruby
# Integrations of 2010 to 2014 against an app of the profile draft5: the requests of the first gems, word for word, and the
# gem of today set up as those of 2011 were.
require 'json'
require 'net/http'
require 'oauth2'
require 'open3'
require 'rexml/document'

DEMO = JSON.parse(File.read(ENV.fetch('DEMO')))
APP = DEMO['apps']['draft5']
SITE = DEMO['issuer']
API = DEMO['api']
REDIRECT_URI = APP['redirect_uris'].first
CREDENTIALS = { client_id: APP['client_id'], client_secret: APP['client_secret'] }.freeze

def check(what, holds, got = nil)
  abort "not ok - #{what}: #{got.inspect}" unless holds
  puts "ok - #{what}"
end

# Where the person's browser is sent in the end.
def sent_to(address, *decision)
  address, status = Open3.capture2(ENV.fetch('PERSON'), address, *decision)
  abort "not ok - the person got stuck at #{address}" unless status.success?
  URI(address.strip)
end

def parameters(text) = URI.decode_www_form(text.to_s).to_h

def address(path, query = {}) = URI("#{SITE}#{path}?#{URI.encode_www_form(query)}")

def authorize(path, query, *decision) = sent_to(address(path, CREDENTIALS.slice(:client_id).merge(redirect_uri: REDIRECT_URI, **query)).to_s, *decision)

def post(path, form) = Net::HTTP.post_form(URI("#{SITE}#{path}"), form)

def get(url, headers = {}) = Net::HTTP.get_response(URI(url), headers)

# Rack::Utils.parse_query as the first gems had it: all that they read an answer with.
def parse_query(text)
  text.split(/[&;] */n).each_with_object({}) do |piece, read|
    name, value = piece.split('=', 2).map { |part| URI.decode_www_form_component(part) }
    read[name] = read.key?(name) ? [read[name], value].flatten : value
  end
end

# Gems 0.0.1 to 0.1: type, the form in the body, the token as a parameter and in a header that nobody knows any more.
def first_gems
  code = parameters(authorize('/oauth/authorize', { type: 'web_server' }).query)['code']
  answer = post('/oauth/access_token', CREDENTIALS.merge(type: 'web_server', code: code, redirect_uri: REDIRECT_URI))
  token = parse_query(answer.body)
  check '0.0.8: the code buys a token that is read as a form', answer.code == '200' && token.values_at('access_token', 'refresh_token', 'expires_in').all?(String), answer.body
  check '0.1.0: and as JSON', JSON.parse(answer.body).values_at('access_token', 'refresh_token') == token.values_at('access_token', 'refresh_token'), answer.body
  check '0.0.8: the API answers', get("#{API}?access_token=#{token['access_token']}").code == '200'
  check '0.1.0: the API answers', get("#{API}?access_token=#{token['access_token']}", 'Authorization' => %(Token token="#{token['access_token']}")).code == '200'
  renewed = post('/oauth/access_token', CREDENTIALS.merge(type: 'refresh', refresh_token: token['refresh_token'])).body
  check '0.0.8: refresh', parse_query(renewed)['access_token'].start_with?('lp_at_'), renewed
  check '0.1.0: refresh', JSON.parse(renewed)['access_token'] == parse_query(renewed)['access_token'], renewed
  again = post('/oauth/access_token', CREDENTIALS.merge(type: 'web_server', code: code, redirect_uri: REDIRECT_URI))
  check '0.0.8: a code is good once', again.code == '400' && parse_query(again.body)['error'] == 'bad_verification_code', again.body
  check '0.1.0: a code is good once', JSON.parse(again.body)['error'] == 'bad_verification_code', again.body
  asked = authorize('/oauth/authorize', { type: 'web_server' })
  by_get = get(address('/oauth/access_token', CREDENTIALS.merge(type: 'web_server', code: parameters(asked.query)['code'], redirect_uri: REDIRECT_URI)).to_s)
  check '0.0.3: the code buys a token by GET', by_get.code == '200' && parse_query(by_get.body)['access_token'].is_a?(String), by_get.body
  denied = parameters(authorize('/oauth/authorize', { type: 'web_server', scope: 'dashboards:read dashboards:write' }).query)
  check '0.1.0: a person who agreed before is not asked again', denied['code'], denied
end

# The page of 2013: everything in the address of a POST.
def page_of_2013
  code = parameters(authorize('/oauth/authorize', { response_type: 'code' }).query)['code']
  there = address('/oauth/token', CREDENTIALS.merge(redirect_uri: REDIRECT_URI, code: code))
  answer = Net::HTTP.start(there.host, there.port) { |http| http.request(Net::HTTP::Post.new(there)) }
  token = JSON.parse(answer.body)
  check '2013: the code buys a token of 2 hours', answer.code == '200' && token['expires_in'] == 7200, answer.body
  check '2013: the API answers', get("#{API}?access_token=#{token['access_token']}").code == '200'
  token
end

# The sibling: choose an account first, then call it there.
def sibling
  code = parameters(authorize('/authorization/new', { type: 'web_server' }).query)['code']
  answer = post('/authorization/token', CREDENTIALS.merge(type: 'web_server', code: code, redirect_uri: REDIRECT_URI, format: 'xml'))
  token = REXML::Document.new(answer.body).text('/OAuth/access_token')
  check 'sibling: the code buys a token that comes as XML', answer['content-type'].start_with?('application/xml') && token, answer.body
  document = JSON.parse(get("#{SITE}/authorization.json", 'Authorization' => "OAuth #{token}").body)
  check 'sibling: the accounts are listed', document['accounts'].length == 2 && document.dig('identity', 'email_address') == DEMO['identity']['email'], document
  document['accounts'].each do |account|
    called = JSON.parse(get("#{account['href']}/dashboards?oauth_token=#{token}", 'Authorization' => "OAuth #{token}").body)
    check "sibling: #{account['name']} answers at its href", account['href'].end_with?(called['account']), called
  end
  names = REXML::XPath.match(REXML::Document.new(get("#{SITE}/authorization.xml?oauth_token=#{token}").body), '//account/name').map(&:text)
  check 'sibling: the same as XML', names == document['accounts'].map { |account| account['name'] }, names
end

# In the browser's page: the token comes in the fragment.
def user_agent
  fragment = parameters(authorize('/oauth/authorize', { type: 'user_agent', state: 's1' }).fragment)
  check 'user_agent: a short token in the fragment, and none to refresh it', fragment['expires_in'] == '900' && fragment['state'] == 's1' && !fragment['refresh_token'], fragment
  check 'user_agent: the API answers', get(API, 'Authorization' => "Bearer #{fragment['access_token']}").code == '200'
end

# The gem as it was set up from 0.2 to 0.4, and from 0.5 to 1.4.
def gem_as_of_old(token_url, mode, param_name)
  client = OAuth2::Client.new(APP['client_id'], APP['client_secret'], site: SITE, authorize_url: '/oauth/authorize', token_url: token_url, auth_scheme: :request_body)
  code = parameters(sent_to(client.auth_code.authorize_url(redirect_uri: REDIRECT_URI)).query)['code']
  token = client.auth_code.get_token(code, redirect_uri: REDIRECT_URI)
  token.options[:mode], token.options[:param_name], token.options[:header_format] = mode, param_name, 'OAuth %s'
  check "#{token_url}, #{param_name}: the API answers", token.get(API).parsed['dashboards'].any?
  renewed = token.refresh!
  check "#{token_url}, #{param_name}: refresh! gives a new token", renewed.token != token.token, renewed.to_hash
end

first_gems
page_of_2013
sibling
user_agent
gem_as_of_old '/oauth/access_token', :query, 'oauth_token'
gem_as_of_old '/oauth/access_token', :header, 'OAuth header'
gem_as_of_old '/oauth/token', :query, 'bearer_token'
gem_as_of_old '/oauth/token', :query, 'access_token'

info = JSON.parse(get("#{SITE}/oauth/token/info?access_token=#{page_of_2013['access_token']}").body)
check 'token info says whose app it is', info.dig('application', 'uid') == APP['client_id'], info
