package core

import (
	"slices"
	"strings"
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
	Publisher    Account     // the account that stands behind it; zero: a stranger
	OwnerID      ID          // the developer; zero: a stranger
	OwnerLeft    bool        // the owner belongs to the publisher no more
	Team         []ID        // who else builds it
	Secrets      []AppSecret // live ones, digests only, the oldest first
	CreatedAt    time.Time
	DeletedAt    time.Time
	SuspendedAt  time.Time
	// When the addresses that people are sent back to changed last; zero: never.
	RedirectsChangedAt time.Time
	// When the document that the app is was read last; zero: it is none. See Documented.
	DocumentAt time.Time
	// Until then people may be sent back by plain http, or to a scheme that is nobody's, to an app that came from another
	// server; zero: no such exception.
	HTTPRedirectsUntil time.Time

	// Switched on by an operator only.
	ClientCredentials bool
	Implicit          bool // tokens in the redirect; see ProfileRules.Implicit
	Introspection     bool // it is an API: may introspect every app's tokens
}

// Registration is an app that registers itself.
type Registration struct {
	App         App
	TokenDigest string // of its registration access token; "": nobody can change it
	Fingerprint string // of all that it said; "": it is shared with nobody who says the same
	ExpiresAt   time.Time
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

// Stranger reports whether the app came by itself, so that nobody here vouches for what it says of itself.
func (a App) Stranger() bool { return a.Kind.Rules().Stranger }

// Documented reports whether the app is what a document at its client_id says it is.
func (a App) Documented() bool { return a.Stranger() && strings.HasPrefix(a.ClientID, "https://") }

// Host is what tells a stranger from another: the machine at which its document lies, or to which people are sent back.
func (a App) Host() string {
	switch {
	case a.Documented():
		return oauth.RedirectHost(a.ClientID)
	case len(a.RedirectURIs) > 0:
		return oauth.RedirectHost(a.RedirectURIs[0])
	}
	return ""
}

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

// Excepted reports whether a redirect URI, of those that came with the app from another server, is none that could be
// registered here, and stays until the day that is set.
func (a App) Excepted(uri string) bool {
	class, err := oauth.CheckAgentRedirectURI(uri)
	return !a.HTTPRedirectsUntil.IsZero() && err == nil && class == oauth.RedirectUnowned && slices.Contains(a.RedirectURIs, uri)
}

// HTTPRedirectOver reports whether a redirect URI is plain http to another machine, or has a scheme that is nobody's, and
// was allowed until a day that is over.
func (a App) HTTPRedirectOver(uri string, now time.Time) bool {
	if a.HTTPRedirectsUntil.IsZero() || now.Before(a.HTTPRedirectsUntil) {
		return false
	}
	class, err := oauth.CheckAgentRedirectURI(uri)
	return err == nil && (class == oauth.RedirectDummy || class == oauth.RedirectUnowned)
}

// MayAsk narrows the published scopes to those that the app may ask for. A stranger is never asked to mean every one.
func (a App) MayAsk(published oauth.Scope) oauth.Scope {
	if len(a.Scope) == 0 && !a.Stranger() {
		return published
	}
	return a.Scope.And(published)
}
