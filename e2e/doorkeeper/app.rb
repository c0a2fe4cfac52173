# A Rails application that has nothing but Doorkeeper: it issues apps and tokens over its own endpoints, and prints what
# their clients would hold as one line of JSON. DATABASE_URL names an empty database; HASHED=1 stores secrets hashed.
require "action_controller/railtie"
require "active_record/railtie"
require "doorkeeper"
require "bcrypt"
require "json"
require "tmpdir"

HASHED = ENV["HASHED"] == "1"

class Portal < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "for this test only"
  config.logger = Logger.new(nil)
  config.hosts.clear
  config.root = Dir.mktmpdir
end

class ApplicationController < ActionController::Base; end

class User < ActiveRecord::Base; end

Doorkeeper.configure do
  orm :active_record
  resource_owner_authenticator { User.find(request.headers["X-Person"]) }
  skip_authorization { true }
  use_refresh_token
  default_scopes :public
  optional_scopes :write
  grant_flows %w[authorization_code client_credentials]
  force_ssl_in_redirect_uri false
  access_token_expires_in 2.hours
  if HASHED
    hash_token_secrets
    hash_application_secrets
  end
end

Portal.initialize!
Portal.routes.draw { use_doorkeeper }
ActiveRecord::Base.establish_connection(ENV.fetch("DATABASE_URL"))

# The tables as Doorkeeper's generator makes them.
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:users) { |t| t.string :email, :name, :encrypted_password }
  create_table :oauth_applications do |t|
    t.string :name, :uid, :secret, null: false
    t.text :redirect_uri
    t.string :scopes, null: false, default: ""
    t.boolean :confidential, null: false, default: true
    t.timestamps null: false
  end
  add_index :oauth_applications, :uid, unique: true
  create_table :oauth_access_grants do |t|
    t.references :resource_owner, null: false
    t.references :application, null: false
    t.string :token, null: false
    t.integer :expires_in, null: false
    t.text :redirect_uri, null: false
    t.datetime :created_at, null: false
    t.datetime :revoked_at
    t.string :scopes, null: false, default: ""
  end
  create_table :oauth_access_tokens do |t|
    t.references :resource_owner
    t.references :application, null: false
    t.string :token, null: false
    t.string :refresh_token
    t.integer :expires_in
    t.datetime :revoked_at
    t.datetime :created_at, null: false
    t.string :scopes
    t.string :previous_refresh_token, null: false, default: ""
  end
  add_index :oauth_access_tokens, :token, unique: true
end

# Client is one of its clients.
class Client
  CALLBACK = "https://old.example/callback"

  def initialize(name)
    @app = Doorkeeper::Application.create!(name: name, redirect_uri: "#{CALLBACK}\nhttp://old.example/callback", scopes: "public write")
    @web = Rack::MockRequest.new(Portal)
  end

  def id = @app.uid

  # Only the object that made the secret can tell it, when it is hashed.
  def secret = @secret ||= @app.plaintext_secret

  def post(path, form)
    answer = @web.post("http://old.example#{path}", params: form.merge(client_id: id, client_secret: secret))
    raise "#{path}: #{answer.status} #{answer.body}" unless answer.status == 200
    JSON.parse(answer.body)
  end

  def authorize(person, scope: "public")
    query = { client_id: id, redirect_uri: CALLBACK, response_type: "code", scope: scope }.to_query
    answer = @web.get("http://old.example/oauth/authorize?#{query}", "HTTP_X_PERSON" => person.id.to_s)
    code = answer["Location"].to_s[/code=([^&]+)/, 1] or raise "authorize: #{answer.status} #{answer.body}"
    post("/oauth/token", grant_type: "authorization_code", code: code, redirect_uri: CALLBACK)
  end

  def refresh(tokens) = post("/oauth/token", grant_type: "refresh_token", refresh_token: tokens["refresh_token"])

  def revoke(tokens) = post("/oauth/revoke", token: tokens["access_token"])

  def for_itself = post("/oauth/token", grant_type: "client_credentials", scope: "public")
end

olga = User.create!(email: "olga@example.com", name: "Olga Old", encrypted_password: BCrypt::Password.create("a long password of Olga", cost: 6))
otto = User.create!(email: "otto@example.com", name: "Otto Old", encrypted_password: "")
client = Client.new("Old Reports")
first = client.authorize(olga)
lost = client.refresh(first) # nobody has used its answer yet: the first pair is good as well
revoked = client.authorize(otto)
client.revoke(revoked)
puts JSON.generate(
  client_id: client.id, client_secret: client.secret, email: olga.email, password: "a long password of Olga",
  first: first, lost: lost, wide: client.authorize(otto, scope: "public write"), revoked: revoked, machine: client.for_itself
)
