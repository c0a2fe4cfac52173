package core

import (
	"slices"
	"time"

	"launchpad/oauth"
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
	OwnerLeft    bool        // the owner belongs to the publisher no more
	Team         []ID        // who else builds it
	Secrets      []AppSecret // live ones, digests only, the oldest first
	CreatedAt    time.Time
	DeletedAt    time.Time
	SuspendedAt  time.Time
	// When the addresses that people are sent back to changed last; zero: never.
	RedirectsChangedAt time.Time
	// Until then people may be sent back by plain http to an app that came from another server; zero: no such exception.
	HTTPRedirectsUntil time.Time

	// Switched on by an operator only.
	ClientCredentials bool
	Implicit          bool // tokens in the redirect; see ProfileRules.Implicit
	Introspection     bool // it is an API: may introspect every app's tokens
}

// MaxSecrets is how many secrets of an app can live at a time: the one in use, and the one that takes its place.
const MaxSecrets = 2

// AppSecret is the stored half of a client secret.
type AppSecret struct {
	ID         ID
	Digest     string
	Hint       string // the secret's last characters, to tell it from its neighbour; "" for an old one
	MadeBy     ID
	MadeByName string
	CreatedAt  time.Time
	LastUsedAt time.Time // roughly
}

// Secret finds a live secret by its id.
func (a App) Secret(id ID) (AppSecret, bool) {
	i := slices.IndexFunc(a.Secrets, func(s AppSecret) bool { return s.ID == id })
	if i < 0 {
		return AppSecret{}, false
	}
	return a.Secrets[i], true
}

// Confidential reports whether the app can keep a secret. RFC 6749 §2.1.
func (a App) Confidential() bool { return !a.Kind.Rules().Public }

// AnyPort reports whether loopback redirects may use any port. RFC 8252 §7.3.
func (a App) AnyPort() bool { return a.Kind.Rules().AnyPort }

// Usable reports whether the app may act at all.
func (a App) Usable() bool { return a.DeletedAt.IsZero() && a.SuspendedAt.IsZero() }

// InDevelopment reports whether a redirect URI keeps the app from the public: plain http to another machine. An app that
// came with such an address was public before.
func (a App) InDevelopment() bool {
	if !a.HTTPRedirectsUntil.IsZero() {
		return false
	}
	for _, uri := range a.RedirectURIs {
		if class, err := oauth.CheckRedirectURI(uri); err == nil && class == oauth.RedirectDummy {
			return true
		}
	}
	return false
}

// HTTPRedirectOver reports whether a redirect URI is plain http to another machine, and was allowed until a day that is
// over.
func (a App) HTTPRedirectOver(uri string, now time.Time) bool {
	if a.HTTPRedirectsUntil.IsZero() || now.Before(a.HTTPRedirectsUntil) {
		return false
	}
	class, err := oauth.CheckRedirectURI(uri)
	return err == nil && class == oauth.RedirectDummy
}

// MayAsk narrows the published scopes to those that the app may ask for.
func (a App) MayAsk(published oauth.Scope) oauth.Scope {
	if len(a.Scope) == 0 {
		return published
	}
	return a.Scope.And(published)
}
