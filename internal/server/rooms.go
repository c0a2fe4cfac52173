package server

import (
	"cmp"
	"strings"

	"launchpad/internal/accounts"
	"launchpad/internal/admin"
	"launchpad/internal/apps"
	"launchpad/internal/authorize"
	"launchpad/internal/clientauth"
	"launchpad/internal/connected"
	"launchpad/internal/consent"
	"launchpad/internal/core"
	"launchpad/internal/discovery"
	"launchpad/internal/feed"
	"launchpad/internal/forwardauth"
	"launchpad/internal/gateway"
	"launchpad/internal/heritage"
	"launchpad/internal/interact"
	"launchpad/internal/introspect"
	"launchpad/internal/manual"
	"launchpad/internal/mint"
	"launchpad/internal/myid"
	"launchpad/internal/portal"
	"launchpad/internal/protect"
	"launchpad/internal/register"
	"launchpad/internal/revoke"
	"launchpad/internal/signin"
	"launchpad/internal/signup"
	"launchpad/internal/token"
	"launchpad/internal/web"
)

// room is a set of routes.
type room interface{ Routes() []web.Route }

// rooms is the one list of rooms, with the door that stands in front of some of their routes.
func (s *Server) rooms() ([]room, *heritage.Door) {
	o := s.options
	clients := clientauth.New(s.directory, s.limits, s.gate, s.secrets.Saw)
	interactions := interact.New(s.keys, o.Clock)
	issuer := s.keys.Issuer()
	registerPath := "" // none: apps do not come by themselves
	if o.Registration == core.RegistrarsAnybody {
		registerPath = register.Path
	}
	minted := mint.New(s.keys, o.Clock, o.Life)
	asks := &authorize.Room{Store: o.Store, Clock: o.Clock, Keys: s.keys, Apps: s.strangers, Members: s.access, Interactions: interactions, Mint: minted, Pages: s.pages, OldWays: s.oldWays, Published: s.published, Resources: s.resources, Unknown: s.limits.Unknown, Reword: heritage.Reword}
	tokens := &token.Room{Store: o.Store, Clock: o.Clock, Keys: s.keys, Clients: clients, Mint: minted, Published: s.published, Resources: s.resources, Imported: s.imported, RefreshWindow: o.RefreshWindow}
	door := &heritage.Door{Apps: s.directory, Authorize: asks.Begin, Deny: asks.Deny, Token: tokens,
		Store: o.Store, Clock: o.Clock, Access: s.access, OldWays: s.oldWays, Issuer: issuer, Product: o.Name, Href: func(a core.Account) string { return apiAddress(issuer, o.AccountHosts, s.gateway.APIs(), a) }}
	rules := &protect.Rules{Issuer: issuer, AccountHosts: o.AccountHosts, Access: s.access, Tokens: door, Apps: s.directory, Limit: s.limits.Call}
	asserts := protect.NewAssertions(rules, s.keys, o.Clock)
	s.gateway = gateway.New(rules, asserts)
	list := []room{
		asks,
		tokens,
		&introspect.Room{Store: o.Store, Clock: o.Clock, Keys: s.keys, Clients: clients, Access: s.access, Apps: s.directory, Resources: s.resources, Imported: s.imported, Idle: o.Life.RefreshIdle},
		&feed.Room{Log: s.log, Streams: s.feed, Clients: clients, Epoch: o.Store.Epoch(), Keep: 2 * o.Life.Access},
		&revoke.Room{Store: o.Store, Clock: o.Clock, Keys: s.keys, Clients: clients, Access: s.access, Imported: s.imported},
		&discovery.Room{Keys: s.keys, GrantTypes: token.Types(), AuthMethods: clientauth.Methods, Published: s.published, Resources: s.resources, Register: registerPath},
		&signin.Room{Store: o.Store, Clock: o.Clock, Sessions: s.sessions, Interactions: interactions, Apps: s.strangers, Pages: s.pages, Setup: o.Setup, SignUp: o.SignUp},
		&signup.Room{Store: o.Store, Clock: o.Clock, Sessions: s.sessions, Interactions: interactions, Apps: s.strangers, Pages: s.pages, Issuer: issuer, Who: o.SignUp, Creators: o.Creators},
		&myid.Room{Store: o.Store, Clock: o.Clock, Sessions: s.sessions, Pages: s.pages, Issuer: issuer, Flush: s.refreshUses},
		&consent.Room{Store: o.Store, Clock: o.Clock, Apps: s.strangers, Members: s.access, Sessions: s.sessions, Interactions: interactions, Pages: s.pages, Catalog: o.Catalog, Resources: s.resources, RefreshIdle: o.Life.RefreshIdle},
		&connected.Room{Store: o.Store, Clock: o.Clock, Pages: s.pages, Catalog: o.Catalog, Resources: s.resources, Flush: s.refreshUses},
		&accounts.Room{Store: o.Store, Clock: o.Clock, Sessions: s.sessions, Pages: s.pages, Issuer: issuer, Open: o.Creators},
		&portal.Room{Store: o.Store, Clock: o.Clock, Acts: apps.NewActs(o.Store, o.Clock, s.published), Sessions: s.sessions, Pages: s.pages, Catalog: o.Catalog, Issuer: issuer, API: s.tryAPI, OldWays: s.oldWays, Flush: s.refreshUses},
		&admin.Room{Store: o.Store, Clock: o.Clock, Pages: s.pages, OldWays: s.oldWays, Flush: s.refreshUses},
		&forwardauth.Room{Clock: o.Clock, Keys: s.keys, Sessions: s.sessions, Pages: s.pages, Rules: rules, Asserts: asserts, Table: s.table.Load, Proxies: o.Asking},
		door,
		&manual.Room{Pages: s.pages, Issuer: issuer},
		files{s.pages},
		health{s},
	}
	if registerPath != "" {
		list = append(list, &register.Room{Strangers: s.strangers, Issuer: issuer})
	}
	return list, door
}

// tryAPI is the address of the first call that can be tried without knowing more than a token; "" if there is none.
func (s *Server) tryAPI() string {
	for _, api := range s.gateway.APIs() {
		for _, route := range api.Routes {
			if route.Method == "GET" && !strings.Contains(route.Path, "{") && len(api.Hosts) == 0 && !api.Agents {
				return s.keys.Issuer() + route.Path
			}
		}
	}
	return ""
}

// apiAddress tells where the API is for an account: below the account's own path where an API has one, else at the prefix
// of the first API, on the account's own host if it has one; else the API learns the account from a header.
func apiAddress(issuer string, hosts core.AccountHosts, apis []gateway.API, account core.Account) string {
	for _, api := range apis {
		for _, route := range api.Routes {
			if before, _, found := strings.Cut(route.Path, "{account}"); found {
				return api.Origin(issuer) + before + account.Slug
			}
		}
	}
	switch {
	case len(apis) == 0:
		return cmp.Or(hosts.Address(account.Slug), issuer)
	case len(apis[0].Hosts) > 0:
		return apis[0].Origin(issuer) + strings.TrimSuffix(apis[0].Prefix, "/")
	}
	return cmp.Or(hosts.Address(account.Slug), issuer) + strings.TrimSuffix(apis[0].Prefix, "/")
}
