package core

import (
	"time"

	"launchpad/oauth"
)

// AppKind is what the developer builds; it decides the default profile and whether the app can keep a secret.
type AppKind string

const (
	KindWeb     AppKind = "web"     // a server that keeps a secret
	KindPublic  AppKind = "public"  // native, desktop, single-page: no secret
	KindMachine AppKind = "machine" // no person involved: client_credentials
)

// Profile is the generation of the protocol that an app speaks.
type Profile string

const (
	ProfileOAuth2  Profile = "oauth2"   // stock libraries: PKCE enforced once sent
	ProfileOAuth21 Profile = "oauth2.1" // PKCE S256 always
)

// TokenFormat of the access tokens that an app gets.
type TokenFormat string

const (
	FormatSealed TokenFormat = "sealed" // opaque to clients, default
	FormatJWT    TokenFormat = "jwt"    // RFC 9068
)

// App is an OAuth client ("client" on the wire).
type App struct {
	ID           ID
	ClientID     string
	Name         string
	HomepageURL  string
	Kind         AppKind
	Profile      Profile
	TokenFormat  TokenFormat
	RedirectURIs []string
	Scope        oauth.Scope // what it may ask for; empty: every published scope
	Publisher    Account     // the account that stands behind it
	OwnerID      ID          // the developer
	Secrets      []AppSecret // live ones, digests only
	CreatedAt    time.Time
	DeletedAt    time.Time
	SuspendedAt  time.Time

	// Switched on by an operator only.
	ClientCredentials bool
	Introspection     bool // it is an API: may introspect every app's tokens
}

// AppSecret is the stored half of a client secret.
type AppSecret struct {
	ID        ID
	Digest    string
	CreatedAt time.Time
}

// Confidential reports whether the app can keep a secret. RFC 6749 §2.1.
func (a App) Confidential() bool { return a.Kind != KindPublic }

// Native reports whether loopback redirects may use any port. RFC 8252 §7.3.
func (a App) Native() bool { return a.Kind == KindPublic }

// Usable reports whether the app may act at all.
func (a App) Usable() bool { return a.DeletedAt.IsZero() && a.SuspendedAt.IsZero() }

// InDevelopment reports whether a redirect URI keeps the app from the public: plain http to another machine.
func (a App) InDevelopment() bool {
	for _, uri := range a.RedirectURIs {
		if class, err := oauth.CheckRedirectURI(uri); err == nil && class == oauth.RedirectDummy {
			return true
		}
	}
	return false
}

// MayAsk narrows the published scopes to those that the app may ask for.
func (a App) MayAsk(published oauth.Scope) oauth.Scope {
	if len(a.Scope) == 0 {
		return published
	}
	return a.Scope.And(published)
}
