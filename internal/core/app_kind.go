package core

import (
	"slices"

	"launchpad/oauth"
)

// AppKind is what the developer builds.
type AppKind string

const (
	KindWeb        AppKind = "web"         // a server that keeps a secret
	KindNative     AppKind = "native"      // runs on a phone, a desktop or in a terminal
	KindSinglePage AppKind = "single_page" // runs in the browser's page
	KindMachine    AppKind = "machine"     // no person involved: client_credentials

	// Apps that came by themselves: no developer here stands behind them.
	KindAgent       AppKind = "agent"        // keeps no secret
	KindAgentServer AppKind = "agent_server" // asked for one
)

// KindRules is everything that the kind of an app decides. Its words are in the catalogue under the kind's name.
type KindRules struct {
	Kind    AppKind
	Profile Profile // that a new app gets
	// Public: it cannot keep a secret, so it proves nothing but that it goes on with what it began. RFC 6749 §2.1.
	Public bool
	// Redirects are the classes of redirect URI that it may register; none: no person signs in through it.
	Redirects []oauth.RedirectClass
	// AnyPort: its loopback redirects may use any port, because it cannot know which one is free. RFC 8252 §7.3.
	AnyPort bool
	// Stranger: nobody here vouches for it. It acts for people only, and never by itself; what it may ask for is what the
	// operator marked for agents.
	Stranger bool
}

// Kinds lists the kinds in the order in which people choose. A confidential web app must work with a stock library that
// sends neither PKCE nor state; whatever cannot keep a secret gets OAuth 2.1.
var Kinds = []KindRules{
	// A private scheme belongs to a phone app that leaves the secret to its server.
	{Kind: KindWeb, Profile: ProfileOAuth2,
		Redirects: []oauth.RedirectClass{oauth.RedirectHTTPS, oauth.RedirectLoopback, oauth.RedirectPrivate, oauth.RedirectDummy, oauth.RedirectShown}},
	{Kind: KindNative, Profile: ProfileOAuth21, Public: true, AnyPort: true,
		Redirects: []oauth.RedirectClass{oauth.RedirectHTTPS, oauth.RedirectLoopback, oauth.RedirectPrivate, oauth.RedirectDummy, oauth.RedirectShown}},
	// A page knows its own port, and a plain http page elsewhere could be anybody's on the way.
	{Kind: KindSinglePage, Profile: ProfileOAuth21, Public: true,
		Redirects: []oauth.RedirectClass{oauth.RedirectHTTPS, oauth.RedirectLoopback}},
	{Kind: KindMachine, Profile: ProfileOAuth2},
}

// strangers are the kinds that nobody chooses from a list: apps become one of them by the way in which they came. An editor
// sends its three addresses, of three classes, at once; and a program that falls back to another port may have a secret.
var strangers = []KindRules{
	{Kind: KindAgent, Profile: ProfileOAuth21, Public: true, AnyPort: true, Stranger: true, Redirects: agentRedirects},
	{Kind: KindAgentServer, Profile: ProfileOAuth21, AnyPort: true, Stranger: true, Redirects: agentRedirects},
}

var agentRedirects = []oauth.RedirectClass{oauth.RedirectHTTPS, oauth.RedirectLoopback, oauth.RedirectPrivate, oauth.RedirectUnowned}

// Rules gives what the kind decides. Those of an unknown kind allow nothing: a secret is asked for, and none exists.
func (k AppKind) Rules() KindRules {
	for _, list := range [][]KindRules{Kinds, strangers} {
		for _, rules := range list {
			if rules.Kind == k {
				return rules
			}
		}
	}
	return KindRules{Profile: ProfileOAuth21}
}

// Known reports whether there is such a kind for developers to choose.
func (k AppKind) Known() bool { return k != "" && k.Rules().Kind == k && !k.Rules().Stranger }

// SignsPeopleIn reports whether people sign in through an app of the kind.
func (r KindRules) SignsPeopleIn() bool { return len(r.Redirects) > 0 }

// Takes reports whether an app of the kind may register a redirect URI of the class.
func (r KindRules) Takes(class oauth.RedirectClass) bool { return slices.Contains(r.Redirects, class) }
