package server

import (
	"launchpad/internal/accounts"
	"launchpad/internal/apps"
	"launchpad/internal/authorize"
	"launchpad/internal/clientauth"
	"launchpad/internal/connected"
	"launchpad/internal/consent"
	"launchpad/internal/discovery"
	"launchpad/internal/gateway"
	"launchpad/internal/interact"
	"launchpad/internal/introspect"
	"launchpad/internal/manual"
	"launchpad/internal/mint"
	"launchpad/internal/myid"
	"launchpad/internal/portal"
	"launchpad/internal/revoke"
	"launchpad/internal/signin"
	"launchpad/internal/signup"
	"launchpad/internal/token"
	"launchpad/internal/web"
)

// room is a set of routes.
type room interface{ Routes() []web.Route }

// rooms is the one list of rooms.
func (s *Server) rooms() []room {
	o := s.options
	clients := clientauth.New(s.directory, s.limits, s.gate, s.secrets.Saw)
	interactions := interact.New(s.keys, o.Clock)
	issuer := s.keys.Issuer()
	return []room{
		&authorize.Room{Store: o.Store, Clock: o.Clock, Keys: s.keys, Apps: s.directory, Members: s.access, Interactions: interactions, Life: o.Life, Published: s.published},
		&token.Room{Store: o.Store, Clock: o.Clock, Keys: s.keys, Clients: clients, Mint: mint.New(s.keys, o.Clock, o.Life), Published: s.published, Imported: s.imported, RefreshWindow: o.RefreshWindow},
		&introspect.Room{Store: o.Store, Clock: o.Clock, Keys: s.keys, Clients: clients, Access: s.access, Apps: s.directory, Imported: s.imported, Idle: o.Life.RefreshIdle},
		&revoke.Room{Store: o.Store, Clock: o.Clock, Keys: s.keys, Clients: clients, Access: s.access, Imported: s.imported},
		&discovery.Room{Keys: s.keys, GrantTypes: token.Types(), AuthMethods: clientauth.Methods, Published: s.published},
		&signin.Room{Store: o.Store, Clock: o.Clock, Sessions: s.sessions, Interactions: interactions, Apps: s.directory, Pages: s.pages, Setup: o.Setup, SignUp: o.SignUp},
		&signup.Room{Store: o.Store, Clock: o.Clock, Sessions: s.sessions, Interactions: interactions, Apps: s.directory, Pages: s.pages, Issuer: issuer, Who: o.SignUp, Creators: o.Creators},
		&myid.Room{Store: o.Store, Clock: o.Clock, Sessions: s.sessions, Pages: s.pages, Issuer: issuer, Flush: s.refreshUses},
		&consent.Room{Store: o.Store, Clock: o.Clock, Apps: s.directory, Members: s.access, Sessions: s.sessions, Interactions: interactions, Pages: s.pages, Catalog: o.Catalog, RefreshIdle: o.Life.RefreshIdle},
		&connected.Room{Store: o.Store, Clock: o.Clock, Pages: s.pages, Catalog: o.Catalog, Flush: s.refreshUses},
		&accounts.Room{Store: o.Store, Clock: o.Clock, Sessions: s.sessions, Pages: s.pages, Issuer: issuer, Open: o.Creators},
		&portal.Room{Store: o.Store, Clock: o.Clock, Acts: apps.NewActs(o.Store, o.Clock, s.published), Sessions: s.sessions, Pages: s.pages, Catalog: o.Catalog, Issuer: issuer, API: o.TryAPI, Flush: s.refreshUses},
		&gateway.Room{APIs: o.APIs, Access: s.access, Apps: s.directory, Issuer: issuer, Limit: s.limits.Account},
		&manual.Room{Pages: s.pages, Issuer: issuer},
		files{s.pages},
		health{s},
	}
}
